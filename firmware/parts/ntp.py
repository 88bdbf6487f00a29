"""The time by NTP, asked for by net/sntp.py soon after the WiFi is up, then now and then.

One answer sets a clock that is a few seconds off. A clock that has never been set needs two that
agree, one that would jump four, further apart the less likely the jump is. How fast the board's
crystal runs is learned from sync to sync, and corrects the clock while the server is silent.
"""

import asyncio
import errno

from micropython import const

from lib import once, passing
from lib.uptime import NO_CLOCK, NTP, PC

ORDER = 20
IN_USE = ("wifi.networks", "ntp.server")
KEYS = {
    "server": ("optional_host", 63, "pool.ntp.org"),
    "interval_s": ("number", (60, 86400), 3600),
}

_STEP_MS = const(5000)  # what one answer may change
_AGREE_MS = const(2000)
_KEEP_MS = const(100)  # off by less, the clock is left alone
_DAY_MS = const(86400000)
_FIRST_PAUSE_S = const(4)
_UNSET_PAUSE_S = const(32)
_LONGEST_PAUSE_S = const(50)
_LEARN_S = const(3600)  # a shorter span says nothing about the crystal
_MOST_PPM = const(200)  # that a crystal can be off by


@once.start
def make(settings, board):
    """None without a network."""
    return board.network and Ntp(settings, board)


class Ntp:
    """settings: the section ntp of config.json. drift: ms in 10**6 s that the board's clock loses,
    None as long as that is not known.
    """

    @once.start
    def __init__(self, settings, board):
        self.counters = {"syncs": 0, "failures": 0, "doubted": 0}
        self.drift = None
        self._settings = settings
        self._resolver = board.resolver
        self._clock = board.clock
        self._network = board.network
        self._address = None  # of a server that has answered: asking for its name takes memory
        self._agreeing = 0
        self._last_ms = 0  # what the last answer would change
        self._synced_s = None  # unix time of the sync that the clock goes by
        self._corrected_ms = 0  # since then

    async def run(self):
        """Keep the clock right, forever."""
        pause = _FIRST_PAUSE_S
        while True:
            while not self._network.connected:
                pause = _FIRST_PAUSE_S
                await self._pause(1, True)
            try:
                again_s = self._judge(await self._ask())
                pause = _FIRST_PAUSE_S
                await self._pause(again_s, False)
            except OSError:
                self.counters["failures"] += 1
                self._correct()
                await self._pause(pause, True)
                longest = _UNSET_PAUSE_S if self._clock.source == NO_CLOCK else _LONGEST_PAUSE_S
                pause = min(2 * pause, longest)

    async def _pause(self, seconds, connect):
        # A WiFi that comes again is a reason to ask at once
        was_connected = self._network.connected
        while seconds > 0:
            await asyncio.sleep(1)
            seconds -= 1
            connected = self._network.connected
            if connect and connected and not was_connected:
                break
            was_connected = connected
        self._correct()

    async def _ask(self):
        """What the server's time is minus the clock's, in ms. OSError."""
        address = self._address or await self._resolver.resolve(self._settings["server"])
        self._address = None  # until it has answered
        try:
            from net import sntp  # as long as this runs: nothing else holds it

            passing.forget("net.sntp")
            sent, ago_ms = await sntp.ask(address)
            self._address = address
        except MemoryError:  # there will be more later
            raise OSError(errno.ENOMEM)
        unix, ms = self._clock.now()
        return (sent[0] - unix) * 1000 + sent[1] - ms + ago_ms

    def _judge(self, offset_ms):
        """Take an answer in; returns in how many s to ask again."""
        clock = self._clock
        far = abs(offset_ms)
        agrees = self._agreeing and abs(offset_ms - self._last_ms) <= _AGREE_MS
        self._agreeing = self._agreeing + 1 if agrees else 1
        self._last_ms = offset_ms
        needed = 2 if clock.source == NO_CLOCK else 1 if far <= _STEP_MS else 4
        if self._agreeing < needed:
            self.counters["doubted"] += 1
            if clock.source == NO_CLOCK:
                return 1
            # No crystal is off by a day, unless it was set wrong
            known = clock.source in (PC, NTP)
            return self._settings["interval_s"] if known and far > _DAY_MS else 60
        self._agreeing = 0
        self.counters["syncs"] += 1
        self._set(offset_ms, far)
        return self._settings["interval_s"]

    def _set(self, offset_ms, far):
        clock = self._clock
        if clock.source == NTP and self._synced_s is not None and far <= _STEP_MS:
            if far < _KEEP_MS:
                return
            self._learn(clock.now()[0] - self._synced_s, offset_ms + self._corrected_ms)
        clock.shift(offset_ms, NTP)
        self._synced_s = clock.now()[0]
        self._corrected_ms = 0

    def _learn(self, seconds, lost_ms):
        if seconds >= _LEARN_S:
            drift = lost_ms * 1000000 // seconds
            if abs(drift) <= _MOST_PPM * 1000:
                self.drift = drift if self.drift is None else (3 * self.drift + drift) // 4

    def _correct(self):
        """Without an answer: what the clock has lost since the last one, by what is known."""
        if self.drift is None or self._clock.source != NTP:
            return
        seconds = self._clock.now()[0] - self._synced_s
        due_ms = self.drift * seconds // 1000000 - self._corrected_ms
        if seconds > self._settings["interval_s"] and abs(due_ms) >= _KEEP_MS:
            self._clock.shift(due_ms, NTP)
            self._corrected_ms += due_ms
