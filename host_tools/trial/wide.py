"""A table with a row a reading and a column a field: to records, times and lines, in blocks."""

import itertools

import numpy as np
from host_tools.trial import columns, names, times
from host_tools.trial.columns import Chosen
from host_tools.trial.numbers import BAD, EMPTY
from host_tools.trial.record import COLUMNS, UNKNOWN, blank, put_extremes
from host_tools.trial.table import Table
from host_tools.trial.times import NO_TIME, Times
from host_tools.trial.trouble import Trouble

from sample import MAX_CELLS

BLOCK = 20000  # rows at a time

Found = tuple[np.ndarray, np.ndarray, np.ndarray]  # records, unix ms, lines


class Wide:
    """Goes through the rows."""

    def __init__(self, table: Table, chosen: Chosen, trouble: Trouble, day_first: bool | None):
        self._table, self._chosen, self._trouble = table, chosen, trouble
        self._day_first = day_first
        self.times: Times | None = None  # once the first rows have shown how they are written
        said = [*chosen.fields.values(), *chosen.cells.values()]
        self._numbers = {i: columns.numbers_of(column, table.comma) for i, column in said}
        self._width = MAX_CELLS if chosen.has_cells else 0

    def read(self) -> Found:
        """All rows that have a time. times.Unclear if dates are."""
        found = [(blank(0, self._width), np.zeros(0, np.int64), np.zeros(0, np.int64))]
        rows = iter(self._table.rows)
        while block := list(itertools.islice(rows, BLOCK)):
            lines, texts, time = self._dated(*self._whole(block))
            if texts:
                by_column = list(zip(*texts, strict=True))
                found.append((self._block(by_column, lines), time, np.array(lines, np.int64)))
        return tuple(np.concatenate(parts) for parts in zip(*found, strict=True))

    def _whole(self, block: list) -> tuple[list[int], list[list[str]]]:
        """Lines and rows that have as many values as there are columns, but for empty ones."""
        count = len(self._table.names)
        lines, rows, torn = [], [], []
        for line, row in block:
            if not any(row) or row == self._table.names or row[0].startswith("#"):
                continue
            if len(row) > count and not any(row[count:]):
                row = row[:count]
            if len(row) == count:
                lines.append(line)
                rows.append(row)
            else:
                torn.append(line)
        wrong = np.ones(len(torn), bool)
        self._trouble.note("rows left out that do not have every column", wrong, torn)
        return lines, rows

    def _dated(self, lines: list[int], rows: list[list[str]]):
        """Lines, rows and unix ms of those whose time is known."""
        texts = [" ".join(row[i].strip() for i in self._chosen.time) for row in rows]
        if self.times is None:
            usual = self._table.comma or self._table.separator == ";"
            self.times = times.of_column(texts, self._table.comma, usual, self._day_first)
        time = np.array([self.times.ms(text) for text in texts], np.int64)
        undated = time == NO_TIME
        self._trouble.note("rows left out whose time is not known", undated, lines, texts)
        if undated.any():
            keep = np.flatnonzero(~undated)
            lines, rows = [lines[i] for i in keep], [rows[i] for i in keep]
        return lines, rows, time[~undated]

    def _block(self, by_column: list[tuple[str, ...]], lines: list[int]) -> np.ndarray:
        records = blank(len(lines), self._width)
        silent = np.ones(len(lines), bool)
        for name, (i, _) in self._chosen.fields.items():
            if name == names.CELLS:
                continue
            values = self._values(i, name, by_column[i], lines)
            known = values < EMPTY
            number = COLUMNS[name][0]
            records[number] = np.where(known, values, UNKNOWN[number])
            silent &= ~known
        if self._width:
            if self._chosen.cells:
                self._put_columns(records, by_column, lines)
            else:
                self._put_lists(records, by_column, lines)
            put_extremes(records)
            silent &= ~records["mv"].any(axis=1)
        records["silent"] = silent
        return records

    def _values(self, i: int, name: str, texts, lines: list[int]) -> np.ndarray:
        values = np.array(list(map(self._numbers[i].__getitem__, texts)), np.int64)
        self._note_values(name, values == BAD, lines, texts)
        return values

    def _note_values(self, name: str, wrong: np.ndarray, lines: list[int], texts) -> None:
        self._trouble.note(f"values of {name} count as not known", wrong, lines, texts)

    def _put_columns(self, records: np.ndarray, by_column, lines: list[int]) -> None:
        """Cells that have a column each."""
        for cell, (i, _) in self._chosen.cells.items():
            values = self._values(i, f"cell {cell}", by_column[i], lines)
            records["mv"][:, cell - 1] = np.where(values < EMPTY, values, 0)
        records["cells"] = max(self._chosen.cells)

    def _put_lists(self, records: np.ndarray, by_column, lines: list[int]) -> None:
        """Cells that stand in one column, with blanks between."""
        at, _ = self._chosen.fields[names.CELLS]
        texts = by_column[at]
        cells = [text.split() for text in texts]
        counts = np.array([len(each) for each in cells])
        flat = map(self._numbers[at].__getitem__, itertools.chain.from_iterable(cells))
        values = np.array(list(flat), np.int64)
        row = np.repeat(np.arange(len(cells)), counts)
        place = np.arange(len(values)) - np.repeat(np.cumsum(counts) - counts, counts)
        wrong = counts > self._width
        wrong[row[values == BAD]] = True
        self._note_values(names.CELLS, wrong, lines, texts)
        fits = (values < EMPTY) & (counts[row] <= self._width)
        records["mv"][row[fits], place[fits]] = values[fits]
        records["cells"] = np.where(counts > self._width, 0, counts)
