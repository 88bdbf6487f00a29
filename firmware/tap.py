"""Shows a PC what packs and their BMSs say to each other, while the logger runs: docs/captures.md.

For the time of a capture it stands between a pack's link and its decoder. What is said becomes
lines of text, which wait for the console in RAM, MOST bytes of them; what finds no room, and what a
BMS's Cover withholds because it can be a passcode, is counted: "! 12". Links are opened anew at
both ends of a capture: so it begins with what a BMS says first, and nothing of it stays in memory.
"""

import asyncio
import sys
import time
from binascii import hexlify

PASSING = True

MOST = 4096  # bytes of lines that wait
EVERY_MS = 250


async def capture(answer, packs, seconds):
    """Send what is said within that time. answer: answers.Answer."""
    lines = Lines()
    taps = [Tap(pack, lines) for pack in packs]
    try:
        while lines.ms() < 1000 * seconds:
            for line in lines.take():
                await answer.put(line)
            await answer.flush()  # also without a line: the PC knows that the board is there
            await asyncio.sleep_ms(EVERY_MS)
        for line in lines.take():
            await answer.put(line)
    finally:
        for tap in taps:
            tap.remove()


class Lines:
    """What waits for the console: s since the begin, the pack, > to the BMS or < from it, hex."""

    def __init__(self):
        self._begin = time.ticks_ms()
        self._lines = []
        self._size = 0
        self._missing = {}  # bytes by pack

    def ms(self):
        """Since the begin."""
        return time.ticks_diff(time.ticks_ms(), self._begin)

    def put(self, name, way, data, withheld=0):
        """Add what was said; data may be empty."""
        if data and self._size + 2 * len(data) > MOST:
            withheld += len(data)
            data = b""
        if withheld:
            self._missing[name] = self._missing.get(name, 0) + withheld
        if data:
            self._flush_missing(name)
            self._add(name, way, hexlify(data).decode())

    def _flush_missing(self, name):
        count = self._missing.pop(name, 0)
        if count:
            self._add(name, "!", str(count))

    def _add(self, name, way, words):
        ms = self.ms()
        line = "%d.%03d %s %s %s\n" % (ms // 1000, ms % 1000, name, way, words)
        self._lines.append(line.encode())
        self._size += len(line)

    def take(self):
        """The lines since the last call."""
        for name in list(self._missing):
            self._flush_missing(name)
        found = self._lines
        self._lines = []
        self._size = 0
        return found


class Tap:
    """Between a pack's link and its decoder, from the link's next run on."""

    def __init__(self, pack, lines):
        self._pack = pack
        self._lines = lines
        self._cover = _cover_of(pack.bms)
        self._feed, self._request = pack.decoder.feed, pack.decoder.request
        pack.decoder.feed, pack.decoder.request = self.feed, self.request
        pack.link.anew = True

    def feed(self, data, count=None):
        """As the decoder's."""
        size = len(data) if count is None else count
        try:
            self._note(bytes(memoryview(data)[:size]))
        except Exception:  # a reading matters more
            self._lines.put(self._pack.name, "<", b"", size)
        return self._feed(data, count)

    def _note(self, data):
        withheld = 0
        if self._cover:
            data, withheld = self._cover.take(data)
        self._lines.put(self._pack.name, "<", data, withheld)

    def request(self):
        """As the decoder's."""
        data = self._request()
        if data:
            try:
                self._lines.put(self._pack.name, ">", bytes(data))
            except Exception:
                pass
        return data

    def remove(self):
        """Let go of the pack."""
        del self._pack.decoder.feed
        del self._pack.decoder.request
        self._pack.link.anew = True


def _cover_of(kind):
    """What withholds the passcodes of that kind of BMS; None if it says none."""
    secrets = sys.modules["bms." + kind].SECRETS
    if not secrets:
        return None
    name = "bms." + secrets
    __import__(name)
    cover = sys.modules[name].Cover()
    del sys.modules[name]
    return cover
