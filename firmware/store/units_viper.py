"""Measures residuals, in native code: units_plain.py is the reference."""
# ruff: noqa: F821 (ptr8 and its like are known to the compiler alone)

import micropython

PASSING = True


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
