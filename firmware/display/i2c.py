"""A character LCD behind a PCF8574, the usual I2C backpack.

Sources: the data sheets of HD44780U (Hitachi ADE-207-272) and PCF8574 (NXP).
"""

import asyncio

from drivers.hd44780 import Lcd, LcdLost
from lib import once
from screen.draw import GLYPHS

KEYS = {
    "scl": ("pin", (), 22),
    "sda": ("pin", (), 21),
    "address": ("number", (0, 127), 0),
    "frequency": ("number", (50000, 400000), 100000),
}

# Most backpacks are PCF8574T at 0x27 or PCF8574AT at 0x3F; solder bridges choose the other fourteen
ADDRESSES = bytes((0x27, 0x3F)) + bytes(range(0x20, 0x27)) + bytes(range(0x38, 0x3F))
ENODEV = 19
LONGEST_RUN = 20  # characters in one transfer: at 100 kHz it holds the loop for 9.6 ms
BUS_TIMEOUT_US = 20000  # a bus that hangs holds the loop for so long

# What the backpack wires to the PCF8574's pins; P1 is RW (always 0: write), P4..P7 are D4..D7
_RS = 1
_E = 4
_BACKLIGHT = 8


@once.start
def make(settings):
    """The display. ValueError and OSError say what is wrong."""
    from machine import I2C, Pin

    pins = {"scl": Pin(settings["scl"]), "sda": Pin(settings["sda"])}
    i2c = I2C(0, freq=settings["frequency"], timeout=BUS_TIMEOUT_US, **pins)
    bus = Backpack(i2c, settings["address"] or None)
    return Lcd(bus, settings["columns"], settings["rows"], GLYPHS)


class Backpack:
    """An HD44780 behind a PCF8574. i2c: a machine.I2C of at most 400 kHz (a PCF8574 is specified
    for 100 kHz); address: 0x20..0x27 or 0x38..0x3F, None looks for it."""

    resync_ms = 60_000  # a lost supply is seen at once (see alive), the rest can wait

    def __init__(self, i2c, address=None):
        self._i2c = i2c
        self._choice = ADDRESSES if address is None else bytes((address,))
        self.address = address
        self._buf = bytearray(5 * (1 + LONGEST_RUN))
        view = memoryview(self._buf)
        # writeto() sends a whole buffer and a slice allocates: one view for each length, made here
        self._runs = [view[: 5 * (1 + n)] for n in range(LONGEST_RUN + 1)]
        self._nibble = bytearray(7)
        self._port = bytearray(1)

    async def find(self):
        """See that the display is there. LcdLost: nothing answers."""
        error = None
        for address in self._choice:
            try:
                self._i2c.writeto(address, b"")
            except OSError as e:
                error = e
                if e.args[0] != ENODEV:
                    break  # the bus hangs: each further address would cost a timeout
            else:
                self.address = address
                self._rest()
                return
            await asyncio.sleep_ms(0)
        raise LcdLost(error.args[0], "no display on I2C")

    def nibbles(self, values):
        """Send single nibbles as the start-up wants them, 135 us or more from one to the next."""
        buf = self._nibble
        for value in values:
            lines = value << 4 | _BACKLIGHT
            for i in range(7):
                buf[i] = lines
            buf[1] = lines | _E
            self._write(buf)

    def write(self, command, data, start, count):
        """Send a command, then data[start : start + count], LONGEST_RUN at most: one transfer."""
        self._put(0, command, 0)
        for i in range(count):
            self._put(5 + 5 * i, data[start + i], _RS)
        self._write(self._runs[count])

    def alive(self):
        """False: the expander lost its supply since the last write, and with it the display."""
        try:
            self._i2c.readfrom_into(self.address, self._port)
        except OSError as e:
            raise LcdLost(e.args[0], "I2C")
        return not self._port[0] & _E  # E rests low; all of its pins are high after power-up

    def _rest(self):
        """Let E fall. A transfer that broke off may have left it high; if the display takes that
        for half a command, the wait for its power-up covers the time that the command takes."""
        self._port[0] = _BACKLIGHT
        self._write(self._port)

    def _put(self, i, value, rs):
        """Lay out one byte. RS settles before E rises, the display reads when E falls, and from the
        second fall to the next rise two port bytes go by: 45 us at 400 kHz, 180 us at 100 kHz."""
        buf = self._buf
        high = value & 0xF0 | rs | _BACKLIGHT
        low = (value & 0x0F) << 4 | rs | _BACKLIGHT
        buf[i] = high
        buf[i + 1] = high | _E
        buf[i + 2] = high
        buf[i + 3] = low | _E
        buf[i + 4] = low

    def _write(self, buf):
        try:
            self._i2c.writeto(self.address, buf)
        except OSError as e:
            raise LcdLost(e.args[0], "I2C")
