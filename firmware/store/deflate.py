"""A zlib stream from planes of bytes: one deflate block a plane, with runs as the only matches.

Stock MicroPython inflates but does not deflate. A column of a log gains from a Huffman code of its
own and from runs; a search window would add next to nothing and cost its memory. A plane is read
three times, in chunks, and the output leaves in pieces. RFC 1950 and 1951. The two halves of a
block are store.huffman and store.emit.
"""

import sys
from array import array

from store import kernels

PASSING = True

# The state. A run is a byte and its repeats, and may go on in the next chunk.
PREVIOUS = 0  # the byte before, 257 if there is none
REPEATS = 1  # repeats of it that are not put yet
BITS = 2  # bits that do not fill a byte yet, and how many
BIT_COUNT = 3
SIZE = 4  # bytes in the output buffer
ADLER_LOW = 5
ADLER_HIGH = 6
STATE_SIZE = 7

SYMBOLS = 288  # bytes, end of block, 29 run lengths, two that only the fixed code counts
END = 256  # of block; the symbols above are matches
DISTANCE = 288  # the place after the symbols' codes: that of distance 1
LENGTH_LIMIT = 15
STORED, FIXED, DYNAMIC = 0, 1, 2  # kinds of blocks

_HALVES = ("huffman", "emit")  # of what makes a block
CHUNK = 72  # bytes, the most a plane gives at a time
_ROOM = CHUNK * 15 // 8 + 40  # what a chunk can become with the run before it
_OUT = 128 + _ROOM


def work(head, sizes, planes, write):
    """Generator: write head, then as a zlib stream the planes of those sizes, from an open file."""
    write(head)
    deflater = Deflater(write)
    yield
    end = 0
    for size in sizes:
        yield from deflater.put_block(_Plane(planes, end, size))
        end += size
    deflater.finish()
    kernels.forget(_HALVES)


class _Plane:
    """size bytes of an open file, as a Deflater reads them."""

    def __init__(self, file, start, size):
        self._file = file
        self._start = start
        self._size = size

    def rewind(self):
        """Go back to the start."""
        self._file.seek(self._start)
        self._left = self._size

    def readinto(self, out):
        """Fill in the next bytes; returns how many, -1 at the end."""
        count = min(self._left, len(out))
        if not count:
            return -1
        if self._file.readinto(memoryview(out)[:count]) != count:
            raise OSError("the planes end early")
        self._left -= count
        return count


class Deflater:
    """Writes one zlib stream through write(buffer), in pieces of up to 512 bytes."""

    def __init__(self, write):
        self.size = 0  # bytes written so far
        self._write = write
        # From ranges, for these numbers are never read: a list would take 1 KB more in one piece
        self.codes = array("I", range(DISTANCE + 1))  # lengths from bit 16 up; and scratch
        self.counts = array("H", range(SYMBOLS))
        self.state = array("I", [0] * STATE_SIZE)
        self.state[ADLER_LOW] = 1
        self.lengths = bytearray(SYMBOLS)
        self.shortest = bytearray(258)  # by byte: from how many repeats on a match is shorter
        self.chunk = bytearray(CHUNK)
        self.out = bytearray(_OUT)
        self.out[0] = 0x08  # deflate; a window of 256 bytes is all that inflating it takes
        self.out[1] = 0x1D
        self.state[SIZE] = 2

    def put_block(self, plane):
        """Generator: append a plane as one block, yielding between steps of a few milliseconds.

        plane.rewind() goes to its start; plane.readinto(buffer) fills in up to CHUNK bytes and
        returns how many, -1 at the end. A plane is the same each time and of at most 65535 bytes.
        """
        yield from kernels.load(_HALVES)
        found = yield from sys.modules["store.huffman"].work(self, plane)
        yield from sys.modules["store.emit"].work(self, plane, *found)

    def finish(self):
        """Write what is left, an empty last block and the checksum."""
        self.make_room()
        state = self.state
        bits = state[BITS] | (1 | FIXED << 1) << state[BIT_COUNT]
        for shift in range(0, state[BIT_COUNT] + 10, 8):
            self.out[state[SIZE]] = bits >> shift & 255
            state[SIZE] += 1
        self.flush()
        adler = bytearray()
        for half in (state[ADLER_HIGH], state[ADLER_LOW]):
            adler.append(half >> 8)
            adler.append(half & 255)
        self.put_out(adler)

    def restart(self, plane):
        """Begin to read the plane."""
        plane.rewind()
        self.state[PREVIOUS] = 257
        self.state[REPEATS] = 0

    def put_out(self, data):
        """Write whole bytes."""
        self._write(data)
        self.size += len(data)

    def flush(self):
        """Write what the output buffer holds."""
        self.put_out(memoryview(self.out)[: self.state[SIZE]])
        self.state[SIZE] = 0

    def make_room(self):
        """Write the output buffer if there is no room for a chunk more."""
        if self.state[SIZE] > _OUT - _ROOM:
            self.flush()


def length_symbol(repeats):
    """Symbol and number of extra bits of a match; they are the low bits of repeats - 3."""
    x = repeats - 3
    if x == 255:
        return 285, 0
    extra = 0
    while x >> extra > 7:
        extra += 1
    return 257 + 4 * extra + (x >> extra), extra
