"""Which aioble the tests use, on CPython and on MicroPython: that of the environment variable
PACKLOG_AIOBLE, which names the package's folder or the one that it is in; without it, the stand-in
beside this file.
"""

import os

HERE = __file__.rsplit("/", 1)[0]


def parent():
    """What goes onto the path, so that `import aioble` finds it."""
    named = os.getenv("PACKLOG_AIOBLE")
    if not named:
        return HERE
    folder = named.rstrip("/")
    if _exists(folder + "/aioble/core.py"):
        return folder
    outside, _, name = folder.rpartition("/")
    if name == "aioble" and _exists(folder + "/core.py"):
        return outside or "/"
    raise ValueError("PACKLOG_AIOBLE: no aioble/core.py at " + named)


def _exists(path):
    try:
        os.stat(path)
    except OSError:
        return False
    return True
