"""What the BMS says of itself besides its measurements, as events: protections, errors, switches
and texts when they change, the extra values every few hours at most. Times in s of uptime.
"""

from lib import once
from sample import EXTRAS, TEXTS
from store.events import BMS_ERRORS, PROTECTION, SWITCHES

VALUE_S = 21600  # between two events of an extra value
TEXT_S = 60  # between two events of a text that keeps changing
BURST = 8  # changes of a text that are told at once before that


class Said:
    """Puts what a Sample says into Events. bms: the NUMBER of its kind, 0 for none."""

    @once.packs
    def __init__(self, events, bms=0):
        self._events = events
        self._kind = bms
        self._now = self._most_ahead = 0
        self._values = None
        self._told = {}  # by name
        self._told_at = {}  # until when it has told enough

    def look(self, now, sample):
        """Record what is news in that Sample."""
        events = self._events
        events.state(now, PROTECTION, sample.flags)
        events.state(now, BMS_ERRORS, sample.errors, self._kind)
        events.state(now, SWITCHES, sample.switches)
        self._now = now
        self._compare(sample.texts, (BURST - 1) * TEXT_S)
        self._compare(sample.extras, 0)

    # Functions of few variables: MicroPython keeps the others' on the heap

    def _compare(self, values, most_ahead):
        self._values = values
        self._most_ahead = most_ahead
        for name in values:
            self._look_at(name)

    def _look_at(self, name):
        value = self._values[name]
        if value is not None and value != self._told.get(name) and self._may_tell(name):
            self._put(name, value)

    def _may_tell(self, name):
        """As if each had been told a pause after the one before: is that not too far ahead?"""
        return self._told_at.get(name, 0) - self._now <= self._most_ahead

    def _put(self, name, value):
        now = self._now
        begun = max(self._told_at.get(name, 0), now)
        if name in TEXTS:
            self._told_at[name] = begun + TEXT_S
            done = self._events.put_text(now, TEXTS.index(name), value)
        else:
            self._told_at[name] = begun + VALUE_S
            done = self._events.put_value(now, EXTRAS.index(name), value)
        if done is not False:
            self._told[name] = value
