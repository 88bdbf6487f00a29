"""A file of lines that does not grow forever: when it is full, it becomes FILE.1, the one before
FILE.2, and so on, and the oldest is deleted.
"""

import os
from collections.abc import Callable
from logging.handlers import RotatingFileHandler
from pathlib import Path

LONGEST = 65536  # bytes of a line


def _ends_a_line(path: Path) -> bool:
    with path.open("rb") as file:
        if not file.seek(0, os.SEEK_END):
            return True
        file.seek(-1, os.SEEK_END)
        return file.read(1) == b"\n"


class Rotating:
    """Adds pieces of lines to a file. most: bytes of one; 0: any number. kept: full ones beside it.
    head() is the first line of each. OSError.
    """

    def __init__(self, path: Path, head: Callable[[], str], most: int = 0, kept: int = 1):
        self._files = RotatingFileHandler(path, encoding="utf8", backupCount=kept)
        self._head, self._most = head, most
        self._rest = b""  # of a line
        # What was cut off in the middle of a line ends there
        if not _ends_a_line(path):
            self._write(b"\n")
        self._write(head().encode())

    def write(self, piece: bytes) -> None:
        """Add bytes; whole lines are in the file when this returns."""
        whole, end, self._rest = (self._rest + piece).rpartition(b"\n")
        if len(self._rest) > LONGEST:  # no line at all, whatever sends it
            whole, end, self._rest = whole + end + self._rest, b"\n", b""
        if not end:
            return
        for line in whole.splitlines(keepends=True):
            line = line if line.endswith(b"\n") else line + end
            if self._most and self._files.stream.tell() + len(line) > self._most:
                self._files.doRollover()
                self._write(self._head().encode())
            self._write(line)
        self._files.flush()

    def _write(self, data: bytes) -> None:
        self._files.stream.write(data.decode("utf8", "replace"))

    def __enter__(self) -> "Rotating":
        return self

    def __exit__(self, *error) -> None:
        if self._rest:
            self._write(self._rest)
        self._files.close()
