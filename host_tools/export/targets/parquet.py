"""A Parquet file, .parquet: one series of all packs."""

from pathlib import Path

from host_tools.export.targets import arrow
from host_tools.export.targets.cursors import Batch
from host_tools.export.targets.targets import How
from host_tools.export.targets.whole import Whole

EXTENSION = ".parquet"


def open_target(path: Path, how: How) -> "ParquetFile":
    """Raises PacklogError if nothing can be written there, or pyarrow is missing."""
    arrow.needed(str(path))
    return ParquetFile(path)


class ParquetFile(Whole):
    """Packs can have different columns, as of their cells: those that one lacks are null."""

    ONE = True

    def __enter__(self) -> "ParquetFile":
        self._tables = []
        return super().__enter__()

    def write(self, batch: Batch) -> None:
        self._tables.append(arrow.table(batch.rows, with_pack=True))

    def __exit__(self, kind, *error) -> None:
        if kind is None and self._tables:
            import pyarrow as pa
            from pyarrow import parquet

            together = pa.concat_tables(self._tables, promote_options="default")
            sink = pa.BufferOutputStream()
            parquet.write_table(together, sink, compression="zstd")
            self.put(sink.getvalue().to_pybytes())
        super().__exit__(kind, *error)
