"""Spans of time, each with its means, extremes and sums: what hours, days and resampling have rows
of.

Sums add up: those of two spans are those of both together. A mean weighs by the seconds in which
its quantity is known. Units are those of a CSV: V, A, degC, %, Ah, Wh, s.
"""

from dataclasses import dataclass, field, replace

import numpy as np
from host_tools.history.undated import Undated

# What has a mean, a lowest and a highest value
QUANTITIES = (
    "voltage",
    "current",
    "temperature",
    "soc",
    "min_cell_voltage",
    "max_cell_voltage",
)
FLOWS = ("charge_in", "charge_out", "energy_in", "energy_out")  # Ah, Wh
MEAN, MIN, MAX = "mean", "min", "max"
VALUES = (MEAN, MIN, MAX)
# The cell that a quantity's extreme is of: (column, quantity, is it the highest?)
EXTREME_CELLS = (
    ("min_voltage_cell", "min_cell_voltage", False),
    ("max_voltage_cell", "max_cell_voltage", True),
)
# The moment of a quantity's first extreme
MOMENTS = (("soc_max_at", "soc", True), ("soc_min_at", "soc", False))
NO_CELL, NO_MOMENT, NO_DAY = 0, -1, -1


def column(quantity: str, value: str) -> str:
    """What a CSV calls a value of a quantity: voltage is the mean, voltage_min its lowest."""
    return quantity if value == MEAN else f"{quantity}_{value}"


@dataclass
class Periods:
    """One row a span of time. Unknown is NaN, -1 (time, day, moments) or 0 (cell numbers).

    Where readings are missing stands a row with hole set and nothing known but when it begins.
    """

    boot: np.ndarray
    uptime: np.ndarray  # s since the boot, of its begin
    time: np.ndarray  # unix s of its begin, -1 not known
    seconds: np.ndarray  # of it that readings cover
    values: dict[str, np.ndarray]  # by column: means, extremes, sums, numbers of cells, moments
    undated: np.ndarray  # number in boots of a row that no clock has dated, from 1
    hole: np.ndarray
    day: np.ndarray | None = None  # of local days: days since 1970-01-01, -1 not known
    resampled: bool = False  # from frames, other than what a board has added up
    guessed: bool = False  # can rows without a date have a guessed time?
    pack: str = ""
    problems: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    boots: list[Undated] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.boot)


@dataclass
class Sums:
    """What can be added up of some spans, a row each. of, known and the extremes: by quantity.

    A quantity can have a column a cell: its arrays then have two axes.
    """

    seconds: np.ndarray
    of: dict[str, np.ndarray]  # value times seconds
    known: dict[str, np.ndarray]  # seconds in which it is known
    lowest: dict[str, np.ndarray]  # inf: never known
    highest: dict[str, np.ndarray]
    flows: dict[str, np.ndarray] = field(default_factory=dict)
    cells: dict[str, np.ndarray] = field(default_factory=dict)  # numbers, of EXTREME_CELLS
    moments: dict[str, np.ndarray] = field(default_factory=dict)  # of MOMENTS

    def __len__(self) -> int:
        return len(self.seconds)


_PARTS = ("of", "known", "lowest", "highest", "flows", "cells", "moments")


def sums(seconds, low, mean, high, **others) -> Sums:
    """Sums of spans by their lowest, mean and highest values, NaN where unknown."""
    known, of = {}, {}
    for name, value in mean.items():
        weight = seconds.reshape(-1, *[1] * (value.ndim - 1))
        is_known = np.isfinite(value)
        known[name] = np.where(is_known, weight, 0)
        of[name] = np.where(is_known, value, 0) * weight
    lowest = {name: np.where(np.isfinite(value), value, np.inf) for name, value in low.items()}
    highest = {name: np.where(np.isfinite(value), value, -np.inf) for name, value in high.items()}
    return Sums(seconds, of, known, lowest, highest, **others)


def joined(parts: list[Sums]) -> Sums:
    """The rows of all of them, one after the other."""
    if len(parts) == 1:
        return parts[0]
    merged = {
        part: {
            name: np.concatenate([getattr(each, part)[name] for each in parts])
            for name in getattr(parts[0], part)
        }
        for part in _PARTS
    }
    return Sums(np.concatenate([each.seconds for each in parts]), **merged)


