"""Rows of one length for tables that other programs fill: means of frames and of cells."""

from pathlib import Path

import numpy as np
from host_tools.ground.errors import UsageError
from host_tools.history import grids, packed, records, resample
from host_tools.history.timeline import UNKNOWN

Values = dict[str, np.ndarray]


def grid(every: str | None, usual: str, least_s: int) -> grids.Grid:
    """Raises UsageError."""
    found = grids.grid(every or usual)
    if found.is_of_days or found.step < least_s:
        raise UsageError(f"--every {every}: from {least_s}s to hours")
    return found


def frames(files: list[Path], read: records.Reader, every: grids.Grid) -> Values:
    """time (unix s, a row's begin), seconds, boot, and the means of the frames' quantities."""
    return _dated(resample.frames(packed.load(files, read), every), every)


def cells(files: list[Path], read: records.Reader, every: grids.Grid) -> Values:
    """The same with cells: a column each, V."""
    source = packed.load_cells(files, read)
    return _dated(resample.cells(source, packed.load(files, read), every), every)


def _dated(blocks, every: grids.Grid) -> Values:
    """The rows that have a date and that nothing can be added to, in order, one a time: of several
    the one that covers most.
    """
    rows = resample.whole(blocks)
    keep = np.flatnonzero((rows.time != UNKNOWN) & ~rows.hole & (rows.seconds > 0))
    keep = keep[np.lexsort((-rows.seconds[keep], rows.time[keep]))]
    keep = keep[np.diff(rows.time[keep], prepend=-1) != 0]
    if len(keep) and rows.seconds[keep[-1]] < every.step:  # it is still in the making
        keep = keep[:-1]
    found = {"time": rows.time[keep], "seconds": rows.seconds[keep], "boot": rows.boot[keep]}
    return found | {name: each[keep] for name, each in rows.values.items()}


def at(moments: np.ndarray, wanted: np.ndarray, nothing) -> np.ndarray:
    """For each wanted time the number of the last moment up to it; nothing before the first."""
    place = np.searchsorted(moments, wanted, "right") - 1
    return np.where(place < 0, nothing, place)
