"""How far a target has a history: a cursor a group of rows, and what is to be sent by them.

A cursor says the position of the last row that is there, and what the rows up to it come to: of
records, which never change, how many they are; of hours and days their CRC-32. So a file that comes
late, or an hour that goes on, is noticed, and its group is sent again.
"""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from host_tools.export.targets.rows import Table

ROWS = 50_000  # sent at a time


@dataclass(frozen=True)
class Cursor:
    """position: of the last row that is there. digest: how many rows, or their CRC-32."""

    position: int
    digest: int


@dataclass
class Batch:
    """Rows that a target takes as a whole or not at all, with the cursors that hold afterwards.

    again: the target has some of these rows. before: the cursors so far of the same groups.
    """

    rows: Table
    again: bool = False
    cursors: dict[str, Cursor] = field(default_factory=dict)
    before: dict[str, Cursor] = field(default_factory=dict)


def batches(table: Table, known: dict[str, Cursor]) -> Iterator[Batch]:
    """What a target lacks of a table by its cursors: first what is new, then groups again."""
    size = ROWS
    fresh, again = _missing(table, known)
    now = dict(known)
    for first in range(0, len(fresh), size):
        yield _batch(table, fresh[first : first + size], now)
    for rows in again:
        yield _batch(table, rows, now, again=True)


def _missing(table: Table, known: dict[str, Cursor]) -> tuple[np.ndarray, list[np.ndarray]]:
    """(the rows that are new, the groups of which not all rows up to the cursor are there)."""
    is_fresh = np.ones(len(table), bool)
    again = []
    for name, rows in _by_group(table):
        if name in known:
            there = rows[table.position[rows] <= known[name].position]
            if _is_there(table, there, known[name]):
                is_fresh[there] = False
            else:
                is_fresh[rows] = False
                again.append(rows)
    return np.flatnonzero(is_fresh), again


def _is_there(table: Table, rows: np.ndarray, cursor: Cursor) -> bool:
    """Does the target have these rows? Fewer than it has: files that are gone here."""
    digest = _digest(table, rows)
    return digest == cursor.digest or (not table.replaced and digest < cursor.digest)


def _batch(table: Table, rows: np.ndarray, now: dict[str, Cursor], again: bool = False) -> Batch:
    made = Batch(table.taken(rows), again)
    group = table.group[rows]
    ends = np.flatnonzero(np.diff(group, append=-1))
    for number, last in zip(group[ends].tolist(), rows[ends].tolist(), strict=True):
        name = table.groups[number]
        if name in now:
            made.before[name] = now[name]
        begin = int(np.searchsorted(table.group, number))
        upto = np.arange(begin, last + 1)
        made.cursors[name] = Cursor(int(table.position[last]), _digest(table, upto))
    now |= made.cursors
    return made


def _by_group(table: Table) -> Iterator[tuple[str, np.ndarray]]:
    begins = np.flatnonzero(np.diff(table.group, prepend=-1)).tolist()
    for first, last in zip(begins, [*begins[1:], len(table)], strict=True):
        yield table.groups[table.group[first]], np.arange(first, last)


def _digest(table: Table, rows: np.ndarray) -> int:
    if not table.replaced:
        return len(rows)
    found = 0
    for column in table.filled:
        found = zlib.crc32(np.ascontiguousarray(table.values[column.name][rows]).tobytes(), found)
    return found
