"""Measures the heap that modules take once they are imported, and what a logger takes on top.

show() prints a JSON object. What stands in for an ESP32's own modules is there before, and does not
count; nor do asyncio and what else the firmware of an ESP32 has frozen in.
"""

import asyncio
import gc
import json
import os
import sys

import fakes


def used():
    """Bytes of the heap in use."""
    gc.collect()
    return gc.mem_alloc()


def prepare(real):
    """real: names of modules in /also that need no stand-in. Returns what is in use before."""
    sys.path.append("/also")
    fakes.install([name for name in fakes.NAMES if name.split(".")[0] not in real])
    os.chdir("/packlog/firmware")  # where config.json is
    asyncio.new_event_loop()
    return used()


def show_modules(names, real=()):
    """What each takes, imported in that order, as a list of [name, bytes]."""
    before = prepare(real)
    found = []
    for name in names:
        __import__(name)
        now = used()
        found.append([name, now - before])
        before = now
    print(json.dumps(found))


def read(text):
    """As settings.read() does."""
    import config

    found = config.parse(text)
    found["checksum"] = 0
    sys.modules.pop("config")
    sys.modules.pop("config_keys")
    return found


def show_logger(text, real=()):
    """What a logger by the text of a config.json takes, together with the modules it imports."""
    before = prepare(real)
    settings = read(text)
    import packlog

    logger = packlog.Logger(settings)
    assert not logger.complaints, logger.complaints
    print(json.dumps(used() - before))
