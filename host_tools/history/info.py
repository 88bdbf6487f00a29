"""packlog info: what a history holds, for people as tables, for scripts as JSON.

Times in UTC; charge from each frame's mean current and the time it covers: the net charge is exact,
in and out are each less than those of the readings, as a frame across both is their difference. A
day is one that was logged, silence does not count.
"""

import functools
import json
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
from host_tools.ground.errors import PacklogError
from host_tools.ground.progress import Progress
from host_tools.ground.text import PlainTable, console, plain, show
from host_tools.ground.units import moment
from host_tools.history import (
    cells,
    compressed,
    days,
    events,
    hours,
    packed,
    pieces,
    records,
)
from host_tools.history.counters import Compared, compare
from host_tools.history.timeline import UNKNOWN
from host_tools.history.undated import Undated

from store import segment

_DAY_S = 86400
_HOUR_S = 3600
_BOOTS_SAID = 5  # of those without a date
_PASSES = 6  # how often each file is gone through


@dataclass
class Summary:
    """What there is of one pack. None is not known; sizes in bytes, times in unix seconds."""

    pack: str
    first: int | None = None
    last: int | None = None
    logged_s: int = 0  # without the gaps
    gaps: int = 0
    gaps_s: int = 0  # of those whose length is known
    gaps_of_unknown_length: int = 0
    boots: int = 0
    frames: int = 0
    undated_frames: int = 0  # those whose time is not known
    undated: list[dict[str, int | None]] = field(default_factory=list)  # by boot: where they lie
    cells: int = 0  # records of all cells
    hours: int = 0  # that the board has added up
    days: int = 0
    charge_in_ah: float = 0.0
    charge_out_ah: float = 0.0
    charge_net_ah: float = 0.0
    # The BMS's own counters and what the history has of the same time
    counters: list[Compared] = field(default_factory=list)
    events: dict[str, int] = field(default_factory=dict)  # by kind
    files: int = 0
    sizes: dict[str, int] = field(default_factory=dict)  # by series
    bytes_a_frame: float | None = None  # of the frames' files
    bytes_a_day: float | None = None  # of all files
    bytes_a_day_compressed: float | None = None  # the same when the board has compressed them all
    remarks: list[str] = field(default_factory=list)  # as of two boards in one folder


def info(paths: Iterable[Path | str], as_json: bool = False) -> None:
    """Print what is in paths, which are files or folders.

    PacklogError if nothing can be read, or once all is printed, if something of it is damaged.
    """
    packs, damaged = collect(paths)
    if as_json:
        show(json.dumps({"packs": [asdict(pack) for pack in packs], "damaged": damaged}))
    else:
        screen = console()
        for pack in packs:
            screen.print(_table(pack))
            for remark in pack.remarks:
                screen.print(plain(remark), style="yellow", soft_wrap=True)
        for problem in damaged:
            screen.print(plain(f"damaged: {problem}"), style="red", soft_wrap=True)
    if not packs:
        raise PacklogError("no frames, cells or events in there: give what packlog pull copied")
    if damaged:
        raise records.damage(len(damaged))


def collect(paths: Iterable[Path | str]) -> tuple[list[Summary], list[str]]:
    """A Summary of each pack, by name, and what is wrong with which file."""
    files = records.find(paths)
    with Progress("reading", _PASSES * len(files), unit=None) as bar:
        found = _collect(files, bar.each(functools.cache(records.read)))
        bar.at(_PASSES * len(files))
    return found


def _collect(files: list[Path], read: records.Reader) -> tuple[list[Summary], list[str]]:
    of_pack: dict[str, list[Path]] = defaultdict(list)
    sizes: dict[str, Counter] = defaultdict(Counter)
    later: Counter = Counter()  # bytes once all is compressed
    damaged = []
    for path in files:
        header, _, problem = read(path)
        damaged += [problem] if problem else []
        if header and header.series in segment.FOLDERS:
            of_pack[header.name].append(path)
            size = path.stat().st_size
            sizes[header.name][segment.FOLDERS[header.series]] += size
            later[header.name] += compressed.size_of(path, size)
    packs = []
    for name, of_name in sorted(of_pack.items()):
        packs.append(_summary(name, of_name, damaged, read))
        _add_sizes(packs[-1], sizes[name], later[name])
    return packs, list(dict.fromkeys(damaged))


