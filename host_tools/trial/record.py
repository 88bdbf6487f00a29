"""Readings as records of integers, as encode_vm.py takes them, and what of each is known."""

from dataclasses import dataclass, field

import host_tools.ground.firmware  # noqa: F401 - the firmware on sys.path
import numpy as np
from host_tools.ground.units import DECI, MILLI
from host_tools.trial import encode_vm

from sample import MAX_CELLS

# column: (number of the record, how many of its unit are 1 of the CSV's, lowest, highest, zero)
COLUMNS = {
    "voltage": ("voltage", MILLI, 0, 1000, 0),
    "current": ("current", MILLI, -10000, 10000, 0),
    "temperature": ("temperature", DECI, -60, 150, 0),
    "soc": ("soc", 1, 0, 100, 0),
    "min_cell_voltage": ("min_mv", MILLI, 0, 10, 0),
    "max_cell_voltage": ("max_mv", MILLI, 0, 10, 0),
    "min_voltage_cell": ("min_cell", 1, 1, MAX_CELLS, 1),
    "max_voltage_cell": ("max_cell", 1, 1, MAX_CELLS, 1),
}
UNKNOWN = {name: encode_vm.UNKNOWN.get(kind, 0) for name, kind in encode_vm.RECORD}


def record(cells: int) -> np.dtype:
    """The numpy type of a reading as encode_vm takes it, with room for cells cells."""
    fields = [(name, "<" + np.dtype(kind).str[1:]) for name, kind in encode_vm.RECORD]
    return np.dtype([*fields, ("mv", "<u2", (cells,))] if cells else fields)


def blank(count: int, cells: int) -> np.ndarray:
    """count records of readings of which nothing is known."""
    records = np.zeros(count, record(cells))
    for name in {number for number, *_ in COLUMNS.values()}:
        records[name] = UNKNOWN[name]
    return records


def put_extremes(records: np.ndarray) -> None:
    """Set the extreme cells of records by their mv, the lowest-numbered where several are equal."""
    mv = records["mv"]
    known = mv.any(axis=1)
    lowest = np.where(mv == 0, 65535, mv).argmin(axis=1)
    for end, cell in (("min", lowest), ("max", mv.argmax(axis=1))):
        value = np.take_along_axis(mv, cell[:, None], 1)[:, 0]
        records[end + "_cell"] = np.where(known, cell, records[end + "_cell"])
        records[end + "_mv"] = np.where(known, value, records[end + "_mv"])


@dataclass
class Readings:
    """records, of the type record(cells), in order; utc: unix seconds at their second 0."""

    records: np.ndarray
    utc: int
    cells: int
    trouble: list[str] = field(default_factory=list)  # what was not taken, in words

    def __len__(self) -> int:
        return len(self.records)

    @property
    def highest_cell(self) -> int:
        """The highest number of a cell that is named, from 1; 0 if none is."""
        named = [self.records[name] for name in ("min_cell", "max_cell")]
        known = (int(cells[cells != UNKNOWN["min_cell"]].max(initial=0)) + 1 for cells in named)
        return max(self.cells, *known)

    @property
    def spacing_s(self) -> float:
        """How far apart readings usually are, at most: 19 of 20 are closer."""
        ms = self.records["seconds"] * 1000.0 + self.records["ms"]
        return float(np.percentile(np.diff(ms), 95)) / 1000 if len(ms) > 1 else 0.0
