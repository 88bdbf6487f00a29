"""The board's clock: UTC once somebody has told it, and where it came from.

The RTC keeps running over a reset and forgets the time when the power goes. Unix seconds
throughout.
"""

import time

import machine

from lib import once
from lib.uptime import KEPT, NO_CLOCK

_OLDEST_YEAR = 2025  # an RTC that says less has never been set
_TO_UNIX = 946684800 if time.gmtime(0)[0] == 2000 else 0


class Clock:
    """source: where the time came from; NO_CLOCK (lib.uptime) as long as nobody has said."""

    @once.start
    def __init__(self):
        self.source = KEPT if time.gmtime()[0] >= _OLDEST_YEAR else NO_CLOCK
        self._rtc = machine.RTC()
        self._listeners = []

    @once.start
    def add_listener(self, listener):
        """listener(unix_s, source, ms) is told the time now, if it is known, and whenever it is
        set.
        """
        self._listeners.append(listener)
        if self.source != NO_CLOCK:
            unix, ms = self.now()
            listener(unix, self.source, ms)

    def unix(self):
        """Unix seconds, None if not known."""
        return None if self.source == NO_CLOCK else time.time() + _TO_UNIX

    def now(self):
        """(unix seconds, ms) of the same moment, whether the clock has been set or not."""
        while True:
            ms = self._rtc.datetime()[7] // 1000
            unix = time.time() + _TO_UNIX
            if self._rtc.datetime()[7] // 1000 >= ms:
                return unix, ms

    def shift(self, by_ms, source):
        """Set the clock by_ms later than it is now."""
        unix, ms = self.now()
        ms += by_ms
        self.set(unix + ms // 1000, source, ms % 1000)

    def set(self, unix, source, ms=0):
        """Set the clock to unix seconds and ms."""
        y, mo, d, h, mi, s, weekday, _ = time.gmtime(unix - _TO_UNIX)[:8]
        self._rtc.datetime((y, mo, d, weekday, h, mi, s, 1000 * ms))
        self.source = source
        for listener in self._listeners:
            listener(unix, source, ms)
