"""The first pass over a segment's records: are its blocks whole? docs/format.md, Blocks.

CHECKs do not go into the shard. Neither does a block whose checksum is wrong: a RUN takes its
place, which says the boot and base that hold behind it, and that coverage begins anew there.
"""

import binascii
from array import array

from store import frame

PASSING = True

_MOST = 128  # CHECKs that are left out; more than these stay, as marks


def work(rows, boot, base):
    """Generator, a chunk a step: tell rows what to leave out. boot, base: the run of the header.

    Returns how many records were damaged.
    """
    blocks = _Blocks(rows, boot, base)
    rows.rewind()
    count = rows.next()
    while count:
        blocks.take(count)
        yield
        count = rows.next()
    blocks.finish()
    return blocks.damaged


class _Blocks:
    def __init__(self, rows, boot, base):
        self.damaged = 0
        self._rows = rows
        self._whole = boot, base  # the run that holds, by blocks that are whole
        self._lost = None  # the first row of damaged blocks that no whole one has followed yet
        self._doubt = False  # may there have been a RUN in these?
        self._gaps = array("H")
        self._runs = {}
        self._left_out = self._checks = 0
        self._begin(0)

    def _begin(self, row):
        self._first = row
        self._crc = 0
        self._run = self._whole
        self._stamp = None  # timestamp at which coverage begins in this block
        self._run_at = None  # row of its first RUN
        self._marked = False

    def take(self, count):
        """Go over the rows that have been read."""
        rows = self._rows
        buffer, size = rows.buffer, rows.size
        view = memoryview(buffer)
        row = rows.count - rows.left - count
        summed = size
        for at in range(size, (count + 1) * size, size):
            if buffer[at + 3] >= 0x7F and frame.is_check(buffer, at):
                crc = binascii.crc32(view[summed : at + frame.CHECKED], self._crc)
                self._end(row, at, crc)
                self._begin(row + 1)
                summed = at + size
            elif buffer[at + 3] >= 0x7F and _is_marked(buffer, at):
                self._mark(row, at)
            elif self._stamp is None:
                self._stamp = buffer[at] | buffer[at + 1] << 8
            row += 1
        self._crc = binascii.crc32(view[summed : (count + 1) * size], self._crc)

    def _mark(self, row, at):
        self._marked = True
        if frame.mark_kind(self._rows.buffer, at) == frame.RUN:
            self._run = frame.mark_values(self._rows.buffer, at)
            if self._run_at is None:
                self._run_at = row
            if self._stamp is None:
                self._stamp = 0

    def _end(self, row, at, crc):
        """A block ends with the CHECK at that row."""
        buffer = self._rows.buffer
        base, expected = frame.mark_values(buffer, at)
        if crc != expected or any(buffer[at + frame.SIZE : at + self._rows.size]):
            if self._lost is None:
                self._lost = self._first
            self._doubt = self._doubt or self._marked
            self.damaged += row - self._first
            return
        boot = self._whole[0] + ((buffer[at] | buffer[at + 1] << 8) - self._whole[0] & 0xFFFF)
        if self._lost is not None:
            self._go_on(boot, base)
        self._whole = (boot, base) if self._run_at is None else self._run
        self._checks += 1
        if self._checks <= _MOST:
            self._leave_out(row, row + 1)

    def _go_on(self, boot, base):
        """Leave out the damaged blocks; a RUN takes the place of their last CHECK."""
        self._leave_out(self._lost, self._first - 1)
        mark = bytearray(self._rows.size)
        frame.mark_into(mark, 0, self._stamp or 0, frame.RUN, boot, base)
        self._runs[self._first - 1 - self._left_out] = mark
        self._lost = None
        self._doubt = False

    def finish(self):
        """Decide about the records behind the last CHECK, then tell rows."""
        rows = self._rows
        if self._lost is not None:
            if self._first < rows.count and not self._doubt:
                self._go_on(*self._whole)
            else:  # nothing says the run but a RUN
                end = rows.count if self._run_at is None else self._run_at
                self.damaged += end - self._first
                self._leave_out(self._lost, end)
        rows.count -= self._left_out
        rows.gaps, rows.runs = self._gaps, self._runs

    def _leave_out(self, row, end):
        if end > row:
            self._gaps.append(row)
            self._gaps.append(end - row)
            self._left_out += end - row


def _is_marked(buffer, at):
    """Is that a mark, or was it one before a bit fell over?"""
    bits = buffer[at + 2] ^ 255 | (buffer[at + 3] ^ 255) << 8
    return not bits & bits - 1
