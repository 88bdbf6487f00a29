"""The days of a pack, as the board has added them up: docs/format.md's series 5.

Local days of the time zone in the board's config. Several records of one day are added up here. One
of a board that did not know the time is of about 24 h: its day is not known.
"""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
from host_tools.history import logs, periods, records, rollups
from host_tools.history.periods import NO_DAY, NO_MOMENT, Periods
from host_tools.history.timeline import UNKNOWN
from host_tools.history.undated import Undated

from store import segment

_NAMES = ("boot", "uptime", "time", "undated", "record")


def load(paths: Iterable[Path | str], read: records.Reader = records.read) -> Periods:
    """The days in paths, which are files or folders. PacklogError if there is no file at all."""
    loaded = logs.load(paths, segment.DAYS, rollups.columns, read=read)
    if not loaded.logs:
        none = np.zeros(0, np.int64)
        about = logs.about(loaded)
        return Periods(none, none, none, none, {}, none, none.astype(bool), none, **about)
    columns = rollups.stacked(loaded.logs, _NAMES)
    said = rollups.numbers(columns["record"], segment.DAYS)
    known = said["day"] > 0
    sums = rollups.sums(columns["record"], said["seconds"])
    sums.flows["cycles"] = np.where(said["cycles"] < 0, np.nan, said["cycles"] / 1000)
    for name, _, _ in periods.MOMENTS:
        sums.moments[name] = np.where(known, said[name], NO_MOMENT)
    order, first = periods.grouped(np.where(known, said["day"], -1 - np.arange(len(known))))
    rows = order[first]
    sums = periods.combined(periods.taken(sums, order), first)
    day = np.where(known, said["day"], NO_DAY)[rows]
    found = Periods(
        columns["boot"][rows].astype(np.int64),
        columns["uptime"][rows].astype(np.int64),
        np.where((day == NO_DAY) | (said["utc"][rows] == 0), UNKNOWN, said["utc"][rows]),
        sums.seconds,
        periods.values_of(sums),
        np.where(known, 0, columns["undated"])[rows],
        np.zeros(len(rows), bool),
        day,
        **logs.about(loaded),
    )
    _number_dayless(found, columns["time"][rows])
    after = np.flatnonzero((day[1:] > day[:-1] + 1) & (day[:-1] != NO_DAY))
    left = (found.boot[after], found.uptime[after], found.time[after], day[after] + 1)
    return periods.with_holes(found, after, *left)


def _number_dayless(rows: Periods, ended: np.ndarray) -> None:
    """Days that are not known count as undated; if the anchors say when one ended, that is certain.

    ended: UTC by the anchors.
    """
    for row in np.flatnonzero((rows.day == NO_DAY) & (rows.undated == 0)):
        uptime = int(rows.uptime[row])
        began = None if ended[row] == UNKNOWN else int(ended[row]) - uptime
        rows.boots.append(Undated(int(rows.boot[row]), uptime, began, began))
        rows.undated[row] = len(rows.boots)
