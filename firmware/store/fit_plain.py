"""Measures of columns, the inner loops in plain Python: what fit_viper.py does."""

from store.columns_plain import step


def dot(a, b, count):
    """Sum of the products of two columns' differences; count is at most 128."""
    total = 0
    for i in range(count):
        total += step(a, i) * step(b, i)
    return total


def count_bits(residuals, count, toll):
    """About what they will cost: the bits of each but leading zeros, and toll if it is not 0."""
    total = 0
    for i in range(count):
        x = residuals[i]
        if x:
            total += toll
        while x:
            total += 1
            x >>= 1
    return total
