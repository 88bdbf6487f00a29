"""A part of a history: the rows whose time is from one moment on and before another."""

import re
import time
from dataclasses import dataclass, fields, replace
from datetime import date, datetime, timedelta, timezone, tzinfo

import numpy as np
from host_tools.ground.errors import UsageError
from host_tools.history.grids import UNITS
from host_tools.history.timeline import UNKNOWN

Moment = str | int | float | date | datetime | np.datetime64
_SPANS = {**UNITS, "w": 7 * UNITS["d"]}
_AGO = re.compile(rf"-([0-9]{{1,9}})({'|'.join(_SPANS)})")
_UNIX = re.compile(r"[0-9]{8,11}(\.[0-9]+)?")
_MONTHS = {4: "-01-01", 7: "-01"}  # what a year or a month lacks, by its length


@dataclass(frozen=True)
class Range:
    """begin and end: unix seconds, None without a limit. begin is part of it, end is not."""

    begin: int | None = None
    end: int | None = None

    @classmethod
    def of(cls, begin: Moment | None, end: Moment | None, zone: tzinfo = timezone.utc) -> "Range":
        """By --from and --to: see unix_of(). Raises UsageError."""
        now = int(time.time())
        first, last = (
            None if moment is None else unix_of(moment, zone, now) for moment in (begin, end)
        )
        if first is not None and last is not None and first >= last:
            raise UsageError(f"nothing is from {begin} on and before {end}: --from is the earlier")
        return cls(first, last)

    def __bool__(self) -> bool:
        return self.begin is not None or self.end is not None

    def has(self, moments: np.ndarray) -> np.ndarray:
        """Which of these unix seconds are in it. If it has a limit, UNKNOWN is not."""
        inside = np.ones(len(moments), bool)
        if self:
            inside &= moments != UNKNOWN
        if self.begin is not None:
            inside &= moments >= self.begin
        if self.end is not None:
            inside &= moments < self.end
        return inside

    def of_rows(self, rows):
        """Those rows of a Frames, Cells, Events or Periods that are in it."""
        return taken(rows, self.has(rows.time)) if self else rows


EVER = Range()


def taken(rows, which: np.ndarray):
    """Some of the rows of a Frames, Cells, Events or Periods: by number, or True for each."""
    found = {}
    for each in fields(rows):
        column = getattr(rows, each.name)
        if isinstance(column, np.ndarray):
            found[each.name] = column[which]
        elif isinstance(column, dict):
            found[each.name] = {name: value[which] for name, value in column.items()}
    return replace(rows, **found)


def unix_of(moment: Moment, zone: tzinfo, now: int) -> int:
    """Unix seconds of a date (its midnight), a date with a time, unix seconds, or -7d before now.

    What names no offset from UTC is local time of the zone. Raises UsageError.
    """
    if isinstance(moment, np.datetime64):
        return int(moment.astype("datetime64[s]").astype(np.int64))
    if isinstance(moment, (int, float)):
        return int(moment)
    if isinstance(moment, date):
        return _of_date(moment, zone)
    if moment == "now":
        return now
    if ago := _AGO.fullmatch(moment):
        return now - int(ago[1]) * _SPANS[ago[2]]
    if _UNIX.fullmatch(moment):
        return int(float(moment))
    text = moment + _MONTHS.get(len(moment), "")
    try:
        return _of_date(datetime.fromisoformat(text.replace("Z", "+00:00")), zone)
    except (ValueError, OverflowError):
        raise UsageError(
            f"{moment!r} is not a moment: 2026-06-01, 2026-06-01T12:30, unix seconds, or -7d, "
            "-12h, -30min before now"
        ) from None


def _of_date(moment: date, zone: tzinfo) -> int:
    if not isinstance(moment, datetime):
        moment = datetime(moment.year, moment.month, moment.day)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=zone)
    return (moment - datetime(1970, 1, 1, tzinfo=timezone.utc)) // timedelta(seconds=1)
