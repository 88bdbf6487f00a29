"""packlog decode: segments and shards to CSV, one series at a time."""

import sys
from collections.abc import Callable, Iterable
from pathlib import Path

from host_tools.export import table
from host_tools.ground.errors import PacklogError
from host_tools.ground.output import is_file, open_output, spare_inputs
from host_tools.ground.progress import Progress
from host_tools.history import cells, events, frames, records
from host_tools.history.cells import Cells
from host_tools.history.events import Events
from host_tools.history.frames import Frames, load
from host_tools.history.timeline import UNKNOWN

__all__ = ["HEADER", "SERIES", "Frames", "decode", "load", "write_csv"]

HEADER = (
    "time,voltage,current,temperature,soc,min_cell_voltage,max_cell_voltage,"
    "min_voltage_cell,max_voltage_cell"
)
SERIES = {"pack": frames.load, "cells": cells.load, "events": events.load}

Rows = Frames | Cells | Events


def decode(
    paths: Iterable[Path | str],
    out: Path | str | None = None,
    epoch: bool = False,
    series: str = "pack",
) -> int:
    """Write the CSV of a series to out, None for stdout; returns the number of rows.

    Damaged files are named on stderr; PacklogError then says, once the rest is written, that there
    were some.
    """
    if series not in SERIES:
        raise PacklogError(f"no series {series!r}: there are {', '.join(SERIES)}")
    paths = list(paths)
    files = records.find(paths)
    spare_inputs(out, files)
    with Progress("reading", len(files), "files") as bar:
        rows = SERIES[series](files, bar.each(records.read))
    for problem in rows.problems:
        print(problem, file=sys.stderr)
    if not rows.pack:
        where = ", ".join(map(str, paths))
        what = "frames" if series == "pack" else series
        raise PacklogError(f"no {what} in {where}: give what packlog pull copied")
    with open_output(out) as file, Progress("writing", len(rows), "rows", is_file(file)) as bar:
        write_csv(rows, file.write, epoch, bar.at)
    if rows.problems:
        raise records.damage(len(rows.problems))
    return len(rows)


def write_csv(
    rows: Rows,
    write: Callable[[str], object],
    epoch: bool = False,
    progress: Callable[[int], None] = lambda done: None,
) -> None:
    """Give the CSV to write(text), block by block. progress is told the rows done."""
    undated = bool((rows.time == UNKNOWN).any())
    header, values = _COLUMNS[type(rows)](rows)
    columns = [(table.epoch if epoch else table.iso)(rows.time), *values]
    if undated:
        header += ",boot,uptime"
        columns += [table.numbers(rows.boot), table.numbers(rows.uptime)]
    table.write(header, columns, len(rows), write, progress)


def _pack_columns(rows: Frames) -> tuple[str, list[table.Column]]:
    return HEADER, [
        table.halves(rows.voltage, "{:.3f}"),
        table.halves(rows.current, "{:.6g}"),
        table.lookup(table.tenths(rows.temperature), lambda code: f"{(code - 401) / 10:.1f}"),
        table.lookup(table.tenths(rows.soc), lambda code: f"{(code - 401) / 10:g}"),
        table.lookup(rows.min_cell_voltage + 1, lambda code: f"{(code - 1) / 1000:.3f}"),
        table.lookup(rows.max_cell_voltage + 1, lambda code: f"{(code - 1) / 1000:.3f}"),
        table.lookup(rows.min_voltage_cell, str),
        table.lookup(rows.max_voltage_cell, str),
    ]


def _cell_columns(rows: Cells) -> tuple[str, list[table.Column]]:
    names = [f"cell_{i + 1}" for i in range(rows.cells.shape[1])]
    columns = [table.lookup(mv, lambda code: f"{code / 1000:.3f}") for mv in rows.cells.T]
    return ",".join(["time", *names]), columns


def _event_columns(rows: Events) -> tuple[str, list[table.Column]]:
    return "time,event,details", [table.texts(rows.event), table.texts(rows.details)]


_COLUMNS = {Frames: _pack_columns, Cells: _cell_columns, Events: _event_columns}
