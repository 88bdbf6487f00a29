"""The records of a segment, read in small chunks, column by column.

Holds all the buffers that columns are worked out in: a chunk of rows with the row before it, the
values of two columns, predictions and residuals. A mark would upset every column: it reads as the
record before it, and goes into the shard apart.
"""

from array import array

from store.plans import SUM_ZERO

PASSING = True

_ROWS = 36  # in a chunk, at most; even, for digits stand two in a byte
_BYTES = 700  # of a chunk's rows, about


class Rows:
    """count records of size bytes from offset start of a file; zeros stand before the first."""

    def __init__(self, file, start, count, size):
        self.size = size
        self.count = count
        self._file = file
        self._start = start
        self._chunk = min(_ROWS, _BYTES // size) & ~1 or 2
        self.buffer = bytearray((self._chunk + 1) * size + 1)  # a spare byte, see plans_plain
        self._view = memoryview(self.buffer)
        self._had = 0  # rows in the buffer after the first
        self.left = 0  # rows behind the chunk
        self.marks = array("H")  # their rows
        self.hidden = 0  # how many of them a rewind has passed
        self.values = array("H", bytes(2 * (self._chunk + 1)))
        self.others = array("H", bytes(2 * (self._chunk + 1)))
        self.sums = array("I", [SUM_ZERO] * self._chunk)
        self.residuals = array("H", bytes(2 * self._chunk))
        self.scratch = bytearray(max(2 * self._chunk, 2 + size))  # of a plane; a mark

    def read_mark(self, i, out):
        """Write mark i into out, its row in front; returns how many bytes."""
        row = self.marks[i]
        out[0] = row & 255
        out[1] = row >> 8
        self._file.seek(self._start + row * self.size)
        self._file.readinto(memoryview(out)[2 : 2 + self.size])
        return 2 + self.size

    def rewind(self):
        """Go back to the first row."""
        self._file.seek(self._start)
        self.left = self.count
        self.hidden = 0
        self._had = 0
        for i in range(self.size):
            self.buffer[i] = 0

    def next(self):
        """Read the next chunk; returns how many rows, 0 at the end."""
        size = self.size
        self._copy(self._had * size, 0)
        count = min(self._chunk, self.left)
        if count and self._file.readinto(self._view[size : (count + 1) * size]) != count * size:
            raise OSError("the segment ends early")
        self._hide(self.count - self.left, count)
        self.left -= count
        self._had = count
        return count

    def _hide(self, first, count):
        marks = self.marks
        while self.hidden < len(marks) and marks[self.hidden] < first + count:
            at = (marks[self.hidden] - first) * self.size
            self._copy(at, at + self.size)
            self.hidden += 1

    def _copy(self, source, target):
        size = self.size
        self.buffer[target : target + size] = self.buffer[source : source + size]
