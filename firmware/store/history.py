"""History: everything that is kept of one pack: frames, cells, events, hours and days, a series
each, and the sums of charge and energy.

add() takes every reading and touches RAM only; flush() makes it durable, at a cost of one flash
erase a series. Times in s of uptime, UTC in unix seconds, sizes in bytes.
"""

from lib import once
from lib.uptime import KEPT
from store import events, frame, kernels, segment
from store.bounds import Tolerances
from store.budget import shares
from store.cells import CellSampler, record_size
from store.events import Events
from store.rollup import SIZES, Rollup
from store.said import Said
from store.sampler import Sampler
from store.series import RESUME, Series

CAPACITY = 64  # records in RAM
CELLS_CAPACITY = 12
EVENTS_CAPACITY = 32
SLACK_S = 4  # how long before the end of the window a flush is due
BUSY_S = 30  # the window while frames come faster than that for long
CREDIT_S = 1800  # how far ahead of one flush in BUSY_S the frames may be before that
CELLS_WINDOW_S = 600  # what a power cut can cost of the cells
RESERVE = 64 * 1024  # what retention keeps free of the file system
CLOCK_JUMP_S = 2  # smaller clock corrections are not logged


class History:
    """The history of the pack in folder/pack_name. SegmentError if that cannot be a pack's name.

    uptime is a lib.uptime.Uptime. cell_count 0: not known, as the newest segment says or up to 16.
    A frame stands for interval_s at most; tolerances (a dict of store.bounds.Tolerances' arguments,
    or None) end it earlier. budget: what the files may take, None for as much as the file system
    has. A record of the cells is written where the deviation of one from their mean is off by more
    than cells_deviation_mv, or one itself by more than cells_mv, cells_min_s to cells_s after the
    last record. silent_s: so long without a reading is an event, None: no such events. bms: NUMBER
    of its kind. local: a lib.local_time.LocalTime, None for UTC. damaged: records that were left
    out of what was compacted at this start.
    """

    @once.packs
    def __init__(
        self,
        folder,
        pack_name,
        cell_count,
        uptime,
        window_s=10,
        interval_s=900,
        gap_s=15,
        budget=None,
        reserve=RESERVE,
        capacity=CAPACITY,
        cells_mv=50,
        cells_deviation_mv=4,
        cells_s=7200,
        cells_min_s=300,
        silent_s=None,
        tolerances=None,
        bms=0,
        damaged=0,
        local=None,
    ):
        self._uptime = uptime
        self._window = window_s
        self._after_s = max(1, window_s - SLACK_S)
        self._spent = 0  # up to when flushes are paid for, if one in BUSY_S is what flash can bear
        self._retry_at = 0
        self._wide_cells = 0
        self._known = None  # newest anchor: uptime, UTC, which clock
        self._failed_at = {}  # by series, when it began to fail
        self._folder = folder + "/" + segment.check_name(pack_name)
        self._name = pack_name
        self._reserve = reserve
        self._budgets = shares(budget)
        # Once for all: in a heap that has been in use there may be no room for it in one piece
        self._buffer = memoryview(bytearray(segment.BUFFER))
        self._pack = self._series(segment.PACK, cell_count, capacity)
        self._cells = self._series(segment.CELLS, cell_count, CELLS_CAPACITY)
        self._events = self._series(segment.EVENTS, cell_count, EVENTS_CAPACITY)
        self._rollup = rollup = Rollup(
            self._folder,
            lambda kind, count: self._series(
                kind, cell_count, count * max(1, capacity // CAPACITY)
            ),
            local,
            gap_s,
            tolerances and tolerances["capacity_ah"],
        )
        self._hour, found = rollup.hour, rollup.draft
        self._pack.complete(found.boot, found.start, found.end, found.record)
        self._agree()
        rollup.take_up()
        self._damaged = damaged + found.damaged
        self.totals = found.totals
        bounds = tolerances and Tolerances(interval_s=interval_s, **tolerances)
        self._sampler = Sampler(
            self._pack.backlog, self._pack.header.layout, interval_s, gap_s, bounds
        )
        self._cell_sampler = CellSampler(
            self._cells.backlog, 0, cells_mv, cells_s, cells_min_s, gap_s, cells_deviation_mv
        )
        self._follow_cells(self._cells.header.cell_count)
        self._recorder = Events(self._events.backlog, silent_s)
        self._said = Said(self._recorder, bms)
        kernels.forget(RESUME)

    def _series(self, kind, cell_count, capacity):
        """The Series of a kind, numbered as in the header."""
        size = record_size(cell_count) if kind == segment.CELLS else SIZES.get(kind, frame.SIZE)
        layout = frame.layout_for(cell_count) if kind == segment.PACK else 1
        header = segment.Header(kind, layout, cell_count, self._name, 0, size)
        folder = self._folder + "/" + segment.FOLDERS[kind]
        budget = self._budgets[kind - 1]
        return Series(folder, header, capacity, self._buffer, budget, self._reserve)

    @once.packs
    def _agree(self):
        """Have all series count the same boots, in the same log."""
        found = [series for series in self._all() if series.last_boot]
        self._log = (found or self._all())[0].header.log
        boot = max(series.last_boot for series in self._all())
        if boot >> 30:  # nobody starts that often, and u32 would wrap: count anew, in another log
            self._log = self._log % 0xFFFF + 1
            boot = 0
        self.boot = 1 + boot
        for series in self._all():
            series.join(self.boot, self._log)

    def _all(self):
        return self._pack, self._cells, self._events, self._rollup.series

    @property
    def frames(self):
        """Frames of this boot so far."""
        return self._sampler.frames

    @property
    def durable_frames(self):
        """Those that are on the flash."""
        return self._pack.durable

    @property
    def dropped_frames(self):
        """Those that were lost because the flash did not take them for too long."""
        return self._pack.backlog.dropped

    @property
    def waiting(self):
        """Is there a frame or an event that has not been flushed?"""
        return self._pack.waiting or self._events.waiting

    @property
    def making_s(self):
        """For how long the frame in the making has gone on, as of the newest reading."""
        return max(0, self._sampler.stamp - self._sampler.closed)

    @property
    def last_error(self):
        """The OSError of the last flush, None if it went well."""
        for series in self._all():
            if series.last_error:
                return series.last_error
        return None

    def add(self, sample):
        """Take in a reading that has just arrived. RAM only."""
        uptime = self._uptime
        uptime.update()
        self._sampler.add(sample, uptime.seconds, uptime.ms)
        self._hour.add(sample, self._sampler.values(), uptime.seconds, uptime.ms)
        self._cell_sampler.add(sample, uptime.seconds, uptime.ms)
        self._recorder.reading(uptime.seconds)
        self._said.look(uptime.seconds, sample)
        if max(sample.min_cell or 0, sample.max_cell or 0) >= frame.CELLS[1]:
            self._wide_cells = sample.cell_count

    def event(self, code, a=0, b=0, c=0):
        """Something has happened: store.events says what the numbers mean. RAM only."""
        self._uptime.update()
        self._recorder.put(self._uptime.seconds, code, a, b, c)

    def tally(self, code, total):
        """Something has happened so often since the start. RAM only."""
        self._recorder.tally(self._uptime.seconds, code, total)

    def anchor(self, utc, clock, utc_ms=0):
        """It is utc now, says clock (lib.uptime: KEPT or better). Written with the next flush."""
        uptime = self._uptime
        uptime.update()
        # UTC at the whole second of uptime
        later = utc_ms - uptime.ms
        if later < -500:
            utc -= 1
        elif later > 500:
            utc += 1
        for series in self._all()[:-1]:  # the hours' records say it themselves
            series.anchor(uptime.seconds, utc, clock)
        self._hour.clock(uptime.seconds, utc)
        self._note_clock(uptime.seconds, utc, clock)
        self._known = (uptime.seconds, utc, clock)

    def _note_clock(self, now, utc, clock):
        """A clock that somebody has set, or set otherwise, is an event."""
        if clock == KEPT:
            return
        if self._known is None:
            self._recorder.put(now, events.CLOCK_SET, clock, utc, 0)
            return
        uptime, before, said = self._known
        before += now - uptime
        if clock != said or abs(utc - before) >= CLOCK_JUMP_S:
            self._recorder.put(now, events.CLOCK_SET, clock, utc, before)

    def due(self):
        """Is it time to flush? From here on there are SLACK_S to find a good moment for it.

        Ask every second or so: what shows by the passing of time is found out here.
        """
        self._uptime.update()
        now = self._uptime.seconds
        self._recorder.look(now)
        self._hour.look(now)
        if now < self._retry_at:
            return False
        pack = self._pack
        if pack.waiting and not pack.backlog.count:
            return True  # an anchor alone
        after = self._after_s
        if self._spent - now > CREDIT_S:  # so many frames for so long would wear the flash out
            after = max(after, BUSY_S - SLACK_S)
        return (
            self._rollup.is_due(now, after)
            or pack.backlog.is_due(now, after)
            or self._events.backlog.is_due(now, after)
            or self._rollup.series.backlog.is_due(now, after)
            or self._cells.backlog.is_due(now, CELLS_WINDOW_S - SLACK_S)
        )

    def flush(self, everything=False):
        """Write all frames and events and make them durable, and the cells if it is time for them
        or everything is asked for. False if the flash failed.
        """
        for _ in self.flushing(everything):
            pass
        return not self._retry_at

    def flushing(self, everything=False):
        """The same as a generator, a series at a time: each may take a flash erase."""
        now = self._uptime.seconds
        self._recorder.tally(
            now, events.RECORDS_DROPPED, sum(s.backlog.dropped for s in self._all())
        )
        self._recorder.tally(
            now,
            events.RECORDS_DAMAGED,
            sum([s.compactor.damaged for s in self._all()], self._damaged),
        )
        if self._pack.backlog.count:
            self._spent = min(max(self._spent, now), now + CREDIT_S) + BUSY_S
        done = self._write(self._pack, now)
        yield
        done = self._write_hours(now, done, everything) and done
        yield
        grown = self._cell_sampler.wanted > self._cells.header.cell_count
        cells_s = max(1, CELLS_WINDOW_S - self._window - SLACK_S)
        if everything or grown or self._cells.backlog.is_due(now, cells_s):
            done = self._write(self._cells, now) and done
            yield
        if everything or self._events.backlog.count:
            done = self._write(self._events, now) and done
        self._retry_at = 0 if done else now + self._window
        if done:
            self._widen(grown)

    def _write_hours(self, now, done, everything):
        """Flush the hours, and save what is in the making. done: are the frames on the flash?

        Not after a failure: what is there has the hour that is not.
        """
        rollup = self._rollup
        ended = rollup.series.backlog.count > 0
        if ended and not self._write(rollup.series, now):
            return False
        wanted = ended or (everything and self.frames)
        if done and (wanted or rollup.is_due(now, self._after_s)):
            rollup.save(now, self._sampler, ended)
        return True

    def _write(self, series, now):
        """Flush one series; that it fails, and that it works again, is an event."""
        kind = series.header.series
        if series.flush():
            if kind in self._failed_at:
                since = self._failed_at.pop(kind)
                self._recorder.put(now, events.STORAGE_BACK, kind, now - since)
            return True
        if kind not in self._failed_at:
            self._failed_at[kind] = now
            self._recorder.put(now, events.STORAGE_FAILED, kind, series.last_error.errno or 0)
        return False

    def _widen(self, grown):
        """Go on in other segments if there are more cells than these can hold."""
        if self._wide_cells and self._sampler.layout == 1:
            self._sampler.layout = 2
            self._pack.relayout(2, self._wide_cells)
        if grown:
            self._follow_cells(self._cell_sampler.wanted)

    def _follow_cells(self, cell_count):
        """Record that many cells from here on. Nothing of the cells may be waiting."""
        if record_size(cell_count) != self._cells.header.record_size or (
            cell_count != self._cells.header.cell_count
        ):
            self._cells.close()
            self._cells = self._series(segment.CELLS, cell_count, CELLS_CAPACITY)
            kernels.forget(RESUME)
            self._cells.join(self.boot, self._log)
            if self._known:
                self._cells.anchor(*self._known)
        self._cell_sampler.begin(self._cells.backlog, cell_count)

    def compact(self):
        """Generator: make a shard of the oldest full segment of each series, in steps of some ms.

        Readings and flushes may come between any two. Nothing that goes wrong hurts the log.
        """
        for compactor in self.compactors():
            yield from compactor.run()

    def compactors(self):
        """The store.compaction.Compactor of each series, as of now."""
        found = [series.compactor for series in self._all()]
        return found + [self._rollup.compactor] if self._rollup.compactor else found

    def make_days(self):
        """Generator: write the days that are over, in steps of some ms."""
        return self._rollup.make_days(self._known, self._uptime.seconds)

    def close(self):
        """Write what there is of the frame in the making, flush, and let go of the files.

        Readings may go on afterwards: they begin a new run.
        """
        self._sampler.finish()
        self._cell_sampler.finish()
        self._hour.finish()
        done = self.flush(True)
        for series in self._all():
            series.close()
        return done
