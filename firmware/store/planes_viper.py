"""Residuals to bytes of planes, in native code: planes_plain.py is the reference."""
# ruff: noqa: F821 (ptr8 and its like are known to the compiler alone)

import micropython
from micropython import const

PASSING = True

DIGITS = const(16)
WIDE = const(17)
NARROW = const(15)


@micropython.viper
def put(residuals: ptr16, count: int, how: int, out: ptr8) -> int:
    size = 0
    i = 0
    while i < count:
        x = residuals[i]
        i += 1
        if how == DIGITS:
            if x > NARROW:
                x = NARROW
            if i & 1 == 0:
                size -= 1
                x = out[size] | x << 4
        elif how == WIDE:
            if x < NARROW:
                continue
            out[size] = x
            size += 1
            x >>= 8
        else:
            x >>= how
        out[size] = x
        size += 1
    return size
