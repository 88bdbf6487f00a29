"""Readings from a CSV with the columns that decode and replay write, checked, in integers.

Nothing is taken on trust: what is no number or beyond what a BMS can mean counts as unknown, a row
whose time is missing, repeated or older than the one before is left out, and all of it is counted.
"""

import csv
import itertools
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path

import host_tools.ground.firmware  # noqa: F401 - the firmware on sys.path
import numpy as np
from host_tools.ground.errors import PacklogError
from host_tools.ground.units import DECI, MILLI
from host_tools.trial import encode_vm

from sample import MAX_CELLS

# column: (number of the record, how many of its unit are 1 of the CSV's, lowest, highest, zero)
COLUMNS = {
    "voltage": ("voltage", MILLI, 0, 1000, 0),
    "current": ("current", MILLI, -10000, 10000, 0),
    "temperature": ("temperature", DECI, -60, 150, 0),
    "soc": ("soc", 1, 0, 100, 0),
    "min_cell_voltage": ("min_mv", MILLI, 0, 10, 0),
    "max_cell_voltage": ("max_mv", MILLI, 0, 10, 0),
    "min_voltage_cell": ("min_cell", 1, 1, MAX_CELLS, 1),
    "max_voltage_cell": ("max_cell", 1, 1, MAX_CELLS, 1),
}
CELLS = "cell_voltages"
_CELL = (MILLI, 0, 10, 0)
_EMPTY, _BAD = 1 << 40, 1 << 41  # instead of a number
_MEMO = 1 << 16  # texts whose number is remembered
_NO_TIME = -1
_LATEST_S = 1 << 32  # 2106: beyond that it is milliseconds, or makes no sense
_BLOCK = 20000  # rows at a time
_EXAMPLES = 3

_UNKNOWN = {name: encode_vm.UNKNOWN.get(kind, 0) for name, kind in encode_vm.RECORD}


def record(cells: int) -> np.dtype:
    """The numpy type of a reading as encode_vm takes it, with so many places for cells."""
    fields = [(name, "<" + np.dtype(kind).str[1:]) for name, kind in encode_vm.RECORD]
    return np.dtype([*fields, ("mv", "<u2", (cells,))] if cells else fields)


def blank(count: int, cells: int) -> np.ndarray:
    """So many records of readings of which nothing is known."""
    records = np.zeros(count, record(cells))
    for name in {number for number, *_ in COLUMNS.values()}:
        records[name] = _UNKNOWN[name]
    return records


def put_extremes(records: np.ndarray) -> None:
    """Set the extreme cells of records by their mv, the lowest-numbered where several are equal."""
    mv = records["mv"]
    known = mv.any(axis=1)
    lowest = np.where(mv == 0, 65535, mv).argmin(axis=1)
    for end, cell in (("min", lowest), ("max", mv.argmax(axis=1))):
        value = np.take_along_axis(mv, cell[:, None], 1)[:, 0]
        records[end + "_cell"] = np.where(known, cell, records[end + "_cell"])
        records[end + "_mv"] = np.where(known, value, records[end + "_mv"])


@dataclass
class Readings:
    """records, of the type record(cells), in order; utc: unix seconds at their second 0."""

    records: np.ndarray
    utc: int
    cells: int
    trouble: list[str] = field(default_factory=list)  # what was not taken, in words

    def __len__(self) -> int:
        return len(self.records)

    @property
    def highest_cell(self) -> int:
        """The highest number of a cell that is named, from 1; 0 if none is."""
        named = [self.records[name] for name in ("min_cell", "max_cell")]
        known = (int(cells[cells != _UNKNOWN["min_cell"]].max(initial=0)) + 1 for cells in named)
        return max(self.cells, *known)

    @property
    def spacing_s(self) -> float:
        """How far apart readings usually are, at most: 19 of 20 are closer."""
        ms = self.records["seconds"] * 1000.0 + self.records["ms"]
        return float(np.percentile(np.diff(ms), 95)) / 1000 if len(ms) > 1 else 0.0


