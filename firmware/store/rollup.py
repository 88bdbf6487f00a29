"""Rollup: the coarse series of a pack, hours and days, and what a power cut must not cost: the
frame and the hour in the making and the sums of charge and energy, saved each window.
"""

from lib import once
from lib.uptime import KEPT
from store import draft, kernels, segment
from store.hours import SIZE, Hours

CAPACITY = 4  # records in RAM
PATIENCE_S = 21600  # of uptime: until then a clock that was only kept may turn out to be wrong
SIZES = {segment.HOURS: SIZE, segment.DAYS: 64}  # of records


class Rollup:
    """folder: the pack's. make(kind) returns the Series of a kind. capacity_ah may be None."""

    @once.packs
    def __init__(self, folder, make, local, gap_s, capacity_ah):
        self.series = make(segment.HOURS, CAPACITY)
        self.hour = Hours(self.series.backlog, local, gap_s)
        self.draft = draft.Draft(folder)
        self.draft.load(self.hour)
        self.compactor = None  # of the days, as long as it has something to do
        self.make = make
        self.local = local
        self.capacity_ah = capacity_ah
        self._saved_at = 0

    @once.packs
    def take_up(self):
        """The hour that was in the making when the power went is a record of its own boot."""
        found, series = self.draft, self.series
        if found.begin == draft.NO_HOUR or found.boot >= series.boot:
            return
        tail = series.tail
        if not tail or tail <= (found.boot, found.begin):  # or else it is there already
            end = found.begin + (found.hour[0] | found.hour[1] << 8)
            series.append(found.boot, found.begin, end, found.hour)

    def is_due(self, now, after):
        """Has what is in the making gone on for so long that losing it would be a pity?"""
        return now - self._saved_at >= after and self.hour.stamp > self._saved_at

    def save(self, now, sampler, spare):
        """Save what is in the making. spare: an hour has ended, keep a copy besides."""
        self._saved_at = now
        span = sampler.draft(self.draft.record)
        try:
            self.draft.save(self.series.boot, span, self.hour, spare)
        except OSError:
            pass  # what is lost by that is what was lost before there were drafts

    def make_days(self, clock, now):
        """Generator: write the days that are over, as far as that is news, in steps of some ms.

        clock: the newest anchor, None if there is none. now: uptime.
        """
        if not self.hour.day_over or self.series.backlog.count:
            return
        if clock and clock[2] == KEPT and now < PATIENCE_S:
            return
        self.hour.day_over = False
        try:
            yield from kernels.work("days", self, clock, now)
        except (MemoryError, OSError):
            self.hour.day_over = True  # the next call tries again
