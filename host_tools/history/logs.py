"""Puts the records of one series in order: which boot and second each is of, and its UTC.

load() reads every file of a pack. Anchors count for all series of a log, whichever they stand in.
What is damaged costs only itself and is named.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from host_tools.ground.errors import PacklogError
from host_tools.history import origin, records, timeline, undated
from host_tools.history.pieces import Columns, Piece, read_piece
from host_tools.history.undated import Boot, Undated

from store import segment

_TOGETHER = 64  # files


@dataclass
class Log:
    """The records of one log in order, each once: columns (boot, uptime and time among them), and
    where what each one covers starts. number: as the files' headers have it.
    """

    columns: Columns
    start: np.ndarray
    number: int = 0

    @property
    def first_time(self) -> float:
        known = self._known_times()
        return int(known[0]) if len(known) else float("inf")

    @property
    def span(self) -> tuple[int, int] | None:
        """The first and the last second that are known; None if none is."""
        known = self._known_times()
        return (int(known.min()), int(known.max())) if len(known) else None

    def _known_times(self) -> np.ndarray:
        return self.columns["time"][self.columns["time"] != timeline.UNKNOWN]


@dataclass
class Loaded:
    """What the files of a pack hold of a series; pack is empty if that is nothing. remarks: what
    is whole, but odd. boots: those without a date; column undated has their numbers, from 1.
    """

    pack: str = ""
    logs: list[Log] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    boots: list[Undated] = field(default_factory=list)


def load(
    paths: Iterable[Path | str],
    series: int,
    columns_of: Callable[[np.ndarray, segment.Header], Columns],
    identity: tuple[str, ...] = (),
    read: records.Reader = records.read,
) -> Loaded:
    """Every record of a series (numbered as in the header) in paths, which are files or folders.

    columns_of(rows, header) makes columns of records, a row of bytes each, or raises SegmentError.
    Two records of a log are the same if boot, uptime and the columns named in identity are. read is
    called once a file.
    PacklogError if there is no file at all, or those of more than one pack.
    """
    loaded = Loaded()
    of_log: dict[int, list[Piece]] = defaultdict(list)
    apart: dict[int, list[Piece]] = defaultdict(list)
    packs = set()
    for path in records.find(paths):
        header, rows, problem = read(path)
        if problem:
            loaded.problems.append(problem)
        if header is None or header.series not in segment.FOLDERS:
            continue
        packs.add(header.name)
        wanted = columns_of if header.series == series else None
        try:
            piece = read_piece(header, rows, wanted, path, loaded.problems)
        except segment.SegmentError as error:
            loaded.problems.append(f"{path}: {error}")
            continue
        of_log[header.log].append(piece)
        if piece.columns:
            _gather(apart[header.log], piece)
    if len(packs) > 1:
        raise PacklogError(
            f"more than one pack here ({', '.join(sorted(packs))}): name one's folder"
        )
    spans = {}
    for number, pieces in of_log.items():
        if mine := [piece for piece in pieces if piece.columns]:
            loaded.pack = mine[0].header.name
            boots = _boots(pieces)
            loaded.logs.append(_merge(mine, boots, identity))
            loaded.logs[-1].number = number
            _add_undated(loaded, boots)
            if len(of_log) > 1 and (span := loaded.logs[-1].span):
                spans[number] = span
    loaded.remarks = [f"{loaded.pack}: {each}" for each in origin.overlaps(spans)]
    loaded.logs.sort(key=lambda log: log.first_time)
    return loaded


def _gather(apart: list[Piece], piece: Piece) -> None:
    """Add a piece to those whose columns are apart; once they are many, the first takes them all.

    Thousands of small arrays would leave the memory fragmented.
    """
    if apart and piece.header.sequence <= apart[-1].header.sequence:
        apart.clear()
    apart.append(piece)
    if len(apart) < _TOGETHER:
        return
    first, *others = apart
    first.columns = {name: stack([each.columns[name] for each in apart]) for name in first.columns}
    first.start = np.concatenate([each.start for each in apart])
    for each in others:
        each.columns, each.start = {}, each.start[:0].copy()
    apart.clear()


def about(loaded: Loaded) -> dict[str, object]:
    """What the rows of a series say besides their columns."""
    names = ("pack", "problems", "remarks", "boots")
    return {name: getattr(loaded, name) for name in names}


def _boots(pieces: list[Piece]) -> dict[int, Boot]:
    """The boots of a log by number; their anchors in the order of the files."""
    boots: dict[int, Boot] = {}

    def of(number: int) -> Boot:
        return boots.setdefault(number, Boot(number))

    for piece in sorted(pieces, key=lambda piece: (piece.header.series, piece.header.sequence)):
        for boot, anchor in piece.anchors:
            of(boot).anchors.append(anchor)
        for boot, last in piece.lengths.items():
            of(boot).length = max(of(boot).length, last)
        for boot, uptime, count in piece.counted:
            of(boot).counted.append((uptime, count))
    for boot in boots.values():
        boot.counted.sort()
    return boots


def _add_undated(loaded: Loaded, boots: dict[int, Boot]) -> None:
    """Number, in the last log's rows, the boots without a date."""
    columns = loaded.logs[-1].columns
    columns["undated"] = np.zeros(len(columns["boot"]), np.int32)
    for number, boot in undated.find(boots.values()).items():
        rows = _rows_of(columns["boot"], number)
        if rows.start < rows.stop:
            loaded.boots.append(boot)
            columns["undated"][rows] = len(loaded.boots)


