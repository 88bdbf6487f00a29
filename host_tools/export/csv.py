"""CSV: a row a frame, a record of the cells or an event; the time first."""

from collections.abc import Callable

from host_tools.export import table
from host_tools.history.cells import Cells
from host_tools.history.events import Events
from host_tools.history.frames import Frames
from host_tools.history.load import Rows
from host_tools.history.timeline import UNKNOWN

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
) -> None:
    """Give the CSV to put(text), block by block. progress is told the rows done."""
    undated = bool((rows.time == UNKNOWN).any())
    header, values = _COLUMNS[type(rows)](rows)
    columns = [(table.epoch if epoch else table.iso)(rows.time), *values]
    if undated:
        header += ",boot,uptime"
        columns += [table.numbers(rows.boot), table.numbers(rows.uptime)]
    table.write(header, columns, len(rows), put, progress)


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
