"""Measures residuals, the inner loop in plain Python: what units_viper.py does."""

PASSING = True


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
