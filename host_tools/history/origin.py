"""Whose history a file is: each board draws a number for the log of a pack when it begins one, and
keeps it until its flash is erased. It stands in the header of every file.
"""

import struct
from collections.abc import Iterable
from datetime import datetime, timezone
from pathlib import Path

from host_tools.history import records

from store import segment, shard

HEAD_SIZE = struct.calcsize(shard.HEADER) + segment.HEADER_SIZE  # bytes that have the header


def log_of(head: bytes) -> int | None:
    """The log's number in the first bytes of a segment or shard; None if there is none."""
    if head[:4] == shard.MAGIC:
        head = head[struct.calcsize(shard.HEADER) :]
    try:
        return segment.parse_header(head).log
    except segment.SegmentError:
        return None


def logs_in(folder: Path) -> set[int]:
    """The logs of all files in a pulled folder."""
    return logs_of(_head(path) for path in records.files(folder))


def logs_of(heads: Iterable[bytes]) -> set[int]:
    """The logs of files with these first bytes."""
    return {log for log in map(log_of, heads) if log is not None}


def _head(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(HEAD_SIZE)
    except OSError:
        return b""


def overlaps(spans: dict[int, tuple[int, int]]) -> list[str]:
    """In words, which logs of a pack are of the same time: no board is in two places at once.

    spans: first and last second of each log (unix), of those that are dated.
    """
    found = []
    last_log = None
    for log, (first, last) in sorted(spans.items(), key=lambda item: item[1]):
        if last_log is not None and first < spans[last_log][1]:
            until = min(last, spans[last_log][1])
            found.append(
                f"logs {named((last_log, log))} are both of {_day(first)} to {_day(until)}: two "
                "boards with packs of the same name? Their files belong in folders of their own"
            )
        if last_log is None or last > spans[last_log][1]:
            last_log = log
    return found


def _day(unix: int) -> str:
    return f"{datetime.fromtimestamp(unix, timezone.utc):%Y-%m-%d}"


def named(logs: Iterable[int]) -> str:
    """Logs as a person reads them: 0a1b, 77f0."""
    return ", ".join(f"{log:04x}" for log in sorted(logs))
