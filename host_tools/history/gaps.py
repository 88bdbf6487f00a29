"""Where there is silence between frames, one by one and day by day."""

import numpy as np
from host_tools.history import between, packed
from host_tools.history.grids import AnyGrid
from host_tools.history.timeline import UNKNOWN


def by_day(source: packed.Source, grid: AnyGrid) -> dict[int, tuple[int, int]]:
    """For each day with silence: (how many gaps reach into it, s in all). Of dated frames only."""
    first, after = all_of(source)
    if not len(first):
        return {}
    pieces = between.cut(
        first, after, grid.cell(first), grid.cell(after - 1), lambda cell, line: grid.edge(cell)
    )
    found: dict[int, tuple[int, int]] = {}
    for day in np.unique(pieces.cell).tolist():
        of_day = pieces.cell == day
        found[day] = int(of_day.sum()), int(pieces.seconds[of_day].sum())
    return found


def all_of(source: packed.Source) -> tuple[np.ndarray, np.ndarray]:
    """When each silence begins and ends, unix s."""
    begin, end = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    last = None
    for log in source.loaded.logs:
        for block, spans in packed.blocks(log):
            rows = np.flatnonzero((block.time != UNKNOWN) & (spans.end > spans.begin))
            if not len(rows):
                continue
            before = np.concatenate(([spans.begin[rows[0]] if last is None else last],
                                     spans.end[rows[:-1]]))  # fmt: skip
            silent = spans.begin[rows] > before
            begin.append(before[silent])
            end.append(spans.begin[rows][silent])
            last = int(spans.end[rows[-1]])
    return np.concatenate(begin), np.concatenate(end)
