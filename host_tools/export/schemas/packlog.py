"""packlog's own tables: a history's frames, cells, events, hours and days as they are.

Rows without a date wait until they have one. Units are those of a CSV. A row's seconds say how
long it covers, up to its time; its charge is current x seconds / 3600, Ah. Silence has no row.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from host_tools.export.targets.rows import (
    BIG,
    DATE,
    INTEGER,
    NOTHING,
    REAL,
    TEXT,
    TIME,
    Column,
    Table,
    grouped,
    stamps,
)
from host_tools.ground.units import MILLI
from host_tools.history import cells, days, events, frames, hours, logs, periods, records
from host_tools.history.periods import Periods
from host_tools.history.timeline import UNKNOWN

from sample import MAX_CELLS
from store import events as codes
from store import segment

Values = dict[str, np.ndarray]
PREFIX = "packlog_"
DAY_S = 86400
_HOUR_S = 3600
_CHARGE_PLACES = 9  # of Ah: rounding a year of frames leaves no trace
_PLACES = 6  # decimals of sums and means: what is beyond is noise of adding up
_WHERE = (Column("log", INTEGER), Column("boot", BIG), Column("uptime", BIG))
_KEY = ("time", "log", "boot", "uptime")
_QUANTITIES = ("voltage", "current", "temperature", "soc")
_FRAME = (
    Column("time", TIME),
    Column("seconds", INTEGER),
    Column("charge", REAL),
    *(Column(name, REAL) for name in _QUANTITIES),
    *(Column(name, REAL) for name in ("min_cell_voltage", "max_cell_voltage")),
    *(Column(name, INTEGER) for name in ("min_voltage_cell", "max_voltage_cell")),
    *_WHERE,
)
_EVENT = (
    Column("time", TIME),
    Column("event", TEXT, 32),
    Column("details", TEXT),
    *(Column(name, INTEGER) for name in ("code", "a")),
    *(Column(name, BIG) for name in ("b", "c")),
    *_WHERE,
)


def tables(
    files: list[Path],
    read: records.Reader,
    pack: str,
    every: str | None = None,
    series: tuple[str, ...] | None = None,
) -> Iterator[Table]:
    """Those of a pack's files that there are, of some series; None: of all. every is not used."""
    for name, make in MAKERS.items():
        if series is None or name in series:
            yield from make(files, read, pack)


def _frames(files: list[Path], read: records.Reader, pack: str) -> Iterator[Table]:
    loaded = logs.load(
        files, segment.PACK, lambda rows, header: frames.columns_of(rows, header.layout), read=read
    )
    rows = _together(loaded, (*frames.COLUMNS, "seconds"))
    if rows:
        charge = rows["current"].astype(np.float64) * rows["seconds"] / _HOUR_S
        rows["charge"] = np.round(charge, _CHARGE_PLACES)
        for name in ("min_cell_voltage", "max_cell_voltage"):
            rows[name] = np.where(rows[name] < 0, np.nan, rows[name] / MILLI)
        for name in ("min_voltage_cell", "max_voltage_cell"):
            rows[name] = np.where(rows[name] > 0, rows[name].astype(np.int64), NOTHING)
        yield _of_boots("frames", pack, _FRAME, rows)


def _cells(files: list[Path], read: records.Reader, pack: str) -> Iterator[Table]:
    loaded = logs.load(files, segment.CELLS, cells.columns_of, read=read)
    rows = _together(loaded, ("cells", "seconds"))
    if rows:
        volts = np.where(rows["cells"] > 0, rows["cells"] / MILLI, np.nan)
        names = [f"cell_{number + 1}" for number in range(MAX_CELLS)]
        rows |= dict(zip(names, volts.T, strict=False))
        columns = (Column("time", TIME), *(Column(n, REAL) for n in names if n in rows), *_WHERE)
        yield _of_boots("cells", pack, columns, rows)


def _events(files: list[Path], read: records.Reader, pack: str) -> Iterator[Table]:
    loaded = logs.load(files, segment.EVENTS, events.columns_of, events.NUMBERS, read)
    rows = _together(loaded, events.NUMBERS)
    if rows:
        rows["event"], rows["details"] = events.in_texts(*(rows[n] for n in events.NUMBERS))
        # One of the whole config.json is left out: passwords can be tried against it
        secret = (rows["code"] == codes.CONFIG) & (rows["a"] != codes.PLAIN)
        rows["b"], rows["c"] = (np.where(secret, 0, rows[name]) for name in ("b", "c"))
        yield _of_boots("events", pack, _EVENT, rows, (*_KEY, *events.NUMBERS))


def _together(loaded: logs.Loaded, names: tuple[str, ...]) -> Values:
    """Columns of all logs, with the log's number and the seconds that a row covers."""
    for log in loaded.logs:
        log.columns["log"] = np.full(len(log.start), log.number, np.int64)
        log.columns["seconds"] = _seconds(log)
    wanted = {*names, "log", "boot", "uptime", "time"} - {"hole", "undated"}
    if not loaded.logs:
        return {}
    return {name: logs.stack([log.columns[name] for log in loaded.logs]) for name in wanted}