def read(path: Path, progress: Callable[[int], None] = lambda done: None) -> Readings:
    """The readings of a CSV; PacklogError if there are none. progress is told the bytes read."""
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            return _Reader(path, _counted(file, progress)).read()
    except OSError as error:
        raise PacklogError(f"cannot read {path}: {error.strerror}") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise PacklogError(f"{path} is not a CSV of readings ({error})") from error


def _counted(lines, progress: Callable[[int], None]) -> Iterator[str]:
    done = 0
    for number, line in enumerate(lines):
        done += len(line)
        if number % _BLOCK == 0:
            progress(done)
        yield line


class _Numbers(dict):
    """Texts to whole numbers of a unit: _EMPTY where there is nothing, _BAD where no number is."""

    def __init__(self, scale: int, lowest: float, highest: float, zero: int):
        self._scale, self._lowest, self._highest, self._zero = scale, lowest, highest, zero

    def __missing__(self, text: str) -> int:
        if len(self) >= _MEMO:
            self.clear()
        found = self[text] = self._number(text.strip())
        return found

    def _number(self, text: str) -> int:
        if not text:
            return _EMPTY
        try:
            value = float(text)
        except ValueError:
            return _BAD
        if not self._lowest <= value <= self._highest:  # NaN is not within either
            return _BAD
        return math.floor(value * self._scale + 0.5) - self._zero


def _ms(text: str) -> int:
    """Unix ms of a time: ISO 8601 (UTC if it does not say), or seconds since 1970."""
    text = text.strip()
    try:
        if text[4:5] == "-":
            when = datetime.fromisoformat(text.replace("Z", "+00:00"))
            if when.tzinfo is None:
                when = when.replace(tzinfo=timezone.utc)
            seconds = when.timestamp()
        else:
            seconds = float(text)
    except ValueError:
        return _NO_TIME
    return round(seconds * 1000) if 0 <= seconds < _LATEST_S else _NO_TIME


class _Trouble:
    """Counts what is wrong, and remembers where it was first."""

    def __init__(self):
        self._count, self._examples = {}, {}

    def note(self, what: str, wrong: np.ndarray, lines: list[int], texts=None) -> None:
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
        return [
            f"{count} {what}: {', '.join(self._examples[what])}"
            + (", ..." if count > len(self._examples[what]) else "")
            for what, count in self._count.items()
        ]


