"""packlog info --days: a row a local day, for people as a table, for scripts as JSON.

From what the board has added up, its days or else its hours; from the frames where those cover more
of a day: of today, and of what an older packlog has logged. Energy is the sum of voltage x current
x time: of the readings in days and hours, of the lines between frames in those.
"""

import functools
import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import date, timedelta
from pathlib import Path

import numpy as np
from host_tools.ground.errors import PacklogError
from host_tools.ground.progress import Progress
from host_tools.ground.text import PlainTable, console, plain, show
from host_tools.history import days, gaps, hours, own_days, packed, periods, records, resample
from host_tools.history.grids import AnyGrid
from host_tools.history.periods import EXTREME_CELLS, NO_DAY, Periods
from host_tools.history.timeline import UNKNOWN

from store import segment

_PASSES = 5  # how often each file is gone through
_WIDTH = 140  # at most, of the table: a terminal that is narrower breaks its lines
_KILO = 1000
DAYS, HOURS, FRAMES = "days", "hours", "frames"
_LESS_S = 300  # of a day, that what counts first may cover less than what counts next
_NO_GAP_S = 15


@dataclass
class Day:
    """What there is of one local day. None is not known; by: what it was added up from."""

    day: str  # YYYY-MM-DD
    kwh_in: float
    kwh_out: float
    ah_in: float
    ah_out: float
    peak_in_a: float | None
    peak_out_a: float | None
    lowest_cell_v: float | None
    lowest_cell: int | None
    highest_cell_v: float | None
    highest_cell: int | None
    soc_lowest: float | None
    soc_highest: float | None
    temperature_lowest: float | None
    temperature_highest: float | None
    logged_s: int
    gaps: int | None
    gaps_s: int
    by: str


@dataclass
class Pack:
    """The days of one pack. undated_s: what was logged and belongs to no day."""

    pack: str
    zone: str
    undated_s: int
    days: list[Day] = field(default_factory=list)


def info(
    paths: Iterable[Path | str],
    as_json: bool = False,
    last: int | None = None,
    zone: str | None = None,
) -> None:
    """Print the days of the packs in paths, which are files or folders; last: only so many.

    zone: of the days that the board has not added up; None: as its days show it, or UTC.
    PacklogError if nothing can be read, or once all is printed, if something of it is damaged.
    """
    packs, damaged = collect(paths, zone)
    for pack in packs:
        pack.days = pack.days[-last:] if last else pack.days
    if as_json:
        show(json.dumps({"packs": [asdict(pack) for pack in packs], "damaged": damaged}))
    else:
        _print(packs, damaged)
    if not packs:
        raise PacklogError("no days, hours or frames in there: give what packlog pull copied")
    if damaged:
        raise records.damage(len(damaged))


def collect(paths: Iterable[Path | str], zone: str | None = None) -> tuple[list[Pack], list[str]]:
    """The days of each pack, by name, and what is wrong with which file."""
    files = records.find(paths)
    of_pack: dict[str, list[Path]] = defaultdict(list)
    damaged = []
    with Progress("reading", _PASSES * len(files), unit=None) as bar:
        read = bar.each(functools.cache(records.read))
        for path in files:
            header, _, problem = read(path)
            damaged += [problem] if problem else []
            if header and header.series in segment.FOLDERS:
                of_pack[header.name].append(path)
        packs = [_pack(name, mine, read, zone) for name, mine in sorted(of_pack.items())]
    return packs, list(dict.fromkeys(damaged))


def _pack(name: str, files: list[Path], read: records.Reader, zone: str | None) -> Pack:
    of_days, of_hours = days.load(files, read), hours.load(files, read)
    source = packed.load(files, read)
    parts = [each[each != UNKNOWN] for each in (of_days.time, of_hours.time, source.time)]
    moments = np.concatenate(parts)
    grid, called = own_days.grid(files, read, zone, moments)
    of_frames = resample.whole(resample.frames(source, grid, periods.VALUES))
    hour_day = np.where(of_hours.time == UNKNOWN, NO_DAY, grid.cell(of_hours.time))
    found = {
        DAYS: _by_day(of_days, of_days.day),
        HOURS: _by_day(of_hours, hour_day),
        FRAMES: _by_day(of_frames, of_frames.day),
    }
    silence = gaps.by_day(source, grid)
    covered = (int(moments.min()), int(moments.max())) if len(moments) else (0, 0)
    pack = Pack(name, called, _undated(of_days, of_days.day) or _undated(of_frames, of_frames.day))
    for day in sorted({day for each in found.values() for day in each}):
        pack.days.append(_day(day, found, silence.get(day, (0, 0)), _span(grid, day, covered)))
    return pack


def _undated(rows: Periods, day: np.ndarray) -> int:
    return int(rows.seconds[day == NO_DAY].sum())


def _span(grid: AnyGrid, day: int, covered: tuple[int, int]) -> int:
    """How many seconds of a day lie between the first and the last that is known of the history."""
    begin, end = grid.edge(np.array([day, day + 1])).tolist()
    return max(0, min(end, max(covered[1], begin)) - max(begin, covered[0]))


