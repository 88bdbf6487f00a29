"""The hours of a pack, as the board has added them up: docs/format.md's series 4.

An hour can consist of several records: those are added up here. It begins when its first reading
does. Which hour a record belongs to shows by itself: local hours begin at UTC's, or 15, 30 or 45
minutes later; hours of different time zones stay apart.
"""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
from host_tools.history import logs, periods, records, rollups
from host_tools.history.periods import Periods
from host_tools.history.pieces import Columns
from host_tools.history.timeline import UNKNOWN

from store import segment

_HOUR_S = 3600
_OFFSETS = (0, 1800, 2700, 900)  # of local hours, the most frequent first
_NEAR_S = 60  # what UTC in a record and UTC by the anchors may be apart
_SLACK_S = 5  # by which a record may reach out of its hour
_NAMES = ("boot", "uptime", "time", "undated", "record")


def load(paths: Iterable[Path | str], read: records.Reader = records.read) -> Periods:
    """The hours in paths, which are files or folders. PacklogError if there is no file at all."""
    loaded = logs.load(paths, segment.HOURS, rollups.columns, read=read)
    if not loaded.logs:
        return _nothing(loaded)
    columns = rollups.stacked(loaded.logs, _NAMES)
    start = np.concatenate([_starts(log) for log in loaded.logs])
    said = rollups.numbers(columns["record"], segment.HOURS)
    begin = _begin(columns, start, said["utc"])
    sums = rollups.sums(columns["record"], said["seconds"])
    dated = begin != UNKNOWN
    for name, _, _ in periods.MOMENTS:
        after = said[name]
        sums.moments[name] = np.where(dated & (after >= 0), begin + after, periods.NO_MOMENT)
    end = begin + columns["uptime"] - start
    order, first = periods.grouped(_keys(begin, end, dated))
    rows = order[first]
    sums = periods.combined(periods.taken(sums, order), first)
    found = Periods(
        columns["boot"][rows].astype(np.int64),
        start[rows],
        begin[rows],
        sums.seconds,
        periods.values_of(sums),
        np.where(dated, 0, columns["undated"])[rows],
        np.zeros(len(rows), bool),
        **logs.about(loaded),
    )
    last = order[np.append(first[1:], len(order))[: len(first)] - 1]
    return _with_holes(found, end[last], columns["uptime"][last].astype(np.int64))


def _nothing(loaded: logs.Loaded) -> Periods:
    none = np.zeros(0, np.int64)
    return Periods(none, none, none, none, {}, none, none.astype(bool), **logs.about(loaded))


def _starts(log: logs.Log) -> np.ndarray:
    """At which uptime each record begins."""
    start, uptime = log.start.astype(np.int64), log.columns["uptime"].astype(np.int64)
    boot = log.columns["boot"]
    start[1:] = np.where(boot[1:] == boot[:-1], np.maximum(start[1:], uptime[:-1]), start[1:])
    return start


def _begin(columns: Columns, start: np.ndarray, utc: np.ndarray) -> np.ndarray:
    """UTC at which records begin: as they say, unless the anchors have it otherwise.

    In a boot of which no anchor is left, what other records of it say dates one that says nothing.
    """
    length = columns["uptime"].astype(np.int64) - start
    time = columns["time"]
    by_anchor = np.where(time == UNKNOWN, UNKNOWN, time - length)
    near = (by_anchor == UNKNOWN) | (np.abs(by_anchor - utc) <= _NEAR_S)
    begin = np.where((utc > 0) & near, utc, by_anchor)
    for number in np.unique(columns["undated"][(columns["undated"] > 0) & (begin == UNKNOWN)]):
        of_boot = np.flatnonzero(columns["undated"] == number)
        says = of_boot[begin[of_boot] != UNKNOWN]
        if len(says):
            next_one = np.minimum(np.searchsorted(says, of_boot), len(says) - 1)
            by_others = begin[says[next_one]] + start[of_boot] - start[says[next_one]]
            begin[of_boot] = np.where(begin[of_boot] == UNKNOWN, by_others, begin[of_boot])
    return begin


def _keys(begin: np.ndarray, end: np.ndarray, dated: np.ndarray) -> np.ndarray:
    """Which records are of the same hour: equal numbers. One in no hour has a number of its own."""
    middle = (begin + end) // 2
    key = -1 - np.arange(len(begin))
    reaches_out = np.array([_reaches_out(begin, end, middle, offset) for offset in _OFFSETS])
    usual = int(np.argmin(reaches_out[:, dated].sum(axis=1)))
    for which in (*reversed(range(len(_OFFSETS))), usual):
        fits = dated & ~reaches_out[which]
        key[fits] = _hour(middle, _OFFSETS[which])[fits]
    return key


def _hour(moment: np.ndarray, offset: int) -> np.ndarray:
    """When the hour begins that a moment is in."""
    return moment - (moment - offset) % _HOUR_S


def _reaches_out(begin, end, middle, offset: int) -> np.ndarray:
    hour = _hour(middle, offset)
    return (begin < hour - _SLACK_S) | (end > hour + _HOUR_S + _SLACK_S)


def _with_holes(rows: Periods, end: np.ndarray, uptime: np.ndarray) -> Periods:
    """A row for each stretch of silence of an hour and more, behind the hour before it."""
    if len(rows) < 2:
        return rows
    known = (rows.time[1:] != UNKNOWN) & (end[:-1] != UNKNOWN) & (rows.undated[:-1] == 0)
    silent = np.where(
        known & (rows.undated[1:] == 0),
        rows.time[1:] - end[:-1] >= _HOUR_S,
        rows.boot[1:] != rows.boot[:-1],
    )
    after = np.flatnonzero(silent)
    time = np.where(rows.time[after] == UNKNOWN, UNKNOWN, end[after])
    return periods.with_holes(rows, after, rows.boot[after], uptime[after], time)
