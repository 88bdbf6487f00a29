"""A series as named numpy columns with units, for programs: what host_tools.history.load() gives.

Columns have the names of the CSV. Times are datetime64 in UTC, voltages V, also of the cells. What
is unknown is NaT, NaN, or 0 (a cell's number), and known() is False there.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from host_tools.ground.errors import PacklogError, UsageError
from host_tools.ground.units import MILLI
from host_tools.history import grids, loading, logs, packed, periods, records, resample, undated
from host_tools.history.cells import Cells
from host_tools.history.events import Events
from host_tools.history.frames import Frames
from host_tools.history.periods import Periods
from host_tools.history.ranges import Moment, Range
from host_tools.history.timeline import UNKNOWN
from host_tools.history.undated import Undated

if TYPE_CHECKING:
    import pandas
    import polars
    import pyarrow

Paths = Path | str | Iterable[Path | str]
UNITS = {
    "uptime": "s",
    "seconds": "s",
    "voltage": "V",
    "current": "A",
    "temperature": "degC",
    "soc": "%",
    "min_cell_voltage": "V",
    "max_cell_voltage": "V",
    "cell": "V",
    "charge": "Ah",
    "energy": "Wh",
    "soc_max_at": "min",
    "soc_min_at": "min",
    "error_s": "s",
}
_NUMBERS = ("min_voltage_cell", "max_voltage_cell")  # of cells: 0 is unknown
_BLOCK = 100_000


@dataclass(frozen=True)
class Choice:
    """Which rows: from begin on and before end (dates, unix seconds, "-7d"), in UTC or zone.

    guess: date rows without a date by what can be guessed. every, values, zone: rows of one length
    of frames or cells, as the options of `packlog decode` have them.
    """

    begin: Moment | None = None
    end: Moment | None = None
    guess: bool = False
    every: str | None = None
    values: str = periods.MEAN
    zone: str | None = None


@dataclass
class Table:
    """The rows of a series: an array a column, by name, in the order of the CSV.

    A row in which gap is True says when silence begins: nothing else of it is known. problems:
    what of the files is damaged; remarks: what is odd. boots: those without a date.
    """

    series: str
    pack: str
    columns: dict[str, np.ndarray]
    problems: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    boots: list[Undated] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.columns["time"])

    def __getitem__(self, name: str) -> np.ndarray:
        return self.columns[name]

    def __contains__(self, name: str) -> bool:
        return name in self.columns

    def __iter__(self) -> Iterator[str]:
        return iter(self.columns)

    @property
    def units(self) -> dict[str, str]:
        """By column: V, A, degC, %, Ah, Wh, s; min: minutes of a local day."""
        found = {name: UNITS.get(name) or UNITS.get(_quantity(name)) for name in self.columns}
        found |= {n: "" for n in found if self.columns[n].dtype.kind == "M" or n in _NUMBERS}
        return {name: unit for name, unit in found.items() if unit}

    def known(self, name: str) -> np.ndarray:
        """Where a column has a value."""
        column = self.columns[name]
        if column.dtype.kind in "fM":
            return ~np.isnan(column)
        if name in _NUMBERS:
            return column > 0
        if self.units.get(name) in ("min", "s"):
            return column >= 0
        return column != "" if column.dtype.kind == "U" else np.ones(len(column), bool)

    def rows(self, which) -> "Table":
        """Some of the rows: a slice, their numbers, or True for each."""
        taken = {name: column[which] for name, column in self.columns.items()}
        return replace(self, columns=taken)

    def blocks(self, size: int = _BLOCK) -> Iterator["Table"]:
        """All rows, size of them at a time, without copying."""
        for first in range(0, len(self), size):
            yield self.rows(slice(first, first + size))

    def to_arrow(self) -> "pyarrow.Table":
        """A pyarrow.Table; what is unknown is null, units are in the fields' metadata."""
        from host_tools.history import frameworks

        return frameworks.to_arrow(self)

    def to_pandas(self) -> "pandas.DataFrame":
        """A pandas.DataFrame; times have the zone UTC."""
        from host_tools.history import frameworks

        return frameworks.to_pandas(self)

    def to_polars(self) -> "polars.DataFrame":
        """A polars.DataFrame; what is unknown is null."""
        from host_tools.history import frameworks

        return frameworks.to_polars(self)


def _quantity(name: str) -> str:
    """What a column is of: voltage of voltage_max, charge of charge_in, cell of cell_3_min."""
    base = name.removesuffix("_min").removesuffix("_max")
    if base in UNITS:
        return base
    first, _, rest = base.partition("_")
    return first if rest in ("in", "out") or rest.isdigit() else ""


def load_table(paths: Paths, series: str, choice: Choice) -> Table:
    """The table that host_tools.history.load() gives; says nothing on stderr."""
    loading.check_series(series)
    paths = [paths] if isinstance(paths, (str, Path)) else list(paths)
    span = Range.of(choice.begin, choice.end, grids.zone_of(choice.zone))
    if choice.values != periods.MEAN and not choice.every:
        raise UsageError("values goes with every")
    if series == "pack" and not choice.every:
        found = _frames(paths, span, choice.guess)
    else:
        rows = (_every if choice.every else _as_they_are)(paths, series, choice)
        found = table_of(span.of_rows(rows), series)
    if not found.pack:
        raise PacklogError(f"no {series} in {', '.join(map(str, paths))}")
    return found