def _merge(pieces: list[Piece], boots: dict[int, Boot], identity) -> Log:
    """Order a log's records by boot and uptime, and have each once."""
    pieces.sort(key=lambda piece: piece.header.sequence)
    names = list(pieces[0].columns)
    # Ten million frames: each column is let go of as soon as it is taken over.
    columns = {name: stack([p.columns.pop(name) for p in pieces]) for name in names}
    start = np.concatenate([piece.start for piece in pieces])
    index = _order(columns["boot"], columns["uptime"], [columns[name] for name in identity])
    if index is not None:
        columns = {name: columns[name][index] for name in names}
        start = start[index]
    columns["time"] = _times(columns["boot"], columns["uptime"], boots)
    columns["hole"] = np.zeros(len(start), bool)
    return Log(columns, start)


def stack(parts: list[np.ndarray]) -> np.ndarray:
    """Columns one after the other; those of several cells are widened with unknown ones."""
    width = max((part.shape[1] for part in parts if part.ndim == 2), default=0)
    if any(part.ndim == 2 and part.shape[1] < width for part in parts):
        parts = [np.pad(part, ((0, 0), (0, width - part.shape[1]))) for part in parts]
    return np.concatenate(parts)


def _order(boot: np.ndarray, uptime: np.ndarray, others: list[np.ndarray]) -> np.ndarray | None:
    """Which records to take, in order: of several that are the same the first. None: all as is."""
    rising = (boot[1:] > boot[:-1]) | (boot[1:] == boot[:-1]) & (uptime[1:] > uptime[:-1])
    if rising.all():
        return None
    key = boot.astype(np.uint64) << np.uint64(32) | uptime
    if not others:
        return np.unique(key, return_index=True)[1]
    table = np.stack([key, *(other.astype(np.uint64) for other in others)], axis=1)
    first = np.sort(np.unique(table, axis=0, return_index=True)[1])
    return first[np.argsort(key[first], kind="stable")]


def _times(boot: np.ndarray, uptime: np.ndarray, boots: dict[int, Boot]) -> np.ndarray:
    time = np.full(len(boot), timeline.UNKNOWN, np.int64)
    for of_boot, known in boots.items():
        rows = _rows_of(boot, of_boot)
        timeline.date(time[rows], uptime[rows], known.anchors)
    return time


def _rows_of(boot: np.ndarray, number: int) -> slice:
    first = np.searchsorted(boot, np.uint32(number))
    return slice(int(first), int(np.searchsorted(boot, np.uint32(number), "right")))


def with_holes(logs: list[Log], unknown: dict[str, object]) -> Columns:
    """The columns of all logs one after the other, with a row for each stretch of silence.

    unknown: by column, what such a row has there. It has hole set, and says when silence begins.
    """
    if not logs:
        return {}
    hole = silences(logs)
    columns = {}
    for name in list(logs[0].columns):
        parts = [log.columns.pop(name) for log in logs]
        columns[name] = parts[0] if len(parts) == 1 else stack(parts)
    return one_a_second(put_holes(columns, hole, unknown))[0]


def put_holes(columns: Columns, hole: np.ndarray, unknown: dict[str, object]) -> Columns:
    """The same columns with a row behind each for which hole is True."""
    after = np.flatnonzero(hole)
    if not len(after):
        return columns
    holes = after + np.arange(1, len(after) + 1)
    is_record = np.ones(len(hole) + len(after), bool)
    is_record[holes] = False
    rows = {}
    for name in list(columns):
        column = columns.pop(name)
        shape = (len(is_record), *column.shape[1:])
        rows[name] = np.full(shape, unknown.get(name, 0), column.dtype)
        rows[name][is_record] = column
    for name in ("boot", "uptime", "time", "undated"):
        rows[name][holes] = rows[name][holes - 1]
    rows["uptime"][holes] += 1
    rows["time"][holes] += rows["time"][holes] != timeline.UNKNOWN
    rows["hole"][holes] = True
    return rows


Moment = tuple[int, int]  # boot, unix s


def one_a_second(rows: Columns, before: Moment | None = None) -> tuple[Columns, Moment | None]:
    """Leave out a boot's first record if the last one of the boot before is of the same second.

    It covers no time and carries no charge. before: the last row of the block before; returns that
    of this one, too.
    """
    boot, time = rows["boot"], rows["time"]
    if not len(boot):
        return rows, before
    twin = np.zeros(len(boot), bool)
    twin[1:] = (boot[1:] != boot[:-1]) & (time[1:] == time[:-1])
    twin[0] = before is not None and before[0] != boot[0] and before[1] == time[0]
    twin &= time != timeline.UNKNOWN
    before = int(boot[-1]), int(time[-1])
    return {name: column[~twin] for name, column in rows.items()} if twin.any() else rows, before


def _at_once(time: np.ndarray, which: np.ndarray) -> np.ndarray:
    """Are these records followed by the next within a second of UTC?"""
    here, following = time[which], time[which + 1]
    step = following - here
    known = (here != timeline.UNKNOWN) & (following != timeline.UNKNOWN)
    return known & (step >= 0) & (step < 2)


def silences(logs: list[Log]) -> np.ndarray:
    """After which records of all logs there is silence: at the end of a boot, never at the end."""
    found = [np.zeros(0, bool)]
    for log in logs:
        boot, uptime, start = log.columns["boot"], log.columns["uptime"], log.start
        silent = start[1:] > uptime[:-1]
        silent &= uptime[1:] - uptime[:-1] > 1
        last = np.flatnonzero(boot[1:] != boot[:-1])
        silent[last] |= ~_at_once(log.columns["time"], last)
        if len(boot):
            found += [silent, np.ones(1, bool)]
    hole = np.concatenate(found)
    hole[-1:] = False
    return hole
