"""The three tables of chargery2PERL (create_tables.pl), as its sync fills them from round-robin
databases: means of 5 min in UTC; rows that are there stay.

A value is known if at least half of its time is, and if it is in the range that the round-robin
databases let in. Ah, Wh, the end-of-charge voltage and the second temperature are not in a history.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from host_tools.export.schemas import spans
from host_tools.export.targets.rows import NOW, REAL, TIME, Column, Table, stamps
from host_tools.history import records

from sample import CHARGE, DISCHARGE, STORAGE

DATABASE_ONLY = True
ONE_PACK = True  # there is no column for its name
USUAL = "5min"
_CELLS = 22
_HALF = 0.5  # the databases' xff
Decimals = tuple[int, int]
Range = tuple[float, float]
# Names, decimals of the table, range of the database
CELLS = tuple((f"u{n + 1:02}", (4, 3), (0, 5)) for n in range(_CELLS))
PACK56 = (("vtot", (6, 4), (0, 80)), ("ah", (6, 2), (-100, 1000)), ("wh", (8, 3), (-1000, 50000)))
PACK57 = (
    ("curr", (6, 3), (-500, 500)),
    ("mode", (1, 0), (0, 2)),
    ("vend_c", (4, 3), (0, 4)),
    ("soc", (3, 0), (0, 100)),
    ("temp1", (4, 2), (-30, 100)),
    ("temp2", (4, 2), (-30, 100)),
)
_TIMES = (Column("time", TIME), Column("update_time", NOW))


def tables(
    files: list[Path], read: records.Reader, pack: str, every: str | None
) -> Iterator[Table]:
    """Raises UsageError."""
    grid = spans.grid(every, USUAL, 1)
    rows = spans.cells(files, read, grid)
    if len(rows["time"]):
        volts = dict(zip((name for name, *_ in CELLS), rows["cells"].T, strict=False))
        yield _table("cells", pack, CELLS, rows, volts, grid.step)
    rows = spans.frames(files, read, grid)
    if len(rows["time"]):
        yield _table("pack56", pack, PACK56, rows, {"vtot": rows["voltage"]}, grid.step)
        values = {"curr": rows["current"], "mode": _mode(rows["current"])}
        values |= {"soc": rows["soc"], "temp1": rows["temperature"]}
        yield _table("pack57", pack, PACK57, rows, values, grid.step)


def _mode(current: np.ndarray) -> np.ndarray:
    """As a Chargery numbers it, by the mean current: half steps are for the last decimal."""
    mode = np.select([current > 0, current < 0], [CHARGE, DISCHARGE], STORAGE).astype(float)
    return np.where(np.isnan(current), np.nan, mode)


def _table(
    name: str,
    pack: str,
    columns: tuple[tuple[str, Decimals, Range], ...],
    rows: spans.Values,
    values: spans.Values,
    step: int,
) -> Table:
    time, known = rows["time"], rows["seconds"] >= _HALF * step
    found = {"time": time}
    for column, (_, places), (low, high) in columns:
        value = values.get(column, np.full(len(time), np.nan))
        with np.errstate(invalid="ignore"):
            right = known & (value >= low) & (value <= high)
        found[column] = np.where(right, np.round(value, places), np.nan)
    months, group = np.unique(
        np.array(time, "datetime64[s]").astype("datetime64[M]"), return_inverse=True
    )
    described = (Column(each, REAL, decimals=decimals) for each, decimals, _ in columns)
    return Table(
        f"rrd_upload_{name}",
        pack,
        (*_TIMES, *described),
        found,
        ("time",),
        group.reshape(-1),
        [str(month) for month in months],
        time,
        stamps(time),
        has_pack=False,
    )
