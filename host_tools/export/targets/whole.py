"""A target that is a file, written as a whole: it is replaced once the export is complete."""

import contextlib
from pathlib import Path

from host_tools.export.targets.cursors import Cursor
from host_tools.export.targets.rows import Table
from host_tools.ground import output


class Whole:
    """put() takes its bytes. It has no cursors: each export has everything."""

    SERIES = None
    ONE = False

    def __init__(self, path: Path):
        output.check_place(path)
        self._path = path
        self._open = contextlib.ExitStack()

    def cursors(self, table: Table) -> dict[str, Cursor]:
        return {}

    def put(self, data: bytes) -> None:
        self._file.write(data)

    def __enter__(self) -> "Whole":
        self._file = self._open.enter_context(output.open_output(self._path, "wb"))
        return self

    def __exit__(self, *error) -> None:
        self._open.__exit__(*error)
