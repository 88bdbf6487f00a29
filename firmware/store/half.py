"""float16, the frame's number for volts and amps, in integers: the board's floats never touch it.

A half is its 16 bits: sign, 5 bits of exponent, 10 of mantissa (IEEE 754 binary16). Thousandths go
in as they come from the BMS (mV, mA); no step of that exceeds 2**27.
"""

UNKNOWN = 0x7E00  # a NaN
LARGEST = 0x7BFF  # 65504
_BIAS = 25  # a half is mantissa * 2**(exponent - 25), the mantissa with its hidden bit


def from_milli(thousandths):
    """The bits of thousandths / 1000, to the nearest, ties to even, at most +-65504."""
    return from_ratio(thousandths, 1000)


def from_ratio(numerator, denominator):
    """The bits of numerator / denominator, as from_milli. The denominator is positive."""
    sign = 0
    if numerator < 0:
        sign = 0x8000
        numerator = -numerator
    exponent = _BIAS
    while numerator >= denominator * 2048:
        denominator *= 2
        exponent += 1
    while numerator < denominator * 1024 and exponent > 1:
        numerator *= 2
        exponent -= 1
    mantissa = numerator // denominator
    twice = 2 * (numerator - mantissa * denominator)
    if twice > denominator or (twice == denominator and mantissa & 1):
        mantissa += 1
    # The hidden bit counts as one in the exponent; without it (a subnormal) the exponent is 0.
    bits = min(((exponent - 1) << 10) + mantissa, LARGEST)
    return bits | sign if bits else 0


def times(bits, factor):
    """A finite half times a positive integer, rounded to the nearest integer.

    factor 1000 turns V into mV; 1000000 * seconds turns A into mA ms.
    """
    exponent = (bits >> 10) & 31
    mantissa = bits & 1023
    if exponent:
        mantissa += 1024
    else:
        exponent = 1
    value = mantissa * factor
    if exponent >= _BIAS:
        value <<= exponent - _BIAS
    else:
        shift = _BIAS - exponent
        value = (value + (1 << (shift - 1))) >> shift
    return -value if bits & 0x8000 else value
