"""Prints yes if packlog is frozen into the board's MicroPython, else no."""

import sys


def is_frozen():
    path, loaded = sys.path[:], sys.modules.pop("sample", None)
    sys.path[:] = [".frozen"]
    try:
        __import__("sample")  # imports nothing
        print("yes")
    except ImportError:
        print("no")
    sys.path[:] = path
    if loaded:
        sys.modules["sample"] = loaded
