"""From bytes to a deflate stream, in native code: emit_plain.py is the reference.

A viper int has 32 bits on the board and wraps, a constant 31.
"""
# ruff: noqa: F821 (ptr8 and its like are known to the compiler alone)

import micropython
from micropython import const

PASSING = True

PREVIOUS = const(0)
REPEATS = const(1)
BITS = const(2)
BIT_COUNT = const(3)
SIZE = const(4)
ADLER_LOW = const(5)
ADLER_HIGH = const(6)

DISTANCE = const(288)


@micropython.viper
def put_symbols(
    data: ptr8, size: int, end: int, shortest: ptr8, state: ptr32, codes: ptr32, out: ptr8
):
    previous = state[PREVIOUS]
    repeats = state[REPEATS]
    bits = state[BITS]
    width = state[BIT_COUNT]
    at = state[SIZE]
    i = 0
    while i < size + end:
        byte = 256
        if i < size:
            byte = data[i]
        i += 1
        if byte == previous and repeats < 258:
            repeats += 1
            continue
        # What is to be written: word, repeated, then the rest of a run's length, then byte.
        times = 0
        word = 0
        rest = 0
        literal = 0
        if repeats:
            if repeats >= shortest[previous]:
                x = repeats - 3
                extra = 0
                if x == 255:
                    x = 0
                    word = codes[285]
                else:
                    while x >> extra > 7:
                        extra += 1
                    word = codes[257 + 4 * extra + (x >> extra)]
                    x &= (1 << extra) - 1
                times = 1
                rest = x | (extra + (codes[DISTANCE] >> 16)) << 16
            else:
                word = codes[previous]
                times = repeats
        repeats = 1
        if byte != previous:
            literal = 1
            previous = byte
            repeats = 0
        while times + rest + literal:
            if not times:
                times = 1
                word = rest
                if rest:
                    rest = 0
                else:
                    word = codes[byte]
                    literal = 0
            bits |= (word & 0xFFFF) << width
            width += word >> 16
            while width > 7:
                out[at] = bits
                at += 1
                bits >>= 8
                width -= 8
            times -= 1
    state[PREVIOUS] = previous
    state[REPEATS] = repeats
    state[BITS] = bits
    state[BIT_COUNT] = width
    state[SIZE] = at


@micropython.viper
def add_adler(data: ptr8, size: int, state: ptr32):
    low = state[ADLER_LOW]
    high = state[ADLER_HIGH]
    i = 0
    while i < size:
        low += data[i]
        high += low
        i += 1
    state[ADLER_LOW] = low % 65521
    state[ADLER_HIGH] = high % 65521
