"""What the BMS says of itself besides its measurements, as events: protections, errors, switches
and texts when they change, the extra values every few hours at most. Times in s of uptime.
"""

from sample import EXTRAS, TEXTS
from store.events import BMS_ERRORS, PROTECTION, SWITCHES

VALUE_S = 21600  # between two events of an extra value
TEXT_S = 60  # between two events of a text that keeps changing
BURST = 8  # changes of a text that are told at once before that


class Said:
    """Puts what a Sample says into Events. bms: the NUMBER of its kind, 0 for none."""

    def __init__(self, events, bms=0):
        self._events = events
        self._kind = bms
        self._told = {}  # by name
        self._told_at = {}  # until when it has told enough

    def look(self, now, sample):
        """Record what is news in that Sample."""
        events = self._events
        events.state(now, PROTECTION, sample.flags)
        events.state(now, BMS_ERRORS, sample.errors, self._kind)
        events.state(now, SWITCHES, sample.switches)
        if sample.texts:
            self._compare(now, sample.texts, TEXTS, TEXT_S, BURST, events.put_text)
        if sample.extras:
            self._compare(now, sample.extras, EXTRAS, VALUE_S, 1, events.put_value)

    def _compare(self, now, values, names, pause_s, burst, put):
        for name in values:
            value = values[name]
            if value is None or value == self._told.get(name):
                continue
            # As if each had been told pause_s after the one before: is that too far ahead?
            at = max(self._told_at.get(name, 0), now)
            if at - now > (burst - 1) * pause_s:
                continue
            self._told_at[name] = at + pause_s
            if put(now, names.index(name), value) is not False:
                self._told[name] = value
