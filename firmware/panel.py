"""The display as config.json describes it: its bus, its pins, and what it says before the logger
runs."""

import asyncio
import time

from machine import I2C, Pin

from board import check_pins
from display.glyphs import GLYPHS
from display.screen import Screen
from drivers.hd44780 import Lcd
from drivers.lcd_bus import Backpack, FourBit
from lib.tasks import keep_running

DRAW_MS = 250
BUS_TIMEOUT_US = 20000  # a bus that hangs holds the loop for so long


def make_bus(lcd):
    """The bus that the display hangs on."""
    if lcd["kind"] == "i2c":
        pins = {"scl": Pin(lcd["scl"]), "sda": Pin(lcd["sda"])}
        i2c = I2C(0, freq=lcd["frequency"], timeout=BUS_TIMEOUT_US, **pins)
        return Backpack(i2c, lcd["address"] or None)
    pins = [Pin(lcd[key], Pin.OUT) for key in ("rs", "e", "d4", "d5", "d6", "d7")]
    return FourBit(pins[0], pins[1], pins[2:], time.sleep_us)


def make_lcd(lcd):
    """The display; None without one. ValueError and OSError say what is wrong."""
    if lcd["kind"] == "none":
        return None
    check_pins(lcd, "lcd")
    return Lcd(make_bus(lcd), lcd["columns"], lcd["rows"], GLYPHS)


async def complain(text):
    """Say what is wrong with config.json, on the console and on a display where it usually is."""
    import config

    defaults = config.part("lcd")
    try:
        lcd = make_lcd(defaults)
        asyncio.create_task(keep_running("lcd", lcd.run, lambda name, error: None))
    except (ValueError, OSError):
        lcd = None
    screen = Screen(defaults["columns"], defaults["rows"])
    while True:
        print("packlog! " + text)
        for _ in range(20):
            if lcd:
                lcd.show(screen.message("packlog", text, time.ticks_ms()))
            await asyncio.sleep_ms(DRAW_MS)
