"""Cells: the voltages of all cells, a record where holding the last one would be wrong.

A record says the cells of one reading, in mV. From it to the next one every cell stays within the
tolerance of what it says, but for the shortest time between two records; see docs/format.md.
"""

import struct
from array import array

from lib import once
from store import frame

UNKNOWN = 0  # mV of a cell that is not wired or not known
HIGHEST_MV = 65534  # one more in the first cell's place says that the record is a mark
OFFSET = 2  # of the first cell in a record; the timestamp stands before it
_CELL = "<H"


def record_size(cell_count):
    """Bytes of a record; what the cells do not take is NUL."""
    return max(frame.SIZE, OFFSET + 2 * cell_count)


class CellSampler:
    """Puts RUN marks and records of cell_count cells into a Backlog. mV, s.

    0 cells: none are known yet. wanted: how many there would have to be for the last reading; as
    long as that is more than cell_count nothing is recorded.
    """

    @once.packs
    def __init__(self, backlog, cell_count, tolerance_mv, longest_s, shortest_s, gap_s):
        self._tolerance = tolerance_mv
        self._longest = longest_s
        self._shortest = shortest_s
        self._gap = gap_s
        self._running = False
        self._written = -1  # when the last record was, s of uptime
        self._stamp = 0
        self.begin(backlog, cell_count)

    def begin(self, backlog, cell_count):
        """Go on with records of that many cells, in that Backlog."""
        self.finish()
        self._backlog = backlog
        self.cell_count = self.wanted = cell_count
        self._said = array("H", [0] * cell_count)  # the last record
        self._last = array("H", [0] * cell_count)  # the last reading

    def add(self, sample, seconds, ms):
        """Take in the reading of uptime seconds + ms. A reading without cells is ignored."""
        if not sample.cell_count:
            return
        if sample.cell_count > self.cell_count:
            self.wanted = sample.cell_count
            self.finish()
            return
        stamp = seconds + (ms >= 500)
        if self._running and stamp - self._stamp > self._gap:
            self.finish()
        self._remember(sample, stamp)
        if not self._running:
            self._running = True
            self._stamp = max(stamp, self._written + 1)
            self._backlog.put_run(self._stamp)
            self._put()
        elif self._is_worth_it(stamp - self._written):
            self._put()

    def finish(self):
        """End the run at the last reading: the next one begins a new run."""
        if self._running:
            self._running = False
            if self._stamp > self._written:
                self._put()

    def _remember(self, sample, stamp):
        self._stamp = stamp
        _copy(sample.cells, self._last, sample.cell_count)
        for i in range(sample.cell_count, self.cell_count):
            self._last[i] = UNKNOWN

    def _is_worth_it(self, elapsed):
        if elapsed < self._shortest:
            return False
        return elapsed >= self._longest or self._is_off()

    def _is_off(self):
        said = self._said
        last = self._last
        tolerance = self._tolerance
        for i in range(self.cell_count):  # noqa: SIM110 - any() would allocate a generator
            if not -tolerance <= last[i] - said[i] <= tolerance:
                return True
        return False

    def _put(self):
        backlog = self._backlog
        buf = backlog.buffer
        offset = backlog.slot()
        for i in range(offset + OFFSET + 2 * self.cell_count, offset + backlog.record_size):
            buf[i] = 0
        for i in range(self.cell_count):
            mv = self._last[i]
            self._said[i] = mv
            struct.pack_into(_CELL, buf, offset + OFFSET + 2 * i, mv)
        backlog.put(self._stamp)
        self._written = self._stamp


def _copy(cells, last, count):
    for i in range(count):
        mv = cells[i]
        if mv > HIGHEST_MV:
            mv = HIGHEST_MV
        last[i] = mv if mv > 0 else 0