def _summary(name: str, files: list[Path], damaged: list[str], read: records.Reader) -> Summary:
    source = packed.load(files, read)
    loaded = source.loaded
    summary = Summary(name, files=len(files))
    _add_frames(summary, source)
    into, out, summary.logged_s = _charge(source)
    summary.charge_in_ah, summary.charge_out_ah = round(into, 3), round(out, 3)
    summary.charge_net_ah = round(into - out, 3)
    del source
    summary.counters = compare(files, read)
    of_cells = cells.load(files, read)
    summary.cells = len(of_cells) - int(of_cells.hole.sum())
    summary.hours, summary.days = _rollups(files, damaged, read)
    happened = events.load(files, read)
    kinds = Counter(kind.decode() for kind in happened.event)
    summary.events = dict(sorted(kinds.items()))
    damaged += loaded.problems + of_cells.problems + happened.problems
    remarks = loaded.remarks + of_cells.remarks + happened.remarks
    summary.remarks = list(dict.fromkeys(remarks))[:1]  # the frames' says it for all
    return summary


def _rollups(files: list[Path], damaged: list[str], read: records.Reader) -> tuple[int, int]:
    """How many hours and how many days there are."""
    counts = []
    for module in (hours, days):
        found = module.load(files, read)
        damaged += found.problems
        counts.append(len(found) - int(found.hole.sum()))
    return counts[0], counts[1]


def _add_frames(summary: Summary, source: packed.Source) -> None:
    counts = np.zeros(len(source.loaded.boots) + 1, np.int64)
    before = None
    near_holes = []
    for rows in packed.moments(source):
        near_holes.append(_near_holes(rows))
        _extend(summary, rows["time"])
        rows = {name: column[~rows["hole"]] for name, column in rows.items()}
        summary.frames += len(rows["time"])
        summary.undated_frames += int((rows["time"] == UNKNOWN).sum())
        counts += np.bincount(rows["undated"], minlength=len(counts))
        summary.boots += _begun(rows, before)
        before = {name: column[-1:] for name, column in rows.items()}
    summary.undated = _undated(source.loaded.boots, counts)
    if near_holes:
        names = list(near_holes[0])
        _add_gaps(summary, {n: np.concatenate([each[n] for each in near_holes]) for n in names})


def _extend(summary: Summary, time: np.ndarray) -> None:
    """To these unix s."""
    dated = time[time != UNKNOWN]
    if len(dated):
        ends = [summary.first, summary.last, int(dated.min()), int(dated.max())]
        known = [each for each in ends if each is not None]
        summary.first, summary.last = min(known), max(known)


def _near_holes(rows: pieces.Columns) -> pieces.Columns:
    """Those that start a gap and those beside them, and the first and the last one."""
    near = rows["hole"].copy()
    near[1:] |= rows["hole"][:-1]
    near[:-1] |= rows["hole"][1:]
    near[:1] = near[-1:] = True
    return {name: column[near] for name, column in rows.items()}


def _begun(rows: pieces.Columns, before: pieces.Columns | None) -> int:
    """How many boots begin among frames. before: the frame before them."""
    names = ("boot", "uptime")
    ahead = before or {name: rows[name][:0] for name in names}
    boot, uptime = (np.concatenate([ahead[name], rows[name]]) for name in names)
    again = (boot[1:] != boot[:-1]) | (uptime[1:] <= uptime[:-1])
    return int(again.sum()) + (before is None and len(boot) > 0)


def _undated(boots: list[Undated], counts: np.ndarray) -> list[dict[str, int | None]]:
    """Between which dates each boot without one lies. counts: frames, by number in boots."""
    return [
        {
            "boot": boot.boot,
            "frames": int(count),
            "length_s": boot.length,
            "not_before": boot.earliest,
            "not_after": None if boot.latest is None else boot.latest + boot.length,
        }
        for boot, count in zip(boots, counts[1:], strict=True)
    ]


def _add_gaps(summary: Summary, rows: pieces.Columns) -> None:
    """Silence reaches from the frame before such a row to the one after."""
    time, boot, uptime = rows["time"], rows["boot"], rows["uptime"].astype(np.int64)
    hole = np.flatnonzero(rows["hole"])
    before, after = time[hole - 1], time[hole + 1]
    known = (before != UNKNOWN) & (after >= before)
    same = boot[hole - 1] == boot[hole + 1]
    length = uptime[hole + 1] - uptime[hole - 1]
    length = np.where(same & (length > 0), length, np.where(known, after - before, 0))
    summary.gaps = len(hole)
    summary.gaps_s = int(length.sum())
    summary.gaps_of_unknown_length = int((length == 0).sum())


