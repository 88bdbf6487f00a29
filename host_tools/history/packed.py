"""The frames of a pack as they are on the flash, unpacked some at a time: for millions of them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from host_tools.history import between, cells, frames, logs, pieces, records
from host_tools.history.ranges import EVER, Range
from host_tools.history.timeline import UNKNOWN
from host_tools.history.undated import Undated

from store import segment

ROWS = 50_000  # at a time


@dataclass
class Source:
    """The records of a pack's series. loaded: its columns are what load() was told."""

    loaded: logs.Loaded
    guessed: bool = False

    def __len__(self) -> int:
        return sum(map(len, self.loaded.logs))

    @cached_property
    def silent(self) -> np.ndarray:
        """After which records there is silence."""
        return logs.silences(self.loaded.logs)

    @property
    def time(self) -> np.ndarray:
        """unix s of all records, UNKNOWN of those without a date."""
        parts = [part["time"] for log in self.loaded.logs for part in log.parts]
        return np.concatenate([np.zeros(0, np.int64), *parts])

    def guess(self) -> None:
        """Date the records of boots without a date by what can be guessed."""
        self.guessed = True
        for log in self.loaded.logs:
            for part in log.parts:
                _guess(part, self.loaded.boots)


def load(paths: Iterable[Path | str], read: records.Reader = records.read) -> Source:
    """The frames in paths, which are files or folders. PacklogError if there is no file at all."""
    return Source(logs.load(paths, segment.PACK, _raw, read=read))


def load_cells(paths: Iterable[Path | str], read: records.Reader = records.read) -> Source:
    """The same of all cells, which are as they are in Cells."""
    return Source(logs.load(paths, segment.CELLS, cells.columns_of, read=read))


def blocks(log: logs.Log) -> Iterator[tuple[frames.Frames, between.Spans]]:
    """A log's frames, some at a time, and what they cover. The first of a block is the last one of
    the block before, and covers nothing.
    """
    ahead = None
    for part in log.parts:
        for first, last in _bounds(part):
            columns = {name: column[first:last] for name, column in part.items()}
            yield _block(ahead, columns)
            ahead = {name: column[-1:] for name, column in columns.items()}


@dataclass
class Counted:
    """What rows of a series are there: how many, from when to when (None: no date is known), how
    many of them start a gap, have a guessed date, have none.
    """

    rows: int
    span: tuple[int, int] | None
    gaps: int
    guessed: int
    undated: int


def counted(time: np.ndarray, undated: np.ndarray, hole: np.ndarray) -> Counted:
    """Of rows: their unix s, their numbers in boots, which start a gap."""
    known = time != UNKNOWN
    dated = time[known]
    span = (int(dated.min()), int(dated.max())) if len(dated) else None
    guessed = int(((undated > 0) & known).sum())
    return Counted(len(time), span, int(hole.sum()), guessed, len(time) - len(dated))


def count(source: Source, span: Range = EVER, guess: bool = False) -> Counted:
    """What rows_of() will give."""
    found = Counted(0, None, 0, 0, 0)
    for columns in moments(source, span, guess):
        inside = span.has(columns["time"])
        part = counted(*(columns[name][inside] for name in ("time", "undated", "hole")))
        spans = [each for each in (found.span, part.span) if each]
        whole = (min(a for a, _ in spans), max(b for _, b in spans)) if spans else None
        numbers = (
            getattr(found, name) + getattr(part, name)
            for name in ("rows", "gaps", "guessed", "undated")
        )
        rows, *others = numbers
        found = Counted(rows, whole, *others)
    return found


def moments(source: Source, span: Range = EVER, guess: bool = False) -> Iterator[pieces.Columns]:
    """When the rows of rows_of() are, without their values: boot, uptime, time, undated, hole."""
    return _with_holes(source, span, guess, ("boot", "uptime", "time", "undated", "hole"))


