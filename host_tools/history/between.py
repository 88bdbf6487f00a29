"""What lies between two frames: the one model of it, for resampling, plots and pages.

A frame says the mean current of its time, and the rest as it was at its end (docs/format.md). So in
between, the current is a step, which conserves the charge, and the rest is a line from the frame
before to this one. A load pulls a voltage down at once and not along a line: the line is that of
V - R x I, and R x I is put back. R is one regression over all frames of the changes of V on those
of I. No line leaves what the tolerances allow around what its frame says. Silence stays silence.

    found = lines(frames.load([folder]))
    found.begin, found.end                  # s: where each line begins and ends
    found.first["soc"], found.last["soc"]   # % there

Lines are in V, A, degC and %.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from host_tools.ground.units import MILLI
from host_tools.history import timeline
from host_tools.history.frames import Frames
from host_tools.history.timeline import UNKNOWN

import config

# Those that follow the current at once
VOLTAGES = ("voltage", "min_cell_voltage", "max_cell_voltage")
QUANTITIES = (*VOLTAGES, "temperature", "soc")
Resistances = dict[str, float]  # ohm, of each of VOLTAGES


@dataclass(frozen=True)
class Tolerances:
    """How far a reading may be from what its frame says: by default those of config.json's."""

    voltage_permille: float = config.STORE["voltage_permille"][-1]
    soc_percent: float = config.STORE["soc_percent"][-1]
    temperature_degrees: float = config.STORE["temperature_degrees"][-1]
    cells_deviation_mv: float = config.STORE["cells_deviation_mv"][-1]
    cells_min_s: float = config.STORE["cells_min_s"][-1]  # so long it does not hold for the cells

    def around(self, name: str, value: np.ndarray) -> np.ndarray | float:
        """Of one of QUANTITIES, in its unit."""
        if name == "soc":
            return self.soc_percent
        if name == "temperature":
            return self.temperature_degrees
        return np.abs(value) * self.voltage_permille / MILLI


USUAL = Tolerances()


@dataclass
class Lines:
    """A row for each frame that covers time: straight lines from begin to end; a constant current.

    first and last: the values at both ends, by quantity, NaN where not known.
    """

    row: np.ndarray  # the frame's number
    begin: np.ndarray  # unix s; s of uptime if no clock has dated the frame
    end: np.ndarray
    current: np.ndarray
    first: dict[str, np.ndarray]
    last: dict[str, np.ndarray]

    def __len__(self) -> int:
        return len(self.row)

    def taken(self, which: np.ndarray) -> "Lines":
        """Some of the lines."""
        first, last = (
            {name: value[which] for name, value in ends.items()} for ends in (self.first, self.last)
        )
        ends = self.row[which], self.begin[which], self.end[which], self.current[which]
        return Lines(*ends, first, last)

    def at(self, name: str, which: np.ndarray, moment: np.ndarray) -> np.ndarray:
        """A quantity on the lines of these numbers, at moments (s) of theirs."""
        begin, first = self.begin[which], self.first[name][which]
        share = (moment - begin) / np.maximum(self.end[which] - begin, 1)
        return first + (self.last[name][which] - first) * share


@dataclass
class Spans:
    """What rows cover, each from begin to end. follows: does it begin where the row before ends?"""

    begin: np.ndarray
    end: np.ndarray
    length: np.ndarray  # s of uptime
    follows: np.ndarray


def lines(
    rows: Frames, resistances: Resistances | None = None, tolerances: Tolerances = USUAL
) -> Lines:
    """The lines of frames as load() returns them. resistances: None, as the frames show them."""
    spans = spans_of(rows)
    if resistances is None:
        regression = Regression()
        regression.add(rows, spans.follows)
        resistances = regression.resistances
    return drawn(rows, spans, resistances, tolerances)


def spans_of(rows: Frames) -> Spans:
    """What frames cover that stand between holes: a row up to where the row before it ends."""
    after = np.zeros(len(rows), bool)
    after[1:] = ~rows.hole[1:] & ~rows.hole[:-1]
    uptime = rows.uptime.astype(np.int64)
    start = uptime.copy()
    start[1:][after[1:]] = uptime[:-1][after[1:]]
    spans = covered(rows.boot, uptime, rows.time, start)
    # A boot that begins in the second in which the one before ends: only UTC says how long
    other = np.zeros(len(rows), bool)
    other[1:] = after[1:] & (rows.boot[1:] != rows.boot[:-1])
    spans.begin[other] = spans.end[np.flatnonzero(other) - 1]
    spans.follows |= other
    return spans


