"""A table with a row a value: Home Assistant's history, InfluxDB's annotated CSV, Grafana's series.

A value holds until the next one of its name: such a table has what changed. A reading is each
second in which something did.
"""

from collections.abc import Iterator

import numpy as np
from host_tools.trial import columns, names
from host_tools.trial.table import Table
from host_tools.trial.times import NO_TIME, SAMPLE, Times, of_column
from host_tools.trial.trouble import Trouble

Row = tuple[int, str, tuple[str, ...], str]  # line, time, key, value


def as_wide(table: Table, trouble: Trouble, day_first: bool | None) -> Table:
    """The same with a column a name; its times are unix ms. times.Unclear if dates
    are, columns.Ambiguous if two series have the same name.
    """
    rows = list(_rows(table))
    usual = table.comma or table.separator == ";"
    times = of_column([time for _, time, _, _ in rows[:SAMPLE]], table.comma, usual, day_first)
    by_second = _by_second(rows, times, trouble)
    keys = sorted({key for _, _, key, _ in rows})
    called = _names(keys)
    wide = _held(by_second, keys)
    return Table(["time", *called], wide, table.comma, table.separator, table.notes)


def _rows(table: Table) -> Iterator[Row]:
    """A table of InfluxDB's may be followed by another, with its own names."""
    texts, starts = table.names, False
    place = _place(texts)
    for line, row in table.rows:
        if not any(row) or row[0].startswith("#"):
            starts = True
        elif starts and columns.fits(row) and columns.is_long(row):
            texts, starts = row, False
            place = _place(texts)
        elif len(row) == len(texts) and row != texts:
            starts = False
            time, key, value = place
            yield line, row[time], tuple(row[i] for i in key), row[value]


def _place(texts: list[str]) -> tuple[int, list[int], int]:
    """Indices: of the time, of the name and of what else tells series apart, of the value."""
    found = names.columns_of(texts)
    kinds = [column.field if column else "" for column in found]
    time = columns.time_of(texts, found)[0]
    name, value = kinds.index(names.KEY), kinds.index(names.VALUE)
    tags = [
        i
        for i, text in enumerate(texts)
        if i not in (time, name, value) and kinds[i] != names.TIME and columns.is_news(text)
    ]
    return time, [name, *tags], value


def _names(keys: list[tuple[str, ...]]) -> list[str]:
    """What each series is called; Ambiguous if what else tells them apart is needed."""
    tags = {}
    for name, *more in keys:
        tags.setdefault(name, []).append(" ".join(filter(None, more)))
    for name, found in tags.items():
        if len(found) > 1:
            raise columns.Ambiguous(
                f"several series are {name!r} (of {', '.join(found[:4])}): export one battery's"
            )
    return [name for name, *_ in keys]


def _by_second(rows: list[Row], times: Times, trouble: Trouble) -> list[tuple]:
    """(unix ms, line, key, value) in the order of time."""
    found = [(times.ms(row[1]), *row) for row in rows]
    undated = [each for each in found if each[0] == NO_TIME]
    lines, texts = [each[1] for each in undated], [each[2] for each in undated]
    wrong = np.ones(len(undated), bool)
    trouble.note("rows left out whose time is not known", wrong, lines, texts)
    dated = [(ms, line, key, value) for ms, line, _, key, value in found if ms != NO_TIME]
    return sorted(dated, key=lambda each: each[0])


def _held(dated: list[tuple], keys: list[tuple[str, ...]]) -> Iterator[tuple[int, list[str]]]:
    place = {key: 1 + i for i, key in enumerate(keys)}
    row, second, at = [""] * (1 + len(keys)), None, 0
    for ms, line, key, value in dated:
        if second is not None and ms // 1000 != second:
            yield at, list(row)
        row[0], second, at = f"{ms}", ms // 1000, line
        row[place[key]] = value
    if second is not None:
        yield at, list(row)
