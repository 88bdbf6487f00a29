"""What a board does whose config.json cannot be used: say so, forever."""

import asyncio
import time

from console import TROUBLE
from lib.tasks import keep_running
from parts.lcd import DRAW_MS, open_display
from screen.pages import Screen

DRAWN = 20  # times until it is printed again: 5 s
POWERED = 12  # times that it is printed: a minute


async def complain(text, forget_cuts):
    """Say what is wrong with config.json, on the console and on a display where it usually is.

    forget_cuts() is called after a minute: power that lasts so long is not being cut over and over.
    """
    import config

    defaults = config.part("lcd")
    try:
        lcd = open_display(defaults)
        asyncio.create_task(keep_running("lcd", lcd.run, lambda name, error: None))
    except (ValueError, OSError):
        lcd = None
    screen = Screen(defaults["columns"], defaults["rows"])
    printed = 0
    while True:
        print(TROUBLE + text)
        for _ in range(DRAWN):
            if lcd:
                lcd.show(screen.message("packlog", text, time.ticks_ms()))
            await asyncio.sleep_ms(DRAW_MS)
        printed += 1
        if printed == POWERED:
            forget_cuts()
