"""A zlib stream from planes of bytes: one deflate block a plane, with runs as the only matches.

Stock MicroPython inflates but does not deflate. A column of a log gains from a Huffman code of its
own and from runs; a search window would add next to nothing and cost its memory. A plane is read
three times, in chunks, and the output leaves in pieces. RFC 1950 and 1951.
"""

from array import array

from store import huffman

try:
    from store import deflate_viper as fast
except (ImportError, SyntaxError, AttributeError):  # CPython, or a port without native code
    from store import deflate_plain as fast

# What of the state is used here; deflate_plain.py has all of it
PREVIOUS, REPEATS = 0, 1
BIT_COUNT, SIZE, ADLER_LOW, ADLER_HIGH, STATE_SIZE = 3, 4, 5, 6, 7

CHUNK = 72  # bytes, the most a plane gives at a time
_ROOM = CHUNK * 15 // 8 + 96  # what a chunk can become with the run before it; so can a header
_OUT = 128 + _ROOM
_STORED, _FIXED, _DYNAMIC = 0, 1, 2
_FIRST_GUESS = 8  # repeats worth a match, before the lengths are known


class Deflater:
    """Writes one zlib stream through write(buffer), in pieces of up to half a KB."""

    def __init__(self, write):
        self.size = 0  # bytes written so far
        self._write = write
        zeros = memoryview(bytes(huffman.SYMBOLS + 1))  # as numbers, not as bytes
        self._codes = array("I", zeros)  # of the symbols and of distance 1; and scratch
        self._counts = array("H", zeros[: huffman.SYMBOLS])
        self._state = array("I", zeros[:STATE_SIZE])
        self._state[ADLER_LOW] = 1
        self._lengths = bytearray(huffman.SYMBOLS)
        self._own = bytearray(huffman.HEADER_SYMBOLS)  # lengths of the code in a block's header
        self._shortest = bytearray(258)
        self._chunk = bytearray(CHUNK)
        self._out = bytearray(_OUT)
        self._put(0x08, 8)  # deflate; a window of 256 bytes is all that whoever inflates it needs
        self._put(0x1D, 8)

    def put_block(self, plane):
        """Generator: append a plane as one block, yielding between steps of a few milliseconds.

        plane.rewind() goes to its start; plane.readinto(buffer) fills in up to CHUNK bytes and
        returns how many, -1 at the end. A plane is the same each time and of at most 65535 bytes.
        """
        for byte in range(258):
            self._shortest[byte] = _FIRST_GUESS
        yield from self._count(plane)
        self._find_lengths()
        yield
        self._weigh_runs()
        yield
        size = yield from self._count(plane)
        used = self._find_lengths()
        yield
        kind = yield from self._choose(used, size)
        self._begin(kind, size)
        yield
        huffman.find_codes(self._lengths, huffman.SYMBOLS, self._codes)
        self._codes[huffman.SYMBOLS] = (5 if kind == _FIXED else 1) << 16  # distance 1
        yield from self._emit(plane, kind)

    def finish(self):
        """Write what is left, an empty last block and the checksum."""
        self._make_room()
        self._put(1 | _FIXED << 1, 3)
        self._put(0, 7)
        self._put(0, -self._state[BIT_COUNT] & 7)
        for half in (self._state[ADLER_HIGH], self._state[ADLER_LOW]):
            self._put(half >> 8, 8)
            self._put(half & 255, 8)
        self._flush()

    def _put(self, value, width):
        fast.put_bits(value, width, self._state, self._out)

    def _flush(self):
        size = self._state[SIZE]
        self._write(memoryview(self._out)[:size])
        self.size += size
        self._state[SIZE] = 0

    def _make_room(self):
        if self._state[SIZE] > _OUT - _ROOM:
            self._flush()

    def _restart(self, plane):
        plane.rewind()
        self._state[PREVIOUS] = 257
        self._state[REPEATS] = 0

    def _count(self, plane):
        counts = self._counts
        for symbol in range(huffman.SYMBOLS):
            counts[symbol] = 0
        self._restart(plane)
        total = size = 0
        while size >= 0:
            total += size
            size = plane.readinto(self._chunk)
            fast.count_symbols(
                self._chunk, max(size, 0), int(size < 0), self._shortest, self._state, counts
            )
            yield
        return total

    def _find_lengths(self):
        return huffman.find_lengths(self._counts, self._lengths, huffman.LENGTH_LIMIT, self._codes)

    def _weigh_runs(self):
        """From how many repeats on a match is shorter than literals, by the lengths found."""
        by_length = bytearray(huffman.LENGTH_LIMIT + 1)
        for length in range(1, huffman.LENGTH_LIMIT + 1):
            repeats = 3
            while repeats * length <= self._match_bits(repeats):
                repeats += 1
            by_length[length] = repeats
        for byte in range(256):
            self._shortest[byte] = by_length[self._lengths[byte] or 1]

    def _match_bits(self, repeats):
        extra = 0 if repeats < 11 else 1 if repeats < 19 else 2
        symbol = 257 + 4 * extra + (repeats - 3 >> extra)
        return (self._lengths[symbol] or 9) + extra + 1

    def _choose(self, used, size):
        """Generator: the kind of block that is the smallest."""
        fixed = huffman.measure(self._codes, used, None, 5)
        yield
        dynamic = huffman.measure(self._codes, used, self._lengths, 1)
        yield
        dynamic += huffman.measure_header(self._lengths, self._own, self._counts, self._codes)
        yield
        if min(fixed, dynamic) >= 8 * size + 32 + 7:
            return _STORED
        return _FIXED if fixed <= dynamic else _DYNAMIC

    def _begin(self, kind, size):
        self._make_room()
        self._put(kind << 1, 3)
        if kind == _STORED:
            self._put(0, -self._state[BIT_COUNT] & 7)
            self._put(size, 16)
            self._put(size ^ 0xFFFF, 16)
        elif kind == _DYNAMIC:
            huffman.write_header(self._lengths, self._own, self._codes, self._put)
        else:
            for symbol in range(huffman.SYMBOLS):
                self._lengths[symbol] = huffman.fixed_length(symbol)

    def _emit(self, plane, kind):
        state = self._state
        self._restart(plane)
        size = 0
        while size >= 0:
            self._make_room()
            size = plane.readinto(self._chunk)
            fast.add_adler(self._chunk, max(size, 0), state)
            if kind != _STORED:
                fast.put_symbols(
                    self._chunk,
                    max(size, 0),
                    int(size < 0),
                    self._shortest,
                    state,
                    self._codes,
                    self._out,
                )
            elif size > 0:
                self._flush()
                self._write(memoryview(self._chunk)[:size])
                self.size += size
            yield
