"""Measures of columns, in native code: fit_plain.py is the reference."""
# ruff: noqa: F821 (ptr8 and its like are known to the compiler alone)

import micropython
from micropython import const

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


@micropython.viper
def count_bits(residuals: ptr16, count: int, toll: int) -> int:
    total = 0
    i = 0
    while i < count:
        x = residuals[i]
        if x:
            total += toll
        while x:
            total += 1
            x >>= 1
        i += 1
    return total