def _charge(source: packed.Source) -> tuple[float, float, int]:
    """Ah in, Ah out and the seconds that frames cover."""
    into = out = 0.0
    covered = 0
    for log in source.loaded.logs:
        for block, spans in packed.blocks(log):
            current = np.nan_to_num(block.current.astype(np.float64))
            charge = current * spans.length / _HOUR_S
            into += float(charge[charge > 0].sum())
            out -= float(charge[charge < 0].sum())
            covered += int(spans.length.sum())
    return into, out, covered


def _add_sizes(summary: Summary, sizes: Counter, later: int) -> None:
    summary.sizes = dict(sizes)
    if summary.frames:
        summary.bytes_a_frame = round(sizes[segment.FOLDERS[segment.PACK]] / summary.frames, 3)
    if summary.logged_s:
        a_day = _DAY_S / summary.logged_s
        summary.bytes_a_day = round(sum(sizes.values()) * a_day, 1)
        summary.bytes_a_day_compressed = round(later * a_day, 1)


def _table(pack: Summary) -> PlainTable:
    table = PlainTable(title=pack.pack, title_justify="left", show_header=False)
    table.add_column(style="bold")
    table.add_column()
    for label, value in _rows(pack):
        table.add_row(label, value)
    return table


def _rows(pack: Summary) -> list[tuple[str, str]]:
    gaps = f"{pack.gaps}, {_duration(pack.gaps_s)} in all" if pack.gaps else "none"
    if pack.gaps_of_unknown_length:
        gaps += f", the length of {pack.gaps_of_unknown_length} not known"
    frames_said = str(pack.frames)
    if pack.undated_frames:
        frames_said += f", {pack.undated_frames} without a date"
    sizes = ", ".join(f"{name} {size}" for name, size in pack.sizes.items())
    rows = [
        ("from", moment(pack.first)),
        ("to", moment(pack.last) + (", of the dated frames" if pack.undated else "")),
        ("logged", _duration(pack.logged_s)),
        ("gaps", gaps),
        ("boots", str(pack.boots)),
        ("frames", frames_said),
        *_undated_rows(pack.undated),
        ("cells", f"{pack.cells} records"),
        *([("added up", f"{pack.hours} hours, {pack.days} days")] if pack.hours else []),
        ("charge in", f"{pack.charge_in_ah:.3f} Ah, by the frames' means"),
        ("charge out", f"{pack.charge_out_ah:.3f} Ah, by the frames' means"),
        ("charge net", f"{pack.charge_net_ah:+.3f} Ah"),
        *((f"BMS's {each.name}", _compared(each)) for each in pack.counters),
        ("files", f"{pack.files}: {sizes} bytes"),
        ("bytes a frame", _number(pack.bytes_a_frame, 2)),
        ("bytes a day", _bytes_a_day(pack)),
    ]
    rows += [(f"event {kind}", str(count)) for kind, count in pack.events.items()]
    return rows


def _undated_rows(boots: list[dict[str, int | None]]) -> list[tuple[str, str]]:
    said = []
    for boot in boots[:_BOOTS_SAID]:
        what = f"{_frames(boot['frames'])} without a date, {_duration(boot['length_s'])}"
        where = _where(boot["not_before"], boot["not_after"])
        said += [(f"boot {boot['boot']}", f"{what},"), ("", where)]
    if rest := boots[_BOOTS_SAID:]:
        count = _frames(sum(boot["frames"] for boot in rest))
        said.append((f"{len(rest)} more boots", f"{count} without a date"))
    return said


def _frames(count: int) -> str:
    return f"{count} frame{'s' * (count != 1)}"


def _where(low: int | None, high: int | None) -> str:
    if low is None or high is None:
        word, bound = ("before", high) if low is None else ("after", low)
        return "nothing says when" if bound is None else f"{word} {moment(bound)}"
    return f"between {moment(low)} and {moment(high)}"


def _compared(each: Compared) -> str:
    return f"{each.bms:.3f} {each.unit}, by the frames {each.history:.3f} ({each.percent:+.1f} %)"


def _duration(seconds: int) -> str:
    days, rest = divmod(seconds, _DAY_S)
    clock = f"{rest // 3600}:{rest // 60 % 60:02}:{rest % 60:02}"
    return f"{days} d {clock}" if days else clock


def _bytes_a_day(pack: Summary) -> str:
    """Once compressed, which is what a budget is spent by; and as the files are."""
    now, later = pack.bytes_a_day, pack.bytes_a_day_compressed
    if now == later:
        return _number(now, 0)
    return f"{_number(later, 0)} once compressed, {_number(now, 0)} as it is now"


def _number(value: float | None, decimals: int) -> str:
    return "not known" if value is None else f"{value:.{decimals}f}"
