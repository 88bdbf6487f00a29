"""CSV: a row a frame, a record of the cells, an event or a span of time; the time first."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from host_tools.export import table
from host_tools.export.csv_periods import period_columns
from host_tools.export.dialect import EPOCH, PLAIN, Dialect
from host_tools.export.moments import moments
from host_tools.export.table import Columns
from host_tools.ground import units
from host_tools.ground.errors import UsageError
from host_tools.ground.words import there_are
from host_tools.history.cells import Cells
from host_tools.history.events import Events
from host_tools.history.frames import Frames
from host_tools.history.loading import Rows
from host_tools.history.periods import Periods
from host_tools.history.ranges import taken
from host_tools.history.timeline import UNKNOWN
from host_tools.history.undated import Undated

from store import frame

EXTENSION = ".csv"
HEADER = (
    "time,voltage,current,temperature,soc,min_cell_voltage,max_cell_voltage,"
    "min_voltage_cell,max_voltage_cell"
)


@dataclass(frozen=True)
class _Form:
    """decimals: of V and A. undated, guessed: with the columns of rows that no clock has dated."""

    dialect: Dialect
    decimals: int | None
    undated: bool
    guessed: bool


def write(
    rows: Rows,
    put: Callable[[str], object],
    epoch: bool = False,
    progress: Callable[[int], None] = lambda done: None,
    decimals: int | None = None,
    dialect: Dialect = PLAIN,
) -> int:
    """Give the CSV to put(text), block by block; returns how many rows it has.

    progress is told the rows done. decimals: of all columns in V and A; None: as many as each
    value has.
    """
    guessed = bool(((rows.undated > 0) & (rows.time != UNKNOWN)).any())
    form = _Form(_dialect(dialect, epoch), decimals, bool(rows.undated.any()), guessed)
    if getattr(rows, "guessed", False):
        form = replace(form, guessed=True)
    return _write(_in_blocks(rows), put, progress, form)


def write_blocks(
    blocks: Iterable[Rows],
    put: Callable[[str], object],
    epoch: bool = False,
    progress: Callable[[int], None] = lambda done: None,
    decimals: int | None = None,
    dialect: Dialect = PLAIN,
    dateless: tuple[bool, bool] | None = None,
) -> int:
    """The same of rows that come in blocks, at least one. dateless: with the columns of rows
    without a date? With those of guesses? None: the first block shows it.
    """
    blocks = iter(blocks)
    first = next(blocks)
    dateless = dateless or (bool(first.boots), getattr(first, "guessed", False))
    form = _Form(_dialect(dialect, epoch), decimals, *dateless)

    def all_blocks() -> Iterator[Rows]:
        yield first
        yield from blocks

    return _write(all_blocks(), put, progress, form)


def _dialect(dialect: Dialect, epoch: bool) -> Dialect:
    return replace(dialect, times=EPOCH) if epoch else dialect


def _write(blocks: Iterable[Rows], put, progress, form: _Form) -> int:
    columns = ((_columns(rows, form), len(rows)) for rows in blocks)
    return table.write(columns, put, form.dialect, progress)


def _in_blocks(rows: Rows) -> Iterator[Rows]:
    for first in range(0, max(len(rows), 1), table.BLOCK):
        yield taken(rows, slice(first, first + table.BLOCK))


def _columns(rows: Rows, form: _Form) -> Columns:
    """The columns that are wanted, by name."""
    dialect = form.dialect
    if isinstance(rows, Periods):
        columns = period_columns(rows, dialect, form.decimals)
    else:
        columns = {"time": moments(rows.time, dialect)} | _COLUMNS[type(rows)](rows, form)
    columns["time"].is_value = False
    if form.undated:
        more = _undated_columns(rows, form)
        for column in more.values():
            column.is_value = False
        columns |= more
    if dialect.columns is None:
        return columns
    for name in dialect.columns:
        if name not in columns:
            raise UsageError(f"--columns: no column {name!r}: {there_are(columns)}")
    return {name: columns[name] for name in dialect.columns}


def _undated_columns(rows: Rows, form: _Form) -> Columns:
    """What is known of rows that no clock has dated; if some have a guessed date, which and how."""
    boots = [Undated(0, 0), *rows.boots]

    def of_row(what: Callable[[Undated], int | None]) -> np.ndarray:
        found = [-1 if what(boot) is None else what(boot) for boot in boots]
        return np.array(found, np.int64)[rows.undated]

    def bound(what: Callable[[Undated], int | None]) -> table.Column:
        begin = of_row(what)
        return moments(np.where(begin < 0, UNKNOWN, begin + rows.uptime), form.dialect)

    columns = {"boot": table.numbers(rows.boot), "uptime": table.numbers(rows.uptime)}
    columns["not_before"] = bound(lambda boot: boot.earliest)
    columns["not_after"] = bound(lambda boot: boot.latest)
    if form.guessed:
        guessed = np.where(rows.time == UNKNOWN, 0, rows.undated)
        by = np.array(["", *(boot.by for boot in rows.boots)], "S")
        columns["guessed"] = table.texts(by[guessed], form.dialect)
        columns["error_s"] = table.numbers(np.where(guessed, of_row(lambda boot: boot.error_s), -1))
    return columns


def _pack_columns(rows: Frames, form: _Form) -> Columns:
    decimals = form.decimals
    return {
        "voltage": table.halves(rows.voltage, decimals),
        "current": table.halves(rows.current, decimals),
        "temperature": _temperature(rows),
        "soc": table.lookup(table.tenths(rows.soc), _PERCENT, True),
        "min_cell_voltage": table.milli(rows.min_cell_voltage, decimals),
        "max_cell_voltage": table.milli(rows.max_cell_voltage, decimals),
        "min_voltage_cell": table.lookup(rows.min_voltage_cell, table.plain_numbers()),
        "max_voltage_cell": table.lookup(rows.max_voltage_cell, table.plain_numbers()),
    }


_APART = 1 << 14  # of a temperature's codes: those in whole degrees, those with a decimal
_PERCENT = table.Texts(lambda code: f"{(code - 401) / 10:g}")
_DEGREES = table.Texts(
    lambda code: (
        f"{(code - _APART - 401) / 10:.0f}" if code >= _APART else f"{(code - 401) / 10:.1f}"
    )
)


def _temperature(rows: Frames) -> table.Column:
    """With a decimal where half degrees are known, without one where only whole ones are."""
    codes = table.tenths(rows.temperature)
    whole = _in_whole_degrees(rows.layout)
    if whole.any():
        codes += _APART * (whole & (codes > 0))
    return table.lookup(codes, _DEGREES, True)


def _in_whole_degrees(layout: np.ndarray) -> np.ndarray:
    steps = {number: fields[0][3] for number, fields in frame.LAYOUTS.items()}
    return np.isin(layout, [number for number, step in steps.items() if step >= units.DECI])


def _cell_columns(rows: Cells, form: _Form) -> Columns:
    volts = (np.where(mv, mv, -1) for mv in rows.cells.T.astype(np.int32))
    return {f"cell_{i + 1}": table.milli(mv, form.decimals) for i, mv in enumerate(volts)}


def _event_columns(rows: Events, form: _Form) -> Columns:
    return {name: table.texts(getattr(rows, name), form.dialect) for name in ("event", "details")}


_COLUMNS = {Frames: _pack_columns, Cells: _cell_columns, Events: _event_columns}
