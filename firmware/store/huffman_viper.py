"""Counts deflate's symbols, in native code: huffman_plain.py is the reference."""
# ruff: noqa: F821 (ptr8 and its like are known to the compiler alone)

import micropython
from micropython import const

PASSING = True

PREVIOUS = const(0)
REPEATS = const(1)


@micropython.viper
def count_symbols(data: ptr8, size: int, end: int, shortest: ptr8, state: ptr32, counts: ptr16):
    previous = state[PREVIOUS]
    repeats = state[REPEATS]
    i = 0
    while i < size + end:
        byte = 256
        if i < size:
            byte = data[i]
        i += 1
        if byte == previous and repeats < 258:
            repeats += 1
        else:
            if repeats:
                symbol = previous
                if repeats >= shortest[previous]:
                    x = repeats - 3
                    repeats = 1
                    if x == 255:
                        symbol = 285
                    else:
                        symbol = 257
                        while x > 7:
                            symbol += 4
                            x >>= 1
                        symbol += x
                counts[symbol] = counts[symbol] + repeats
            repeats = 1
            if byte != previous:
                counts[byte] = counts[byte] + 1
                previous = byte
                repeats = 0
    state[PREVIOUS] = previous
    state[REPEATS] = repeats
