"""When the days of a history began, for its hours and frames: as the board's own days show it.

A day that was logged as a whole begins at midnight, and its record says when that was in UTC. Days
without such a record begin as those next to them do.
"""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
from host_tools.history import grids, logs, records, rollups
from host_tools.history.grids import DAY_S, AnyGrid, Days, Midnights

from store import segment

_QUARTER_S = 900  # what offsets from UTC are multiples of
_NEAR_S = 60
_MOST_S = 14 * 3600
_LENGTHS = (DAY_S, DAY_S - 3600, DAY_S + 3600)  # of whole days, those with a change of the clock


def grid(
    paths: Iterable[Path], read: records.Reader, zone: str | None, moments: np.ndarray
) -> tuple[AnyGrid, str]:
    """(the days in which these moments are, what to call their zone). zone: None, the board's own.

    UTC if nothing shows it. Raises UsageError.
    """
    said, offsets = _offsets(paths, read)
    if zone or not len(said) or not len(moments):
        return Days(grids.zone_of(zone)), zone or "UTC"
    first = int(moments.min()) // DAY_S - 1
    wanted = np.arange(first, int(moments.max()) // DAY_S + 4)
    after = np.minimum(np.searchsorted(said, wanted), len(said) - 1)
    before = np.maximum(after - 1, 0)
    nearest = np.where(wanted - said[before] < said[after] - wanted, before, after)
    names = " and ".join(map(_name, np.unique(offsets).tolist()))
    return Midnights(first, wanted * DAY_S - offsets[nearest]), f"{names}, as its days show"


def _offsets(paths: Iterable[Path], read: records.Reader) -> tuple[np.ndarray, np.ndarray]:
    """(days, by how many s local time was ahead of UTC when they began) of whole days."""
    found = logs.load(paths, segment.DAYS, rollups.columns, read=read).logs
    rows = [rollups.numbers(log.columns["record"], segment.DAYS) for log in found]
    none = np.zeros(0, np.int64)
    day, utc, seconds = (
        np.concatenate([none, *(row[name] for row in rows)]) for name in ("day", "utc", "seconds")
    )
    ahead = day * DAY_S - utc
    offset = (ahead + _QUARTER_S // 2) // _QUARTER_S * _QUARTER_S
    whole = np.min([np.abs(seconds - length) for length in _LENGTHS], axis=0) <= _NEAR_S
    sure = (day > 0) & (utc > 0) & whole & (np.abs(ahead - offset) <= _NEAR_S)
    sure &= np.abs(offset) <= _MOST_S
    said, first = np.unique(day[sure], return_index=True)
    return said, offset[sure][first]


def _name(offset: int) -> str:
    sign = "-" if offset < 0 else "+"
    return f"UTC{sign}{abs(offset) // 3600:02}:{abs(offset) // 60 % 60:02}" if offset else "UTC"
