"""What goes to a target: the rows of one table of one pack, a numpy array a column.

Rows are in order of their group (a boot of a log, a month of hours) and of their position in it, so
that a cursor a group says what a target has: cursors.py.
"""

from dataclasses import dataclass, replace

import numpy as np

# Kinds of columns: unix seconds, days since 1970-01-01, float64, int64 of 32 and of 64 bits, bytes
TIME, DATE, REAL, INTEGER, BIG, TEXT = "time", "date", "real", "integer", "big", "text"
SMALL = "small"  # an int64 of 16 bits
NOW = "now"  # no values: when the database took the row
NOTHING = np.iinfo(np.int64).min  # a number, a time or a date that is not known; of REAL it is NaN


@dataclass(frozen=True)
class Column:
    """size: of a text, in characters. decimals: what a database with decimals keeps."""

    name: str
    kind: str
    size: int = 255
    decimals: tuple[int, int] | None = None


@dataclass
class Table:
    """name: with its prefix. key: the columns that tell one row of a pack from another.

    stamp: unix ms, different for each row of the table: for targets that know rows by their time.
    replaced: can a row change later, as an hour does that goes on? waiting: how many rows have no
    date yet and are left out. has_pack: is there a column for the pack's name?
    """

    name: str
    pack: str
    columns: tuple[Column, ...]
    values: dict[str, np.ndarray]
    key: tuple[str, ...]
    group: np.ndarray  # numbers in groups
    groups: list[str]
    position: np.ndarray
    stamp: np.ndarray
    replaced: bool = False
    waiting: int = 0
    has_pack: bool = True

    def __len__(self) -> int:
        return len(self.position)

    def taken(self, which: np.ndarray | slice) -> "Table":
        """Some of the rows."""
        return replace(
            self,
            values={name: each[which] for name, each in self.values.items()},
            group=self.group[which],
            position=self.position[which],
            stamp=self.stamp[which],
        )

    @property
    def filled(self) -> tuple[Column, ...]:
        """The columns that have values."""
        return tuple(column for column in self.columns if column.kind != NOW)

    @property
    def kind(self) -> dict[str, str]:
        """Of each column by name."""
        return {column.name: column.kind for column in self.columns}


def stamps(seconds: np.ndarray) -> np.ndarray:
    """Unix ms of rows by their unix seconds: of several of a second each is 1 ms later."""
    order = np.argsort(seconds, kind="stable")
    ordered = seconds[order]
    first = np.flatnonzero(np.diff(ordered, prepend=ordered[:1] - 1))
    lengths = np.diff(first, append=len(ordered))
    place = np.arange(len(ordered)) - np.repeat(first, lengths)
    found = np.empty(len(seconds), np.int64)
    found[order] = ordered * 1000 + place
    return found


def grouped(names: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """(number of each row's group, the different groups as rows) of rows by some columns."""
    together = np.stack([each.astype(np.int64) for each in names], axis=1)
    # Rows of a group mostly follow each other: of each such run one is looked at
    begins = np.ones(len(together), bool)
    begins[1:] = (together[1:] != together[:-1]).any(axis=1)
    different, number = np.unique(together[begins], axis=0, return_inverse=True)
    return number.reshape(-1)[np.cumsum(begins) - 1], different
