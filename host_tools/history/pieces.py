"""One file of a history as rows: which boot and second each record is of, and what the file says of
its boots: anchors, how long they were, what a BMS counted.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from host_tools.history import records, undated
from host_tools.history.timeline import Anchor
from host_tools.history.unfold import is_mark, u16_at, unfold

from store import events, frame, segment

Columns = dict[str, np.ndarray]


def dtype(description: tuple, bits: bool = False) -> np.dtype:
    """The numpy type of a record of 13 bytes. bits: float16 as its bits."""
    types = [("<u2" if bits and kind == "f2" else "<" + kind) for _, _, kind, *_ in description]
    names, offsets = zip(*((name, offset) for name, offset, *_ in description), strict=True)
    return np.dtype({"names": names, "formats": types, "offsets": offsets, "itemsize": frame.SIZE})


MARK = dtype(frame.MARK_FIELDS)
EVENT = dtype(events.FIELDS)


@dataclass
class Piece:
    """What one file holds. columns is empty for a file of another series.

    lengths: the last uptime of each boot in it. counted: (boot, uptime, seconds that a BMS counts).
    """

    header: segment.Header
    columns: Columns
    start: np.ndarray
    anchors: list[tuple[int, Anchor]]
    lengths: dict[int, int]
    counted: list[tuple[int, int, int]]


def read_piece(
    header: segment.Header,
    rows: np.ndarray,
    columns_of: Callable[[np.ndarray, segment.Header], Columns] | None,
    path: Path,
    problems: list[str],
) -> Piece:
    """The records of a file, as columns_of(records, header) has them, None: of another series.

    What is wrong is added to problems.
    """
    rows, at = unfold(rows, header)
    marks = np.ascontiguousarray(rows[at, : frame.SIZE]).reshape(-1).view(MARK)
    runs = _Runs(header, marks, at, len(rows))
    found = Piece(header, {}, np.zeros(0), _anchors(header, marks, runs), {}, [])
    kept = records.without(rows, at)
    boot, uptime = runs.times(kept)
    keep = runs.until_backwards(uptime)
    if keep < len(kept):
        where = int(np.flatnonzero(~is_mark(rows))[keep]) + 1
        problems.append(f"{path}: damaged from record {where} on (time runs backwards)")
        kept, boot, uptime = kept[:keep], boot[:keep], uptime[:keep]
    found.lengths = runs.lengths(uptime)
    if header.series == segment.EVENTS:
        _add_counted(found, kept, boot, uptime)
    if columns_of is None:
        return found
    found.columns = columns_of(kept, header)
    found.columns |= {"boot": boot, "uptime": uptime}
    found.start = runs.starts(uptime)
    return found


class _Runs:
    """The runs of a file's records: the header begins one, and each RUN. number is that of each
    mark's run, first the number of the first record of each run, marks not counted.
    """

    def __init__(self, header: segment.Header, marks: np.ndarray, at: np.ndarray, count: int):
        is_run = marks["kind"] == frame.RUN
        begun = marks[is_run]
        self.boot = np.concatenate(([header.boot], begun["a"])).astype(np.uint32)
        self.base = np.concatenate(([header.uptime], begun["b"])).astype(np.int64)
        self.begin = self.base + np.concatenate(([0], begun["timestamp"]))
        self.number = np.cumsum(is_run)
        self.first = np.concatenate(([0], (at - np.arange(len(at)))[is_run]))
        self._counts = np.append(self.first[1:], count - len(at)) - self.first

    def times(self, records: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(boot, uptime in s) of each of the records, which have no marks among them."""
        uptime = u16_at(records, 0).astype(np.uint32)
        base = self.base.astype(np.uint32)
        if len(base) == 1:  # as in most shards
            uptime += base[0]
            return np.full(len(uptime), self.boot[0]), uptime
        uptime += np.repeat(base, self._counts)
        return np.repeat(self.boot, self._counts), uptime

    def lengths(self, uptime: np.ndarray) -> dict[int, int]:
        """The last uptime of each boot in the file."""
        end = np.minimum(self.first + self._counts, len(uptime))
        held = np.flatnonzero(end > self.first)
        boot, end = self.boot[held], end[held]
        last = np.append(boot[1:] != boot[:-1], True)[: len(boot)]
        found: dict[int, int] = {}
        for number, at in zip(boot[last].tolist(), uptime[end[last] - 1].tolist(), strict=True):
            found[number] = max(found.get(number, 0), at)
        return found

    def until_backwards(self, uptime: np.ndarray) -> int:
        """How many records there are until time runs backwards in a run, which no board writes."""
        wrong = uptime[1:] < uptime[:-1]
        if wrong.any():
            first = self.first[(self.first > 0) & (self.first < len(uptime))]
            wrong[first - 1] = False
        return int(np.argmax(wrong)) + 1 if wrong.any() else len(uptime)

    def starts(self, uptime: np.ndarray) -> np.ndarray:
        """Where the coverage of records starts: at the record before, or where the run does."""
        start = np.empty_like(uptime)
        start[1:] = uptime[:-1]
        here = self.first < np.minimum(self.first + self._counts, len(uptime))
        start[self.first[here]] = self.begin[here]
        return start


def _anchors(header: segment.Header, marks: np.ndarray, runs: _Runs) -> list[tuple[int, Anchor]]:
    """The anchors of a file with their boots."""
    found = []
    for i in np.flatnonzero(marks["kind"] == frame.ANCHOR):
        uptime = runs.base[runs.number[i]] + marks["timestamp"][i]
        anchor = Anchor(int(uptime), int(marks["a"][i]), int(marks["b"][i]))
        found.append((int(runs.boot[runs.number[i]]), anchor))
    if header.utc:
        found.append((header.boot, Anchor(header.uptime, header.utc, header.clock, True)))
    return found


def _add_counted(piece: Piece, rows: np.ndarray, boot: np.ndarray, uptime: np.ndarray) -> None:
    found = np.ascontiguousarray(rows[:, : events.SIZE]).reshape(-1).view(EVENT)
    is_count = (found["code"] == events.VALUE) & np.isin(found["a"], list(undated.SECONDS))
    for i in np.flatnonzero(is_count):
        piece.counted.append((int(boot[i]), int(uptime[i]), int(found["b"][i])))
