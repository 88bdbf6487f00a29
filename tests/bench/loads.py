"""Loads that a person looks for in a history: switched on in some readings, found again or not."""

from itertools import pairwise

import numpy as np
from tests.bench import accuracy
from tests.bench.traces import DAY_S

# A, s
KINDS = {"12 A for 3 min": (12, 180), "9 A for 10 min": (9, 600)}
_A_DAY = 12  # of each kind
_APART_S = 1800
_OHM = 0.0004  # of a cell of 280 Ah with what is slow in it


def switch(found, seed=0):
    """Add loads to the readings, in place; returns of each kind the seconds at which they begin."""
    chance = np.random.default_rng((seed, 5))
    seconds = accuracy.stamps(found)
    count = int(2 * _A_DAY * seconds[-1] / DAY_S)
    begin = _APART_S + np.arange(count) * int((seconds[-1] - 2 * _APART_S) / count)
    begin = begin + chance.integers(0, 600, count)
    kinds = {}
    for number, (kind, (amps, length)) in enumerate(KINDS.items()):
        kinds[kind] = begin[number::2]
        for at in kinds[kind]:
            _add(found.records, *np.searchsorted(seconds, (at, at + length)), amps)
    return kinds


def _add(records, first, end, amps):
    part = records[first:end]
    drop = int(1000 * amps * _OHM)
    part["current"] -= 1000 * amps
    for name in ("mv", "min_mv", "max_mv"):
        part[name] -= drop
    part["voltage"] -= drop * records["mv"].shape[1]


def visible(found, said, switched):
    """Percent of each kind: what the frames say of its time is lower than beside it, by at least
    half of what the readings are. Those that other loads hide in the readings do not count.
    """
    return {kind: _visible(found, said, *KINDS[kind], switched[kind]) for kind in KINDS}


def _visible(found, said, amps, length, begin):
    seconds = accuracy.stamps(found)
    current = found.records["current"] / 1000
    current = np.concatenate(([0], np.cumsum(current)))
    last = np.searchsorted(seconds, said.seconds[-1], "right")
    frames = np.concatenate(([0], np.cumsum(said.at(seconds[:last]))))
    true = _drops(seconds, current, begin, length)
    shown = _drops(seconds[:last], frames, begin, length)
    clear = np.abs(true - amps) < amps / 4
    return round(100 * float((shown[clear] >= true[clear] / 2).mean()), 1)


def _drops(seconds, total, begin, length):
    """By how much less A flow in a load's time than as long before and after; total adds up A."""
    edges = [np.searchsorted(seconds, begin + part * length) for part in range(-1, 3)]
    before, during, after = (
        (total[b] - total[a]) / np.maximum(1, b - a) for a, b in pairwise(edges)
    )
    return (before + after) / 2 - during
