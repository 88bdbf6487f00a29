"""Which columns of a table are read for what, and what is said of the others."""

import math
from dataclasses import dataclass, field

from host_tools.ground.units import MILLI
from host_tools.trial import names
from host_tools.trial.names import Column
from host_tools.trial.numbers import Numbers
from host_tools.trial.record import COLUMNS
from host_tools.trial.trouble import Trouble

from sample import MAX_CELLS

CELL_LIMITS = (MILLI, 0, 10, 0)
MILLIVOLTS = 500  # a cell's number from there on, in a column without a unit, is mV


class Ambiguous(ValueError):
    """Two columns are the same field: the line for the user, without the file's name."""


@dataclass
class Chosen:
    """Indices of columns: of the time (of a date and a clock, both), and with what each means those
    of fields and cells.
    """

    time: list[int]
    fields: dict[str, tuple[int, Column]] = field(default_factory=dict)
    cells: dict[int, tuple[int, Column]] = field(default_factory=dict)

    @property
    def has_any(self) -> bool:
        """Is there anything but the time?"""
        return bool(self.fields or self.cells)

    @property
    def has_cells(self) -> bool:
        return bool(self.cells) or names.CELLS in self.fields


def fits(texts: list[str]) -> bool:
    """Are these the names of a table that can be read?"""
    found = names.columns_of(texts)
    kinds = {column.field for column in found if column}
    return bool(time_of(texts, found)) and bool(kinds & {*names.QUANTITIES, names.VALUE})


def is_long(texts: list[str]) -> bool:
    """Has it a row for each value, named by another column, instead of a column?"""
    kinds = {column.field for column in names.columns_of(texts) if column}
    return {names.KEY, names.VALUE} <= kinds and not kinds & set(names.QUANTITIES)


def time_of(texts: list[str], found: list[Column | None]) -> list[int]:
    """The indices of the time's columns: one, or a date's and a clock's."""
    said = [text.strip().lower() for text in texts]
    date = [i for i, text in enumerate(said) if text in names.DATES]
    clock = [i for i, text in enumerate(said) if text in names.CLOCKS]
    if date and clock:
        return [date[0], clock[0]]
    times = [i for i, column in enumerate(found) if column and column.field == names.TIME]
    return sorted(times, key=lambda i: not found[i].is_own)[:1]


def choose(texts: list[str], found: list[Column | None], trouble: Trouble) -> Chosen:
    """The columns of a table, or of the keys of a long one; says which are left out.

    Ambiguous if two have the same.
    """
    chosen = Chosen(time_of(texts, found))
    taken = {}
    for i, column in enumerate(found):
        if column is None or (column.field not in names.QUANTITIES and column.field not in COLUMNS):
            continue
        if column.field == names.CELL and not 1 <= column.cell <= MAX_CELLS:
            continue
        key = column.field, column.cell
        if key in taken and column.is_own == found[taken[key]].is_own:
            raise Ambiguous(
                f"{texts[taken[key]]!r} and {texts[i]!r} are both {_called(column)}: "
                "leave one of them out, or give it another name"
            )
        if key not in taken or column.is_own:
            taken[key] = i
    if (names.CELLS, 0) in taken:
        taken = {key: i for key, i in taken.items() if key[0] != names.CELL}
    for (what, cell), i in taken.items():
        if what == names.CELL:
            chosen.cells[cell] = i, found[i]
        else:
            chosen.fields[what] = i, found[i]
    used = {*chosen.time, *taken.values()}
    left = [text for i, text in enumerate(texts) if i not in used and is_news(text)]
    if left:
        more = f" and {len(left) - 20} more" if len(left) > 20 else ""
        trouble.say(f"columns left out: {', '.join(map(repr, left[:20]))}{more}")
    return chosen


def numbers_of(column: Column, comma: bool) -> Numbers:
    """What reads a column's texts."""
    limits = COLUMNS[column.field][1:] if column.field in COLUMNS else CELL_LIMITS
    of_cell = column.field in (names.CELL, names.CELLS) or column.field.endswith("_cell_voltage")
    mv = MILLIVOLTS if of_cell and not column.has_unit else math.inf
    return Numbers(limits, column.factor, column.shift, comma, mv)


def _called(column: Column) -> str:
    return f"cell {column.cell}" if column.cell else column.field


def is_news(text: str) -> bool:
    """Is a column of that name worth a word if it is left out? Those of row numbers are not."""
    return bool(text) and text.lower().strip("_") not in names.OWN
