"""Writes a block of deflate: its header, then the codes of its symbols (RFC 1951).

The second half of a block.
"""

from store.deflate import BIT_COUNT, BITS, SIZE, STORED

try:
    from store import emit_viper as fast
except (ImportError, SyntaxError, AttributeError):  # CPython, or a port without native code
    from store import emit_plain as fast

PASSING = True


def work(deflater, plane, kind, size, header):
    """Generator: append a plane as a block of that kind; the rest is what store.huffman found."""
    deflater.make_room()
    _put(kind << 1, 3, deflater)
    if kind == STORED:
        _put(0, -deflater.state[BIT_COUNT] & 7, deflater)
        _put(size, 16, deflater)
        _put(size ^ 0xFFFF, 16, deflater)
    for i in range(0, len(header), 2):
        deflater.make_room()
        _put(header[i], header[i + 1], deflater)
    yield
    deflater.restart(plane)
    size = 0
    while size >= 0:
        deflater.make_room()
        size = plane.readinto(deflater.chunk)
        _emit(deflater, kind, max(size, 0), int(size < 0))
        yield


def _emit(deflater, kind, size, end):
    """Append a chunk, and if it is the end that of the block."""
    chunk, state = deflater.chunk, deflater.state
    fast.add_adler(chunk, size, state)
    if kind == STORED:
        deflater.flush()
        deflater.put_out(memoryview(chunk)[:size])
    else:
        fast.put_symbols(chunk, size, end, deflater.shortest, state, deflater.codes, deflater.out)


def _put(value, width, deflater):
    """Append up to 16 bits, lowest first."""
    state = deflater.state
    bits = state[BITS] | value << state[BIT_COUNT]
    width += state[BIT_COUNT]
    while width > 7:
        deflater.out[state[SIZE]] = bits & 255
        state[SIZE] += 1
        bits >>= 8
        width -= 8
    state[BITS] = bits
    state[BIT_COUNT] = width
