"""What every test needs: the firmware's and the device tests' folders on the path, and asyncio as
MicroPython has it."""

import asyncio
import sys
from pathlib import Path

TESTS = Path(__file__).resolve().parent
for folder in (TESTS.parent, TESTS.parent / "firmware", TESTS / "device"):
    sys.path.insert(0, str(folder))


async def _sleep_ms(ms):
    await asyncio.sleep(ms / 1000)


# What MicroPython's asyncio has in addition, for firmware code that runs on CPython here
if not hasattr(asyncio, "sleep_ms"):
    asyncio.sleep_ms = _sleep_ms
