"""Measures columns, in native code: weights_plain.py is the reference."""
# ruff: noqa: F821 (ptr8 and its like are known to the compiler alone)

import micropython
from micropython import const

PASSING = True

LARGEST_STEP = const(2047)


@micropython.viper
def dot(a: ptr16, b: ptr16, count: int) -> int:
    total = 0
    i = 0
    while i < count:
        x = (a[i + 1] - a[i] + 0x8000 & 0xFFFF) - 0x8000
        if x >= -LARGEST_STEP and x <= LARGEST_STEP:
            y = (b[i + 1] - b[i] + 0x8000 & 0xFFFF) - 0x8000
            if y >= -LARGEST_STEP and y <= LARGEST_STEP:
                total += x * y
        i += 1
    return total
