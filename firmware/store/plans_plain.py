"""From rows to residuals, the inner loops in plain Python: what plans_viper.py does.

This is the readable reference implementation. Buffers are preallocated by the caller; numbers stay
below 2**30, and an array never holds a negative number: a viper array of 32 bits has no sign.
"""

from store import half

PASSING = True

LARGEST_STEP = 2047  # a difference beyond that predicts nothing
SUM_ZERO = (1 << 29) + 512  # sums are kept positive; 512 rounds


# Rows to values. rows holds count rows of size bytes and one spare byte.


def load_bits(rows, count, size, offset, shift, bits, out):
    """Fields of up to 16 bits."""
    for i in range(count):
        at = i * size + offset
        out[i] = ((rows[at] | rows[at + 1] << 8) >> shift) & (1 << bits) - 1


def load_halves(rows, count, size, offset, unit, out):
    """Halves in their order (unit 0), or as multiples of 1 / unit, 0 if that is not in 16 bits."""
    for i in range(count):
        at = i * size + offset
        bits = rows[at] | rows[at + 1] << 8
        out[i] = _multiple(bits, unit) & 0xFFFF if unit else _in_order(bits)


def load_rests(rows, count, size, offset, unit, values):
    """How far halves are, in their order, from the multiples of 1 / unit that stand for them: their
    running total, in place of those in values.
    """
    total = 0
    for i in range(count):
        at = i * size + offset
        bits = rows[at] | rows[at + 1] << 8
        multiple = (values[i] + 0x8000 & 0xFFFF) - 0x8000
        near = half.from_ratio(multiple, unit)
        total = total + _in_order(bits) - _in_order(near) & 0xFFFF
        values[i] = total


def _in_order(bits):
    return 0xFFFF - bits if bits & 0x8000 else bits | 0x8000


def _multiple(bits, unit):
    if bits & 0x7C00 == 0x7C00:
        return 0
    number = half.times(bits, unit)
    return number if -32768 < number < 32768 else 0


# Values to residuals. values holds the row before and then count rows.


def step(values, i):
    """A difference, 0 if it is beyond LARGEST_STEP."""
    found = (values[i + 1] - values[i] + 0x8000 & 0xFFFF) - 0x8000
    return found if -LARGEST_STEP <= found <= LARGEST_STEP else 0


def add_products(values, count, weight, sums):
    """Add a column's differences times weight / 1024 to the predictions."""
    for i in range(count):
        sums[i] += weight * step(values, i)


def put_residuals(values, count, bits, sums, out):
    """Difference less prediction, modulo 2**bits, zigzag. The predictions start anew."""
    mask = (1 << bits) - 1
    for i in range(count):
        prediction = (sums[i] >> 10) - (SUM_ZERO >> 10)
        sums[i] = SUM_ZERO
        x = values[i + 1] - values[i] - prediction & mask
        out[i] = x << 1 if x <= mask >> 1 else (mask - x) << 1 | 1
