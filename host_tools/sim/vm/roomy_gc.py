"""The gc module of a virtual board that has as much memory as it wants: it collects when that is
full. A threshold is for a heap that must not fall in pieces; collecting would be most of the work.
"""

from gc import collect, disable, enable, isenabled, mem_alloc, mem_free  # noqa: F401

_threshold = -1


def threshold(size=None):
    global _threshold
    if size is None:
        return _threshold
    _threshold = size
