"""What a report says of a pack, as numbers: gathered from all series of its history."""

import functools
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path

import numpy as np
from host_tools.ground.errors import PacklogError
from host_tools.ground.progress import Progress
from host_tools.history import (
    cells,
    days,
    events,
    gaps,
    info_days,
    own_days,
    packed,
    records,
    resample,
    resistance,
)
from host_tools.history.events import Events
from host_tools.history.grids import DAY_S, AnyGrid, grid
from host_tools.history.info_days import Day
from host_tools.history.periods import Periods
from host_tools.history.ranges import EVER, Range
from host_tools.history.resistance import Resistance
from host_tools.history.timeline import UNKNOWN

_PASSES = 5  # how often each file is gone through
SLOTS = 96  # of a day in the heat map
_SLOT = "15min"
# Events that say little by themselves: values that are noted now and then
_PLAIN = ("value", "text", "config", "switches", "clock_set")
MOST_EVENTS, MOST_GAPS = 40, 25  # in the tables


@dataclass
class Spread:
    """Of the cells, by day (since 1970): mV between highest and lowest, the median and the highest
    of its records; and the median deviation of each cell from the mean of all, mV.
    """

    day: np.ndarray
    median: np.ndarray
    highest: np.ndarray
    deviation: np.ndarray


@dataclass
class Facts:
    """All of a pack. power: W, the mean of each SLOTS-th of a day, a row a day from first_day on;
    silences: begin and end, unix s. zone: what local time goes by, called so.
    """

    pack: str
    zone: str
    days: list[Day]
    first_day: int
    power: np.ndarray
    spread: Spread | None
    silences: list[tuple[int, int]]
    events: list[tuple[int, str, str]]  # unix s, name, details
    event_counts: list[tuple[str, int]]
    resistance: Resistance | None
    resistances: list[tuple[str, Resistance]]
    local: AnyGrid
    cycle_ah: float | None = None  # the configured capacity; None: not known
    soc_change: float | None = None  # %, from the first frame to the last
    undated_s: int = 0
    problems: list[str] = field(default_factory=list)

    def local_text(self, unix: int) -> str:
        """A moment in local time, to the minute."""
        day = int(self.local.cell(np.array([unix]))[0])
        second = unix - int(self.local.edge(np.array([day]))[0])
        at = datetime(1970, 1, 1) + timedelta(day, second)
        return f"{at:%Y-%m-%d %H:%M}"


def gather(paths: Iterable[Path | str], span: Range = EVER, zone: str | None = None) -> Facts:
    """The facts of the one pack in paths. PacklogError if there is none, or more than one."""
    files = records.find(paths)
    with Progress("reading", _PASSES * len(files), unit=None) as bar:
        read = bar.each(functools.cache(records.read))
        packs, damaged = info_days.collect(files, zone)
        if len(packs) != 1:
            names = ", ".join(pack.pack for pack in packs)
            raise PacklogError(f"a report is of one pack: {names or 'there is none'} here")
        source = packed.load(files, read)
        of_events = events.load(files, read)
        local, called = own_days.grid(files, read, zone, _moments(source, of_events))
        first_day, power = _power(source, local, span)
        found = resistance.changes(source, span)
        return Facts(
            packs[0].pack,
            called,
            [day for day in packs[0].days if _is_in(day, local, span)],
            first_day,
            power,
            _spread(files, read, local, span),
            _silences(source, span),
            _events(of_events, span),
            _counts(of_events, span),
            resistance.estimate(found),
            list(resistance.by_month(found)),
            local,
            _capacity(days.load(files, read)),
            _soc_change(source, span),
            packs[0].undated_s,
            damaged,
        )


def _capacity(rows: Periods) -> float | None:
    """Ah: the board's days say how many full cycles their charge is."""
    if not len(rows):
        return None
    cycles = rows.values["cycles"]
    charge = (rows.values["charge_in"] + rows.values["charge_out"]) / 2
    known = np.isfinite(cycles) & np.isfinite(charge)
    total = float(cycles[known].sum())
    return float(charge[known].sum()) / total if total > 0.1 else None


