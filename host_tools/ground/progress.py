"""Messages to the user, on stderr: lines, and a bar for what takes long."""

import sys
import time
from collections.abc import Callable
from typing import TypeVar

from host_tools.ground.text import plain
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    TaskProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)
from rich.progress import Progress as RichProgress

AFTER_S = 1  # What is done sooner needs no bar: it would only flicker.

In = TypeVar("In")
Out = TypeVar("Out")


def say(line: str) -> None:
    """Print a line on stderr: stdout is for data only.

    It stays one line, whatever text of a stranger is in it: a second one could pass for ours.
    """
    print(plain(line), file=sys.stderr, flush=True)


class Progress:
    """with Progress("copying", total) as progress: progress.at(done).

    The bar comes after a second, and only where stderr is a terminal; with shown=False, never. A
    total of 0 is not known; without a unit the bar says how many percent.
    """

    def __init__(self, what: str, total: int, unit: str | None = "bytes", shown: bool = True):
        self.done = 0
        counts = (MofNCompleteColumn(), TextColumn(unit)) if unit else (TaskProgressColumn(),)
        columns = (TextColumn(what), BarColumn(), *counts, TimeRemainingColumn())
        self._bar = RichProgress(
            *columns,
            console=Console(stderr=True),
            redirect_stdout=False,  # rich would take what is printed to stderr, above the bar
            refresh_per_second=4,
        )
        self._task = self._bar.add_task(what, total=total or None)
        self._shown = shown and sys.stderr.isatty()
        self._from = time.monotonic() + AFTER_S

    def at(self, done: int) -> None:
        """Show that done of the total are done."""
        self.done = done
        if self._shown:
            self._bar.update(self._task, completed=done)
            if time.monotonic() >= self._from:
                self._bar.start()

    def each(self, call: Callable[[In], Out]) -> Callable[[In], Out]:
        """That function, one more of the total done after each call."""

        def counted(argument: In) -> Out:
            result = call(argument)
            self.at(self.done + 1)
            return result

        return counted

    def __enter__(self) -> "Progress":
        return self

    def __exit__(self, *error) -> None:
        if self._bar.live.is_started:
            self._bar.stop()
