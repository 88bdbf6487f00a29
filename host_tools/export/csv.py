"""CSV: a row a frame, a record of the cells, an event or a span of time; the time first."""

from collections.abc import Callable, Iterable

import numpy as np
from host_tools.export import table
from host_tools.export.csv_periods import period_columns
from host_tools.ground import units
from host_tools.history.cells import Cells
from host_tools.history.events import Events
from host_tools.history.frames import Frames
from host_tools.history.loading import Rows
from host_tools.history.periods import Periods
from host_tools.history.timeline import UNKNOWN
from host_tools.history.undated import Undated

from store import frame

Columns = dict[str, table.Column]  # by name
EXTENSION = ".csv"
HEADER = (
    "time,voltage,current,temperature,soc,min_cell_voltage,max_cell_voltage,"
    "min_voltage_cell,max_voltage_cell"
)


def write(
    rows: Rows,
    put: Callable[[str], object],
    epoch: bool = False,
    progress: Callable[[int], None] = lambda done: None,
    decimals: int | None = None,
) -> None:
    """Give the CSV to put(text), block by block. progress is told the rows done.

    decimals: of all columns in V and A; None: as many as each value has.
    """
    names, columns = _columns(rows, epoch, decimals, rows.undated.any())
    table.write(",".join(names), columns, len(rows), put, progress)


def write_blocks(
    blocks: Iterable[Rows],
    put: Callable[[str], object],
    epoch: bool = False,
    progress: Callable[[int], None] = lambda done: None,
    decimals: int | None = None,
) -> None:
    """The same of rows that come in blocks, at least one. progress is told the rows done."""
    done = 0
    for number, rows in enumerate(blocks):
        names, columns = _columns(rows, epoch, decimals, bool(rows.boots))
        if not number:
            put(",".join(names) + "\n")
        table.write_rows(columns, len(rows), put)
        done += len(rows)
        progress(done)


def _columns(
    rows: Rows, epoch: bool, decimals: int | None, undated: bool
) -> tuple[list[str], list[table.Column]]:
    """Names and columns. undated: with those of rows that no clock has dated."""
    moments = table.epoch if epoch else table.iso
    if isinstance(rows, Periods):
        columns = period_columns(rows, moments, decimals)
    else:
        header, values = _COLUMNS[type(rows)](rows, decimals)
        columns = dict(zip(header.split(","), [moments(rows.time), *values], strict=True))
    if undated:
        columns |= _undated_columns(rows, moments)
    return list(columns), list(columns.values())


def _undated_columns(rows: Rows, moments: Callable[[np.ndarray], table.Column]) -> Columns:
    """What is known of rows that no clock has dated; if some have a guessed date, which and how."""
    boots = [Undated(0, 0), *rows.boots]

    def of_row(what: Callable[[Undated], int | None]) -> np.ndarray:
        found = [-1 if what(boot) is None else what(boot) for boot in boots]
        return np.array(found, np.int64)[rows.undated]

    def bound(what: Callable[[Undated], int | None]) -> table.Column:
        begin = of_row(what)
        return moments(np.where(begin < 0, UNKNOWN, begin + rows.uptime))

    columns = {"boot": table.numbers(rows.boot), "uptime": table.numbers(rows.uptime)}
    columns["not_before"] = bound(lambda boot: boot.earliest)
    columns["not_after"] = bound(lambda boot: boot.latest)
    guessed = np.where(rows.time == UNKNOWN, 0, rows.undated)
    if guessed.any() or getattr(rows, "guessed", False):
        columns["guessed"] = table.lookup(guessed, lambda code: boots[code].by)
        columns["error_s"] = table.numbers(np.where(guessed, of_row(lambda boot: boot.error_s), -1))
    return columns


def _pack_columns(rows: Frames, decimals: int | None) -> tuple[str, list[table.Column]]:
    return HEADER, [
        table.halves(rows.voltage, decimals),
        table.halves(rows.current, decimals),
        _temperature(rows),
        table.lookup(table.tenths(rows.soc), lambda code: f"{(code - 401) / 10:g}"),
        table.milli(rows.min_cell_voltage, decimals),
        table.milli(rows.max_cell_voltage, decimals),
        table.lookup(rows.min_voltage_cell, str),
        table.lookup(rows.max_voltage_cell, str),
    ]


def _temperature(rows: Frames) -> table.Column:
    """With a decimal where half degrees are known, without one where only whole ones are."""
    codes = table.tenths(rows.temperature)
    whole = _in_whole_degrees(rows.layout) & (codes > 0)
    apart = int(codes.max(initial=0)) + 1

    def text(code: int) -> str:
        return f"{(code - apart - 401) / 10:.0f}" if code >= apart else f"{(code - 401) / 10:.1f}"

    return table.lookup(codes + apart * whole, text)


def _in_whole_degrees(layout: np.ndarray) -> np.ndarray:
    steps = {number: fields[0][3] for number, fields in frame.LAYOUTS.items()}
    return np.isin(layout, [number for number, step in steps.items() if step >= units.DECI])


def _cell_columns(rows: Cells, decimals: int | None) -> tuple[str, list[table.Column]]:
    names = [f"cell_{i + 1}" for i in range(rows.cells.shape[1])]
    columns = [table.milli(np.where(mv, mv, -1), decimals) for mv in rows.cells.T.astype(np.int32)]
    return ",".join(["time", *names]), columns


def _event_columns(rows: Events, decimals: int | None) -> tuple[str, list[table.Column]]:
    return "time,event,details", [table.texts(rows.event), table.texts(rows.details)]


_COLUMNS = {Frames: _pack_columns, Cells: _cell_columns, Events: _event_columns}
