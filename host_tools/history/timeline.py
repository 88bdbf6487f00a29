"""UTC from uptime: what the anchors of one boot say, as docs/format.md's chapter on time has it."""

from dataclasses import dataclass

import numpy as np

from store import segment

UNKNOWN = -1
# How far two anchors may disagree and still mean a clock that runs a little fast or slow.
_JITTER_S = 2
_DRIFT = 500e-6
_ROWS = 1_000_000  # at a time


@dataclass(frozen=True)
class Anchor:
    """At uptime (s) it was utc (unix seconds), says clock. carried: copied into a header later."""

    uptime: int
    utc: int
    clock: int
    carried: bool = False

    @property
    def offset(self) -> int:
        """UTC at uptime 0."""
        return self.utc - self.uptime


def choose(anchors: list[Anchor]) -> list[Anchor]:
    """Those that count, ordered by uptime, one an uptime."""
    known = [anchor for anchor in anchors if anchor.clock != segment.NO_CLOCK]
    for lesser in (segment.KEPT, segment.BROWSER):  # count only where there is nothing else
        known = [anchor for anchor in known if anchor.clock != lesser] or known
    known = _without_a_wrong_chip(known)
    chosen = {anchor.uptime: anchor for anchor in known if not anchor.carried}
    # A header repeats what an anchor said. It counts if that anchor is not here any more.
    said = {anchor.offset for anchor in chosen.values()}
    for anchor in sorted(known, key=lambda anchor: anchor.uptime):
        if anchor.carried and anchor.offset not in said:
            said.add(anchor.offset)
            chosen.setdefault(anchor.uptime, anchor)
    return [chosen[uptime] for uptime in sorted(chosen)]


def _without_a_wrong_chip(anchors: list[Anchor]) -> list[Anchor]:
    """Leave out what a clock chip said before a better clock came, if the two do not agree."""
    chips = [anchor for anchor in anchors if anchor.clock == segment.DS3231]
    better = [anchor for anchor in anchors if anchor.clock != segment.DS3231]
    if not chips or not better:
        return anchors
    # A header can say what a later anchor has said: the anchors themselves tell when that was
    better = [anchor for anchor in better if not anchor.carried] or better
    first = min(better, key=lambda anchor: anchor.uptime)
    before = [anchor for anchor in chips if anchor.uptime <= first.uptime]
    last = max(before, key=lambda anchor: anchor.uptime, default=first)
    if abs(first.offset - last.offset) <= tolerance(first.uptime - last.uptime):
        return anchors
    return [anchor for anchor in anchors if anchor not in before]


def date(time: np.ndarray, uptime: np.ndarray, chosen: list[Anchor]) -> None:
    """Write unix seconds into time (int64) for the uptimes of one boot, which do not fall.

    chosen: the boot's anchors as choose() has them. Without one, time is left as it is.
    """
    if not chosen or not len(uptime):
        return
    # From each anchor up to the next; the first one speaks for what was before it, too.
    begins = np.array([anchor.uptime for anchor in chosen[1:]], uptime.dtype)
    ends = np.searchsorted(uptime, begins)
    bounds = [0, *ends.tolist(), len(uptime)]
    for i, anchor in enumerate(chosen):
        rate = _rate(anchor, chosen[i + 1]) if i + 1 < len(chosen) else 1
        for first in range(bounds[i], bounds[i + 1], _ROWS):
            rows = slice(first, min(first + _ROWS, bounds[i + 1]))
            elapsed = uptime[rows].astype(np.int64) - anchor.uptime
            if rate != 1:
                elapsed = np.where(elapsed < 0, elapsed, np.rint(elapsed * rate).astype(np.int64))
            time[rows] = anchor.utc + elapsed


def _rate(anchor: Anchor, following: Anchor) -> float:
    """Seconds of UTC per second of uptime between two anchors: 1 if they do not agree."""
    elapsed = following.uptime - anchor.uptime
    told = following.utc - anchor.utc
    agree = abs(told - elapsed) <= tolerance(elapsed)
    return told / elapsed if agree else 1


def tolerance(elapsed: int) -> float:
    """By how many seconds two right clocks may differ after that many seconds."""
    return _JITTER_S + _DRIFT * elapsed
