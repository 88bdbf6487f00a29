"""A compressed CSV, .csv.gz: one series of all packs. Times are ISO 8601 in UTC."""

import csv
import gzip
import io
from pathlib import Path

from host_tools.export.targets import texts
from host_tools.export.targets.cursors import Batch
from host_tools.export.targets.rows import TIME, Table
from host_tools.export.targets.targets import How
from host_tools.export.targets.whole import Whole

EXTENSION = ".csv.gz"


def open_target(path: Path, how: How) -> "CsvFile":
    """Raises PacklogError if nothing can be written there."""
    return CsvFile(path)


class CsvFile(Whole):
    """A line a row, the pack's name in front. Packs can have different columns, as of their cells:
    those that one lacks are empty.
    """

    ONE = True

    def __enter__(self) -> "CsvFile":
        self._batches: list[Table] = []
        return super().__enter__()

    def write(self, batch: Batch) -> None:
        self._batches.append(batch.rows)

    def __exit__(self, kind, *error) -> None:
        if kind is None:
            with gzip.GzipFile("", "wb", 6, self._file, mtime=0) as packed:
                for text in _csv(self._batches):
                    packed.write(text.encode())
        super().__exit__(kind, *error)


def _csv(tables: list[Table]):
    names = list(dict.fromkeys(c.name for table in tables for c in table.columns))
    yield ",".join(["pack", *names]) + "\n"
    for table in tables:
        nothing = [""] * len(table)
        columns = [_column(table, each) if each in table.kind else nothing for each in names]
        out = io.StringIO()
        csv.writer(out, lineterminator="\n").writerows(
            zip([table.pack] * len(table), *columns, strict=True)
        )
        yield out.getvalue()


def _column(table: Table, name: str) -> list[str]:
    said = texts.column(table, name, "")
    if table.kind[name] == TIME:
        said = texts.coded(said, lambda text: f"{text[:10]}T{text[11:]}Z" if text else "")
    return said.tolist()
