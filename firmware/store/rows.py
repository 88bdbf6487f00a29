"""The records of a segment, read in small chunks, column by column.

Holds all the buffers that columns are worked out in: a chunk of rows with the row before it, the
values of two columns, predictions and residuals. store/checks.py says which rows are left out.
A mark would upset every column: store/marks.py finds it, and writes it apart.
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
        self._row = self._at = self._gap = 0  # what is read next: row, the file's row, gap
        self.marks = b""  # a bit a row, the lowest first: which ones are passed over as well
        self.marked = 0  # how many
        self.odd = []  # rows of GAPs that are not where their time says (a list: see planes.work)
        self.values = array("H", bytes(2 * (self._chunk + 1)))
        self.others = array("H", bytes(2 * (self._chunk + 1)))
        self.sums = array("I", [SUM_ZERO] * self._chunk)
        self.residuals = array("H", bytes(2 * self._chunk))
        self.scratch = bytearray(2 * self._chunk)  # of a plane

    def rewind(self):
        """Go back to the first row."""
        self._file.seek(self._start)
        self.left = self.count - (self.marked if self.marks else 0)
        self._row = self._at = self._gap = 0
        self._had = 0
        for i in range(self.size):
            self.buffer[i] = 0

    def next(self):
        """Read the next chunk; returns how many rows, 0 at the end."""
        size = self.size
        self._copy(self._had * size, 0)
        count = min(self._chunk, self.left)
        end = (count + 1) * size
        at = size
        while at < end:
            at += self._take(at, self._read(at, end) // size) * size
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

    def _take(self, at, count):
        """Take in rows that were read into that part of the buffer; returns how many are left when
        those with a mark are gone.
        """
        size, first = self.size, self._row
        self._row += count
        if not self.marks:
            for row in self.runs:
                if first <= row < first + count:
                    start = at + (row - first) * size
                    self.buffer[start : start + size] = self.runs[row]
            return count
        if not any(self.marks[first >> 3 : first + count + 7 >> 3]):
            return count
        kept = 0
        for i in range(count):
            row = first + i
            if not self.marks[row >> 3] >> (row & 7) & 1:
                self._copy(at + i * size, at + kept * size)
                kept += 1
        return kept

    def _copy(self, source, target):
        size = self.size
        self.buffer[target : target + size] = self.buffer[source : source + size]
