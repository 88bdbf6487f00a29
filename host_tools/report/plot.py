"""packlog plot: curves of a range of time, with the band in which each reading was, gaps, events.

Between frames the curves are those of history/between.py. The band is what a config's tolerances
allow, by default. A long range is drawn as means with their lowest and highest values.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import tzinfo
from pathlib import Path

import numpy as np
from host_tools.ground.errors import PacklogError, UsageError
from host_tools.ground.output import open_output, spare_inputs
from host_tools.ground.progress import Progress
from host_tools.ground.words import there_are
from host_tools.history import between, days, events, gaps, packed, records, resample
from host_tools.history.events import Events
from host_tools.history.grids import Grid
from host_tools.history.periods import VALUES
from host_tools.history.ranges import EVER, Range
from host_tools.history.timeline import UNKNOWN

FORMATS = {".png": "png", ".svg": "svg", ".pdf": "pdf"}
# What each curve is called, its unit, the quantities that it draws
CURVES = {
    "current": ("Current", "A", ("current",)),
    "power": ("Power", "kW", ("power",)),
    "voltage": ("Voltage", "V", ("voltage",)),
    "soc": ("SoC", "%", ("soc",)),
    "cells": ("Lowest and highest cell", "V", ("min_cell_voltage", "max_cell_voltage")),
    "temperature": ("Temperature", "°C", ("temperature",)),
}
USUAL = "current,voltage,soc,cells"
_MARKED = ("protection", "bms_errors", "reboot", "link_silent", "storage_failed")
_MOST_LINES = 20_000  # drawn one by one
_ROWS = 2000  # of a longer range


@dataclass(frozen=True)
class Curve:
    """One quantity: lines from first to last between begin and end (unix s), and the band from low
    to high that they are in.
    """

    begin: np.ndarray
    end: np.ndarray
    first: np.ndarray
    last: np.ndarray
    low: tuple[np.ndarray, np.ndarray]
    high: tuple[np.ndarray, np.ndarray]


@dataclass
class Sheet:
    """All that a picture shows. curves: by name those of its quantities."""

    title: str
    curves: dict[str, list[Curve]]
    span: tuple[int, int]
    silences: list[tuple[int, int]]
    events: list[tuple[int, str]]
    is_means: bool


def plot(
    paths: Iterable[Path | str],
    out: Path,
    names: str = USUAL,
    span: Range = EVER,
    zone: tzinfo | None = None,
) -> None:
    """Draw curves, by their names, to a file. PacklogError if nothing is there; UsageError."""
    wanted = names.split(",")
    if unknown := [name for name in wanted if name not in CURVES]:
        raise UsageError(f"--curves {unknown[0]!r}: {there_are(CURVES)}")
    if out.suffix.lower() not in FORMATS:
        raise UsageError(f"{out}: a picture ends in {', '.join(FORMATS)}")
    from host_tools.report import sheet  # needs matplotlib: before anything is read

    files = records.find(paths)
    spare_inputs(out, files)
    made = gather(files, wanted, span)
    drawn = sheet.draw(made, zone)
    with open_output(out, "wb") as file:
        file.write(sheet.encoded(drawn, FORMATS[out.suffix.lower()]))


def gather(files: list[Path], wanted: list[str], span: Range) -> Sheet:
    """What is to be drawn."""
    with Progress("reading", 3 * len(files), unit=None) as bar:
        read = bar.each(records.read)
        source = packed.load(files, read)
        of_events = span.of_rows(events.load(files, read))
        capacity = _capacity_a(days.load(files, read))
    lines, is_means = _lines(source, span, capacity)
    everything = lines["current"]
    if not len(everything.begin):
        raise PacklogError("no frame with a date is in that time, so there is nothing to draw")
    covered = int(everything.begin.min()), int(everything.end.max())
    silent = zip(*(each.tolist() for each in gaps.all_of(source)), strict=True)
    return Sheet(
        source.loaded.pack,
        {name: [lines[each] for each in CURVES[name][2]] for name in wanted},
        covered,
        [(a, b) for a, b in silent if b > covered[0] and a < covered[1]],
        _marks(of_events),
        is_means,
    )


def _capacity_a(rows) -> float | None:
    """The tolerance of the current in A by the configured capacity; None: not known."""
    import config

    if not len(rows) or not np.nansum(rows.values["cycles"]) > 0.1:
        return None
    charge = np.nansum(rows.values["charge_in"] + rows.values["charge_out"]) / 2
    capacity = charge / np.nansum(rows.values["cycles"])
    return capacity * float(config.STORE["current_percent"][-1]) / 100


def _lines(
    source: packed.Source, span: Range, tolerance_a: float | None
) -> tuple[dict[str, Curve], bool]:
    """By quantity its curve; are they means of longer rows?"""
    time = source.time
    inside = time[span.has(time) & (time != UNKNOWN)]
    if len(inside) > _MOST_LINES:
        step = max(60, int(inside.max() - inside.min()) // _ROWS)
        return _means(source, span, Grid(step)), True
    parts = []
    for log in source.loaded.logs:
        resistances = packed.resistances_of(log)
        for block, spans in packed.blocks(log):
            drawn = between.drawn(block, spans, resistances)
            dated = block.time[drawn.row] != UNKNOWN
            parts.append(drawn.taken(dated & span.has(drawn.end)))
    found = {}
    for name in ("current", *between.QUANTITIES):
        found[name] = _joined([_curve(each, name, tolerance_a) for each in parts])
    amps, volts = found["current"], found["voltage"]
    found["power"] = _power(amps, volts)
    return found, False


def _curve(lines: between.Lines, name: str, tolerance_a: float | None) -> Curve:
    if name == "current":
        first = last = lines.current
        around = tolerance_a or 0.0
    else:
        first, last = lines.first[name], lines.last[name]
        around = between.USUAL.around(name, last)
    middle = last  # what the frame says: no reading of it was further away
    low, high = middle - around, middle + around
    return Curve(lines.begin, lines.end, first, last, (low, low), (high, high))


def _power(amps: Curve, volts: Curve) -> Curve:
    first, last = (getattr(amps, end) * getattr(volts, end) / 1000 for end in ("first", "last"))
    return replace(amps, first=first, last=last, low=(first, last), high=(first, last))


def _joined(parts: list[Curve]) -> Curve:
    def one(get) -> np.ndarray:
        return np.concatenate([np.zeros(0), *(np.asarray(get(each), float) for each in parts)])

    ends = (one(lambda each, n=n: getattr(each, n)) for n in ("begin", "end", "first", "last"))
    low, high = (
        tuple(one(lambda each, n=n, i=i: getattr(each, n)[i]) for i in (0, 1))
        for n in ("low", "high")
    )
    return Curve(*ends, low, high)


def _means(source: packed.Source, span: Range, grid: Grid) -> dict[str, Curve]:
    rows = span.of_rows(resample.whole(resample.frames(source, grid, VALUES)))
    which = np.flatnonzero(~rows.hole & (rows.time != UNKNOWN))
    begin = rows.time[which].astype(float)
    values = {name: value[which] for name, value in rows.values.items()}
    net = values["energy_in"] - values["energy_out"]
    watts = net * 3600 / np.maximum(rows.seconds[which], 1) / 1000
    values |= {"power": watts, "power_min": watts, "power_max": watts}
    found = {}
    for name in ("current", "power", *between.QUANTITIES):
        mean, low, high = (values[name + end] for end in ("", "_min", "_max"))
        found[name] = Curve(begin, begin + grid.step, mean, mean, (low, low), (high, high))
    return found


def _marks(rows: Events) -> list[tuple[int, str]]:
    return [
        (time, details.decode() or name.decode())
        for time, name, details in zip(
            rows.time.tolist(), rows.event.tolist(), rows.details.tolist(), strict=True
        )
        if time != UNKNOWN and name.decode() in _MARKED
    ]