def _soc_change(source: packed.Source, span: Range) -> float | None:
    ends = []
    for rows in packed.rows_of(source, span):
        known = rows.soc[np.isfinite(rows.soc) & (rows.time != UNKNOWN)]
        ends += [float(known[0]), float(known[-1])] if len(known) else []
    return ends[-1] - ends[0] if ends else None


def day_number(text: str) -> int:
    """Days since 1970 of YYYY-MM-DD."""
    return (date.fromisoformat(text) - date(1970, 1, 1)).days


def _moments(source: packed.Source, of_events: Events) -> np.ndarray:
    found = np.concatenate([source.time, of_events.time])
    found = found[found != UNKNOWN]
    if not len(found):
        raise PacklogError("nothing in there has a date: see packlog decode --guess")
    return found


def _is_in(day: Day, local: AnyGrid, span: Range) -> bool:
    number = day_number(day.day)
    begin, end = local.edge(np.array([number, number + 1])).tolist()
    return (span.begin is None or end > span.begin) and (span.end is None or begin < span.end)


def _power(source: packed.Source, local: AnyGrid, span: Range) -> tuple[int, np.ndarray]:
    """(the first day, W by day and slot, NaN where nothing is known)."""
    time, watts = [np.zeros(0, np.int64)], [np.zeros(0)]
    for block in resample.frames(source, grid(_SLOT)):
        rows = span.of_rows(block)
        rows_in = np.flatnonzero(~rows.hole & (rows.time != UNKNOWN) & (rows.seconds > 0))
        net = rows.values["energy_in"] - rows.values["energy_out"]
        time.append(rows.time[rows_in])
        watts.append((net * 3600 / np.maximum(rows.seconds, 1))[rows_in])
    time, watts = np.concatenate(time), np.concatenate(watts)
    if not len(time):
        return 0, np.zeros((0, SLOTS))
    day = local.cell(time)
    slot = np.clip((time - local.edge(day)) // (DAY_S // SLOTS), 0, SLOTS - 1)
    first = int(day.min())
    sums, counts = np.zeros((2, int(day.max()) - first + 1, SLOTS))
    np.add.at(sums, (day - first, slot), watts)
    np.add.at(counts, (day - first, slot), 1)
    return first, np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)


def _spread(files: list[Path], read, local: AnyGrid, span: Range) -> Spread | None:
    rows = span.of_rows(cells.load(files, read))
    known = rows.cells > 0
    which = np.flatnonzero(~rows.hole & (rows.time != UNKNOWN) & (known.sum(axis=1) > 1))
    if not len(which):
        return None
    mv, known = rows.cells[which].astype(float), known[which]
    mv[~known] = np.nan
    apart = np.nanmax(mv, axis=1) - np.nanmin(mv, axis=1)
    deviation = mv - np.nanmean(mv, axis=1, keepdims=True)
    day = local.cell(rows.time[which])
    days = np.unique(day)
    of_day = [apart[day == each] for each in days]
    median, highest = (np.array([f(each) for each in of_day]) for f in (np.median, np.max))
    here = known.any(axis=0)
    return Spread(days, median, highest, np.nanmedian(deviation[:, here], axis=0))


def _silences(source: packed.Source, span: Range) -> list[tuple[int, int]]:
    begin, end = gaps.all_of(source)
    inside = span.has(begin)
    return list(zip(begin[inside].tolist(), end[inside].tolist(), strict=True))


def _events(rows: Events, span: Range) -> list[tuple[int, str, str]]:
    rows = span.of_rows(rows)
    found = [
        (time, name.decode(), details.decode())
        for time, name, details in zip(
            rows.time.tolist(), rows.event.tolist(), rows.details.tolist(), strict=True
        )
        if time != UNKNOWN
    ]
    return [each for each in found if each[1] not in _PLAIN]


def _counts(rows: Events, span: Range) -> list[tuple[str, int]]:
    return Counter(each.decode() for each in span.of_rows(rows).event.tolist()).most_common()
