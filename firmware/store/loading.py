"""Modules of the store that are in memory only while they are at work."""

import sys

from store import kernels


def load(names):
    """Generator, a module a step: an import is a matter of milliseconds. MemoryError if the native
    code of the inner loops has found no room.
    """
    if kernels.lost:
        raise MemoryError("no room for native code")
    for name in names:
        if "store." + name not in sys.modules:
            __import__("store." + name)
            yield


def forget(names):
    """Let their memory go, and that of their inner loops where those do not stay."""
    for name in names:
        _forget(name)
        if not kernels.STAYS:
            _forget(name + "_viper")
            _forget(name + "_plain")


def _forget(name):
    if sys.modules.pop("store." + name, None):
        delattr(sys.modules["store"], name)
