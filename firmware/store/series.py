"""A series: the segments of one kind of record in a folder, and the records on their way there.

Records are put into the backlog (RAM, any time) and appended by flush() (flash, one erase). A frame
counts as durable when flush() has synced it. Times are uptime in s.
"""

import os

from lib import once
from lib.uptime import KEPT, NO_CLOCK
from store import frame, retention, segment
from store.backlog import Backlog
from store.compaction import Compactor
from store.files import Files, make_folder

_LONGEST = 65535  # s that a timestamp can say
_MORE = 4  # records that one frame can bring: a RUN and itself, then a RUN and an ANCHOR;
ROOM = _MORE + 1  # and before them a CHECK
_GAPS_ROOM = ROOM + 8  # a frame's GAPs stand in its file: that many for them and what comes between
_LONG_RUN = 60000  # s: a frame with GAPs has its end before a timestamp's
RESUME = ("resume", "shard")  # for store.kernels: what is needed when a Series is made
_ATTEMPTS = 4  # files given up for one flush on a full disk


class Series:
    """header is what every segment's header says; its log is taken over from the newest segment.

    buffer: what a segment.Writer takes. Series may share one: no flush() leaves anything in it.
    """

    def __init__(self, folder, header, capacity, buffer, budget=None, reserve=0):
        self.folder = folder
        self.header = header
        self.backlog = Backlog(capacity, header.record_size)
        self._buffer = buffer
        self.boot = 1
        self.durable = 0  # frames, since the start
        self.last_error = None
        self._budget = budget
        self._reserve = reserve
        # Small budgets get small segments, so that retention never takes most of the history.
        most = segment.most(header.series)
        share = most if budget is None else budget // 4
        self._limit = retention.whole_blocks(min(most, max(4096, share)))
        self._base = (
            None  # uptime of timestamp 0 where the segment ends; None: nothing of this boot
        )
        self._end = 0  # uptime up to which the segment covers
        self._known = None  # newest anchor (uptime, utc, clock)
        self._anchor_due = False
        self._busy = False
        self._bridged = False  # are there GAPs at the end of the segment, without their frame?
        self.files = Files(folder)
        self.compactor = Compactor(self.files, header)
        self.compactor.clean()
        from store import resume  # whoever makes a Series forgets RESUME

        self.last_boot, self._tail, self._writer = resume.find(
            self.files, header, self._limit, buffer
        )

    @property
    def waiting(self):
        """Is there anything to flush?"""
        return self.backlog.count > 0 or (self._anchor_due and self._base is not None)

    def anchor(self, uptime, utc, clock):
        """At uptime it was utc, says clock. Written with the next flush."""
        if self._anchor_due and clock == KEPT != self._known[2]:
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

    def compact(self):
        """Generator: make a shard of the oldest segment but the newest, in steps of milliseconds.

        flush() may come between any two. See Compactor for errors, which do not hurt the log.
        """
        return self.compactor.run()

    @once.packs
    def complete(self, boot, start, end, record):
        """Append a frame that continues the last one on the flash: of that boot, ending at start.

        To be called before anything else. False if there is no such frame, or it does not fit.
        """
        if not self._writer or (boot, start) != (self._tail[1], self._tail[3]) or end <= start:
            return False
        base = self._tail[2]
        if end - base > _LONGEST:
            return False
        frame.set_timestamp(record, 0, end - base)
        try:
            self._writer.put(record)
            self._sync(self._tail[1], base)
        except OSError as error:
            self.last_error = error
            self._recover()
            return False
        return True

    def append(self, boot, begin, end, record):
        """Append a record of any boot, with a RUN at begin. Nothing may be waiting.

        False if the flash failed; the record is dropped then.
        """
        backlog = self.backlog
        backlog.put_run(begin)
        at = backlog.slot()
        backlog.buffer[at : at + backlog.record_size] = record
        backlog.put(end)
        mine, self.boot = self.boot, boot
        done = self.flush()
        self.boot = mine
        self._base = None  # a RUN comes next
        if done:
            self._tail = boot, boot, begin, end
        else:
            backlog.pop(backlog.count)
        return done

    @property
    def tail(self):
        """(boot, uptime) at which the newest segment ended at the start, or what append() has put.

        None: neither.
        """
        return self._tail and (self._tail[1], self._tail[3])

    def close(self):
        """Let go of the files. The next flush opens them again; an unfinished shard is dropped."""
        self.compactor.stop()
        self._seal()

    def join(self, boot, log):
        """Be of that boot and that log from here on, not in a file of another log."""
        self.boot = boot
        header = self.header
        if header.log != log:
            header.log = log
            self._tail = None
            self.last_boot = 0
            self.relayout(header.layout, header.cell_count)

    def relayout(self, layout, cell_count):
        """Go on in a segment with that layout. Nothing may be waiting."""
        self.header.layout = layout
        self.header.cell_count = cell_count
        self._seal()
        self.leave()

    def _seal(self):
        """Put a CHECK at the end of the segment, and close it."""
        if self._busy or not self._writer:
            return
        try:
            self._busy = True
            self._writer.put_check(self.boot, self._base or 0)  # None: a RUN comes next
            self._writer.sync()
            self._writer.close()
            self._busy = False
        except OSError as error:
            self.last_error = error
            self._recover()
        # A Ctrl-C in between leaves _busy set, and the next flush begins another segment

    def _write_all(self):
        if self._busy:
            self.leave()  # the last flush was interrupted: nobody knows what got there
        while self.waiting:
            self._busy = True
            self._write_some()
            self._busy = False

    def _write_some(self):
        """Fill the segment with what waits, and sync it."""
        kind = self.backlog.kind(0) if self.backlog.count else frame.ANCHOR
        fresh = self._writer is None or self._is_full(kind, self._bridged)
        if fresh:
            self._create()
        count, frames, base, end, bridged = self._put_records(fresh)
        if self._anchor_due:
            base = self._put_anchor(base, end)
        self._sync(self.boot, base)
        self._anchor_due = False
        self._base = base
        self._end = end
        self._bridged = bridged
        self.durable += frames
        self.backlog.pop(count)

    def _put_records(self, fresh):
        """Returns how many records and frames the writer took, the run's base and end then, and if
        GAPs stand at the end.
        """
        backlog = self.backlog
        writer = self._writer
        base = self.header.uptime if fresh else self._base
        end = self._end
        frames = 0
        bridged = self._bridged and not fresh
        for i in range(backlog.count):
            kind = backlog.kind(i)
            if self._is_full(kind, bridged):
                return i, frames, base, end, bridged
            if writer.is_due(_MORE):
                writer.put_check(self.boot, base or 0)  # None: a RUN comes next
            uptime = backlog.uptime(i)
            if kind == frame.GAP:
                if uptime - base > _LONG_RUN and not bridged:
                    base = end
                    writer.put_mark(0, frame.RUN, self.boot, base)
                self._put_record(backlog.offset(i), uptime - base)
                bridged = True
            elif kind == frame.RUN:
                bridged = False
                if i or not fresh:  # a segment's header is its first RUN
                    writer.put_mark(0, frame.RUN, self.boot, uptime)
                base = uptime
            else:
                if uptime - base > _LONGEST:
                    # A frame longer than a timestamp can say: its beginning is lost, not its time.
                    base = end if uptime - end <= _LONGEST else uptime
                    writer.put_mark(0, frame.RUN, self.boot, base)
                self._put_record(backlog.offset(i), uptime - base)
                frames += 1
                bridged = False
            end = uptime
        return backlog.count, frames, base, end, bridged

    def _is_full(self, kind, bridged):
        """Is there no room in the segment for a record of that kind and what it brings?"""
        if bridged:
            return self._writer.room < 2
        return self._writer.room < (_GAPS_ROOM if kind == frame.GAP else ROOM)

    def _sync(self, boot, base):
        """Make durable what was put. A segment that is full ends with a CHECK."""
        if self._writer.room < ROOM:
            self._writer.put_check(boot, base)
        self._writer.sync()

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
        self.leave()
        make_folder(self.folder)
        retention.make_room(self.files, self._limit, self._budget, self._reserve, self._drop_oldest)
        header = self.header
        header.sequence = self._next_sequence()
        header.boot = self.boot
        header.uptime = self._end
        if self.backlog.count and self.backlog.kind(0) == frame.RUN:
            header.uptime = self.backlog.uptime(0)
        header.utc, header.clock = self._utc(header.uptime)
        path = self.files.path(header.sequence)
        self.files.add(header.sequence, segment.SUFFIX, 0)
        self._writer = segment.Writer(path, 0, self._limit, self._buffer, self.header.record_size)
        self._writer.begin(header)

    def _next_sequence(self):
        """One more than the highest; but a file in which nothing is yet is used first."""
        sequence = self.files.newest()
        if sequence in self.files.segments:
            try:
                return sequence + (os.stat(self.files.path(sequence))[6] > 0)
            except OSError:  # begun in vain: there is no such file
                return sequence
        return sequence + 1

    def _utc(self, uptime):
        """UTC at that uptime and which clock said so, from the newest anchor."""
        if self._known is None:
            return 0, NO_CLOCK
        return self._known[1] + uptime - self._known[0], self._known[2]

    def _recover(self):
        """After an error: go on in the file if all it has is what is known to be durable."""
        self._busy = False
        if self._writer and not (self._writer.abandon() and self._writer.size):
            self.files.add(self.files.newest(), segment.SUFFIX, self._writer.size)
            self._writer = None

    def _give_up_oldest(self, error):
        """On a full disk. False if that is not what is wrong or there is nothing to give up."""
        if error.errno != retention.NO_SPACE:
            return False
        if self.compactor.sequence:
            self.compactor.stop()  # what there is of its shard takes room, too
            return True
        try:
            return self._drop_oldest()
        except OSError:
            return False

    def _drop_oldest(self):
        """Delete the oldest file but never the newest. False if there is none."""
        oldest = self.files.oldest()
        if not oldest:
            return False
        if self.compactor.sequence == oldest[0]:
            self.compactor.stop()
        self.files.remove(*oldest)
        return True

    def leave(self):
        """Close the current segment."""
        writer, self._writer = self._writer, None
        if writer:
            self.files.add(self.files.newest(), segment.SUFFIX, writer.size)
            writer.close()
