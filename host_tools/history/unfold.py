"""GAPs taken apart: a frame that goes on across silence becomes one before and one behind it.

docs/format.md, Coverage and silence. What reads records after this knows of RUNs alone.
"""

import numpy as np

from store import frame, segment


def u16_at(rows: np.ndarray, offset: int) -> np.ndarray:
    """The two bytes at an offset of records of bytes, a row each; without copying those."""
    if not len(rows):
        return np.zeros(0, np.uint16)
    rows = np.ascontiguousarray(rows)
    return np.ndarray(len(rows), "<u2", rows, offset, (rows.shape[1],))


def is_mark(rows: np.ndarray) -> np.ndarray:
    """Which records are marks."""
    return u16_at(rows, 2) == frame.MARK


def unfold(rows: np.ndarray, header: segment.Header) -> tuple[np.ndarray, np.ndarray]:
    """The pack's records with RUNs in the place of GAPs, and the frames that end there; which of
    them are marks.
    """
    marked = is_mark(rows)
    at = np.flatnonzero(marked)
    if header.series != segment.PACK or not (rows[at, 4] == frame.GAP).any():
        return rows, at
    out: list[np.ndarray] = []
    run = header.boot, header.uptime
    last, kept = 0, 0  # timestamp up to which coverage is known; the first row that is not in out
    waiting: list[int] = []  # GAPs that no frame has followed yet
    stamps = u16_at(rows, 0).tolist()
    kinds = np.where(marked, rows[:, 4], 0).tolist()
    for row, kind in enumerate(kinds):
        if kind == frame.GAP:
            waiting.append(row)
        elif kind == frame.RUN:
            run = frame.mark_values(rows[row].tobytes(), 0)
            last, waiting = stamps[row], []
        elif kind == 0:
            for gap in waiting:
                if stamps[gap] > stamps[row]:
                    break
                out.append(rows[kept:gap])
                kept = gap + 1
                out += _apart(rows[gap], rows[row], run, last)
                last = stamps[gap]
            last, waiting = stamps[row], []
    rows = np.concatenate([*out, rows[kept:]])
    return rows, np.flatnonzero(is_mark(rows))


def _apart(gap: np.ndarray, following: np.ndarray, run: tuple[int, int], last: int) -> list:
    """The frame up to the GAP, if it covers any time from last on, and the RUN behind it."""
    end = int(gap[0]) | int(gap[1]) << 8
    begin = end - frame.mark_values(gap.tobytes(), 0)[0]
    mark = bytearray(frame.SIZE)
    frame.mark_into(mark, 0, end, frame.RUN, *run)
    parts = [np.frombuffer(mark, np.uint8)[np.newaxis]]
    if begin > last:
        before = following.copy()
        before[:2] = begin & 255, begin >> 8
        parts.insert(0, before[np.newaxis])
    return parts
