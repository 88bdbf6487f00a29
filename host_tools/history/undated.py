"""Boots of a log whose time is not known: between which dates they lie, and what can be guessed.

Certain: boots are numbered in their order, so one lies between its dated neighbours. Guessed: where
in between; by a BMS that counts its own seconds through the board's boots to some seconds. Times
are unix seconds, of uptime 0 of a boot.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
from host_tools.history import timeline
from host_tools.history.timeline import UNKNOWN, Anchor

import fields
from sample import EXTRAS

# Which of sample.EXTRAS count the seconds since the BMS was started
SECONDS = frozenset(
    EXTRAS.index(name) for unit, _, _, *names in fields.EXTRAS if unit == "s" for name in names
)
BY_COUNTER, BETWEEN, AFTER, BEFORE = "counter", "between", "after", "before"
_COUNTER_S = 2  # a reading's delay, and the second that a counter is in
_COUNTER_RATE = 1e-3  # how far a BMS's clock may be off, where nothing shows how far it is


@dataclass
class Boot:
    """What the files say of one boot. counted: (uptime, what a counter of seconds said)."""

    number: int
    length: int = 0  # s of uptime up to its last record
    anchors: list[Anchor] = field(default_factory=list)
    counted: list[tuple[int, int]] = field(default_factory=list)

    def dated(self, uptime: int) -> int | None:
        """UTC at that uptime; None if no clock has told it."""
        time = np.full(1, UNKNOWN, np.int64)
        timeline.date(time, np.array([uptime]), timeline.choose(self.anchors))
        return None if time[0] == UNKNOWN else int(time[0])


@dataclass(frozen=True)
class Undated:
    """A boot without a date. It begins between earliest and latest: None, where no dated boot lies
    on that side. guess is wrong by error_s at most, None: nobody knows by how much.
    """

    boot: int
    length: int
    earliest: int | None = None
    latest: int | None = None
    guess: int | None = None
    error_s: int | None = None
    by: str = ""  # what the guess goes by


Span = tuple[int, int]  # begin and end of a boot, UTC


def find(boots: Iterable[Boot]) -> dict[int, Undated]:
    """The boots of a log that have no date, by number."""
    boots = sorted(boots, key=lambda boot: boot.number)
    spans = {}
    for boot in boots:
        begin, end = boot.dated(0), boot.dated(boot.length)
        if begin is not None and end is not None:
            spans[boot.number] = begin, end
    if len(spans) == len(boots):
        return {}
    certain = _bounds(boots, spans)
    counted = _by_counters(boots, spans, certain)
    near = {number: (each.guess, each.guess + each.length) for number, each in counted.items()}
    placed = _placed(boots, _bounds(boots, spans | near), certain)
    return placed | counted


def guess(rows) -> None:
    """Date the rows of a history that have no date by what is guessed of their boots."""
    for i, boot in enumerate(rows.boots, 1):
        if boot.guess is not None:
            of_boot = rows.undated == i
            rows.time[of_boot] = boot.guess + rows.uptime[of_boot].astype(np.int64)


@dataclass
class _Bounds:
    """Of a boot's begin. before and after: how many boots of the group are on each side."""

    earliest: int | None
    latest: int | None
    place: int = 0  # among the undated ones between two dated boots, from 1
    group: int = 1  # how many those are


def _bounds(boots: list[Boot], spans: dict[int, Span]) -> dict[int, _Bounds]:
    """Where each boot that is in no span lies between those that are."""
    found: dict[int, _Bounds] = {}
    group: list[Boot] = []
    before: int | None = None
    for boot in boots:
        if boot.number in spans:
            begin, end = spans[boot.number]
            found |= _between(group, before, begin)
            group, before = [], end
        else:
            group.append(boot)
    return found | _between(group, before, None)


