"""Prints yes if the board has a module besides the one in packlog's own bundle, else no."""

import sys


def can_import(name):
    if name in sys.modules:
        print("no" if sys.modules[name].__file__.startswith("/~") else "yes")
        return
    path = sys.path[:]
    if "/~" in path:
        sys.path.remove("/~")
    try:
        __import__(name)
        print("yes")
    except ImportError:
        print("no")
    except Exception:
        print("yes")
    sys.path[:] = path
