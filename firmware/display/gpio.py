"""A character LCD on six pins, in 4-bit mode.

Source: the data sheet of HD44780U (Hitachi ADE-207-272).
"""

import time

from drivers.hd44780 import Lcd
from lib import once
from screen.draw import GLYPHS

KEYS = {
    "rs": ("pin", ()),
    "e": ("pin", ()),
    "d4": ("pin", ()),
    "d5": ("pin", ()),
    "d6": ("pin", ()),
    "d7": ("pin", ()),
}


@once.start
def make(settings):
    """The display. ValueError says what is wrong."""
    from machine import Pin

    rs, e, *data = [Pin(settings[key], Pin.OUT) for key in ("rs", "e", "d4", "d5", "d6", "d7")]
    return Lcd(FourBit(rs, e, data, time.sleep_us), settings["columns"], settings["rows"], GLYPHS)


class FourBit:
    """An HD44780 on six output pins, RW tied to ground. rs, e and data (D4, D5, D6, D7) are called
    with 0 or 1, as a machine.Pin is; sleep_us is time.sleep_us. Wires report nothing: a display
    that was away is healed by the driver's re-synchronisation alone, so that comes often."""

    resync_ms = 10_000

    def __init__(self, rs, e, data, sleep_us):
        self._rs = rs
        self._e = e
        self._d4, self._d5, self._d6, self._d7 = data
        self._sleep_us = sleep_us

    async def find(self):
        """Put the lines at rest."""
        self._e(0)
        self._rs(0)

    def nibbles(self, values):
        """Send single nibbles as the start-up wants them, 135 us from one to the next."""
        self._rs(0)
        for value in values:
            self._nibble(value)
            self._sleep_us(135)

    def write(self, command, data, start, count):
        """Send a command, then data[start : start + count]."""
        self._byte(command, 0)
        for i in range(start, start + count):
            self._byte(data[i], 1)

    def alive(self):
        """Always True: six output pins cannot tell."""
        return True

    def _byte(self, value, rs):
        self._rs(rs)
        self._nibble(value >> 4)
        self._nibble(value)
        self._sleep_us(50)

    def _nibble(self, value):
        self._d4(value & 1)
        self._d5(value >> 1 & 1)
        self._d6(value >> 2 & 1)
        self._d7(value >> 3 & 1)
        self._e(1)  # a pin call takes over 0.5 us on an ESP32, the pulse needs 0.45 us
        self._e(0)
