"""A bench for the LCD: the firmware's driver, the model of the display, and a strict clock.

A transfer takes its bits and nothing more, a sleep ends up to 1 ms early, code takes no time.
"""

import asyncio
from contextlib import suppress

import pytest
from host_tools.sim.lcd import hd44780 as model

from display.i2c import Backpack
from drivers.hd44780 import Lcd
from screen.draw import GLYPHS, lcd_text

ADDRESS = 0x27
SCREEN = ("SoC  87% [", "53.12V  +12.3A +653W", " 1:3.300   16:3.315", " 21.4°C log 12345 1s")
BAR = b"\x04\x04\x04\x04\x04\x04\x02  ]"
LINES = [lcd_text(SCREEN[0]) + BAR, *map(lcd_text, SCREEN[1:])]
TEXT = [SCREEN[0] + "██████▌  ]", SCREEN[1], SCREEN[2].ljust(20), SCREEN[3]]


class Bench:
    """A display, the driver's bus to it, and board time in ns."""

    def __init__(self, columns=20, rows=4, frequency=100_000, address=ADDRESS):
        self.ns = 0
        self.bytes = 0
        self.frequency = frequency
        self.address = address  # None: unplugged
        self.fault_at = None  # the byte before which fault() strikes
        self.fault = None
        self.glass = model.Hd44780(columns, rows)
        self.device = model.Backpack(self.glass)
        self.lcd = Lcd(Backpack(self), columns, rows, GLYPHS)

    # machine.I2C, as the driver uses it

    def writeto(self, address, buf):
        self._byte(address)
        for byte in bytes(buf):
            self._byte(address)
            self.device.write(byte, self.us)

    def readfrom_into(self, address, buf):
        self._byte(address)
        self._byte(address)
        buf[0] = self.device.read(self.us)

    def _byte(self, address):
        if self.bytes == self.fault_at:
            self.fault()
        self.bytes += 1
        self.ns += 9_000_000_000 // self.frequency
        if address != self.address:
            raise OSError(19)

    @property
    def us(self):
        return self.ns // 1000

    async def sleep_ms(self, ms):
        self.ns += max(0, ms * 1000 - 999) * 1000
        await asyncio.sleep(0)

    def sleep_us(self, us):
        self.ns += us * 1000

    # What a test does

    def do(self, *coroutines):
        async def main():
            for coroutine in coroutines:
                await coroutine

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(asyncio, "sleep_ms", self.sleep_ms, raising=False)
            asyncio.run(main())

    def start(self, lines=LINES):
        self.do(self.lcd.start(), self.show(lines))
        return self

    async def show(self, lines):
        self.lcd.show(lines)
        await self.lcd.refresh()

    async def run_until(self, *steps):
        """run() with (ms, what to do then) pairs; the last one ends it."""
        task = asyncio.create_task(self.lcd.run())
        for ms, action in steps:
            while self.us < ms * 1000:
                await asyncio.sleep(0)
                assert not task.done()
            action()
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task

    def unplug(self):
        self.address = None

    def plug(self):
        """The display gets bus and supply back."""
        self.device.power_cycle(self.us)
        self.address = ADDRESS