def taken(rows: Sums, which) -> Sums:
    """Some of the rows."""
    parts = {
        part: {name: each[which] for name, each in getattr(rows, part).items()} for part in _PARTS
    }
    return Sums(rows.seconds[which], **parts)


def combined(rows: Sums, starts: np.ndarray) -> Sums:
    """Neighbouring rows added up: a row for those from each start to before the next."""

    def reduced(function, arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        return {name: function.reduceat(each, starts, axis=0) for name, each in arrays.items()}

    lowest, highest = reduced(np.minimum, rows.lowest), reduced(np.maximum, rows.highest)
    group = np.repeat(np.arange(len(starts)), np.diff(starts, append=len(rows)))
    cells, moments = {}, {}
    for table, found, given in (
        (EXTREME_CELLS, cells, rows.cells),
        (MOMENTS, moments, rows.moments),
    ):
        for name, quantity, is_highest in table:
            if name in given:
                value = (rows.highest if is_highest else rows.lowest)[quantity]
                extreme = (highest if is_highest else lowest)[quantity]
                found[name] = _first(given[name], value == extreme[group], starts, group)
    return Sums(
        np.add.reduceat(rows.seconds, starts),
        reduced(np.add, rows.of),
        reduced(np.add, rows.known),
        lowest,
        highest,
        reduced(np.add, rows.flows),
        cells,
        moments,
    )


def _first(values, chosen, starts, group) -> np.ndarray:
    """Of each group the value of the first row that is chosen."""
    place = np.where(chosen, np.arange(len(values)), len(values) - 1)
    return values[np.minimum.reduceat(place, starts)]


def grouped(key: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(the order in which equal keys are together, where each of them begins then).

    They come in the order of their first ones.
    """
    _, first, group = np.unique(key, return_index=True, return_inverse=True)
    order = np.argsort(first[group], kind="stable")
    return order, np.flatnonzero(np.diff(first[group][order], prepend=-1))


def sums_of(rows: Periods) -> Sums:
    """What values_of() has made Periods of, with all values. A mean weighs by all seconds."""
    low, mean, high = (
        {name: rows.values[column(name, value)] for name in QUANTITIES}
        for value in (MIN, MEAN, MAX)
    )
    flows = {name: rows.values[name] for name in FLOWS}
    cells = {name: rows.values[name] for name, _, _ in EXTREME_CELLS}
    return sums(rows.seconds, low, mean, high, flows=flows, cells=cells)


def values_of(rows: Sums, wanted: tuple[str, ...] = VALUES) -> dict[str, np.ndarray]:
    """The columns of Periods."""
    found = {}
    for name in [name for name in QUANTITIES if name in rows.of] or rows.of:
        known = rows.known[name]
        with np.errstate(invalid="ignore", divide="ignore"):
            made = {MEAN: rows.of[name] / known}
        made[MIN] = np.where(np.isfinite(rows.lowest[name]), rows.lowest[name], np.nan)
        made[MAX] = np.where(np.isfinite(rows.highest[name]), rows.highest[name], np.nan)
        found |= {column(name, value): made[value] for value in VALUES if value in wanted}
    return {**found, **rows.cells, **rows.flows, **rows.moments}


def with_holes(rows: Periods, after: np.ndarray, boot, uptime, time, day=None) -> Periods:
    """The rows, and behind those at the places in after a row that says when silence begins."""
    if not len(after):
        return rows
    holes = after + np.arange(1, len(after) + 1)
    is_row = np.ones(len(rows) + len(after), bool)
    is_row[holes] = False

    def widened(column: np.ndarray, fill) -> np.ndarray:
        out = np.empty((len(is_row), *column.shape[1:]), column.dtype)
        out[is_row], out[holes] = column, fill
        return out

    values = {name: widened(each, _UNKNOWN[each.dtype.kind]) for name, each in rows.values.items()}
    for name, _, _ in MOMENTS:
        if name in values:
            values[name][holes] = NO_MOMENT
    return replace(
        rows,
        boot=widened(rows.boot, boot),
        uptime=widened(rows.uptime, uptime),
        time=widened(rows.time, time),
        seconds=widened(rows.seconds, 0),
        values=values,
        undated=widened(rows.undated, rows.undated[after]),
        hole=widened(rows.hole, True),
        day=None if rows.day is None else widened(rows.day, day),
    )


_UNKNOWN = {"f": np.nan, "i": 0, "u": 0}
