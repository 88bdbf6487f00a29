"""Lets go of modules that say PASSING: they are in memory only while somebody needs them."""

import sys


def forget(name):
    """Let go of a module, "store.days". Who holds it keeps it as long."""
    folder, _, last = name.rpartition(".")
    # A place of a dict that is deleted can keep its value alive, so that is overwritten before
    if name in sys.modules:
        sys.modules[name] = None
        del sys.modules[name]
    if folder in sys.modules and hasattr(sys.modules[folder], last):
        setattr(sys.modules[folder], last, None)
        delattr(sys.modules[folder], last)
