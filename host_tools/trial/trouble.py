"""Counts what is wrong with a CSV's rows, and remembers where it was first."""

from collections.abc import Sequence

import numpy as np

_EXAMPLES = 3


class Trouble:
    """lines() says it, after the notes that are there from the beginning."""

    def __init__(self, notes: list[str]):
        self._notes, self._count, self._examples = notes, {}, {}

    def say(self, line: str) -> None:
        """Something about the whole file."""
        self._notes.append(line)

    def note(self, what: str, wrong: np.ndarray, lines: Sequence[int], texts=None) -> None:
        """wrong: which of the rows it is, whose lines (and texts) those are."""
        places = np.flatnonzero(wrong)
        if len(places):
            self._count[what] = self._count.get(what, 0) + len(places)
            examples = self._examples.setdefault(what, [])
            for i in places[: _EXAMPLES - len(examples)]:
                shown = f" {texts[i]!r:.30}" if texts else ""
                examples.append(f"line {lines[i]}{shown}")

    def lines(self) -> list[str]:
        """A line for each kind."""
        return self._notes + self.counted()

    def counted(self) -> list[str]:
        """Those of single rows."""
        return [
            f"{count} {what}: {', '.join(self._examples[what])}"
            + (", ..." if count > len(self._examples[what]) else "")
            for what, count in self._count.items()
        ]
