"""A BMS's own counters of charge and energy beside what the history has of the same time.

The events have them every six hours (extra values such as energy_in), the frames the current.
Compared is from one such event to the next of the same boot, as far as frames cover that time: a
BMS goes on counting while the logger is off.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from host_tools.history import frames, logs, pieces, records
from host_tools.history.pieces import EVENT

import fields
from sample import EXTRAS
from store import events, segment

COVERED = 0.99  # of the time between two events
LEAST = {"Wh": 100, "Ah": 1}  # to say by how much a counter differs
_HOUR_S = 3600
# The counters by their number in the events: name, unit, its parts
COUNTERS = {
    EXTRAS.index(name): (name, unit, 10**decimals)
    for unit, decimals, _, *names in fields.EXTRAS
    for name in names
    if re.fullmatch("(energy|charge)_(in|out)", name)
}


@dataclass
class Compared:
    """A counter over the time that both know, in Ah or Wh: as the BMS has it, and the history,
    which has so many percent more.
    """

    name: str
    unit: str
    bms: float
    history: float
    percent: float


def compare(files: Iterable[Path], read: records.Reader = records.read) -> list[Compared]:
    """Those counters that moved by enough to say something."""
    files = list(files)
    counted = logs.load(files, segment.EVENTS, _values, ("code", "a", "b"), read).logs
    if not any(_counts(log.columns).any() for log in counted):
        return []
    measured = logs.load(files, segment.PACK, _measured, read=read).logs
    sums = {number: np.zeros(2) for number in COUNTERS}
    for said, own in zip(counted, measured, strict=False):  # of the same log: both are in order
        for number, pair in _compared(said.columns, _Flow(own)):
            sums[number] += pair
    found = []
    for number, (name, unit, parts) in COUNTERS.items():
        bms, history = sums[number] / (parts, 1)
        if bms >= LEAST[unit]:
            percent = round(100 * (history / bms - 1), 1)
            found.append(Compared(name, unit, round(bms, 3), round(history, 3), percent))
    return found


def _compared(said: pieces.Columns, flow: "_Flow") -> Iterator[tuple[int, np.ndarray]]:
    """(counter, [by the BMS, by the history]) of each time between two events."""
    for number, (name, _, _) in COUNTERS.items():
        mine = (said["code"] == events.VALUE) & (said["a"] == number)
        boot, at, value = (said[key][mine] for key in ("boot", "uptime", "b"))
        for i in np.flatnonzero(boot[1:] == boot[:-1]):
            moved = value[i + 1] - value[i]
            history = flow.between(name, boot[i], at[i], at[i + 1])
            if moved >= 0 and history is not None:
                yield number, np.array([moved, history])


def _counts(said: pieces.Columns) -> np.ndarray:
    """Which events say what a counter is at."""
    return (said["code"] == events.VALUE) & np.isin(said["a"], list(COUNTERS))


def _values(rows: np.ndarray, header: segment.Header) -> pieces.Columns:
    taken = np.ascontiguousarray(rows[:, : events.SIZE]).reshape(-1).view(EVENT)
    return {name: taken[name].astype(np.int64) for name in ("code", "a", "b")}


def _measured(rows: np.ndarray, header: segment.Header) -> pieces.Columns:
    raw = np.ascontiguousarray(rows).reshape(-1).view(frames.RAW)
    return {name: raw[name].view("<f2").copy() for name in ("current", "voltage")}


class _Flow:
    """What flowed in a log, by its frames: Ah and Wh up to any second of a boot."""

    def __init__(self, log: logs.Log):
        self._boot = log.columns["boot"]
        self._end = log.columns["uptime"].astype(np.int64)
        begin = log.start.astype(np.int64)
        same = self._boot[1:] == self._boot[:-1]
        begin[1:] = np.where(same, np.maximum(begin[1:], self._end[:-1]), begin[1:])
        self._begin = begin
        self._log = log

    def between(self, name: str, boot: int, begin: int, end: int) -> float | None:
        """What the counter of that name should have counted; None if frames are missing."""
        mine = (self._boot == boot) & (self._end > begin) & (self._begin < end)
        seconds = np.minimum(self._end[mine], end) - np.maximum(self._begin[mine], begin)
        if end <= begin or seconds.sum() < COVERED * (end - begin):
            return None
        what, _, way = name.partition("_")
        flow = np.maximum(self._values("current", mine) * (1 if way == "in" else -1), 0)
        if what == "energy":
            flow = flow * self._values("voltage", mine)
        return float((flow * seconds).sum()) / _HOUR_S

    def _values(self, name: str, mine: np.ndarray) -> np.ndarray:
        return np.nan_to_num(self._log.columns[name][mine].astype(np.float64))
