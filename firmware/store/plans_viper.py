"""From rows to residuals, in native code: plans_plain.py is the reference implementation.

A viper int has 32 bits on the board and wraps, a constant 31, and what is loaded from an array of
32 bits has no sign. Hence sums that are kept positive, and a modulus in steps.
"""
# ruff: noqa: F821 (ptr8 and its like are known to the compiler alone)

import micropython
from micropython import const

PASSING = True

LARGEST_STEP = const(2047)
SUM_ZERO = const((1 << 29) + 512)


@micropython.viper
def load_bits(rows: ptr8, count: int, size: int, offset: int, shift: int, bits: int, out: ptr16):
    mask = (1 << bits) - 1
    at = offset
    i = 0
    while i < count:
        out[i] = ((rows[at] | rows[at + 1] << 8) >> shift) & mask
        at += size
        i += 1


@micropython.viper
def load_halves(rows: ptr8, count: int, size: int, offset: int, unit: int, out: ptr16):
    at = offset
    i = 0
    while i < count:
        bits = rows[at] | rows[at + 1] << 8
        if unit:
            exponent = bits >> 10 & 31
            value = (bits & 1023) * unit
            if exponent:
                value += 1024 * unit
            else:
                exponent = 1
            if exponent > 25:
                value <<= exponent - 25
            elif exponent < 25:
                value = (value + (1 << 24 - exponent)) >> 25 - exponent
            if exponent == 31 or value > 32767:
                value = 0
            if bits & 0x8000:
                value = 0 - value
            out[i] = value
        elif bits & 0x8000:
            out[i] = 0xFFFF - bits
        else:
            out[i] = bits | 0x8000
        at += size
        i += 1


@micropython.viper
def load_rests(rows: ptr8, count: int, size: int, offset: int, unit: int, values: ptr16):
    at = offset
    total = 0
    i = 0
    while i < count:
        bits = rows[at] | rows[at + 1] << 8
        value = values[i]
        if value & 0x8000:
            value = 0x10000 - value
        # value / unit as a half
        near = 0
        if value:
            below = unit
            exponent = 25
            while value >= below * 2048:
                below <<= 1
                exponent += 1
            while value < below * 1024 and exponent > 1:
                value <<= 1
                exponent -= 1
            near = value // below
            value = 2 * (value - near * below)
            if value > below or (value == below and near & 1):
                near += 1
            near += exponent - 1 << 10
            if near > 0x7BFF:
                near = 0x7BFF
            if near and bits & 0x8000:
                near |= 0x8000
        if near & 0x8000:
            near = 0xFFFF - near
        else:
            near |= 0x8000
        if bits & 0x8000:
            bits = 0xFFFF - bits
        else:
            bits |= 0x8000
        total += bits - near
        values[i] = total
        at += size
        i += 1


@micropython.viper
def add_products(values: ptr16, count: int, weight: int, sums: ptr32):
    i = 0
    while i < count:
        x = (values[i + 1] - values[i] + 0x8000 & 0xFFFF) - 0x8000
        if x >= -LARGEST_STEP and x <= LARGEST_STEP:
            sums[i] = sums[i] + weight * x
        i += 1


@micropython.viper
def put_residuals(values: ptr16, count: int, bits: int, sums: ptr32, out: ptr16):
    mask = (1 << bits) - 1
    middle = mask >> 1
    zero = SUM_ZERO >> 10
    i = 0
    while i < count:
        x = values[i + 1] - values[i] - (sums[i] >> 10) + zero & mask
        sums[i] = SUM_ZERO
        if x <= middle:
            out[i] = x << 1
        else:
            out[i] = mask - x << 1 | 1
        i += 1
