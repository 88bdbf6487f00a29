"""From bytes to a deflate stream, the inner loops in plain Python: what emit_viper.py does.

This is the readable reference implementation. Buffers are preallocated by the caller; numbers stay
below 2**30.
"""

from store.deflate import (
    ADLER_HIGH,
    ADLER_LOW,
    BIT_COUNT,
    BITS,
    DISTANCE,
    PREVIOUS,
    REPEATS,
    SIZE,
    length_symbol,
)

PASSING = True


def put_symbols(data, size, end, shortest, state, codes, out):
    """Append the codes of the same symbols to out. A code's length stands from bit 16 up."""
    previous = state[PREVIOUS]
    repeats = state[REPEATS]
    for i in range(size + end):
        byte = data[i] if i < size else 256
        if byte == previous and repeats < 258:
            repeats += 1
            continue
        if repeats:
            if repeats >= shortest[previous]:
                symbol, extra = length_symbol(repeats)
                _put_code(state, out, codes[symbol])
                _put_bits(repeats - 3 & (1 << extra) - 1, extra, state, out)
                _put_code(state, out, codes[DISTANCE])
            else:
                for _ in range(repeats):
                    _put_code(state, out, codes[previous])
        repeats = 1
        if byte != previous:
            _put_code(state, out, codes[byte])
            previous = byte
            repeats = 0
    state[PREVIOUS] = previous
    state[REPEATS] = repeats


def _put_code(state, out, code):
    _put_bits(code & 0xFFFF, code >> 16, state, out)


def _put_bits(value, width, state, out):
    """Append up to 16 bits, lowest first."""
    bits = state[BITS] | value << state[BIT_COUNT]
    width += state[BIT_COUNT]
    size = state[SIZE]
    while width > 7:
        out[size] = bits & 255
        size += 1
        bits >>= 8
        width -= 8
    state[BITS] = bits
    state[BIT_COUNT] = width
    state[SIZE] = size


def add_adler(data, size, state):
    """zlib's checksum over up to 256 bytes more."""
    low = state[ADLER_LOW]
    high = state[ADLER_HIGH]
    for i in range(size):
        low += data[i]
        high += low
    state[ADLER_LOW] = low % 65521
    state[ADLER_HIGH] = high % 65521
