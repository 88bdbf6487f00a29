"""Prints what the board is, as one line of JSON."""

import gc
import json
import os
import sys


def kind_of_file_system():
    try:
        import vfs

        for mounted, place in vfs.mount():
            if place == "/":
                return type(mounted).__name__
    except TypeError:  # before 1.25 nobody says what is mounted: look at the flash
        try:
            from flashbdev import bdev

            first = bytearray(64)
            bdev.readblocks(0, first, 0)
            return "VfsLfs2" if b"littlefs" in first else "VfsFat"
        except (ImportError, OSError):
            pass
    return "?"


def flash_size():
    try:
        import esp

        return esp.flash_size()
    except (ImportError, AttributeError):
        return 0


def memory_size():
    try:
        import esp32

        return sum([region[0] for region in esp32.idf_heap_info(esp32.HEAP_DATA)])
    except (ImportError, AttributeError):
        return 0


def probe():
    gc.collect()
    size, fragment, count, free = os.statvfs("/")[:4]
    blocks = count * fragment // size
    free = free * fragment // size
    made = {
        "name": sys.implementation.name,
        "version": sys.implementation.version[:2],
        "machine": getattr(sys.implementation, "_machine", ""),
        "mpy": getattr(sys.implementation, "_mpy", 0),
        "kind": kind_of_file_system(),
        "flash": flash_size(),
        "ram": memory_size(),
        "block": size,
        "blocks": blocks,
        "free": free if free <= blocks else 0,  # littlefs counts some twice: below 0, which wraps
    }
    print(json.dumps(made))
