"""Imports a module of the firmware anew, on the module machine of a test."""

import sys


def import_with(name, machine):
    """The module of that dotted name, whose `import machine` gave that object."""
    sys.modules.pop(name, None)
    before = sys.modules.get("machine")
    sys.modules["machine"] = machine
    try:
        __import__(name)
    finally:
        del sys.modules["machine"]
        if before:
            sys.modules["machine"] = before
    return sys.modules[name]