def _frames(paths: list, span: Range, guess: bool) -> Table:
    """The frames, block by block into columns of their full length: millions of them are in memory
    once only.
    """
    source = packed.load(paths)
    counts = packed.count(source, span, guess)
    dateless = counts.undated + counts.guessed > 0, counts.guessed > 0
    columns: dict[str, np.ndarray] = {}
    at = 0
    for rows in packed.rows_of(source, span, guess, keep=False):
        for name, column in _columns_of(rows, dateless).items():
            if name not in columns:
                columns[name] = np.empty(counts.rows, column.dtype)
            columns[name][at : at + len(column)] = column
        at += len(rows)
    return Table("pack", columns=columns, **logs.about(source.loaded))


def _as_they_are(paths: list, series: str, choice: Choice) -> loading.Rows:
    rows = loading.SERIES[series](paths)
    if choice.guess and series != "days":
        undated.guess(rows)
    return rows


def _every(paths: list, series: str, choice: Choice) -> Periods:
    if series not in loading.RESAMPLED:
        raise UsageError(f"every is for {' and '.join(loading.RESAMPLED)}, not for {series}")
    every = loading.Every.of(choice.every, choice.zone, choice.values)
    files = records.find(paths)
    pack = packed.load(files)
    source = pack if series == "pack" else packed.load_cells(files)
    if choice.guess:
        source.guess()
    if series == "pack":
        return resample.whole(resample.frames(source, every.grid, every.values))
    return resample.whole(resample.cells(source, pack, every.grid, every.values))


def table_of(rows: loading.Rows, series: str) -> Table:
    """A Table of the rows of a series as the loaders of this folder give them."""
    undated = bool(rows.undated.any())
    guessed = bool(((rows.undated > 0) & (rows.time != UNKNOWN)).any())
    columns = _columns_of(rows, (undated, guessed))
    return Table(series, rows.pack, columns, rows.problems, rows.remarks, rows.boots)


def _columns_of(rows: loading.Rows, dateless: tuple[bool, bool]) -> dict[str, np.ndarray]:
    """dateless: with the columns of rows that no clock has dated? With those of guesses?"""
    columns = {"time": _moments(rows.time)}
    columns |= _COLUMNS[type(rows)](rows)
    columns |= {"boot": rows.boot, "uptime": rows.uptime}
    if not isinstance(rows, Events):
        columns["gap"] = rows.hole
    if dateless[0]:
        columns |= _undated_columns(rows, dateless[1])
    return columns


def _moments(unix: np.ndarray) -> np.ndarray:
    found = unix.astype("datetime64[s]")
    unknown = unix < 0
    if unknown.any():
        found[unknown] = np.datetime64("NaT")
    return found


def _frame_columns(rows: Frames) -> dict[str, np.ndarray]:
    found = {name: getattr(rows, name) for name in ("voltage", "current", "temperature", "soc")}
    for name in ("min_cell_voltage", "max_cell_voltage"):
        mv = getattr(rows, name)
        found[name] = _volts(mv, mv < 0)
    return found | {name: getattr(rows, name) for name in _NUMBERS}


def _volts(mv: np.ndarray, unknown: np.ndarray) -> np.ndarray:
    volts = mv / MILLI
    if unknown.any():
        volts[unknown] = np.nan
    return volts


def _cell_columns(rows: Cells) -> dict[str, np.ndarray]:
    return {f"cell_{i + 1}": _volts(mv, mv == 0) for i, mv in enumerate(rows.cells.T)}


def _event_columns(rows: Events) -> dict[str, np.ndarray]:
    return {name: getattr(rows, name).astype("U") for name in ("event", "details")}


def _period_columns(rows: Periods) -> dict[str, np.ndarray]:
    found = {}
    if rows.day is not None:
        found["day"] = np.where(rows.day < 0, np.datetime64("NaT"), rows.day.astype("M8[D]"))
    found["seconds"] = np.where(rows.hole, -1, rows.seconds)
    moments = [name for name, _, _ in periods.MOMENTS]
    for name, value in rows.values.items():
        if value.ndim == 2:
            suffix = name.removeprefix("cells")
            found |= {f"cell_{i + 1}{suffix}": each for i, each in enumerate(value.T)}
        else:
            found[name] = _moments(value) if name in moments and rows.day is None else value
    return found


_COLUMNS = {
    Frames: _frame_columns,
    Cells: _cell_columns,
    Events: _event_columns,
    Periods: _period_columns,
}


def _undated_columns(rows: loading.Rows, guessed: bool) -> dict[str, np.ndarray]:
    """When rows without a date were logged at the earliest and the latest; how one was guessed."""
    boots = [Undated(0, 0), *rows.boots]

    def bound(begins: list[int | None]) -> np.ndarray:
        begin = np.array([UNKNOWN if each is None else each for each in begins], np.int64)
        begin = begin[rows.undated]
        return _moments(np.where(begin < 0, UNKNOWN, begin + rows.uptime))

    error = np.array([-1 if each.error_s is None else each.error_s for each in boots], np.int64)
    found = {
        "not_before": bound([each.earliest for each in boots]),
        "not_after": bound([each.latest for each in boots]),
    }
    if guessed:
        is_guessed = (rows.undated > 0) & (rows.time != UNKNOWN)
        by = np.array([each.by for each in boots], "U")
        found["guessed"] = np.where(is_guessed, by[rows.undated], "")
        found["error_s"] = np.where(is_guessed, error[rows.undated], -1)
    return found
