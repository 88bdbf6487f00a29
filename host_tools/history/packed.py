"""The frames of a pack as they are on the flash, unpacked some at a time: for millions of them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from host_tools.history import between, cells, frames, logs, pieces, records
from host_tools.history.undated import Undated

from store import segment

ROWS = 100_000  # at a time


@dataclass
class Source:
    """The records of a pack's series. loaded: its columns are what load() was told."""

    loaded: logs.Loaded
    guessed: bool = False

    def __len__(self) -> int:
        return sum(len(log.start) for log in self.loaded.logs)

    @property
    def time(self) -> np.ndarray:
        """unix s of all records, UNKNOWN of those without a date."""
        parts = [log.columns["time"] for log in self.loaded.logs]
        return np.concatenate([np.zeros(0, np.int64), *parts])

    def guess(self) -> None:
        """Date the records of boots without a date by what can be guessed."""
        self.guessed = True
        for log in self.loaded.logs:
            _guess(log.columns, self.loaded.boots)


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
    layout = log.columns["layout"]
    changes = set((np.flatnonzero(np.diff(layout)) + 1).tolist())
    ends = sorted({*range(ROWS, len(layout), ROWS), *changes, len(layout)})
    for first, last in zip([0, *ends], ends, strict=False):
        if last > first:
            yield _block(log, max(first - 1, 0), first, last)


def resistances_of(log: logs.Log) -> between.Resistances:
    """What a log's frames show of the pack's resistances."""
    regression = between.Regression()
    for block, spans in blocks(log):
        regression.add(block, spans.follows)
    return regression.resistances


def _block(
    log: logs.Log, before: int, first: int, last: int
) -> tuple[frames.Frames, between.Spans]:
    taken = {name: column[before:last] for name, column in log.columns.items() if name != "raw"}
    raw = log.columns["raw"]
    said = frames.columns_of(raw[first:last], int(taken["layout"][-1]))
    if before < first:
        ahead = frames.columns_of(raw[before:first], int(taken["layout"][0]))
        said = {name: np.concatenate([ahead[name], said[name]]) for name in said}
    block = frames.Frames(**{**taken, **said})
    start = log.start[before:last].astype(np.int64)
    spans = between.covered(block.boot, block.uptime.astype(np.int64), block.time, start)
    if before < first:
        spans.begin[0], spans.length[0] = spans.end[0], 0
    return block, spans


def _raw(rows: np.ndarray, header: segment.Header) -> pieces.Columns:
    return {"raw": rows, "layout": np.full(len(rows), header.layout, np.uint8)}


def _guess(columns: pieces.Columns, boots: list[Undated]) -> None:
    for number in np.unique(columns["undated"]):
        boot = boots[number - 1]
        if number and boot.guess is not None:
            rows = columns["undated"] == number
            columns["time"][rows] = boot.guess + columns["uptime"][rows].astype(np.int64)
