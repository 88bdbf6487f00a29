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
_ROWS = 100_000  # at least, of all parts of a log but the last


@dataclass
class Log:
    """The records of one log in order, each once. number: as the files' headers have it.

    parts: their columns, some hundred thousand records at a time: boot, uptime, time, undated and
    hole among them, and start, where what a record covers starts. At least one part.
    """

    parts: list[Columns]
    number: int = 0

    def __len__(self) -> int:
        return sum(len(part["boot"]) for part in self.parts)

    @property
    def columns(self) -> Columns:
        """Those of all records, which are one part then: for series of few records."""
        if len(self.parts) > 1:
            names = list(self.parts[0])
            self.parts = [{n: stack([part.pop(n) for part in self.parts]) for n in names}]
        return self.parts[0]

    @property
    def start(self) -> np.ndarray:
        """Of all records."""
        return self.columns["start"]

    @property
    def first_time(self) -> float:
        known = (part["time"][part["time"] != timeline.UNKNOWN] for part in self.parts)
        return next((int(each[0]) for each in known if len(each)), float("inf"))

    @property
    def span(self) -> tuple[int, int] | None:
        """The first and the last second that are known; None if none is."""
        known = (part["time"][part["time"] != timeline.UNKNOWN] for part in self.parts)
        ends = [(int(each.min()), int(each.max())) for each in known if len(each)]
        return (min(a for a, _ in ends), max(b for _, b in ends)) if ends else None


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
    parts = loaded.logs[-1].parts
    for part in parts:
        part["undated"] = np.zeros(len(part["boot"]), np.int32)
    for number, boot in undated.find(boots.values()).items():
        rows = [(part, _rows_of(part["boot"], number)) for part in parts]
        rows = [(part, which) for part, which in rows if which.start < which.stop]
        if rows:
            loaded.boots.append(boot)
        for part, which in rows:
            part["undated"][which] = len(loaded.boots)


def _merge(pieces: list[Piece], boots: dict[int, Boot], identity) -> Log:
    """Order a log's records by boot and uptime, and have each once."""
    pieces.sort(key=lambda piece: piece.header.sequence)
    log = Log(_parts(pieces))
    if not _is_rising(log.parts):
        columns = log.columns
        which = _order(columns["boot"], columns["uptime"], [columns[name] for name in identity])
        for name in list(columns):
            columns[name] = columns[name][which]
    times = [np.full(len(part["boot"]), timeline.UNKNOWN, np.int64) for part in log.parts]
    for number, known in boots.items():
        chosen = timeline.choose(known.anchors)
        for part, time in zip(log.parts, times, strict=True):
            rows = _rows_of(part["boot"], number)
            timeline.date(time[rows], part["uptime"][rows], chosen)
    for part, time in zip(log.parts, times, strict=True):
        part["time"], part["hole"] = time, np.zeros(len(time), bool)
    return log


def _parts(pieces: list[Piece]) -> list[Columns]:
    """The columns of pieces, of small ones several together."""
    parts, together, count = [], [], 0
    for piece in pieces:
        together.append({**piece.columns, "start": piece.start})
        count += len(piece.start)
        piece.columns, piece.start = {}, piece.start[:0]
        if count >= _ROWS or piece is pieces[-1]:
            parts.append({n: stack([each.pop(n) for each in together]) for n in list(together[0])})
            together, count = [], 0
    return [part for part in parts if len(part["boot"])] or parts[:1]


def _is_rising(parts: list[Columns]) -> bool:
    """Does each record come after the one before?"""
    last = -1, -1
    for part in parts:
        boot, uptime = part["boot"], part["uptime"]
        if not len(boot):
            continue
        rising = (boot[1:] > boot[:-1]) | (boot[1:] == boot[:-1]) & (uptime[1:] > uptime[:-1])
        if not rising.all() or last >= (int(boot[0]), int(uptime[0])):
            return False
        last = int(boot[-1]), int(uptime[-1])
    return True


def stack(parts: list[np.ndarray]) -> np.ndarray:
    """Columns one after the other; those of several cells are widened with unknown ones."""
    if len(parts) == 1:
        return parts[0]
    width = max((part.shape[1] for part in parts if part.ndim == 2), default=0)
    if any(part.ndim == 2 and part.shape[1] < width for part in parts):
        parts = [np.pad(part, ((0, 0), (0, width - part.shape[1]))) for part in parts]
    return np.concatenate(parts)


def _order(boot: np.ndarray, uptime: np.ndarray, others: list[np.ndarray]) -> np.ndarray:
    """Which records to take, in order: of several that are the same the first."""
    key = boot.astype(np.uint64) << np.uint64(32) | uptime
    if not others:
        return np.unique(key, return_index=True)[1]
    table = np.stack([key, *(other.astype(np.uint64) for other in others)], axis=1)
    first = np.sort(np.unique(table, axis=0, return_index=True)[1])
    return first[np.argsort(key[first], kind="stable")]


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
    for name in [name for name in logs[0].columns if name != "start"]:
        columns[name] = stack([log.columns.pop(name) for log in logs])
    return one_a_second(put_holes(columns, hole, unknown))[0]


def put_holes(columns: Columns, hole: np.ndarray, unknown: dict[str, object]) -> Columns:
    """The same columns with a row behind each for which hole is True."""
    after = np.flatnonzero(hole)
    if not len(after):
        return columns
    holes = after + np.arange(1, len(after) + 1)
    spans = [slice(a, b) for a, b in zip([0, *after], [*(after + 1), len(hole)], strict=True)]
    rows = {}
    for name in list(columns):
        column = columns.pop(name)
        rows[name] = np.concatenate([column[span] for span in spans])  # the row before a hole twice
        if name not in _OF_BEFORE:
            rows[name][holes] = unknown.get(name, 0)
    rows["uptime"][holes] += 1
    rows["time"][holes] += rows["time"][holes] != timeline.UNKNOWN
    rows["hole"][holes] = True
    return rows


_OF_BEFORE = ("boot", "uptime", "time", "undated")  # that a hole has of the row before
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
        following = [*log.parts[1:], None]
        found += [_silent(part, after) for part, after in zip(log.parts, following, strict=True)]
    hole = np.concatenate(found)
    hole[-1:] = False
    return hole


def _silent(part: Columns, after: Columns | None) -> np.ndarray:
    """After which records of a part there is silence. after: the part behind it, or None."""
    names = ("boot", "uptime", "start", "time")
    boot, uptime, start, time = (
        np.append(part[name], after[name][:1]) if after else part[name] for name in names
    )
    silent = start[1:] > uptime[:-1]
    silent &= uptime[1:] - uptime[:-1] > 1
    last = np.flatnonzero(boot[1:] != boot[:-1])
    silent[last] |= ~_at_once(time, last)
    return silent if after or not len(boot) else np.append(silent, True)
