"""Tables as Arrow has them, and Parquet files of them."""

import importlib.util
from types import ModuleType

import numpy as np
from host_tools.export.targets.rows import (
    BIG,
    DATE,
    INTEGER,
    NOTHING,
    REAL,
    SMALL,
    TEXT,
    TIME,
    Table,
)
from host_tools.ground.errors import PacklogError


def needed(what: str) -> ModuleType:
    """pyarrow. PacklogError if it is not installed."""
    if importlib.util.find_spec("pyarrow") is None:
        raise PacklogError(
            f"{what} needs pyarrow: pip install 'packlog[parquet]' in packlog's environment"
        )
    import pyarrow.parquet

    return pyarrow


def table(rows: Table, with_pack: bool):
    """Unknown is null; times are in UTC."""
    import pyarrow as pa

    kinds = {
        TIME: pa.timestamp("ms", "UTC"),
        DATE: pa.date32(),
        REAL: pa.float64(),
        INTEGER: pa.int32(),
        SMALL: pa.int16(),
        BIG: pa.int64(),
        TEXT: pa.string(),
    }
    columns = {}
    if with_pack:
        columns["pack"] = pa.array([rows.pack] * len(rows), pa.string())
    for column in rows.columns:
        values = rows.values[column.name]
        if column.kind == TEXT:
            said = np.char.decode(values, "ascii", "replace")
            columns[column.name] = pa.array(said, pa.string(), mask=said == "")
            continue
        unknown = np.isnan(values) if column.kind == REAL else values == NOTHING
        values = np.where(unknown, 0, values)
        if column.kind == TIME:
            values = values * 1000
        if column.kind == DATE:
            values = values.astype(np.int32)
        columns[column.name] = pa.array(values, mask=unknown).cast(kinds[column.kind])
    return pa.table(columns)
