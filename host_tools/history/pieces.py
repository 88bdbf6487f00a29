"""One file of a history as rows: which boot and second each record is of, and what the file says of
its boots: anchors, how long they were, what a BMS counted.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from host_tools.history import undated
from host_tools.history.timeline import Anchor
from host_tools.history.unfold import unfold

from store import events, frame, segment

Columns = dict[str, np.ndarray]


def dtype(description: tuple, bits: bool = False) -> np.dtype:
    """The numpy type of a record of 13 bytes. bits: float16 as its bits."""
    types = [("<u2" if bits and kind == "f2" else "<" + kind) for _, _, kind, *_ in description]
    names, offsets = zip(*((name, offset) for name, offset, *_ in description), strict=True)
    return np.dtype({"names": names, "formats": types, "offsets": offsets, "itemsize": frame.SIZE})


MARK = dtype(frame.MARK_FIELDS)
EVENT = dtype(events.FIELDS)
_MARK_AT = MARK.fields["mark"][1]
_MARK_LOW, _MARK_HIGH = frame.MARK.to_bytes(2, "little")


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
    rows = unfold(rows, header)
    marked = (rows[:, _MARK_AT] == _MARK_LOW) & (rows[:, _MARK_AT + 1] == _MARK_HIGH)
    marks = np.zeros(len(rows), MARK)
    at = np.flatnonzero(marked)
    marks[at] = np.ascontiguousarray(rows[at, : frame.SIZE]).view(MARK)[:, 0]
    is_run = marks["kind"] == frame.RUN
    # One row a run: the header's, then those of the marks.
    runs = marks[is_run]
    boot = np.concatenate(([header.boot], runs["a"])).astype(np.int64)
    base = np.concatenate(([header.uptime], runs["b"])).astype(np.int64)
    begin = base + np.concatenate(([0], runs["timestamp"]))
    run = np.cumsum(is_run)
    timestamp = rows[:, 0].astype(np.int64) | rows[:, 1].astype(np.int64) << 8
    uptime = base[run] + timestamp
    anchors = [
        (int(boot[run[i]]), Anchor(int(uptime[i]), int(marks["a"][i]), int(marks["b"][i])))
        for i in np.flatnonzero(marks["kind"] == frame.ANCHOR)
    ]
    if header.utc:
        anchors.append((header.boot, Anchor(header.uptime, header.utc, header.clock, True)))
    found = Piece(header, {}, np.zeros(0), anchors, {}, [])
    keep = _until_backwards(np.flatnonzero(~marked), run, uptime, path, problems)
    _add_lengths(found, boot[run[keep]], uptime[keep])
    if header.series == segment.EVENTS:
        _add_counted(found, rows[keep], boot[run[keep]], uptime[keep])
    if columns_of is None:
        return found
    columns = columns_of(rows if len(keep) == len(rows) else rows[keep], header)
    start = _starts(uptime[keep], run[keep], begin)
    columns["boot"] = boot[run[keep]].astype(np.uint32)
    columns["uptime"] = uptime[keep].astype(np.uint32)
    found.columns, found.start = columns, start.astype(np.uint32)
    return found


def _add_lengths(piece: Piece, boot: np.ndarray, uptime: np.ndarray) -> None:
    ends = np.flatnonzero(np.diff(boot, append=-1))
    for end in ends:
        last = piece.lengths.get(int(boot[end]), 0)
        piece.lengths[int(boot[end])] = max(last, int(uptime[end]))


def _add_counted(piece: Piece, rows: np.ndarray, boot: np.ndarray, uptime: np.ndarray) -> None:
    found = np.ascontiguousarray(rows[:, : events.SIZE]).reshape(-1).view(EVENT)
    is_count = (found["code"] == events.VALUE) & np.isin(found["a"], list(undated.SECONDS))
    for i in np.flatnonzero(is_count):
        piece.counted.append((int(boot[i]), int(uptime[i]), int(found["b"][i])))


def _until_backwards(index, run, uptime, path: Path, problems: list[str]) -> np.ndarray:
    """The records up to where time runs backwards within a run, which no board writes."""
    wrong = np.diff(uptime[index]) < 0
    wrong &= np.diff(run[index]) == 0
    if not wrong.any():
        return index
    first = int(np.argmax(wrong)) + 1
    problems.append(f"{path}: damaged from record {index[first] + 1} on (time runs backwards)")
    return index[:first]


def _starts(uptime: np.ndarray, run: np.ndarray, begin: np.ndarray) -> np.ndarray:
    """Where the records' coverage starts: at the record before, or where the run does."""
    start = begin[run]
    same = np.diff(run) == 0
    start[1:][same] = uptime[:-1][same]
    return start
