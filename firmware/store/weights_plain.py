"""Measures columns, the inner loop in plain Python: what weights_viper.py does."""

from store.plans_plain import step

PASSING = True


def dot(a, b, count):
    """Sum of the products of two columns' differences; count is at most 128."""
    total = 0
    for i in range(count):
        total += step(a, i) * step(b, i)
    return total