def _seconds(log: logs.Log) -> np.ndarray:
    boot, uptime = log.columns["boot"], log.columns["uptime"].astype(np.int64)
    begin = log.start.astype(np.int64)
    same = boot[1:] == boot[:-1]
    begin[1:] = np.where(same, np.maximum(begin[1:], uptime[:-1]), begin[1:])
    return uptime - begin


def _of_boots(
    name: str, pack: str, columns: tuple[Column, ...], rows: Values, key: tuple[str, ...] = _KEY
) -> Table:
    """Records, by boots: those that a clock has dated."""
    dated = rows["time"] != UNKNOWN
    rows = {column.name: _as(column, rows[column.name][dated]) for column in columns}
    group, different = grouped([rows["log"], rows["boot"]])
    names = [f"{log}/{boot}" for log, boot in different.tolist()]
    made = Table(
        PREFIX + name,
        pack,
        columns,
        rows,
        key,
        group,
        names,
        rows["uptime"],
        stamps(rows["time"]),
        waiting=int((~dated).sum()),
    )
    return made.taken(np.lexsort((made.position, made.group)))


def _as(column: Column, values: np.ndarray) -> np.ndarray:
    if column.kind == REAL:
        return values.astype(np.float64)
    return values if column.kind == TEXT else values.astype(np.int64)


def _hours(files: list[Path], read: records.Reader, pack: str) -> Iterator[Table]:
    rows = hours.load(files, read)
    if len(rows):
        keep = ~rows.hole & (rows.time != UNKNOWN)
        time = rows.time[keep]
        boot = rows.boot[keep].astype(np.int64)
        values = {"time": time, "boot": boot, **_values(rows, keep)}
        for name, _, _ in periods.MOMENTS:
            values[name] = np.where(values[name] < 0, NOTHING, values[name])
        columns = (Column("time", TIME), Column("boot", BIG), *_period_columns(values, TIME))
        months = np.array(time, "datetime64[s]").astype("datetime64[M]")
        waiting = int((~rows.hole & (rows.time == UNKNOWN)).sum())
        yield _of_spans("hours", pack, columns, values, ("time", "boot"), (months, time, waiting))


def _days(files: list[Path], read: records.Reader, pack: str) -> Iterator[Table]:
    rows = days.load(files, read)
    if len(rows):
        keep = ~rows.hole & (rows.day != periods.NO_DAY)
        day = rows.day[keep]
        time = np.where(rows.time[keep] == UNKNOWN, NOTHING, rows.time[keep])
        values = {"day": day, "time": time, **_values(rows, keep)}
        for name, _, _ in periods.MOMENTS:
            values[name] = np.where(values[name] < 0, NOTHING, values[name])
        columns = (Column("day", DATE), Column("time", TIME), *_period_columns(values, INTEGER))
        months = np.array(day, "datetime64[D]").astype("datetime64[M]")
        begin = np.where(time == NOTHING, day * DAY_S, time)
        waiting = int((~rows.hole & (rows.day == periods.NO_DAY)).sum())
        yield _of_spans("days", pack, columns, values, ("day",), (months, begin, waiting))


def _values(rows: Periods, keep: np.ndarray) -> Values:
    found = {"seconds": rows.seconds[keep].astype(np.int64)}
    for name, values in rows.values.items():
        kept = values[keep]
        if kept.dtype.kind == "f":
            found[name] = np.round(kept, _PLACES)
        else:
            found[name] = kept.astype(np.int64)
    for name, _, _ in periods.EXTREME_CELLS:
        found[name] = np.where(found[name] > 0, found[name], NOTHING)
    return found


def _period_columns(values: Values, moments: str) -> Iterator[Column]:
    """moments: the kind of soc_max_at and soc_min_at; of days minutes since local midnight."""
    named = {name: moments for name, _, _ in periods.MOMENTS}
    for name, each in values.items():
        if name not in ("time", "day", "boot"):
            yield Column(name, named.get(name, REAL if each.dtype.kind == "f" else INTEGER))


def _of_spans(
    name: str,
    pack: str,
    columns: tuple[Column, ...],
    values: Values,
    key: tuple[str, ...],
    about: tuple[np.ndarray, np.ndarray, int],
) -> Table:
    """about: in which month each begins, when it begins, how many rows wait for a date."""
    spans, begin, waiting = about
    different, group = np.unique(spans, return_inverse=True)
    made = Table(
        PREFIX + name,
        pack,
        columns,
        values,
        key,
        group.reshape(-1),
        [str(each) for each in different],
        begin,
        stamps(begin),
        replaced=True,
        waiting=waiting,
    )
    return made.taken(np.lexsort((made.position, made.group)))


Maker = Callable[[list[Path], records.Reader, str], Iterator[Table]]
MAKERS: dict[str, Maker] = {
    "frames": _frames,
    "cells": _cells,
    "events": _events,
    "hours": _hours,
    "days": _days,
}
