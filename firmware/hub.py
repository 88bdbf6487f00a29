"""Hub: where the readings of one pack pass. The newest value wins, nothing queues up.

A tap is called with every reading and must be quick (the store's sampler: RAM only); everybody else
looks at the newest Sample when it suits them. A tap that fails is counted and does no harm.
hold.py has the one for a BMS whose readings may lack something.
"""

from lib import once
from sample import Sample


class Hub:
    @once.packs
    def __init__(self, uptime):
        self.sample = Sample()
        self.readings = 0
        self.tap_errors = 0
        self.last_error = None
        self._uptime = uptime
        self._taps = []
        self._seen_s = 0
        self._seen_ms = 0

    @once.packs
    def add_tap(self, tap):
        """Let tap(sample) be called with every reading."""
        self._taps.append(tap)

    def put(self, sample):
        """Take in a reading that has just arrived. The Sample stays the caller's."""
        self._uptime.update()
        self._take(sample)
        self._seen_s = self._uptime.seconds
        self._seen_ms = self._uptime.ms
        self.readings += 1
        for tap in self._taps:
            self._hand_on(tap)

    def _take(self, sample):
        self.sample.copy_from(sample)

    def _hand_on(self, tap):
        with self:  # an except needs more than 11 slots: its frame would lie on the heap
            tap(self.sample)

    def __enter__(self):
        pass

    def __exit__(self, kind, error, trace):
        if not isinstance(error, Exception):
            return False
        self.tap_errors += 1
        self.last_error = error
        return True

    def age_ms(self):
        """How old the newest reading is; without one, how long there has been none. At most 12
        days.
        """
        uptime = self._uptime
        uptime.update()
        seconds = min(uptime.seconds - self._seen_s, 1000000)
        return seconds * 1000 + uptime.ms - self._seen_ms