def covered(boot: np.ndarray, uptime: np.ndarray, time: np.ndarray, start: np.ndarray) -> Spans:
    """What records cover that are in order: each from the uptime start on.

    By UTC, as long as it goes on as the uptime does; where a clock was set meanwhile, a record is
    as long as its uptime says.
    """
    end = np.where(time == UNKNOWN, uptime, time)
    length = uptime - start
    follows = np.zeros(len(end), bool)
    begin = end - length
    if len(end) > 1:
        same = boot[1:] == boot[:-1]
        before = uptime[:-1]
        length[1:] = uptime[1:] - np.where(same, np.maximum(start[1:], before), start[1:])
        follows[1:] = same & (length[1:] == uptime[1:] - before)
        told = end[1:] - end[:-1]
        near = np.abs(told - length[1:]) <= timeline.tolerance(length[1:])
        joined = follows[1:] & near & (told > 0)
        begin[1:] = np.where(joined, end[:-1], end[1:] - length[1:])
    return Spans(begin, end, length, follows)


def drawn(
    rows: Frames, spans: Spans, resistances: Resistances, tolerances: Tolerances = USUAL
) -> Lines:
    """The lines of those rows that cover time."""
    which = np.flatnonzero(spans.end > spans.begin)
    before = np.maximum(which - 1, 0)
    follows = spans.follows[which]
    current = rows.current.astype(np.float64)
    step = current[which] - current[before]
    first, last = {}, {}
    for name in QUANTITIES:
        value = quantity(rows, name)
        said = last[name] = value[which]
        begin = value[before] + resistances.get(name, 0.0) * np.nan_to_num(step)
        begin = np.where(follows & np.isfinite(begin), begin, said)
        around = tolerances.around(name, said)
        first[name] = np.clip(begin, said - around, said + around)
    return Lines(which, spans.begin[which], spans.end[which], current[which], first, last)


def quantity(rows: Frames, name: str) -> np.ndarray:
    """A column of frames in V, degC or %, NaN where not known."""
    value = getattr(rows, name)
    if value.dtype.kind == "f":
        return value.astype(np.float64)
    return np.where(value < 0, np.nan, value / MILLI)


class Regression:
    """Adds up what shows the resistances, so that frames can come in blocks.

    By least squares through the origin: the changes of a voltage from frame to frame on those of
    the current. What the SoC moves a voltage by meanwhile is noise to it.
    """

    def __init__(self):
        self._products = dict.fromkeys(VOLTAGES, 0.0)
        self._squares = dict.fromkeys(VOLTAGES, 0.0)

    def add(self, rows: Frames, follows: np.ndarray) -> None:
        """Take in frames. follows: which of them go on from the row before."""
        step = np.diff(rows.current.astype(np.float64))
        for name in VOLTAGES:
            change = np.diff(quantity(rows, name))
            known = follows[1:] & np.isfinite(step) & np.isfinite(change)
            self._products[name] += float((step * change)[known].sum())
            self._squares[name] += float((step * step)[known].sum())

    @property
    def resistances(self) -> Resistances:
        """In ohm: 0 where the current never changed, or a load does not pull the voltage down."""
        return {
            name: max(0.0, product / self._squares[name]) if self._squares[name] else 0.0
            for name, product in self._products.items()
        }


@dataclass
class Pieces:
    """Lines cut where a grid has its edges. line: the number of the line, cell: of the grid."""

    line: np.ndarray
    cell: np.ndarray
    begin: np.ndarray
    end: np.ndarray

    @property
    def seconds(self) -> np.ndarray:
        return self.end - self.begin


def cut(
    begin: np.ndarray,
    end: np.ndarray,
    first: np.ndarray,
    last: np.ndarray,
    edge: Callable[[np.ndarray, np.ndarray], np.ndarray],
) -> Pieces:
    """Spans from begin to end cut at the edges of a grid.

    first and last: the numbers of the grid's cells in which they begin and end; edge(cells, line)
    gives the begin of cells, of the spans of these numbers.
    """
    count = last - first + 1
    line = np.repeat(np.arange(len(begin)), count)
    ahead = np.arange(len(line)) - np.repeat(np.cumsum(count) - count, count)
    cell = first[line] + ahead
    low = np.maximum(begin[line], edge(cell, line))
    return Pieces(line, cell, low, np.minimum(end[line], edge(cell + 1, line)))
