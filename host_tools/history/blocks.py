"""The blocks of a segment, with numpy: what firmware/store/checks.py leaves out, for any reader.

docs/format.md, Blocks. Of a block whose checksum is wrong no record counts; a RUN takes its place.
"""

import struct
import zlib
from dataclasses import dataclass, field

import numpy as np
from host_tools.history.unfold import u16_at

from store import frame, segment

_MARK = np.array([0xFF, 0xFF], np.uint8)
_CHECK = np.array([0xFF, 0xFF, frame.CHECK], np.uint8)
_AT = 2  # of a mark's bytes that say so
Run = tuple[int, int]  # boot, uptime at timestamp 0


@dataclass
class _Whole:
    """What is whole so far, and the damaged blocks behind that."""

    run: Run  # that holds where it ends
    parts: list[np.ndarray] = field(default_factory=list)
    damaged: list[tuple[int, int]] = field(default_factory=list)
    pending: bool = False  # is there a damaged block which no whole one has followed yet?
    doubt: bool = False  # may there have been a RUN in it?


def is_check(rows: np.ndarray) -> np.ndarray:
    """Which records are CHECKs, or were before a bit fell over."""
    return _is_near(rows, _CHECK)


def whole(rows: np.ndarray, header: segment.Header) -> tuple[np.ndarray, list[tuple[int, int]]]:
    """(the records of all whole blocks and those behind the last CHECK; the damaged blocks).

    A damaged block is (first record, the one after its last, which was its CHECK). CHECKs are left
    out. A segment without a CHECK is believed.
    """
    checks = np.flatnonzero(is_check(rows))
    if not len(checks):
        return rows, []
    found = _Whole((header.boot, header.uptime))
    first = 0
    for check in map(int, checks):
        _take(found, rows, first, check)
        first = check + 1
    _take_open(found, rows, first)
    return np.concatenate([rows[:0], *found.parts]), found.damaged


def _take(found: _Whole, rows: np.ndarray, first: int, check: int) -> None:
    """Take a block, if its checksum is right."""
    block = rows[first:check]
    stamp, _, _, base, told = struct.unpack("<HHBII", rows[check, : frame.SIZE].tobytes())
    crc = zlib.crc32(rows[check, : frame.CHECKED].tobytes(), zlib.crc32(block.tobytes()))
    if crc != told or rows[check, frame.SIZE :].any():
        found.damaged.append((first, check))
        found.pending = True
        found.doubt |= bool(_is_near(block, _MARK).any())
        return
    begin = found.run[0] + (stamp - found.run[0] & 0xFFFF), base
    if found.pending:
        found.parts.append(_run(begin, block))
        found.pending = found.doubt = False
    found.parts.append(block)
    runs = block[_is_run(block)]
    found.run = struct.unpack("<II", runs[-1, 5 : frame.SIZE].tobytes()) if len(runs) else begin


def _take_open(found: _Whole, rows: np.ndarray, first: int) -> None:
    """Take what follows the last CHECK; from its first RUN on, if only that says when it was."""
    rest = rows[first:]
    if found.pending and found.doubt:
        runs = np.flatnonzero(_is_run(rest))
        lost = int(runs[0]) if len(runs) else len(rest)
        if lost:
            found.damaged.append((first, first + lost))
        rest = rest[lost:]
    elif found.pending and len(rest):
        found.parts.append(_run(found.run, rest))
    found.parts.append(rest)


def _run(run: Run, block: np.ndarray) -> np.ndarray:
    """A RUN before a block: coverage begins at its first frame."""
    record = bytearray(block.shape[1])
    held = np.flatnonzero(_is_run(block) | ~_is_near(block, _MARK))
    stamp = 0
    if len(held) and not _is_run(block[held[:1]])[0]:
        stamp = int(block[held[0], 0]) | int(block[held[0], 1]) << 8
    frame.mark_into(record, 0, stamp, frame.RUN, *run)
    return np.frombuffer(record, np.uint8).reshape(1, -1)


def _is_run(rows: np.ndarray) -> np.ndarray:
    return (rows[:, 2] == 0xFF) & (rows[:, 3] == 0xFF) & (rows[:, 4] == frame.RUN)


def _is_near(rows: np.ndarray, pattern: np.ndarray) -> np.ndarray:
    """Which records have these bytes, or these but for one bit."""
    near = _all_but_one(rows, pattern)
    at = np.flatnonzero(near)
    if len(at):
        differ = rows[at, _AT : _AT + len(pattern)] ^ pattern
        bits = np.zeros(len(at), np.uint32)
        for i in range(len(pattern)):
            bits |= differ[:, i].astype(np.uint32) << np.uint32(8 * i)
        near[at] = bits & (bits - np.uint32(1)) == 0
    return near


def _all_but_one(rows: np.ndarray, pattern: np.ndarray) -> np.ndarray:
    """Which records have the first two of these bytes, but for one bit: the few to look at."""
    differ = u16_at(rows, _AT) ^ np.uint16(frame.MARK)
    return differ & (differ - np.uint16(1)) == 0
