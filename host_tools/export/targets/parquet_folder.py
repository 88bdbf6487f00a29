"""A folder of Parquet: SERIES/pack=NAME/month=2026-06/SERIES.parquet, which DuckDB, Spark,
ClickHouse and pandas read as one table.

Each file has in its footer what it holds: those are the cursors. A file is replaced as a whole, and
rows are told apart by their key, so an export that is killed leaves whole files and no row twice.
"""

import json
import os
from collections import defaultdict
from pathlib import Path

import numpy as np
from host_tools.export.targets import arrow
from host_tools.export.targets.cursors import Batch, Cursor
from host_tools.export.targets.rows import Table
from host_tools.export.targets.targets import How
from host_tools.ground.errors import PacklogError
from host_tools.ground.output import write_error

_FOOTER = b"packlog_cursors"
_PREFIX = "packlog_"


def open_target(path: Path, how: How) -> "ParquetFolder":
    """Raises PacklogError if it cannot be made, or pyarrow is missing."""
    arrow.needed(str(path))
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise write_error(str(path), error) from None
    return ParquetFolder(path)


class ParquetFolder:
    """A target that keeps its own cursors, in the files."""

    SERIES = None
    ONE = False

    def __init__(self, folder: Path):
        self._folder = folder

    def __enter__(self) -> "ParquetFolder":
        return self

    def __exit__(self, *error) -> None:
        pass

    def cursors(self, table: Table) -> dict[str, Cursor]:
        """Of records: up to the last one in any file, as many as all files have."""
        found: dict[str, Cursor] = {}
        series = table.name.removeprefix(_PREFIX)
        for path in sorted(self._folder.glob(f"{series}/pack={table.pack}/*/{series}.parquet")):
            for part, (position, digest) in _footer(path).items():
                before = found.get(part, Cursor(position, 0))
                found[part] = Cursor(max(position, before.position), digest + before.digest)
        return found

    def write(self, batch: Batch) -> None:
        rows = batch.rows
        series = rows.name.removeprefix(_PREFIX)
        for month, which in _months(rows):
            path = self._folder / series / f"pack={rows.pack}" / f"month={month}"
            try:
                path.mkdir(parents=True, exist_ok=True)
                _merge(path / f"{series}.parquet", rows.taken(which), batch)
            except OSError as error:
                raise write_error(str(path), error) from None


def _months(rows: Table) -> list[tuple[str, np.ndarray]]:
    """The rows by month: of hours and days by the group that they are of."""
    if rows.replaced:
        names = np.array(rows.groups, object)[rows.group]
    else:
        names = np.array(rows.values["time"], "datetime64[s]").astype("datetime64[M]").astype(str)
    return [(str(name), np.flatnonzero(names == name)) for name in sorted(set(names.tolist()))]


def _merge(path: Path, rows: Table, batch: Batch) -> None:
    """Put rows into a file in place of those that have their keys."""
    import pyarrow as pa
    from pyarrow import parquet

    new = arrow.table(rows, with_pack=False)
    if path.exists():
        there = parquet.ParquetFile(path).read()
        keys = set(_keys(new, rows.key))
        keep = [key not in keys for key in _keys(there, rows.key)]
        new = pa.concat_tables([there.filter(pa.array(keep)), new], promote_options="default")
    new = new.sort_by([(name, "ascending") for name in rows.key])
    cursors = batch.cursors if rows.replaced else _counted(new)
    mine = set(rows.groups) if rows.replaced else cursors.keys()
    kept = {part: [c.position, c.digest] for part, c in cursors.items() if part in mine}
    if rows.replaced:
        kept = {part: each for part, each in kept.items() if part == path.parent.name[6:]}
    said = {**(new.schema.metadata or {}), _FOOTER: json.dumps(kept).encode()}
    partial = path.with_suffix(".part")
    parquet.write_table(new.replace_schema_metadata(said), partial, compression="zstd")
    with partial.open("rb") as file:
        os.fsync(file.fileno())
    os.replace(partial, path)


def _keys(table, names: tuple[str, ...]) -> list[tuple]:
    return list(zip(*(table.column(name).to_pylist() for name in names), strict=True))


def _counted(table) -> dict[str, Cursor]:
    """By boot: the last uptime, and how many rows there are."""
    last: dict[str, int] = {}
    count: dict[str, int] = defaultdict(int)
    columns = (table.column(name).to_numpy() for name in ("log", "boot", "uptime"))
    for log, boot, uptime in zip(*columns, strict=True):
        part = f"{log}/{boot}"
        last[part] = max(last.get(part, 0), int(uptime))
        count[part] += 1
    return {part: Cursor(last[part], count[part]) for part in last}


def _footer(path: Path) -> dict[str, list[int]]:
    from pyarrow import ArrowException, parquet

    try:
        return json.loads((parquet.read_metadata(path).metadata or {})[_FOOTER])
    except (OSError, ArrowException, KeyError, ValueError):
        raise PacklogError(
            f"{path} is damaged, or not packlog's: delete it, then its rows are written again"
        ) from None
