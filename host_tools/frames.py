"""Reads segments back into numpy arrays, by the description that the board writes them by.

load(paths) gives Frames: every frame of one pack, ordered and unique, with UTC where an anchor says
it. What is damaged costs only itself and is named in Frames.problems.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from host_tools import timeline
from host_tools.errors import PacklogError
from host_tools.timeline import Anchor
from store import frame, segment


def _dtype(description: tuple, bits: bool = False) -> np.dtype:
    types = [("<u2" if bits and kind == "f2" else "<" + kind) for _, _, kind, *_ in description]
    names, offsets = zip(*((name, offset) for name, offset, *_ in description), strict=True)
    return np.dtype({"names": names, "formats": types, "offsets": offsets, "itemsize": frame.SIZE})


FRAME = _dtype(frame.FIELDS)
RAW = _dtype(frame.FIELDS, bits=True)  # float16 as its bits
MARK = _dtype(frame.MARK_FIELDS)


# The columns of Frames and their numpy types
COLUMNS = {
    "boot": "u4",
    "uptime": "u4",
    "time": "i8",
    "voltage": "f4",
    "current": "f4",
    "temperature": "f4",
    "soc": "f4",
    "min_cell_voltage": "i4",
    "max_cell_voltage": "i4",
    "min_voltage_cell": "i2",
    "max_voltage_cell": "i2",
    "hole": "?",
}


@dataclass
class Frames:
    """One pack's frames, one array a column. Unknown is NaN, -1 (time, mV) or 0 (cell numbers).

    Where readings are missing stands a row with hole set and nothing known but when it begins.
    """

    boot: np.ndarray
    uptime: np.ndarray  # s since the boot
    time: np.ndarray  # unix s
    voltage: np.ndarray  # V
    current: np.ndarray  # A, mean since the row before, charge positive
    temperature: np.ndarray  # degC
    soc: np.ndarray  # %
    min_cell_voltage: np.ndarray  # mV
    max_cell_voltage: np.ndarray  # mV
    min_voltage_cell: np.ndarray  # from 1
    max_voltage_cell: np.ndarray  # from 1
    hole: np.ndarray
    pack: str = ""
    problems: list[str] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.boot)


@dataclass
class _Piece:
    """What one file holds: its frames' columns, where each one's coverage starts, its anchors."""

    header: segment.Header
    columns: dict[str, np.ndarray]
    start: np.ndarray
    anchors: list[tuple[int, Anchor]]


def load(paths: Iterable[Path | str]) -> Frames:
    """The frames of all segments in paths, which are files or folders. PacklogError if none is."""
    pieces, problems = [], []
    for path in find(paths):
        piece = _read(path, problems)
        if piece:
            pieces.append(piece)
    packs = sorted({piece.header.name for piece in pieces})
    if len(packs) > 1:
        raise PacklogError(f"more than one pack here ({', '.join(packs)}): name one's folder")
    of_log = defaultdict(list)
    for piece in pieces:
        of_log[piece.header.log].append(piece)
    logs = sorted(map(_merge, of_log.values()), key=lambda log: log.first_time)
    return Frames(**_with_holes(logs), pack="".join(packs), problems=problems)


def find(paths: Iterable[Path | str]) -> list[Path]:
    """The segment files in paths, each once, by name."""
    found: dict[Path, Path] = {}
    for path in map(Path, paths):
        if not path.exists():
            raise PacklogError(f"{path} does not exist: give a pulled folder or .seg files")
        files = sorted(path.rglob("*" + segment.SUFFIX)) if path.is_dir() else [path]
        for file in files:
            found.setdefault(file.resolve(), file)
    if not found:
        raise PacklogError("no segments (*.seg) found: pull them off the board first")
    return list(found.values())


def _read(path: Path, problems: list[str]) -> _Piece | None:
    try:
        data = path.read_bytes()
        if not data:
            return None  # begun, never written
        header = segment.parse_header(data)
    except OSError as error:
        problems.append(f"{path}: {error.strerror}")
        return None
    except segment.SegmentError as error:
        problems.append(f"{path}: {error}")
        return None
    if header.series != segment.PACK:
        return None
    count, torn = divmod(len(data) - header.header_size, header.record_size)
    if torn or count < 0:
        count = max(count, 0)
        problems.append(f"{path}: cut off after {count} records")
    return _piece(
        header, np.frombuffer(data, RAW, count, min(header.header_size, len(data))), path, problems
    )


def _piece(header, records: np.ndarray, path: Path, problems: list[str]) -> _Piece:
    marked = records["voltage"] == frame.MARK
    marks = records.view(MARK)
    is_run = marked & (marks["kind"] == frame.RUN)
    # One row a run: the header's, then those of the marks.
    runs = marks[is_run]
    boot = np.concatenate(([header.boot], runs["a"])).astype(np.int64)
    base = np.concatenate(([header.uptime], runs["b"])).astype(np.int64)
    begin = base + np.concatenate(([0], runs["timestamp"]))
    run = np.cumsum(is_run)
    uptime = base[run] + records["timestamp"]
    anchors = [
        (int(boot[run[i]]), Anchor(int(uptime[i]), int(marks["a"][i]), int(marks["b"][i])))
        for i in np.flatnonzero(marked & (marks["kind"] == frame.ANCHOR))
    ]
    if header.utc:
        anchors.append((header.boot, Anchor(header.uptime, header.utc, header.clock, True)))
    keep = _until_backwards(np.flatnonzero(~marked), run, uptime, path, problems)
    columns = _columns(records[keep], header.layout)
    start = _starts(uptime[keep], run[keep], begin)
    columns["boot"] = boot[run[keep]].astype(np.uint32)
    columns["uptime"] = uptime[keep].astype(np.uint32)
    return _Piece(header, columns, start.astype(np.uint32), anchors)


def _until_backwards(index, run, uptime, path: Path, problems: list[str]) -> np.ndarray:
    """The frames up to where time runs backwards within a run, which no board writes."""
    wrong = np.diff(uptime[index]) < 0
    wrong &= np.diff(run[index]) == 0
    if not wrong.any():
        return index
    first = int(np.argmax(wrong)) + 1
    problems.append(f"{path}: damaged from record {index[first] + 1} on (time runs backwards)")
    return index[:first]


def _starts(uptime: np.ndarray, run: np.ndarray, begin: np.ndarray) -> np.ndarray:
    """Where frames' coverage starts: at the frame before, or where the run does."""
    start = begin[run]
    same = np.diff(run) == 0
    start[1:][same] = uptime[:-1][same]
    return start


