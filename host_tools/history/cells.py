"""The cell voltages of a pack as numpy arrays: docs/format.md's series 2."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from host_tools.history import logs, pieces, records
from host_tools.history.undated import Undated

from store import segment
from store.cells import OFFSET


@dataclass
class Cells:
    """One row a record; cells has a column a cell. Where readings are missing stands a row with
    hole set and nothing known but when it begins.
    """

    boot: np.ndarray
    uptime: np.ndarray  # s since the boot
    time: np.ndarray  # unix s, -1 not known
    cells: np.ndarray  # mV, 0 not known or not wired
    undated: np.ndarray  # number in boots of a row that no clock has dated, from 1
    hole: np.ndarray
    pack: str = ""
    problems: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    boots: list[Undated] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.boot)


def load(paths: Iterable[Path | str], read: records.Reader = records.read) -> Cells:
    """The cells in paths, which are files or folders. PacklogError if there is no file at all."""
    loaded = logs.load(paths, segment.CELLS, columns_of, read=read)
    rows = logs.with_holes(loaded.logs, {})
    if not rows:
        none = np.zeros(0, np.int64)
        rows = dict.fromkeys(("boot", "uptime", "time", "undated"), none)
        rows |= {"cells": none.reshape(0, 0), "hole": none.astype(bool)}
    return Cells(**rows, **logs.about(loaded))


def columns_of(rows: np.ndarray, header: segment.Header) -> pieces.Columns:
    """The columns that records hold, a row of bytes each."""
    count = min(header.cell_count, (header.record_size - OFFSET) // 2)
    taken = np.ascontiguousarray(rows[:, OFFSET : OFFSET + 2 * count])
    return {"cells": taken.reshape(-1).view("<u2").reshape(len(rows), count)}
