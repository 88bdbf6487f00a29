"""From bytes to a deflate stream, the inner loops in plain Python: what deflate_viper.py does.

This is the readable one and the judge. Buffers are preallocated by the caller; numbers stay below
2**30.
"""

# The deflater's state. A run is a byte and its repeats, and may go on in the next chunk.
PREVIOUS = 0  # the byte before, 257 if there is none
REPEATS = 1  # repeats of it that are not put yet
BITS = 2  # bits that do not fill a byte yet, and how many
BIT_COUNT = 3
SIZE = 4  # bytes in the output buffer
ADLER_LOW = 5
ADLER_HIGH = 6
STATE_SIZE = 7

DISTANCE = 288  # the place after the symbols' codes: that of distance 1


# Bytes to deflate's symbols. Symbol 256 ends a block.


def _length_symbol(repeats):
    """Symbol and number of extra bits of a match; they are the low bits of repeats - 3."""
    x = repeats - 3
    if x == 255:
        return 285, 0
    extra = 0
    while x >> extra > 7:
        extra += 1
    return 257 + 4 * extra + (x >> extra), extra


def count_symbols(data, size, end, shortest, state, counts):
    """Add the symbols of size bytes to counts; end = 1: the end of the block as well.

    A byte's repeats become a match of distance 1 when there are shortest[byte] of them or more.
    """
    previous = state[PREVIOUS]
    repeats = state[REPEATS]
    for i in range(size + end):
        byte = data[i] if i < size else 256
        if byte == previous and repeats < 258:
            repeats += 1
            continue
        if repeats:
            if repeats >= shortest[previous]:
                counts[_length_symbol(repeats)[0]] += 1
            else:
                counts[previous] += repeats
        repeats = 1
        if byte != previous:
            counts[byte] += 1
            previous = byte
            repeats = 0
    state[PREVIOUS] = previous
    state[REPEATS] = repeats


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
                symbol, extra = _length_symbol(repeats)
                _put_code(state, out, codes[symbol])
                put_bits(repeats - 3 & (1 << extra) - 1, extra, state, out)
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
    put_bits(code & 0xFFFF, code >> 16, state, out)


def put_bits(value, width, state, out):
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
