"""Readings from a CSV: of decode and replay, and as spreadsheets, Home Assistant, InfluxDB, Grafana
and scripts write it. Checked, in integers.

Nothing is taken on trust: what is no number or beyond what a BMS can mean counts as unknown, a row
whose time is missing, repeated or older than the one before is left out, and all of it is counted.
"""

import csv
from collections.abc import Callable
from pathlib import Path

import numpy as np
from host_tools.ground.errors import PacklogError
from host_tools.trial import columns, long, names, times
from host_tools.trial.record import COLUMNS, Readings, blank, put_extremes, record
from host_tools.trial.table import Table, open_table
from host_tools.trial.trouble import Trouble
from host_tools.trial.wide import Found, Wide

__all__ = ["COLUMNS", "Readings", "blank", "put_extremes", "read", "record"]


def read(
    path: Path,
    progress: Callable[[int], None] = lambda done: None,
    day_first: bool | None = None,
) -> Readings:
    """The readings of a CSV; PacklogError if there are none. progress is told the bytes read.

    day_first: of dates such as 5/1/2024, None if the file shows it.
    """
    try:
        return _read(path, open_table(path, columns.fits, progress), day_first)
    except OSError as error:
        raise PacklogError(f"cannot read {path}: {error.strerror}") from error
    except (UnicodeError, csv.Error) as error:
        raise PacklogError(f"{path} is not a CSV of readings ({error})") from error
    except columns.Ambiguous as error:
        raise PacklogError(f"{path}: {error}") from error
    except times.Unclear as error:
        raise PacklogError(f"{path}: {error}: say --dates day-first or month-first") from error


def _read(path: Path, table: Table, day_first: bool | None) -> Readings:
    trouble = Trouble(table.notes)
    if columns.is_long(table.names):
        table = long.as_wide(table, trouble, day_first)
    chosen = columns.choose(table.names, names.columns_of(table.names), trouble)
    reader = Wide(table, chosen, trouble, day_first)
    found = reader.read()
    if found[0]["silent"].all():
        wrong = trouble.counted() or (trouble.lines() if not chosen.has_any else [])
        why = f": {wrong[0]}" if wrong else " but its first line"
        raise PacklogError(f"{path}: no reading in it{why}")
    if reader.times.elapsed:
        raise PacklogError(
            f"{path}: its times are not dates but count from some start: add when that was, "
            "as seconds since 1970 or as ISO 8601"
        )
    if not reader.times.has_zones:
        trouble.say("times without a zone are taken as UTC")
    return _readings(*_in_order(*found, trouble), trouble)


def _in_order(records: np.ndarray, time: np.ndarray, lines: np.ndarray, trouble: Trouble) -> Found:
    """Those that are later than all before them; all of a file that has the newest row first."""
    steps = np.diff(time)
    if (steps < 0).sum() > (steps > 0).sum():
        trouble.say("the newest row comes first: read from the last to the first")
        records, time, lines = records[::-1], time[::-1], lines[::-1]
    if len(time) > 2 * _later(time).sum():
        trouble.say("the rows are in no order: sorted by their times")
        order = np.argsort(time, kind="stable")
        records, time, lines = records[order], time[order], lines[order]
    before = np.maximum.accumulate(time)
    before = np.concatenate(([-1], before[:-1]))
    trouble.note("rows left out whose time was there before", time == before, lines)
    trouble.note("rows left out, time runs backwards", time < before, lines)
    keep = time > before
    return records[keep], time[keep], lines[keep]


def _later(time: np.ndarray) -> np.ndarray:
    """Which rows are not older than any before them."""
    return time >= np.maximum.accumulate(time)


def _readings(records: np.ndarray, time: np.ndarray, _: np.ndarray, trouble: Trouble) -> Readings:
    utc = int(time[0]) // 1000
    records["seconds"], records["ms"] = np.divmod(time - utc * 1000, 1000)
    cells = int(records["cells"].max())
    if "mv" in records.dtype.names and cells < records["mv"].shape[1]:
        wide, records = records, np.zeros(len(records), record(cells))
        for name in records.dtype.names:
            records[name] = wide[name][:, :cells] if name == "mv" else wide[name]
    return Readings(records, utc, cells, trouble.lines())
