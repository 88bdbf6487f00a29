"""History: everything that is kept of one pack. add() takes every reading and touches RAM only;
flush() makes it durable, at a cost of one flash erase. Times in s of uptime, UTC in unix seconds.
"""

from store import frame, segment
from store.sampler import Sampler
from store.series import Series

CAPACITY = 128  # records in RAM
SLACK_S = 4  # how long before the end of the window a flush is due
RESERVE = 64 * 1024  # bytes of the file system that retention keeps free


class History:
    """The history of the pack in folder/pack_name. SegmentError if that cannot be a pack's name.

    uptime is a lib.uptime.Uptime. cell_count 0: not known, as the newest segment says or up to 16.
    budget: bytes that the files may take, None for as many as the file system has.
    """

    def __init__(
        self,
        folder,
        pack_name,
        cell_count,
        uptime,
        window_s=30,
        interval_s=10,
        gap_s=15,
        budget=None,
        reserve=RESERVE,
        capacity=CAPACITY,
    ):
        self._uptime = uptime
        self._window = window_s
        self._retry_at = 0
        self._wide_cells = 0
        header = segment.Header(
            segment.PACK,
            frame.layout_for(cell_count),
            cell_count,
            segment.check_name(pack_name),
            0,
        )
        self._pack = Series(folder + "/" + pack_name, header, capacity, budget, reserve)
        self.boot = self._pack.boot = self._pack.last_boot + 1
        self._sampler = Sampler(self._pack.backlog, header.layout, interval_s, gap_s)

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
    def last_error(self):
        """The OSError of the last flush, None if it went well."""
        return self._pack.last_error

    def add(self, sample):
        """Take in a reading that has just arrived. RAM only."""
        uptime = self._uptime
        uptime.update()
        self._sampler.add(sample, uptime.seconds, uptime.ms)
        if sample.max_cell is not None and max(sample.min_cell, sample.max_cell) >= frame.CELLS[1]:
            self._wide_cells = sample.cell_count

    def anchor(self, utc, clock, utc_ms=0):
        """It is utc now, says clock (segment.RTC, PC or NTP). Written with the next flush."""
        uptime = self._uptime
        uptime.update()
        # UTC at the whole second of uptime
        later = utc_ms - uptime.ms
        if later < -500:
            utc -= 1
        elif later > 500:
            utc += 1
        self._pack.anchor(uptime.seconds, utc, clock)

    def due(self):
        """Is it time to flush? From here on there are SLACK_S to find a good moment for it."""
        if not self._pack.waiting:
            return False
        self._uptime.update()
        now = self._uptime.seconds
        if now < self._retry_at:
            return False
        backlog = self._pack.backlog
        if 2 * backlog.count >= backlog.capacity or not backlog.count:
            return True
        return now - backlog.uptime(0) >= max(1, self._window - SLACK_S)

    def flush(self):
        """Write every frame there is and make it durable. False if the flash failed."""
        if not self._pack.flush():
            self._retry_at = self._uptime.seconds + self._window
            return False
        self._retry_at = 0
        if self._wide_cells and self._sampler.layout == 1:
            self._sampler.layout = 2
            self._pack.relayout(2, self._wide_cells)
        return True

    def close(self):
        """Write what there is of the frame in the making, flush, and let go of the file.

        Readings may go on afterwards: they begin a new run.
        """
        self._sampler.finish()
        done = self.flush()
        self._pack.close()
        return done
