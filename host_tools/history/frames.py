"""The frames of a pack as numpy arrays, by the description that the board writes them by.

load(paths) gives Frames: every frame of one pack, ordered and unique, with UTC where an anchor says
it. What is damaged costs only itself and is named in Frames.problems.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import numpy as np
from host_tools.history import logs, records
from host_tools.history.pieces import Columns, dtype
from host_tools.history.undated import Undated

from store import frame, segment

FRAME = dtype(frame.FIELDS)
RAW = dtype(frame.FIELDS, bits=True)  # float16 as its bits
_OF_HALVES = np.arange(65536, dtype=np.uint16).view(np.float16).astype(np.float32)

# The columns of Frames and their numpy types
COLUMNS = {
    "boot": "u4",
    "uptime": "u4",
    "time": "i8",
    "voltage": "f4",
    "current": "f4",
    "temperature": "f4",
    "soc": "f4",
    "min_cell_voltage": "i4",
    "max_cell_voltage": "i4",
    "min_voltage_cell": "i2",
    "max_voltage_cell": "i2",
    "layout": "u1",
    "undated": "i4",
    "hole": "?",
}
# What a row has there that stands for silence
UNKNOWN = {
    name: np.nan if kind == "f4" else -1 if name.endswith("_voltage") else 0
    for name, kind in COLUMNS.items()
}


@dataclass
class Frames:
    """One pack's frames, one array a column. Unknown is NaN, -1 (time, mV) or 0 (cell numbers).

    Where readings are missing stands a row with hole set and nothing known but when it begins.
    """

    boot: np.ndarray
    uptime: np.ndarray  # s since the boot
    time: np.ndarray  # unix s
    voltage: np.ndarray  # V
    current: np.ndarray  # A, mean since the row before, charge positive
    temperature: np.ndarray  # degC
    soc: np.ndarray  # %
    min_cell_voltage: np.ndarray  # mV
    max_cell_voltage: np.ndarray  # mV
    min_voltage_cell: np.ndarray  # from 1
    max_voltage_cell: np.ndarray  # from 1
    layout: np.ndarray  # as in the header: how finely the temperature is known
    undated: np.ndarray  # number in boots of a row that no clock has dated, from 1
    hole: np.ndarray
    pack: str = ""
    problems: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    boots: list[Undated] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.boot)


def load(paths: Iterable[Path | str], read: records.Reader = records.read) -> Frames:
    """The frames in paths, which are files or folders. PacklogError if there is no file at all."""
    loaded = logs.load(paths, segment.PACK, _columns, read=read)
    rows = logs.with_holes(loaded.logs, UNKNOWN)
    rows = rows or {name: np.empty(0, kind) for name, kind in COLUMNS.items()}
    return Frames(**rows, **logs.about(loaded))


def _columns(rows: np.ndarray, header: segment.Header) -> Columns:
    return columns_of(rows, header.layout)


def columns_of(rows: np.ndarray, layout: int) -> Columns:
    """The columns that records of a layout hold, a row of bytes each."""
    records = np.ascontiguousarray(rows).reshape(-1).view(RAW)
    packed = records["packed8"].astype(np.uint32)
    packed <<= 16
    packed |= records["packed16"]
    columns = {"layout": np.full(len(rows), layout, np.uint8)}
    for name, shift, bits, *_ in frame.LAYOUTS[layout]:
        number = packed >> shift & (1 << bits) - 1
        columns |= {each: table.take(number) for each, table in _tables(layout)[name].items()}
    for name in ("voltage", "current"):
        columns[name] = _OF_HALVES.take(records[name])
    for name in ("min_cell_voltage", "max_cell_voltage"):
        columns[name] = records[name].astype(np.int32)
        unknown = columns[name] == frame.UNKNOWN_MV
        if unknown.any():
            columns[name][unknown] = -1
    return columns


@cache
def _tables(layout: int) -> dict[str, dict[str, np.ndarray]]:
    """By field of the packed bits: the columns it holds, and their values by the field's number."""
    found = {}
    for name, _, bits, step, zero, _ in frame.LAYOUTS[layout]:
        value = np.arange(1 << bits) * step + zero
        if name == "index":
            highest, lowest = np.divmod(value, frame.CELLS[layout])
            found[name] = {
                "max_voltage_cell": (highest + 1).astype(np.int16),
                "min_voltage_cell": (lowest + 1).astype(np.int16),
            }
        else:
            found[name] = {name: (value / 10).astype(np.float32)}
        for column, table in found[name].items():
            table[-1] = UNKNOWN[column]
    return found
