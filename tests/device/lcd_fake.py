"""A bus with an LCD on it that writes down what comes over it; a clock that only sleeping moves."""

import asyncio

from display.i2c import Backpack
from drivers.hd44780 import Lcd, LcdLost

GLYPHS = bytes(range(16))
ADDRESS = 0x27
E_LINE = 4

# What start() sends, from any state: four nibbles, then bytes
START = ["3", "sleep 6", "3", "3", "2", "c28", "c08", "c01", "sleep 4", "c06", "c40"]
START += ["d%02x" % code for code in GLYPHS] + ["c0c"]


class FakeI2C:
    """A bus with one PCF8574 on it; log has the instructions that came through."""

    def __init__(self, log, address=ADDRESS):
        self.log = log
        self.address = address
        self.errno = 19  # of what fails
        self.probed = []
        self.transfers = []
        self.port = 0xFF
        self.nibbles = None  # collects single nibbles until the interface is 4 bits wide
        self.high = None

    def writeto(self, address, buf):
        if not buf:
            self.probed.append(address)
        if address != self.address:
            raise OSError(self.errno)
        if buf:
            self.transfers.append(len(buf))
        for byte in bytes(buf):
            if self.port & E_LINE and not byte & E_LINE:
                self._latch(self.port)
            self.port = byte
        return 1 + len(buf)

    def readfrom_into(self, address, buf):
        if address != self.address:
            raise OSError(self.errno)
        buf[0] = self.port

    def power_up(self):
        self.port = 0xFF
        self.nibbles = self.high = None

    def _latch(self, lines):
        if lines & 2:
            return  # RW is high: no write
        nibble = lines >> 4
        if self.nibbles is None or (nibble == 3 and not lines & 1 and self.high is None):
            self.nibbles = 0
        if self.nibbles is not False:
            self._wake(nibble)
        elif self.high is None:
            self.high = nibble
        else:
            self.log.append(("d" if lines & 1 else "c") + "%02x" % (self.high << 4 | nibble))
            self.high = None

    def _wake(self, nibble):
        self.log.append("%x" % nibble)
        self.nibbles = False if nibble == 2 else self.nibbles + 1


class Bench:
    """A display on a fake bus, and a clock that only sleeping moves."""

    def __init__(self, columns=16, rows=2, glyphs=GLYPHS, address=ADDRESS):
        self.log = []
        self.ms = 0
        self.i2c = FakeI2C(self.log, address)
        self.lcd = Lcd(Backpack(self.i2c), columns, rows, glyphs)

    async def sleep_ms(self, ms):
        self.ms += ms
        if ms:
            self.log.append("sleep %d" % ms)
        await asyncio.sleep(0)

    def do(self, make):
        """Run a coroutine function with this clock."""
        real = asyncio.sleep_ms
        asyncio.sleep_ms = self.sleep_ms
        try:
            return asyncio.run(make())
        finally:
            asyncio.sleep_ms = real

    def live(self, *steps):
        """Let run() run; steps are (ms, what to do at that time), the last one ends it."""

        async def main():
            task = asyncio.create_task(self.lcd.run())
            for ms, action in steps:
                while self.ms < ms and not task.done():
                    await asyncio.sleep(0)
                action()
            task.cancel()
            try:
                await task
            except asyncio.CancelledError:
                pass

        self.do(main)

    def started(self):
        """The display started and blank, the log empty."""

        async def main():
            await self.lcd.start()
            await self.lcd.refresh()

        self.do(main)
        del self.log[:]
        del self.i2c.transfers[:]
        return self

    def wrote(self, *lines):
        """What the bus carries when these lines are shown."""
        del self.log[:]
        del self.i2c.transfers[:]
        self.lcd.show(lines)
        self.do(self.lcd.refresh)
        return self.log

    def unplug(self):
        self.i2c.address = None

    def plug(self):
        self.i2c.address = ADDRESS
        self.i2c.power_up()


def data(text):
    return ["d%02x" % ord(char) for char in text]


def lost(bench):
    """The error number of the LcdLost that start() ends with."""
    try:
        bench.do(bench.lcd.start)
    except LcdLost as error:
        return error.args[0]
    raise AssertionError("found")