class _Reader:
    """Goes through the rows, block by block."""

    def __init__(self, path: Path, lines: Iterator[str]):
        self._path = path
        self._rows = csv.reader(lines)
        self._names = [name.strip().lower() for name in next(self._rows, [])]
        known = [name for name in self._names if name in COLUMNS or name == CELLS]
        if "time" not in self._names or not known:
            needed = ", ".join(["time", *COLUMNS, CELLS])
            raise PacklogError(f"{path}: its first line has to name its columns, of {needed}")
        self._numbers = {name: _Numbers(*rest) for name, (_, *rest) in COLUMNS.items()}
        self._cell_numbers = _Numbers(*_CELL)
        self._width = MAX_CELLS if CELLS in self._names else 0
        self._trouble = _Trouble()
        self._latest = _NO_TIME

    def read(self) -> Readings:
        """All of it."""
        blocks, times = [], []
        while found := [(self._rows.line_num, row) for row in itertools.islice(self._rows, _BLOCK)]:
            lines, rows, time = self._dated(*self._whole(found))
            if rows:
                columns = dict(zip(self._names, zip(*rows, strict=True), strict=True))
                blocks.append(self._block(columns, lines))
                times.append(time)
        trouble = self._trouble.lines()
        if not blocks or all(block["silent"].all() for block in blocks):
            why = f": {trouble[0]}" if trouble else " but its first line"
            raise PacklogError(f"{self._path}: no reading in it{why}")
        return self._readings(np.concatenate(blocks), np.concatenate(times), trouble)

    def _whole(self, found: list) -> tuple[list[int], list[list[str]]]:
        """Lines and rows that have as many values as there are columns."""
        whole = [len(row) == len(self._names) for _, row in found]
        lines = [line for line, _ in found]
        wrong = [not right and len(row) > 0 for right, (_, row) in zip(whole, found, strict=True)]
        self._trouble.note("rows left out that do not have every column", np.array(wrong), lines)
        kept = [pair for right, pair in zip(whole, found, strict=True) if right]
        return [line for line, _ in kept], [row for _, row in kept]

    def _dated(self, lines: list[int], rows: list[list[str]]):
        """Lines, rows and unix ms of those that are later than all before them."""
        place = self._names.index("time")
        texts = [row[place] for row in rows]
        time = np.array([_ms(text) for text in texts], np.int64)
        before = np.maximum.accumulate(np.concatenate(([self._latest], time)))[:-1]
        undated = time == _NO_TIME
        note = self._trouble.note
        note("rows left out whose time is not known", undated, lines, texts)
        note("rows left out whose time was there before", ~undated & (time == before), lines)
        note("rows left out, time runs backwards", ~undated & (time < before), lines)
        keep = np.flatnonzero(time > before)
        if len(keep):
            self._latest = int(time[keep[-1]])
        if len(keep) < len(rows):
            lines, rows = [lines[i] for i in keep], [rows[i] for i in keep]
        return lines, rows, time[keep]

    def _block(self, columns: dict[str, tuple[str, ...]], lines: list[int]) -> np.ndarray:
        records = blank(len(lines), self._width)
        silent = np.ones(len(lines), bool)
        for name in COLUMNS.keys() & columns.keys():
            texts = columns[name]
            values = np.array(list(map(self._numbers[name].__getitem__, texts)), np.int64)
            self._note_values(name, values == _BAD, lines, texts)
            known = values < _EMPTY
            number = COLUMNS[name][0]
            records[number] = np.where(known, values, _UNKNOWN[number])
            silent &= ~known
        if self._width:
            self._put_cells(records, columns[CELLS], lines)
            silent &= ~records["mv"].any(axis=1)
        records["silent"] = silent
        return records

    def _note_values(self, name: str, wrong: np.ndarray, lines: list[int], texts) -> None:
        self._trouble.note(f"values of {name} count as not known", wrong, lines, texts)

    def _put_cells(self, records: np.ndarray, texts: tuple[str, ...], lines: list[int]) -> None:
        cells = [text.split() for text in texts]
        counts = np.array([len(each) for each in cells])
        flat = map(self._cell_numbers.__getitem__, itertools.chain.from_iterable(cells))
        values = np.array(list(flat), np.int64)
        row = np.repeat(np.arange(len(cells)), counts)
        place = np.arange(len(values)) - np.repeat(np.cumsum(counts) - counts, counts)
        wrong = counts > self._width
        wrong[row[values == _BAD]] = True
        self._note_values(CELLS, wrong, lines, texts)
        fits = (values < _EMPTY) & (counts[row] <= self._width)
        records["mv"][row[fits], place[fits]] = values[fits]
        records["cells"] = np.where(counts > self._width, 0, counts)
        put_extremes(records)

    def _readings(self, records: np.ndarray, time: np.ndarray, trouble: list[str]) -> Readings:
        utc = int(time[0]) // 1000
        records["seconds"], records["ms"] = np.divmod(time - utc * 1000, 1000)
        cells = int(records["cells"].max())
        if cells < self._width:
            wide, records = records, np.zeros(len(records), record(cells))
            for name in records.dtype.names:
                records[name] = wide[name][:, :cells] if name == "mv" else wide[name]
        return Readings(records, utc, cells, trouble)
