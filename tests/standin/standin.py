"""Puts aioble (which: aioble_folder.py) and the fake `bluetooth` in place for tests. On CPython,
what they and the transport need of MicroPython's modules, too.
"""

import asyncio
import sys
import time

import aioble_folder


class Flag:
    """asyncio.ThreadSafeFlag, set from the same thread."""

    def __init__(self):
        self._event = asyncio.Event()

    def set(self):
        self._event.set()

    def clear(self):
        self._event.clear()

    async def wait(self):
        await self._event.wait()
        self._event.clear()


async def _sleep_ms(ms):
    await asyncio.sleep(ms / 1000)


def _ticks_ms():
    return int(time.monotonic() * 1000) & 0x3FFFFFFF


def _ticks_add(ticks, delta):
    return (ticks + delta) & 0x3FFFFFFF


def _ticks_diff(end, start):
    return ((end - start + 0x20000000) & 0x3FFFFFFF) - 0x20000000


def _on_cpython():
    micropython = type(sys)("micropython")
    micropython.const = int
    # A package on the path may have that name, too, without what ours has
    sys.modules["micropython"] = micropython
    for module, name, value in (
        (asyncio, "ThreadSafeFlag", Flag),
        (asyncio, "sleep_ms", _sleep_ms),
        (time, "sleep_ms", lambda ms: time.sleep(ms / 1000)),
        (time, "ticks_ms", _ticks_ms),
        (time, "ticks_add", _ticks_add),
        (time, "ticks_diff", _ticks_diff),
    ):
        if not hasattr(module, name):
            setattr(module, name, value)


def use():
    """Returns the fake radio."""
    if sys.implementation.name == "cpython":
        _on_cpython()
    for folder in (aioble_folder.HERE, aioble_folder.parent()):
        if folder not in sys.path:
            sys.path.insert(0, folder)
    import fake_bluetooth

    fake_bluetooth.install()
    return fake_bluetooth.radio
