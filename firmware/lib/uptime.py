"""Uptime: how long the board has been running, across the wrap of its millisecond counter; and the
numbers of the clocks that UTC can come from.

MicroPython's ticks_ms starts over every 2**30 ms (12.4 days): update() has to be called at least
once in six days. Every reading does.
"""

# Where UTC came from, as segments have it
NO_CLOCK = 0
KEPT = 1  # an RTC that kept running over a reset
PC = 2
NTP = 3
DS3231 = 4  # a clock chip with a battery
BROWSER = 5  # a phone's, told to a board that knows no time


class Uptime:
    """seconds and ms (0..999) since the start, as of the last update()."""

    def __init__(self, ticks_ms=None, ticks_diff=None):
        if ticks_ms is None:
            from time import ticks_diff, ticks_ms
        self._ticks_ms = ticks_ms
        self._ticks_diff = ticks_diff
        self._last = ticks_ms()
        self.seconds = 0
        self.ms = 0

    def update(self):
        """Bring seconds and ms up to now."""
        now = self._ticks_ms()
        ms = self.ms + self._ticks_diff(now, self._last)
        self._last = now
        self.seconds += ms // 1000
        self.ms = ms % 1000
