"""A series: the segments of one kind of record in a folder, and the records on their way there.

Records are put into the backlog (RAM, any time) and appended by flush() (flash, one erase). A frame
counts as durable when flush() has synced it. Times are uptime in s.
"""

import os

from store import frame, retention, segment
from store.backlog import Backlog

_LONGEST = 65535  # s that a timestamp can say
_ROOM = 4  # records that one frame can bring: a RUN and itself, then a RUN and an ANCHOR
_ATTEMPTS = 4  # files given up for one flush on a full disk


class Series:
    """header is what every segment's header says; its log is taken over from the newest segment."""

    def __init__(self, folder, header, capacity, budget=None, reserve=0):
        self.folder = folder
        self.header = header
        self.backlog = Backlog(capacity, header.record_size)
        self.boot = 1
        self.durable = 0  # frames, since the start
        self.last_error = None
        self._budget = budget
        self._reserve = reserve
        # Small budgets get small segments, so that retention never takes most of the history.
        share = segment.MAX_SIZE if budget is None else budget // 4
        self._limit = min(segment.MAX_SIZE, max(4096, share))
        self._writer = None
        self._base = (
            None  # uptime of timestamp 0 where the segment ends; None: nothing of this boot
        )
        self._end = 0  # uptime up to which the segment covers
        self._known = None  # newest anchor (uptime, utc, clock)
        self._anchor_due = False
        self._busy = False
        self._resume()

    @property
    def waiting(self):
        """Is there anything to flush?"""
        return self.backlog.count > 0 or (self._anchor_due and self._base is not None)

    def anchor(self, uptime, utc, clock):
        """At uptime it was utc, says clock. Written with the next flush."""
        if self._anchor_due and clock == segment.RTC != self._known[2]:
            return  # what waits is a better one
        self._known = (uptime, utc, clock)
        self._anchor_due = True

    def flush(self):
        """Write everything and make it durable. False if the flash failed: last_error says why."""
        for _ in range(_ATTEMPTS):
            try:
                self._write_all()
                self.last_error = None
                return True
            except OSError as error:
                self.last_error = error
                self._recover()
                if not self._give_up_oldest(error):
                    break
        return False

    def close(self):
        """Let go of the file. The next flush opens it again."""
        try:
            if self._writer:
                self._writer.close()
        except OSError as error:
            self.last_error = error
            self._recover()

    def relayout(self, layout, cell_count):
        """Go on in a segment with that layout. Nothing may be waiting."""
        self.header.layout = layout
        self.header.cell_count = cell_count
        self._leave()

    def _resume(self):
        """Find the newest segment of ours and go on in it, if that can be."""
        self.last_boot = 0
        go_on = True
        for sequence in reversed(segment.sequences(self.folder)):
            path = self.folder + "/" + segment.file_name(sequence)
            try:
                found = segment.read_header(path)
            except (segment.SegmentError, OSError):
                go_on = False
                continue
            if found.series == self.header.series and found.name == self.header.name:
                self.last_boot = segment.last_boot(path, found)
                self.header.log = found.log
                if go_on:
                    self._take_up(path, found)
                return
        self.header.log = int.from_bytes(os.urandom(2), "little") or 1

    def _take_up(self, path, found):
        """Append to this segment, if it is like ours, whole and not full."""
        ours = self.header
        if not ours.cell_count:
            ours.cell_count = found.cell_count
            ours.layout = found.layout
        alike = (found.layout, found.cell_count, found.record_size, found.header_size) == (
            ours.layout,
            ours.cell_count,
            ours.record_size,
            ours.header_size,
        )
        size = os.stat(path)[6]
        torn = (size - found.header_size) % found.record_size
        writer = segment.Writer(path, size, self._limit, found.record_size)
        if alike and not torn and writer.room >= _ROOM:
            self._writer = writer

    def _write_all(self):
        if self._busy:
            self._leave()  # the last flush was interrupted: nobody knows what got there
        while self.waiting:
            self._busy = True
            self._write_some()
            self._busy = False

    def _write_some(self):
        """Fill the segment with what waits, and sync it."""
        fresh = self._writer is None or self._writer.room < _ROOM
        if fresh:
            self._create()
        count, frames, base, end = self._put_records(fresh)
        if self._anchor_due:
            base = self._put_anchor(base, end)
        self._writer.sync()
        self._anchor_due = False
        self._base = base
        self._end = end
        self.durable += frames
        self.backlog.pop(count)

    def _put_records(self, fresh):
        """Returns how many records and frames the writer took, and the run's base and end then."""
        backlog = self.backlog
        writer = self._writer
        base = self.header.uptime if fresh else self._base
        end = self._end
        frames = 0
        for i in range(backlog.count):
            if writer.room < _ROOM:
                return i, frames, base, end
            uptime = backlog.uptime(i)
            if backlog.is_run(i):
                if i or not fresh:  # a segment's header is its first RUN
                    writer.put_mark(0, frame.RUN, self.boot, uptime)
                base = uptime
            else:
                if uptime - base > _LONGEST:
                    writer.put_mark(0, frame.RUN, self.boot, end)
                    base = end
                self._put_record(backlog.offset(i), uptime - base)
                frames += 1
            end = uptime
        return backlog.count, frames, base, end

    def _put_record(self, offset, timestamp):
        backlog = self.backlog
        frame.set_timestamp(backlog.buffer, offset, timestamp)
        self._writer.put(backlog.view[offset : offset + backlog.record_size])

    def _put_anchor(self, base, end):
        """Write the newest anchor; returns the run's base then."""
        uptime, utc, clock = self._known
        if uptime < base:
            utc += base - uptime
            uptime = base
        elif uptime - base > _LONGEST:
            base = end if uptime - end <= _LONGEST else uptime
            self._writer.put_mark(0, frame.RUN, self.boot, base)
        self._writer.put_mark(uptime - base, frame.ANCHOR, utc, clock)
        return base

    def _create(self):
        """Begin the next segment, with its header in the writer."""
        before = self._writer and self._writer.path
        self._leave()
        self._make_folder()
        retention.make_room(self.folder, self._limit, self._budget, self._reserve, before)
        header = self.header
        header.sequence = self._next_sequence()
        header.boot = self.boot
        header.uptime = self._end
        if self.backlog.count and self.backlog.is_run(0):
            header.uptime = self.backlog.uptime(0)
        header.utc, header.clock = self._utc(header.uptime)
        path = self.folder + "/" + segment.file_name(header.sequence)
        self._writer = segment.Writer(path, 0, self._limit, header.record_size)
        self._writer.put(header.pack())

    def _make_folder(self):
        parts = self.folder.split("/")
        for i in range(1 + (not parts[0]), len(parts) + 1):
            path = "/".join(parts[:i])
            try:
                os.stat(path)
            except OSError:
                os.mkdir(path)

    def _next_sequence(self):
        """One more than the highest; but a file in which nothing is yet is used first."""
        sequences = segment.sequences(self.folder)
        if not sequences:
            return 1
        path = self.folder + "/" + segment.file_name(sequences[-1])
        return sequences[-1] + (os.stat(path)[6] > 0)

    def _utc(self, uptime):
        """UTC at that uptime and which clock said so, from the newest anchor."""
        if self._known is None:
            return 0, segment.NO_CLOCK
        return self._known[1] + uptime - self._known[0], self._known[2]

    def _recover(self):
        """After an error: go on in the file if all it has is what is known to be durable."""
        self._busy = False
        if self._writer and not (self._writer.abandon() and self._writer.size):
            self._writer = None

    def _give_up_oldest(self, error):
        if error.errno != retention.NO_SPACE:
            return False
        try:
            return retention.drop_oldest(self.folder, self._writer and self._writer.path)
        except OSError:
            return False

    def _leave(self):
        """Be done with the segment."""
        if self._writer:
            self._writer.close()
        self._writer = None
