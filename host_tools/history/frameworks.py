"""A Table as a pyarrow.Table, a pandas.DataFrame or a polars.DataFrame, where those are installed.

Columns are handed over as they are where the library allows it, and unknown values become its own.
"""

import importlib
from types import ModuleType

import numpy as np
from host_tools.ground.errors import PacklogError


def to_arrow(table):
    """A pyarrow.Table; units are in the fields' metadata, pack and series in the schema's."""
    arrow = _library("pyarrow")
    arrays, fields = [], []
    for name, column in table.columns.items():
        known = table.known(name)
        mask = None if known.all() else ~known
        arrays.append(arrow.array(column, _arrow_type(arrow, column), mask=mask))
        unit = table.units.get(name)
        fields.append(arrow.field(name, arrays[-1].type, metadata={"unit": unit} if unit else None))
    about = {"pack": table.pack, "series": table.series}
    return arrow.Table.from_arrays(arrays, schema=arrow.schema(fields, about))


def _arrow_type(arrow: ModuleType, column: np.ndarray):
    """None: as the column's own type says."""
    if column.dtype == np.dtype("M8[s]"):
        return arrow.timestamp("s", "UTC")
    return arrow.string() if column.dtype.kind == "U" else None


def to_pandas(table):
    """A pandas.DataFrame, whose attrs have pack, series and units."""
    pandas = _library("pandas")
    found = {}
    for name, column in table.columns.items():
        if column.dtype == np.dtype("M8[s]"):
            found[name] = pandas.Series(column).dt.tz_localize("UTC")
        elif column.dtype.kind == "M":
            found[name] = column.astype("M8[s]")
        elif column.dtype.kind in "iu" and not (known := table.known(name)).all():
            found[name] = pandas.arrays.IntegerArray(column.astype(np.int64), ~known)
        else:
            found[name] = column
    frame = pandas.DataFrame(found, copy=False)
    frame.attrs = {"pack": table.pack, "series": table.series, "units": table.units}
    return frame


def to_polars(table):
    """A polars.DataFrame; times are in milliseconds, as it has none in seconds."""
    polars = _library("polars")
    found = []
    for name, column in table.columns.items():
        if column.dtype == np.dtype("M8[s]"):
            column = column.astype("M8[ms]")
        series = polars.Series(name, column, nan_to_null=True)
        if series.dtype == polars.Datetime("ms"):
            series = series.dt.replace_time_zone("UTC")
        elif column.dtype.kind in "iuU" and not (known := table.known(name)).all():
            series = series.set(polars.Series(~known), None)
        found.append(series)
    return polars.DataFrame(found)


def _library(name: str) -> ModuleType:
    try:
        return importlib.import_module(name)
    except ImportError:
        raise PacklogError(
            f"{name} is not installed: pip install {name}, into the environment that has packlog"
        ) from None