def _columns(records: np.ndarray, layout: int) -> dict[str, np.ndarray]:
    packed = records["packed16"].astype(np.uint32) | records["packed8"].astype(np.uint32) << 16
    value, known = {}, {}
    for name, shift, bits, step, zero, _ in frame.LAYOUTS[layout]:
        number = (packed >> shift & ((1 << bits) - 1)).astype(np.int32)
        known[name] = number != (1 << bits) - 1
        value[name] = number * step + zero
    columns = {
        name: np.where(known[name], value[name] / 10, np.nan).astype(np.float32)
        for name in ("temperature", "soc")
    }
    for name in ("voltage", "current"):
        columns[name] = records[name].view("<f2").astype(np.float32)
    for name in ("min_cell_voltage", "max_cell_voltage"):
        columns[name] = records[name].astype(np.int32)
        columns[name][columns[name] == frame.UNKNOWN_MV] = -1
    cells = np.divmod(value["index"], frame.CELLS[layout])
    for name, cell in zip(("max_voltage_cell", "min_voltage_cell"), cells, strict=True):
        columns[name] = np.where(known["index"], cell + 1, 0).astype(np.int16)
    return columns


@dataclass
class _Log:
    """The frames of one log: their columns, and where each one's coverage starts."""

    columns: dict[str, np.ndarray]
    start: np.ndarray

    @property
    def first_time(self) -> float:
        known = self.columns["time"][self.columns["time"] != timeline.UNKNOWN]
        return int(known[0]) if len(known) else float("inf")


def _merge(pieces: list[_Piece]) -> _Log:
    """Order a log's frames by boot and uptime, and have each once."""
    pieces.sort(key=lambda piece: piece.header.sequence)
    names = list(pieces[0].columns)
    # Ten million frames: each column is let go of as soon as it is taken over.
    columns = {name: np.concatenate([p.columns.pop(name) for p in pieces]) for name in names}
    start = np.concatenate([piece.start for piece in pieces])
    boot, uptime = columns["boot"], columns["uptime"]
    rising = (boot[1:] > boot[:-1]) | (boot[1:] == boot[:-1]) & (uptime[1:] > uptime[:-1])
    if not rising.all():
        key = boot.astype(np.uint64) << np.uint64(32) | uptime
        _, index = np.unique(key, return_index=True)
        columns = {name: columns[name][index] for name in names}
        start = start[index]
    columns["time"] = _times(columns["boot"], columns["uptime"], pieces)
    columns["hole"] = np.zeros(len(start), bool)
    return _Log(columns, start)


def _times(boot: np.ndarray, uptime: np.ndarray, pieces: list[_Piece]) -> np.ndarray:
    anchors = defaultdict(list)
    for piece in pieces:
        for of_boot, anchor in piece.anchors:
            anchors[of_boot].append(anchor)
    time = np.full(len(boot), timeline.UNKNOWN, np.int64)
    for of_boot, said in anchors.items():
        rows = slice(
            np.searchsorted(boot, np.uint32(of_boot)),
            np.searchsorted(boot, np.uint32(of_boot), "right"),
        )
        timeline.date(time[rows], uptime[rows], said)
    return time


def _with_holes(logs: list[_Log]) -> dict[str, np.ndarray]:
    """The columns of all logs one after the other, with a row for each hole."""
    hole = _holes(logs)
    after = np.flatnonzero(hole)
    holes = after + np.arange(1, len(after) + 1)
    is_frame = np.ones(len(hole) + len(after), bool)
    is_frame[holes] = False
    rows = {}
    for name, kind in COLUMNS.items():
        parts = [log.columns.pop(name) for log in logs]
        column = parts[0] if len(parts) == 1 else np.concatenate([np.empty(0, kind), *parts])
        if len(after):
            unknown = np.nan if kind == "f4" else -1 if name.endswith("_voltage") else 0
            rows[name] = np.full(len(is_frame), unknown, kind)
            rows[name][is_frame] = column
        else:
            rows[name] = column
    for name in ("boot", "uptime", "time"):
        rows[name][holes] = rows[name][holes - 1]
    rows["uptime"][holes] += 1
    rows["time"][holes] += rows["time"][holes] != timeline.UNKNOWN
    rows["hole"][holes] = True
    return rows


def _holes(logs: list[_Log]) -> np.ndarray:
    """After which frames there is silence: always at the end of a boot, never at the very end."""
    found = [np.zeros(0, bool)]
    for log in logs:
        boot, uptime, start = log.columns["boot"], log.columns["uptime"], log.start
        silent = (start[1:] > uptime[:-1]) & (uptime[1:] - uptime[:-1] > 1)
        silent |= boot[1:] != boot[:-1]
        if len(boot):
            found += [silent, np.ones(1, bool)]
    hole = np.concatenate(found)
    hole[-1:] = False
    return hole
