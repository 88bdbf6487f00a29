"""Frames and cells as rows of one length: means, extremes and sums of any 10 s, 5 min, hours, days.

By what lies between two rows (between.py): the charge is that of the frames, a constant stays what
it is. A span without readings has no row; one with some has the seconds that they cover. Where a
clock was put back, the same span comes twice, as the history goes on. Spans of a boot without a
date are counted in its uptime. Rows come in blocks: no more of them is in memory.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields, replace

import numpy as np
from host_tools.history import between, between_cells, logs, packed, periods
from host_tools.history.frames import Frames
from host_tools.history.grids import AnyGrid
from host_tools.history.periods import Periods, Sums
from host_tools.history.pieces import Columns
from host_tools.history.timeline import UNKNOWN

_PIECES = 400_000  # of lines cut at a grid, at a time; of each cell's that much less
_HOUR_S = 3600


def frames(
    source: packed.Source,
    grid: AnyGrid,
    values: tuple[str, ...] = (periods.MEAN,),
    tolerances: between.Tolerances = between.USUAL,
) -> Iterator[Periods]:
    """Frames as spans of the grid, block by block; at least one, which can be empty."""
    rows = _Rows(grid, source, values)
    for log in source.loaded.logs:
        resistances = packed.resistances_of(log)
        for block, spans in packed.blocks(log):
            lines = between.drawn(block, spans, resistances, tolerances)
            for piece, place in _cut(lines.begin, lines.end, _of_frames(lines, block), grid):
                yield from rows.add(_frame_sums(lines, block, piece), place)
    yield rows.end(_no_frame_sums())


def cells(
    source: packed.Source,
    of_pack: packed.Source | None,
    grid: AnyGrid,
    values: tuple[str, ...] = (periods.MEAN,),
    tolerances: between.Tolerances = between.USUAL,
) -> Iterator[Periods]:
    """The same of the cells, with the pack's frames; a quantity a cell."""
    rows = _Rows(grid, source, values)
    of_log = {log.number: log for log in of_pack.loaded.logs} if of_pack else {}
    count = max((log.columns["cells"].shape[1] for log in source.loaded.logs), default=0)
    for log in source.loaded.logs:
        for lines in between_cells.lines_of(log, of_log.get(log.number), tolerances):
            where = _Where(lines.boot, lines.uptime, lines.undated, lines.dated)
            most = max(1, _PIECES // (count + 1))
            for piece, place in _cut(lines.begin, lines.end, where, grid, most):
                yield from rows.add(_cell_sums(lines, piece, count), place)
    yield rows.end(_no_cell_sums(count))


def whole(blocks: Iterable[Periods]) -> Periods:
    """All rows of some blocks as one."""
    parts = list(blocks)
    columns = {
        name: np.concatenate([getattr(part, name) for part in parts])
        for name in ("boot", "uptime", "time", "seconds", "undated", "hole")
    }
    columns["values"] = {
        name: np.concatenate([part.values[name] for part in parts]) for name in parts[0].values
    }
    if parts[0].day is not None:
        columns["day"] = np.concatenate([part.day for part in parts])
    return replace(parts[0], **columns)


@dataclass
class _Where:
    """Of lines: the boot, and the uptime at the end; a boot's number if no clock has dated it."""

    boot: np.ndarray
    uptime: np.ndarray
    undated: np.ndarray
    dated: np.ndarray


def _of_frames(lines: between.Lines, block: Frames) -> _Where:
    row = lines.row
    uptime = block.uptime[row].astype(np.int64)
    dated = block.time[row] != UNKNOWN
    return _Where(block.boot[row].astype(np.int64), uptime, block.undated[row], dated)


@dataclass
class _Place:
    """Where rows belong: the cell of the grid, and their boot's number if it is not dated."""

    cell: np.ndarray
    undated: np.ndarray
    dated: np.ndarray
    boot: np.ndarray
    uptime: np.ndarray  # at which a row begins

    def taken(self, which) -> "_Place":
        """Some of them."""
        return _Place(*(getattr(self, each.name)[which] for each in fields(self)))

    def joined(self, other: "_Place") -> "_Place":
        """These and then those."""
        both = ((getattr(self, each.name), getattr(other, each.name)) for each in fields(self))
        return _Place(*map(np.concatenate, both))


@dataclass
class _Axes:
    """The grid for what is dated, the same steps of uptime for what is not."""

    grid: AnyGrid

    def cell(self, moment: np.ndarray, dated: np.ndarray) -> np.ndarray:
        """The numbers of the cells that moments are in."""
        cell = moment // self.grid.step
        cell[dated] = self.grid.cell(moment[dated])
        return cell

    def edge(self, cell: np.ndarray, dated: np.ndarray) -> np.ndarray:
        """When cells begin."""
        edge = cell * self.grid.step
        edge[dated] = self.grid.edge(cell[dated])
        return edge


def _cut(
    begin: np.ndarray, end: np.ndarray, where: _Where, grid: AnyGrid, most: int = _PIECES
) -> Iterator[tuple[between.Pieces, _Place]]:
    """Lines cut at the edges of the grid, about most pieces at a time, and where they belong."""
    axes = _Axes(grid)
    first, last = axes.cell(begin, where.dated), axes.cell(end - 1, where.dated)
    total = np.cumsum(last - first + 1)
    at = 0
    while at < len(begin):
        done = int(total[at - 1]) if at else 0
        upto = max(at + 1, int(np.searchsorted(total, done + most, "right")))
        part = slice(at, upto)
        dated = where.dated[part]
        piece = between.cut(
            begin[part],
            end[part],
            first[part],
            last[part],
            lambda cell, line, dated=dated: axes.edge(cell, dated[line]),
        )
        piece.line += at
        line = piece.line
        uptime = where.uptime[line] - (end[line] - piece.begin)
        place = _Place(piece.cell, where.undated[line], where.dated[line], where.boot[line], uptime)
        yield piece, place
        at = upto


def _frame_sums(lines: between.Lines, block: Frames, piece: between.Pieces) -> Sums:
    """A row for each piece."""
    line, seconds = piece.line, piece.seconds
    current = lines.current[line]
    low, mean, high = {}, {}, {}
    for name in periods.QUANTITIES:
        if name == "current":
            low[name] = mean[name] = high[name] = current
            continue
        begin, end = (lines.at(name, line, moment) for moment in (piece.begin, piece.end))
        mean[name] = (begin + end) / 2
        low[name], high[name] = np.minimum(begin, end), np.maximum(begin, end)
    row = lines.row[line]
    extreme = {name: getattr(block, name)[row] for name, _, _ in periods.EXTREME_CELLS}
    flows = _flows(current, mean["voltage"], seconds)
    return periods.sums(seconds, low, mean, high, flows=flows, cells=extreme)


def _flows(current: np.ndarray, voltage: np.ndarray, seconds: np.ndarray) -> Columns:
    """Charge and energy: in where the current is positive. What is not known counts as 0."""
    charge = np.nan_to_num(current) * seconds / _HOUR_S
    into = charge > 0
    found = {}
    for name, flow in (("charge", charge), ("energy", charge * np.nan_to_num(voltage))):
        found[f"{name}_in"] = np.where(into, flow, 0.0)
        found[f"{name}_out"] = np.where(into, 0.0, np.abs(flow))
    return found


def _cell_sums(lines: between_cells.CellLines, piece: between.Pieces, count: int) -> Sums:
    """The same of cells, of which some lines may have fewer than others."""
    line = piece.line
    length = np.maximum(lines.end - lines.begin, 1)[line]
    found = []
    for moment in (piece.begin, piece.end):
        share = ((moment - lines.begin[line]) / length)[:, None]
        value = lines.first[line] + (lines.last[line] - lines.first[line]) * share
        room = ((0, 0), (0, count - value.shape[1]))
        found.append(np.pad(value, room, constant_values=np.nan))
    low, mean, high = np.minimum(*found), sum(found) / 2, np.maximum(*found)
    return periods.sums(piece.seconds, {"cells": low}, {"cells": mean}, {"cells": high})


_NO_SECONDS = np.zeros(0, np.int64)


def _no_frame_sums() -> Sums:
    nothing = {name: np.zeros(0) for name in periods.QUANTITIES}
    extreme = {name: _NO_SECONDS for name, _, _ in periods.EXTREME_CELLS}
    flows = {name: np.zeros(0) for name in periods.FLOWS}
    return periods.sums(_NO_SECONDS, nothing, nothing, nothing, flows=flows, cells=extreme)


def _no_cell_sums(count: int) -> Sums:
    nothing = {"cells": np.zeros((0, count))}
    return periods.sums(_NO_SECONDS, nothing, nothing, nothing)


class _Rows:
    """Adds up pieces of the same span, and gives Periods. The last row waits until it is whole."""

    def __init__(self, grid: AnyGrid, source: packed.Source, values: tuple[str, ...]):
        self._axes = _Axes(grid)
        self._about = {**logs.about(source.loaded), "guessed": source.guessed}
        self._values = values
        self._sums: Sums | None = None
        self._place = _Place(*[_NO_SECONDS] * len(fields(_Place)))
        self._place.dated = self._place.dated.astype(bool)

    def add(self, sums: Sums, place: _Place) -> Iterator[Periods]:
        """Take in pieces in their order; the rows that are whole."""
        if not len(sums):
            return
        if self._sums:
            sums, place = periods.joined([self._sums, sums]), self._place.joined(place)
        changes = (np.diff(place.cell) != 0) | (np.diff(place.undated) != 0)
        starts = np.flatnonzero(np.concatenate(([True], changes)))
        sums, place = periods.combined(sums, starts), place.taken(starts)
        self._sums, self._place = periods.taken(sums, [-1]), place.taken([-1])
        if len(sums) > 1:
            yield self._periods(periods.taken(sums, slice(-1)), place)

    def end(self, nothing: Sums) -> Periods:
        """The last row; or nothing, as it is."""
        return self._periods(self._sums or nothing, self._place)

    def _periods(self, sums: Sums, place: _Place) -> Periods:
        """Of the rows whose places are the first ones; one more place tells of silence behind."""
        here = place.taken(slice(len(sums)))
        begin, end = (self._axes.edge(here.cell + more, here.dated) for more in (0, 1))
        rows = Periods(
            here.boot,
            np.where(here.dated, here.uptime, begin),
            np.where(here.dated, begin, UNKNOWN),
            sums.seconds,
            periods.values_of(sums, self._values),
            here.undated,
            np.zeros(len(sums), bool),
            self._days(here, 0),
            resampled=True,
            **self._about,
        )
        after = np.flatnonzero((np.diff(place.undated) != 0) | (np.diff(place.cell) > 1))
        if not len(after):
            return rows
        left = here.taken(after)
        return periods.with_holes(
            rows,
            after,
            left.boot,
            np.where(left.dated, left.uptime + (end - begin)[after], end[after]),
            np.where(left.dated, end[after], UNKNOWN),
            self._days(left, 1),
        )

    def _days(self, place: _Place, ahead: int) -> np.ndarray | None:
        grid = self._axes.grid
        if not grid.is_of_days:
            return None
        return np.where(place.dated, (place.cell + ahead) * grid.count, periods.NO_DAY)