def rows_of(
    source: Source, span: Range = EVER, guess: bool = False, keep: bool = True
) -> Iterator[frames.Frames]:
    """The same rows as frames.load() has, of that span, some at a time: at least one block, which
    can be empty. guess: date rows without a date by what can be guessed. keep: False lets go of the
    source's records as they are taken.
    """
    about = logs.about(source.loaded)
    blocks = 0
    for columns in _with_holes(source, span, guess, keep=keep):
        yield span.of_rows(frames.Frames(**columns, **about))
        blocks += 1
    if not blocks:
        yield frames.Frames(**{n: np.empty(0, kind) for n, kind in frames.COLUMNS.items()}, **about)


def _with_holes(
    source: Source,
    span: Range,
    guess: bool,
    names: tuple[str, ...] | None = None,
    keep: bool = True,
) -> Iterator[pieces.Columns]:
    """The columns of rows_of(), or those of names, without blocks that are out of the span."""
    silent = source.silent
    before, at = None, 0
    for part in _parts(source, keep):
        for first, last in _bounds(part):
            time = part["time"][first:last]
            if span and not guess and not (span.has(time) | span.has(time + 1)).any():
                before = int(part["boot"][last - 1]), int(time[-1])
                continue
            columns = _columns(part, first, last, names)
            columns = logs.put_holes(columns, silent[at + first : at + last], frames.UNKNOWN)
            columns, before = logs.one_a_second(columns, before)
            if guess:
                columns["time"] = columns["time"].copy()
                _guess(columns, source.loaded.boots)
            yield columns
        at += len(part["boot"])


def _parts(source: Source, keep: bool) -> Iterator[pieces.Columns]:
    for log in source.loaded.logs:
        if keep:
            yield from log.parts
        while not keep and log.parts:
            yield log.parts.pop(0)


def _bounds(part: pieces.Columns) -> Iterator[tuple[int, int]]:
    """First and last of each block of a part's records; a block has one layout."""
    layout = part["layout"]
    changes = (np.flatnonzero(layout[1:] != layout[:-1]) + 1).tolist()
    ends = sorted({*range(ROWS, len(layout), ROWS), *changes, len(layout)})
    yield from ((a, b) for a, b in zip([0, *ends], ends, strict=False) if b > a)


def _columns(
    part: pieces.Columns, first: int, last: int, names: tuple[str, ...] | None = None
) -> pieces.Columns:
    wanted = names or [name for name in part if name not in ("raw", "start")]
    columns = {name: part[name][first:last] for name in wanted}
    if names:
        return columns
    layout = int(columns["layout"][-1])
    return columns | frames.columns_of(part["raw"][first:last], layout)


def resistances_of(log: logs.Log) -> between.Resistances:
    """What a log's frames show of the pack's resistances."""
    regression = between.Regression()
    for block, spans in blocks(log):
        regression.add(block, spans.follows)
    return regression.resistances


def _block(
    ahead: pieces.Columns | None, columns: pieces.Columns
) -> tuple[frames.Frames, between.Spans]:
    """ahead: the columns of the record before, if there is one."""
    columns = _unpacked(columns)
    if ahead:
        ahead = _unpacked(ahead)
        columns = {name: np.concatenate([ahead[name], columns[name]]) for name in columns}
    start = columns.pop("start").astype(np.int64)
    block = frames.Frames(**columns)
    spans = between.covered(block.boot, block.uptime.astype(np.int64), block.time, start)
    if ahead:
        spans.begin[0], spans.length[0] = spans.end[0], 0
    return block, spans


def _unpacked(columns: pieces.Columns) -> pieces.Columns:
    found = {name: column for name, column in columns.items() if name != "raw"}
    return found | frames.columns_of(columns["raw"], int(columns["layout"][-1]))


def _raw(rows: np.ndarray, header: segment.Header) -> pieces.Columns:
    return {"raw": rows, "layout": np.full(len(rows), header.layout, np.uint8)}


def _guess(columns: pieces.Columns, boots: list[Undated]) -> None:
    for number in np.unique(columns["undated"]):
        boot = boots[number - 1]
        if number and boot.guess is not None:
            rows = columns["undated"] == number
            columns["time"][rows] = boot.guess + columns["uptime"][rows].astype(np.int64)
