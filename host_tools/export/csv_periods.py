"""The columns of spans of time in a CSV: hours, days, and rows of --every."""

import numpy as np
from host_tools.export import table
from host_tools.export.dialect import Dialect
from host_tools.export.moments import moments
from host_tools.export.table import Columns
from host_tools.history import periods
from host_tools.history.periods import Periods
from host_tools.history.timeline import UNKNOWN

# Decimals as the board has them, and those that means of frames have
DECIMALS = {
    "voltage": (2, 3),
    "current": (2, 3),
    "temperature": (1, 2),
    "soc": (1, 2),
    "min_cell_voltage": (3, 4),
    "max_cell_voltage": (3, 4),
    "cells": (3, 4),
    "charge_in": (2, 6),
    "charge_out": (2, 6),
    "energy_in": (1, 4),
    "energy_out": (1, 4),
    "cycles": (3, 3),
}
VOLTS_AND_AMPS = ("voltage", "current", "min_cell_voltage", "max_cell_voltage", "cells")


def period_columns(rows: Periods, dialect: Dialect, decimals: int | None) -> Columns:
    """All columns by name."""
    time = moments(rows.time, dialect) if rows.day is None else table.dates(rows.day)
    found = {"time": time, "seconds": table.numbers(np.where(rows.hole, -1, rows.seconds))}
    found["seconds"].is_value = False
    for name, value in rows.values.items():
        if name in _INTEGERS:
            found[name] = _INTEGERS[name](rows, value, dialect)
            continue
        quantity = name.removesuffix("_min").removesuffix("_max")
        places = DECIMALS[quantity][rows.resampled]
        if decimals is not None and quantity in VOLTS_AND_AMPS:
            places = decimals
        if value.ndim == 2:
            found |= _of_cells(value, name.removeprefix("cells"), places)
        else:
            found[name] = table.fixed(value, places)
    return found


def _of_cells(values: np.ndarray, suffix: str, places: int) -> Columns:
    return {f"cell_{i + 1}{suffix}": table.fixed(each, places) for i, each in enumerate(values.T)}


def _number(rows: Periods, value: np.ndarray, dialect: Dialect) -> table.Column:
    return table.lookup(value.astype(np.int64), table.plain_numbers())


def _moment(rows: Periods, value: np.ndarray, dialect: Dialect) -> table.Column:
    """Of a day the local time."""
    if rows.day is not None:
        return table.minutes(value)
    return moments(np.where(value < 0, UNKNOWN, value), dialect)


_INTEGERS = {name: _number for name, _, _ in periods.EXTREME_CELLS}
_INTEGERS |= {name: _moment for name, _, _ in periods.MOMENTS}
