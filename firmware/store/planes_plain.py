"""Residuals to bytes of planes, the inner loop in plain Python: what planes_viper.py does."""

PASSING = True

DIGITS, WIDE = 16, 17  # instead of a shift
NARROW = 15  # what a digit of four bits cannot say


def put(residuals, count, how, out):
    """Write a chunk of a plane into out; returns how many bytes.

    A shift of 0 or 8: one byte of each residual. DIGITS: four bits of each, two in a byte, the
    first one low. WIDE: two bytes, the low one first, of each that does not fit a digit.
    """
    data = []
    for i in range(0, count, 2 if how == DIGITS else 1):
        x = residuals[i]
        if how == DIGITS:
            high = min(residuals[i + 1], NARROW) if i + 1 < count else 0
            data.append(min(x, NARROW) | high << 4)
        elif how != WIDE:
            data.append(x >> how & 255)
        elif x >= NARROW:
            data += x & 255, x >> 8
    out[: len(data)] = bytes(data)
    return len(data)
