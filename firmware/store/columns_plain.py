"""From rows to bytes of planes, the inner loops in plain Python: what columns_viper.py does.

This is the readable one and the judge. Buffers are preallocated by the caller; numbers stay below
2**30, and what lies in an array is never negative, for a viper array of 32 bits has no sign.
"""

from store import half

LARGEST_STEP = 2047  # a difference beyond that predicts nothing
SUM_ZERO = (1 << 29) + 512  # sums are kept positive; 512 rounds
NARROW = 15  # what a digit of four bits cannot say


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
    """How far halves are, in their order, from the multiples of 1 / unit that stand for them: in
    place of those in values.
    """
    for i in range(count):
        at = i * size + offset
        bits = rows[at] | rows[at + 1] << 8
        multiple = (values[i] + 0x8000 & 0xFFFF) - 0x8000
        near = half.from_ratio(multiple, unit)
        values[i] = _in_order(bits) - _in_order(near) & 0xFFFF


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
    """Difference less prediction, of so many bits, zigzag. The predictions start anew."""
    mask = (1 << bits) - 1
    for i in range(count):
        prediction = (sums[i] >> 10) - (SUM_ZERO >> 10)
        sums[i] = SUM_ZERO
        x = values[i + 1] - values[i] - prediction & mask
        out[i] = x << 1 if x <= mask >> 1 else (mask - x) << 1 | 1


def put_zigzag(values, count, out):
    """The values themselves, 16 bits with a sign, zigzag."""
    for i in range(count):
        x = values[i + 1]
        out[i] = x << 1 if x < 0x8000 else (0xFFFF - x) << 1 | 1


# Residuals to bytes of planes.


def put_bytes(residuals, count, shift, out):
    """One byte of each; returns how many bytes."""
    for i in range(count):
        out[i] = residuals[i] >> shift & 255
    return count


def put_digits(residuals, count, out):
    """Four bits of each, two in a byte, the first one low; returns how many bytes."""
    size = 0
    for i in range(0, count, 2):
        low = min(residuals[i], NARROW)
        high = min(residuals[i + 1], NARROW) if i + 1 < count else 0
        out[size] = low | high << 4
        size += 1
    return size


def put_wide(residuals, count, out):
    """Two bytes, the low one first, of each that does not fit a digit; returns how many bytes."""
    size = 0
    for i in range(count):
        if residuals[i] >= NARROW:
            out[size] = residuals[i] & 255
            out[size + 1] = residuals[i] >> 8
            size += 2
    return size
