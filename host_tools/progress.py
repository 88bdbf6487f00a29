"""What a user is told meanwhile, on stderr: lines, and a bar for what takes long."""

import sys

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as RichProgress


def say(line: str) -> None:
    """Tell the user what happens: on stderr, so that stdout stays data."""
    print(line, file=sys.stderr, flush=True)


class Progress:
    """with Progress("copying", total) as progress: progress.at(done)."""

    def __init__(self, what: str, total: int, unit: str = "bytes"):
        self.done = 0
        console = Console(stderr=True)
        counts = (MofNCompleteColumn(), TextColumn(unit), TimeRemainingColumn())
        columns = (TextColumn(what), BarColumn(), *counts)
        self._bar = RichProgress(*columns, console=console, disable=not sys.stderr.isatty())
        self._task = self._bar.add_task(what, total=total)

    def at(self, done: int) -> None:
        """So many of the total are done."""
        self.done = done
        self._bar.update(self._task, completed=done)

    def __enter__(self) -> "Progress":
        self._bar.start()
        return self

    def __exit__(self, *error) -> None:
        self._bar.stop()