def _between(group: list[Boot], before: int | None, after: int | None) -> dict[int, _Bounds]:
    """The bounds of boots that follow one another between two moments."""
    total = sum(boot.length for boot in group)
    if before is not None and after is not None:
        over = total - (after - before)
        if over > timeline.tolerance(total):
            before = after = None  # one of the clocks was wrong: nothing is certain
        elif over > 0:
            before, after = after - total, before + total  # the crystal's share: either way
    found = {}
    passed = 0
    for place, boot in enumerate(group, 1):
        earliest = None if before is None else before + passed
        latest = None if after is None else after - (total - passed)
        found[boot.number] = _Bounds(earliest, latest, place, len(group))
        passed += boot.length
    return found


def _placed(
    boots: list[Boot], bounds: dict[int, _Bounds], certain: dict[int, _Bounds]
) -> dict[int, Undated]:
    """Guess with pauses of equal length between boots, or none if one side is open."""
    found = {}
    for boot in boots:
        if boot.number not in bounds:
            continue
        within = bounds[boot.number]
        if within.earliest is within.latest is None:
            within = certain[boot.number]
        low, high = within.earliest, within.latest
        if low is not None and high is not None:
            at = low + (high - low) * within.place // (within.group + 1)
            guessed = at, max(at - low, high - at), BETWEEN
        elif low is not None:
            guessed = low, None, AFTER
        elif high is not None:
            guessed = high, None, BEFORE
        else:
            guessed = None, None, ""
        found[boot.number] = _undated(boot, certain, guessed)
    return found


def _undated(boot: Boot, certain: dict[int, _Bounds], guessed: tuple) -> Undated:
    sure = certain[boot.number]
    return Undated(boot.number, boot.length, sure.earliest, sure.latest, *guessed)


# By a counter of the BMS


def _by_counters(
    boots: list[Boot], spans: dict[int, Span], certain: dict[int, _Bounds]
) -> dict[int, Undated]:
    """Those boots whose BMS counted on from, or up to, a dated boot."""
    dated = [
        (boot.number, boot.dated(uptime), value)
        for boot in boots
        if boot.number in spans
        for uptime, value in boot.counted
    ]
    found = {}
    for boot in boots:
        if boot.number in spans or not boot.counted:
            continue
        before = max((each for each in dated if each[0] < boot.number), default=None)
        after = min((each for each in dated if each[0] > boot.number), default=None)
        guessed = _by_counter(boot, before, after, certain[boot.number])
        if guessed:
            found[boot.number] = _undated(boot, certain, (*guessed, BY_COUNTER))
    return found


def _by_counter(boot: Boot, before, after, bounds: _Bounds) -> tuple[int, int] | None:
    """(begin, error in s) of a boot, by the dated values before and after it.

    A BMS that was started anew between two values shows by a sum that is not true: then, only the
    side that is possible counts.
    """
    if before and after:
        _, utc, value = before
        elapsed, counted = after[1] - utc, after[2] - value
        off = abs(elapsed - counted)
        if counted > 0 and off <= _error(elapsed):
            uptime, here = boot.counted[0]
            begin = utc + round((here - value) * elapsed / counted) - uptime
            return _possible(begin, off + _COUNTER_S, bounds)
    possible = []
    for at, side in ((0, before), (-1, after)):
        if side:
            uptime, here = boot.counted[at]
            away = here - side[2]
            if (away >= 0) == (side is before):  # else the BMS was started anew
                begin = side[1] + away - uptime
                possible.append(_possible(begin, _error(abs(away)), bounds))
    possible = [each for each in possible if each]
    return possible[0] if len(possible) == 1 else None


def _error(elapsed: int) -> int:
    return _COUNTER_S + int(elapsed * _COUNTER_RATE)


def _possible(begin: int, error: int, bounds: _Bounds) -> tuple[int, int] | None:
    """The same if the certain bounds allow it, moved into them."""
    within = begin if bounds.earliest is None else max(begin, bounds.earliest)
    within = within if bounds.latest is None else min(within, bounds.latest)
    return (within, error) if abs(within - begin) <= error else None
