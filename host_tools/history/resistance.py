"""What load steps say of a pack's resistance: by one regression over its frames, with its error.

A current that changes moves the voltage at once by R0 x I, and slower parts of the cell follow with
time constants of half a minute and of a quarter of an hour (an equivalent circuit with two RC
elements, as usual for lithium cells). So, from the end of a frame to the end of the next one,

    dV = R0 dI + R1 d(I, low-pass of FAST_S) + R2 d(I, low-pass of SLOW_S) + k dQ

is linear in what is looked for; k dQ is what the charge that flows moves the open-circuit voltage
by. By least squares over all frames that follow one another without a gap, but for those near full
and empty, where that voltage bends. The error is that of the
regression, by the residuals of each day together (a "sandwich": they need not be alike), at 95 %,
and that of the model. Ohm, A, V, s.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from host_tools.history import between, packed
from host_tools.history.grids import DAY_S
from host_tools.history.ranges import EVER, Range
from host_tools.history.timeline import UNKNOWN

FAST_S, SLOW_S = 30.0, 900.0
AFTER_S = (10.0, 60.0)  # after a load step
# What frames and two time constants leave out, as shares of the resistance: found on simulated
# households of 10 and 45 days, whose resistance is known
MODEL = (0.05, 0.07)
LEAST_STEP = 0.1  # of the largest current: a change that counts as a load step
FEW_STEPS, FEW_DAYS = 30, 4  # fewer say nothing
_SURE = 1.96  # standard errors: 95 % of a normal distribution
_LONGEST_S = 3600  # of a frame
_SOC = 15, 90  # between the bends of the open-circuit voltage; an SoC that is not known will do


@dataclass(frozen=True)
class Resistance:
    """ohm and error: so many s after a load step, by AFTER_S. steps: how many changes of the
    current by LEAST_STEP it goes by, days: on how many days.
    """

    ohm: tuple[float, ...]
    error: tuple[float, ...]
    steps: int
    days: int


@dataclass
class Changes:
    """From frame to frame: what the voltage changed by, the columns that explain it, and the day
    (since 1970 in UTC) of each.
    """

    volts: np.ndarray
    causes: np.ndarray
    day: np.ndarray

    def __len__(self) -> int:
        return len(self.volts)

    def taken(self, which: np.ndarray) -> "Changes":
        """Some of them."""
        return Changes(self.volts[which], self.causes[which], self.day[which])


def changes(source: packed.Source, span: Range = EVER) -> Changes:
    """Those of all frames of that time that a clock has dated."""
    blocks = (block for log in source.loaded.logs for block in packed.blocks(log))
    parts = [_of_block(rows, spans, span) for rows, spans in blocks]
    if not parts:
        return Changes(np.zeros(0), np.zeros((0, 4)), np.zeros(0, np.int64))
    names = ("volts", "causes", "day")
    return Changes(*(np.concatenate([getattr(each, name) for each in parts]) for name in names))


def _of_block(rows, spans: between.Spans, span: Range) -> Changes:
    current = np.nan_to_num(rows.current.astype(np.float64))
    voltage = between.quantity(rows, "voltage")
    length = spans.length.astype(np.float64)
    usable = spans.follows & (length > 0) & (length <= _LONGEST_S)
    usable &= (rows.time != UNKNOWN) & span.has(rows.time)
    usable &= np.isfinite(rows.current) & np.isfinite(voltage)
    fast, slow = (_low_pass(current, length, usable, tau) for tau in (FAST_S, SLOW_S))
    bent = (rows.soc < _SOC[0]) | (rows.soc > _SOC[1])
    usable &= ~bent
    usable[1:] &= usable[:-1].copy()
    usable[:1] = False
    at = np.flatnonzero(usable)
    causes = [each[at] - each[at - 1] for each in (current, fast, slow)]
    causes.append(current[at] * length[at])
    day = rows.time[at] // DAY_S
    return Changes(voltage[at] - voltage[at - 1], np.stack(causes, axis=1), day)


def _low_pass(
    current: np.ndarray, length: np.ndarray, follows: np.ndarray, tau: float
) -> np.ndarray:
    """The current, a step a frame, through a low-pass with that time constant, at frames' ends.

    It starts anew, settled, where a frame does not follow the one before.
    """
    keeps = np.where(follows, np.exp(-length / tau), 0.0).tolist()
    found, state = [], 0.0
    for keep, amps in zip(keeps, current.tolist(), strict=True):
        state = amps + (state - amps) * keep
        found.append(state)
    return np.array(found)


def estimate(found: Changes) -> Resistance | None:
    """What the changes say; None if they are too few."""
    step = np.abs(found.causes[:, 0])
    large = step >= LEAST_STEP * max(step.max(initial=0.0), 1.0)
    days, group = np.unique(found.day, return_inverse=True)
    if large.sum() < FEW_STEPS or len(days) < FEW_DAYS:
        return None
    scale = np.maximum(np.abs(found.causes).max(axis=0), 1e-9)
    causes = found.causes / scale
    inverse = np.linalg.pinv(causes.T @ causes)
    weights = inverse @ causes.T @ found.volts
    scores = causes * (found.volts - causes @ weights)[:, None]
    by_day = np.zeros((len(days), scores.shape[1]))
    np.add.at(by_day, group, scores)
    few = len(days) / (len(days) - 1)  # days are a sample
    covariance = few * inverse @ (by_day.T @ by_day) @ inverse
    taus = np.array([FAST_S, SLOW_S])
    ohm, error = [], []
    for after, share in zip(AFTER_S, MODEL, strict=True):
        parts = np.array([1.0, *(1 - np.exp(-after / taus)), 0.0]) / scale
        ohm.append(float(parts @ weights))
        by_days = _SURE * float(np.sqrt(parts @ covariance @ parts))
        error.append(math.hypot(by_days, share * ohm[-1]))
    return Resistance(tuple(ohm), tuple(error), int(large.sum()), len(days))


def by_month(found: Changes) -> Iterable[tuple[str, Resistance]]:
    """What the changes of each calendar month (2026-06, UTC) say, where they are enough."""
    months = found.day.astype("datetime64[D]").astype("datetime64[M]")
    for month in np.unique(months):
        if said := estimate(found.taken(months == month)):
            yield str(month), said
