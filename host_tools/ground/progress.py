"""Messages to the user, on stderr: lines, and a bar for what takes long."""

import sys
import time
from collections.abc import Callable
from typing import TypeVar

from host_tools.ground.text import plain

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
        self._what, self._total, self._unit = what, total or None, unit
        self._bar = None
        self._shown = shown and sys.stderr.isatty()
        self._from = time.monotonic() + AFTER_S

    def at(self, done: int) -> None:
        """Show that done of the total are done."""
        self.done = done
        if self._shown and time.monotonic() >= self._from:
            if self._bar is None:
                self._bar = _bar(self._what, self._total, self._unit)
                self._bar.start()
            self._bar.update(self._bar.task_ids[0], completed=done)

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
        if self._bar:
            self._bar.stop()


def _bar(what: str, total: int | None, unit: str | None):
    """A bar of rich's, which is loaded for it alone."""
    from rich import progress
    from rich.console import Console

    counts = (
        (progress.MofNCompleteColumn(), progress.TextColumn(unit))
        if unit
        else (progress.TaskProgressColumn(),)
    )
    bar = progress.Progress(
        progress.TextColumn(what),
        progress.BarColumn(),
        *counts,
        progress.TimeRemainingColumn(),
        console=Console(stderr=True),
        redirect_stdout=False,  # rich would take what is printed to stderr, above the bar
        refresh_per_second=4,
    )
    bar.add_task(what, total=total)
    return bar
