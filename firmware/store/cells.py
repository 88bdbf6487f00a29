"""Cells: the voltages of all cells, a record where the last one is wrong about their differences.

How far a cell is from the mean of all cells hardly depends on the load, and noise can be filtered
out of it. So a record is due when such a deviation, filtered, is off by a tolerance from what the
last record says. What it says is the mean of one reading and the filtered deviations, which it
repeats as long as they are hardly off. docs/format.md says what that means for a reader.
"""

import struct
from array import array

from lib import once
from store import frame

UNKNOWN = 0  # mV of a cell that is not wired or not known
HIGHEST_MV = 65534  # one more in the first cell's place says that the record is a mark
OFFSET = 2  # of the first cell in a record; the timestamp stands before it
_CELL = "<H"

# Deviations are counted in 1/64 mV. The filter takes an eighth of a reading, every 2 s at most.
_SHIFT = 6
_SHARE = 3
_EVERY_S = 2
_BAND = 45  # what a record may be off by and repeat what the last one said: 0.7 mV
_SOONER = 10  # twice the tolerance is due after a tenth of the shortest time


def record_size(cell_count):
    """Bytes of a record; what the cells do not take is NUL."""
    return max(frame.SIZE, OFFSET + 2 * cell_count)


class CellSampler:
    """Puts RUN marks and records of cell_count cells into a Backlog. mV, s.

    tolerance_mv: of a cell itself, deviation_mv: of its deviation from the mean of the cells.
    0 cells: none are known yet. wanted: how many there would have to be for the last reading; as
    long as that is more than cell_count nothing is recorded. A pause that is shorter than the
    shortest time between two records ends no run.
    """

    @once.packs
    def __init__(
        self, backlog, cell_count, tolerance_mv, longest_s, shortest_s, gap_s, deviation_mv
    ):
        self._tolerance = tolerance_mv
        self._deviation = deviation_mv * 7 << _SHIFT - 3  # what is left is for what rounding adds
        self._longest = longest_s
        self._shortest = shortest_s
        self._gap = max(gap_s, shortest_s)
        self._running = False
        self._written = -1  # when the last record was, s of uptime
        self._stamp = 0
        self.begin(backlog, cell_count)

    def begin(self, backlog, cell_count):
        """Go on with records of that many cells, in that Backlog."""
        self.finish()
        self._backlog = backlog
        self.cell_count = self.wanted = cell_count
        self._said = array("H", [UNKNOWN] * cell_count)  # the last record
        self._last = array("H", [UNKNOWN] * cell_count)  # the last reading
        self._mean = self._said_mean = 0  # mV, of both; the reading's in 1/64
        self._known = -1  # how many cells that is of
        self._filtered = array("i", [0] * cell_count)  # deviations, in 1/64 mV
        self._filtered_at = 0

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
        self._stamp = stamp
        self._remember(sample)
        if not self._running:
            self._begin_run()
        elif stamp - self._filtered_at >= _EVERY_S:
            self._filtered_at = stamp
            self._find_mean()
            self._filter()
            if self._is_worth_it(stamp - self._written):
                self._put()

    def finish(self):
        """End the run at the last reading: the next one begins a new run."""
        if self._running:
            self._running = False
            if self._stamp > self._written:
                self._put()

    def _begin_run(self):
        self._running = True
        self._stamp = self._filtered_at = max(self._stamp, self._written + 1)
        self._known = -1
        self._find_mean()
        self._filter()
        self._backlog.put_run(self._stamp)
        self._put()

    def _remember(self, sample):
        _copy(sample.cells, self._last, sample.cell_count)
        for i in range(sample.cell_count, self.cell_count):
            self._last[i] = UNKNOWN

    def _find_mean(self):
        total = known = 0
        for i in range(self.cell_count):
            if self._last[i]:
                total += self._last[i]
                known += 1
        self._mean = (total << _SHIFT) // (known or 1)
        if known != self._known:  # the mean of others: nothing holds that was said
            self._known = known
            for i in range(self.cell_count):
                self._said[i] = UNKNOWN

    # Functions of few variables: MicroPython keeps the others' on the heap

    def _filter(self):
        """Take the last reading into the deviations: whole where nothing was said yet."""
        filtered = self._filtered
        for i in range(self.cell_count):
            if self._last[i]:
                off = (self._last[i] << _SHIFT) - self._mean - filtered[i]
                filtered[i] += off >> _SHARE if self._said[i] else off

    def _is_worth_it(self, elapsed):
        if elapsed >= self._longest:
            return True
        if elapsed * _SOONER < self._shortest:
            return False
        most = self._deviation
        if elapsed >= self._shortest:
            return self._is_off() or self._deviates(most)
        return self._deviates(2 * most)

    def _deviates(self, most):
        """Is a cell's deviation off by more than that from what the last record says?"""
        said = self._said
        mean = self._said_mean
        for i in range(self.cell_count):
            if said[i] and not -most <= self._filtered[i] - (said[i] - mean << _SHIFT) <= most:
                return True
        return False

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
        offset = backlog.slot()
        for i in range(offset + OFFSET + 2 * self.cell_count, offset + backlog.record_size):
            backlog.buffer[i] = 0
        self._find_mean()
        mean = self._mean + (1 << _SHIFT - 1) >> _SHIFT
        for i in range(self.cell_count):
            self._said[i] = self._say(i, mean)
            struct.pack_into(_CELL, backlog.buffer, offset + OFFSET + 2 * i, self._said[i])
        self._said_mean = mean
        backlog.put(self._stamp)
        self._written = self._stamp

    def _say(self, i, mean):
        """What the record says of a cell, mean of it."""
        mv = self._last[i]
        if mv == UNKNOWN or self._said[i] == UNKNOWN:
            return mv
        deviation = self._said[i] - self._said_mean
        off = self._filtered[i] - (deviation << _SHIFT)
        if not -_BAND <= off <= _BAND:
            deviation = self._filtered[i] + (1 << _SHIFT - 1) >> _SHIFT
        return min(max(mean + deviation, 1), HIGHEST_MV)


def _copy(cells, last, count):
    for i in range(count):
        mv = cells[i]
        if mv > HIGHEST_MV:
            mv = HIGHEST_MV
        last[i] = mv if mv > 0 else 0