def _by_day(rows: Periods, day: np.ndarray) -> dict[int, dict[str, float]]:
    """What is said of each day, rows of the same one added up."""
    which = np.flatnonzero(~rows.hole & (day != NO_DAY))
    if not len(which):
        return {}
    sums = periods.taken(periods.sums_of(rows), which)
    order, first = periods.grouped(day[which])
    sums = periods.combined(periods.taken(sums, order), first)
    columns = {**periods.values_of(sums), "seconds": sums.seconds}
    found = day[which][order][first].tolist()
    return {
        each: {name: value[i].item() for name, value in columns.items()}
        for i, each in enumerate(found)
    }


def _day(day: int, found: dict, silence: tuple[int, int], span: int) -> Day:
    """By the source that counts first, of those that cover about as much as any."""
    there = {by: each[day] for by, each in found.items() if day in each}
    most = max(said["seconds"] for said in there.values())
    by = next(by for by, said in there.items() if said["seconds"] >= most - _LESS_S)
    said = there[by]
    extremes = functools.reduce(_wider, there.values())
    logged = int(said["seconds"])
    count, seconds = silence
    if FRAMES not in there or there[FRAMES]["seconds"] < logged - _LESS_S:
        seconds = max(0, span - logged)
        seconds = seconds if seconds > _NO_GAP_S else 0
        count = None if seconds else 0
    low, high = extremes["current_min"], extremes["current_max"]
    return Day(
        f"{date(1970, 1, 1) + timedelta(day)}",
        round(said["energy_in"] / _KILO, 3),
        round(said["energy_out"] / _KILO, 3),
        round(said["charge_in"], 2),
        round(said["charge_out"], 2),
        None if np.isnan(high) else round(max(0.0, high), 1),
        None if np.isnan(low) else round(max(0.0, -low), 1),
        _known(extremes["min_cell_voltage_min"], 3),
        int(extremes["min_voltage_cell"]) or None,
        _known(extremes["max_cell_voltage_max"], 3),
        int(extremes["max_voltage_cell"]) or None,
        _known(extremes["soc_min"], 1),
        _known(extremes["soc_max"], 1),
        _known(extremes["temperature_min"], 1),
        _known(extremes["temperature_max"], 1),
        logged,
        count,
        seconds,
        by,
    )


def _wider(one: dict, other: dict) -> dict:
    """The extremes of both, with their cells."""
    found = dict(one)
    for quantity in periods.QUANTITIES:
        for end, is_beyond in ((periods.MIN, float.__lt__), (periods.MAX, float.__gt__)):
            name = periods.column(quantity, end)
            if np.isnan(one[name]) or is_beyond(other[name], one[name]):
                found[name] = other[name]
                found |= {
                    cell: other[cell]
                    for cell, of, highest in EXTREME_CELLS
                    if of == quantity and highest == (end == periods.MAX)
                }
    return found


def _known(value: float, decimals: int) -> float | None:
    return None if np.isnan(value) else round(value, decimals)


# As a table

_HEADINGS = ("day", "kWh in", "kWh out", "A in", "A out", "lowest cell, V", "highest cell, V")
_HEADINGS += ("SoC, %", "degC", "gaps", "by")


def _print(packs: list[Pack], damaged: list[str]) -> None:
    screen = console()
    screen.width = max(screen.width, _WIDTH)
    for pack in packs:
        title = f"{pack.pack}: days of {pack.zone}"
        table = PlainTable(title=title, title_justify="left")
        for heading in _HEADINGS:
            side = "left" if heading in ("day", "by") else "right"
            table.add_column(heading, justify=side, no_wrap=True)
        for day in pack.days:
            table.add_row(*_cells(day))
        screen.print(table)
        if pack.undated_s:
            line = f"{pack.pack}: {_duration(pack.undated_s)} without a date are in none of them"
            screen.print(plain(line), style="yellow", soft_wrap=True)
    for problem in damaged:
        screen.print(plain(f"damaged: {problem}"), style="red", soft_wrap=True)


def _cells(day: Day) -> list[str]:
    return [
        day.day,
        f"{day.kwh_in:.2f}",
        f"{day.kwh_out:.2f}",
        _text(day.peak_in_a, 1),
        _text(day.peak_out_a, 1),
        _cell(day.lowest_cell_v, day.lowest_cell),
        _cell(day.highest_cell_v, day.highest_cell),
        _range(day.soc_lowest, day.soc_highest),
        _range(day.temperature_lowest, day.temperature_highest),
        _gaps(day),
        day.by,
    ]


def _text(value: float | None, decimals: int) -> str:
    return "" if value is None else f"{value:.{decimals}f}"


def _cell(volts: float | None, number: int | None) -> str:
    return _text(volts, 3) + (f" ({number})" if number else "")


def _range(low: float | None, high: float | None) -> str:
    return "" if low is None or high is None else f"{low:g} to {high:g}"


def _gaps(day: Day) -> str:
    if not day.gaps_s:
        return "none" if day.gaps == 0 else str(day.gaps)
    return f"{'' if day.gaps is None else f'{day.gaps}: '}{_duration(day.gaps_s)}"


def _duration(seconds: int) -> str:
    return f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"
