"""The records of a segment, read in small chunks, column by column.

Holds all the buffers that columns are worked out in: a chunk of rows with the row before it, the
values of two columns, predictions and residuals. A mark would upset every column: it reads as the
record before it, and goes into the shard apart. store/checks.py says which rows are left out.
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
        self.gaps = array("H")  # rows of the file that are left out: the first, how many; ...
        self.runs = {}  # by row: RUNs that are in the shard, but not in the file
        self._at = self._gap = 0  # the file's row that is read next, the gap that comes next
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
        if row in self.runs:
            out[2 : 2 + self.size] = self.runs[row]
            return 2 + self.size
        for gap in range(0, len(self.gaps), 2):
            if self.gaps[gap] <= row:
                row += self.gaps[gap + 1]
        self._file.seek(self._start + row * self.size)
        self._file.readinto(memoryview(out)[2 : 2 + self.size])
        return 2 + self.size

    def rewind(self):
        """Go back to the first row."""
        self._file.seek(self._start)
        self.left = self.count
        self.hidden = self._at = self._gap = 0
        self._had = 0
        for i in range(self.size):
            self.buffer[i] = 0

    def next(self):
        """Read the next chunk; returns how many rows, 0 at the end."""
        size = self.size
        self._copy(self._had * size, 0)
        count = min(self._chunk, self.left)
        first = self.count - self.left
        end = (count + 1) * size
        at = size
        while at < end:
            at += self._read(at, end)
        for row in self.runs:
            if first <= row < first + count:
                at = (row - first + 1) * size
                self.buffer[at : at + size] = self.runs[row]
        self._hide(first, count)
        self.left -= count
        self._had = count
        return count

    def _read(self, at, end):
        """Read rows into that part of the buffer, up to the next gap; returns how many bytes."""
        gaps = self.gaps
        while self._gap < len(gaps) and gaps[self._gap] == self._at:
            self._at += gaps[self._gap + 1]
            self._gap += 2
            self._file.seek(self._start + self._at * self.size)
        if self._gap < len(gaps):
            end = min(end, at + (gaps[self._gap] - self._at) * self.size)
        count = end - at
        if self._file.readinto(self._view[at:end]) != count:
            raise OSError("the segment ends early")
        self._at += count // self.size
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
