"""What is in memory only while a segment is compacted, and where its native code lies.

An ESP32 has native code outside of the heap, in memory that is scarce and never given back; so has
a PC. There it is loaded once and stays, on an ESP32 first of all. Elsewhere it comes and goes with
what uses it.
"""

import gc
import sys

from lib import once, passing

STAYS = sys.platform in ("esp32", "linux", "darwin")
TWINS = ("plans", "units", "weights", "planes", "huffman", "emit")  # modules with native twins
lost = False  # was there no room for what stays? Another attempt would only take more


@once.start
def keep():
    """Load what stays."""
    global lost
    try:
        if STAYS:
            for name in TWINS:
                __import__("store." + name + "_viper")
    except (ImportError, SyntaxError, AttributeError):  # the plain twins are taken
        pass
    except MemoryError:
        lost = True


def load(names):
    """Generator, a module a step, each after a collection: what stays does not lie scattered among
    garbage, and no import has to collect. MemoryError if the native code of the inner loops has
    found no room.
    """
    if lost:
        raise MemoryError("no room for native code")
    for name in names:
        if "store." + name not in sys.modules:
            if name in TWINS:
                gc.collect()
                yield
                _load_native(name)
                yield
            gc.collect()
            yield
            _load(name)
            yield


def _load_native(name):
    """A step of its own, for it takes as long as the rest of the module."""
    try:
        _load(name + "_viper")
    except (ImportError, SyntaxError, AttributeError):  # the plain twin is taken
        pass


def _load(name):
    __import__("store." + name)


def work(name, *args):
    """Generator: what the module's work(...) does, in memory only for that; returns its result."""
    yield from load((name,))
    try:
        return (yield from sys.modules["store." + name].work(*args))
    finally:
        forget((name,))


def forget(names):
    """Let their memory go, and that of their inner loops where those do not stay."""
    for name in names:
        passing.forget("store." + name)
        if not STAYS:
            passing.forget("store." + name + "_viper")
            passing.forget("store." + name + "_plain")
