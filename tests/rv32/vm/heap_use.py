"""Measures the heap that modules take once they are imported.
 What stands in for an ESP32's own modules is there before, and does not
count; nor do asyncio and what else the firmware of an ESP32 has frozen in.
"""

import asyncio
import gc
import json
import os

import fakes


def used():
    """Bytes of the heap in use."""
    gc.collect()
    return gc.mem_alloc()


def prepare():
    """Returns what is in use before."""
    fakes.install()
    os.chdir("/packlog/firmware")  # where config.json is
    asyncio.new_event_loop()
    return used()


def show_modules(names):
    """What each takes, imported in that order, as a list of [name, bytes]."""
    before = prepare()
    found = []
    for name in names:
        __import__(name)
        now = used()
        found.append([name, now - before])
        before = now
    print(json.dumps(found))
