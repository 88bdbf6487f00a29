"""The records of the series 4 and 5, hours and days, as docs/format.md has their bytes, to Sums.

What the board has added up: charge and energy of the readings, means weighted by time.
"""

from collections.abc import Iterable

import numpy as np
from host_tools.history import logs, periods
from host_tools.history.periods import Sums
from host_tools.history.pieces import Columns

from store import segment

_TRIPLES = (
    # (quantity, offsets of lowest, mean, highest, type, unknown, steps in a unit, zero)
    ("voltage", (8, 10, 12), "<u2", 65535, 100, 0),
    ("current", (14, None, 16), "<i2", -32768, 10, 0),
    ("min_cell_voltage", (18, 20, 22), "<u2", 65535, 1000, 0),
    ("max_cell_voltage", (24, 26, 28), "<u2", 65535, 1000, 0),
    ("temperature", (30, 31, 32), "u1", 255, 2, -40),
    ("soc", (33, 34, 35), "u1", 255, 2, 0),
)
# name, offset, steps in Ah or Wh
_FLOWS = (
    ("charge_in", 36, 100),
    ("charge_out", 40, 100),
    ("energy_in", 44, 10),
    ("energy_out", 48, 10),
)
_CELLS = (("min_voltage_cell", 52), ("max_voltage_cell", 53))
_NO_CELL = 255
_HOUR_S = 3600

HOURS = {
    "seconds": (2, "<u2", None),
    "utc": (4, "<u4", None),
    "soc_max_at": (54, "<u2", 65535),
    "soc_min_at": (56, "<u2", 65535),
}
DAYS = {
    "day": (2, "<u2", None),
    "utc": (4, "<u4", None),
    "seconds": (54, "<u4", None),
    "soc_max_at": (58, "<u2", 65535),
    "soc_min_at": (60, "<u2", 65535),
    "cycles": (62, "<u2", 65535),
}
SIZES = {segment.HOURS: 58, segment.DAYS: 64}
_OWN = {segment.HOURS: HOURS, segment.DAYS: DAYS}


def columns(rows: np.ndarray, header: segment.Header) -> Columns:
    """Records as they are, a row of bytes each; none of a size that is not theirs."""
    size = SIZES[header.series]
    if header.record_size < size:
        raise segment.SegmentError(f"its records have {header.record_size} bytes, not {size}")
    return {"record": rows[:, :size]}


def numbers(rows: np.ndarray, series: int) -> Columns:
    """A record's own fields, as integers; -1 where not known."""
    return {
        name: _field(rows, offset, kind, unknown)
        for name, (offset, kind, unknown) in _OWN[series].items()
    }


def sums(rows: np.ndarray, seconds: np.ndarray) -> Sums:
    """The fields that hours and days have in common, and over how many seconds."""
    flows = {name: _field(rows, offset, "<u4", None) / steps for name, offset, steps in _FLOWS}
    low, mean, high = {}, {}, {}
    for name, offsets, kind, unknown, steps, zero in _TRIPLES:
        for place, found in zip(offsets, (low, mean, high), strict=True):
            if place is not None:
                number = _field(rows, place, kind, None)
                found[name] = np.where(number == unknown, np.nan, number / steps + zero)
    net = (flows["charge_in"] - flows["charge_out"]) * _HOUR_S
    with np.errstate(invalid="ignore", divide="ignore"):
        mean["current"] = np.where(np.isnan(low["current"]), np.nan, net / seconds)
    cells = {name: _field(rows, offset, "u1", _NO_CELL) + 1 for name, offset in _CELLS}
    return periods.sums(seconds, low, mean, high, flows=flows, cells=cells)


def _field(rows: np.ndarray, offset: int, kind: str, unknown: int | None) -> np.ndarray:
    taken = np.ascontiguousarray(rows[:, offset : offset + np.dtype(kind).itemsize])
    value = taken.reshape(-1).view(kind).astype(np.int64)
    return value if unknown is None else np.where(value == unknown, -1, value)


def stacked(found: Iterable[logs.Log], names: Iterable[str]) -> Columns:
    """Columns of all logs, one after the other."""
    found = list(found)
    return {name: np.concatenate([log.columns[name] for log in found]) for name in names}
