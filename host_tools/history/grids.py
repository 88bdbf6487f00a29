"""Spans of one length, one after the other, that time is divided into: 10 s, 1 h, days.

Seconds, minutes and hours are multiples since 1970 in UTC. Days are those of a time zone, 23 to 25
hours long: of several days, multiples since 1970-01-01.
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone, tzinfo
from functools import cache
from zoneinfo import ZoneInfo

import numpy as np
from host_tools.ground.errors import UsageError

DAY_S = 86400
UNITS = {"s": 1, "min": 60, "h": 3600, "d": DAY_S}
_LONGEST_S = 3660 * DAY_S
_EPOCH = datetime(1970, 1, 1)


@dataclass(frozen=True)
class Grid:
    """Cell number k begins at edge(k), in unix seconds."""

    step: int
    is_of_days = False

    def cell(self, moment: np.ndarray) -> np.ndarray:
        """The numbers of the cells that moments are in."""
        return moment // self.step

    def edge(self, cell: np.ndarray) -> np.ndarray:
        """When cells begin."""
        return cell * self.step


@dataclass(frozen=True)
class Days:
    """The same of a zone's local days. Cell number k begins with day k x count since 1970."""

    zone: tzinfo
    count: int = 1
    is_of_days = True

    @property
    def step(self) -> int:
        """About how long one is."""
        return self.count * DAY_S

    def cell(self, moment: np.ndarray) -> np.ndarray:
        if not len(moment):
            return moment
        near = moment // DAY_S
        lowest = int(near.min()) // self.count - 1
        edges = self._edges(lowest, int(near.max()) // self.count + 3)
        return lowest + np.searchsorted(edges, moment, "right") - 1

    def edge(self, cell: np.ndarray) -> np.ndarray:
        if not len(cell):
            return cell
        lowest = int(cell.min())
        return self._edges(lowest, int(cell.max()) + 1)[cell - lowest]

    def _edges(self, first: int, end: int) -> np.ndarray:
        return np.array([midnight(self.zone, self.count * cell) for cell in range(first, end)])


@dataclass(frozen=True)
class Midnights:
    """The same of days that begin at the given moments, the first of them with day number first."""

    first: int
    moments: np.ndarray
    count = 1
    step = DAY_S
    is_of_days = True

    def cell(self, moment: np.ndarray) -> np.ndarray:
        return self.first + np.searchsorted(self.moments, moment, "right") - 1

    def edge(self, cell: np.ndarray) -> np.ndarray:
        return self.moments[np.clip(cell - self.first, 0, len(self.moments) - 1)]


AnyGrid = Grid | Days | Midnights


@cache
def midnight(zone: tzinfo, day: int) -> int:
    """When a local day begins, days counted since 1970-01-01: unix seconds."""
    return int((_EPOCH + timedelta(days=day)).replace(tzinfo=zone).timestamp())


def grid(every: str, zone: str | None = None) -> Grid | Days:
    """What --every and --zone ask for. Raises UsageError."""
    found = re.fullmatch(r"([0-9]{1,9})(s|min|h|d)", every)
    if not found:
        raise UsageError(f"--every {every!r}: a number with s, min, h or d, such as 10s, 5min, 1d")
    count, unit = int(found[1]), found[2]
    if not 0 < count * UNITS[unit] <= _LONGEST_S:
        raise UsageError(f"--every {every}: from 1s to 3660d")
    if unit == "d":
        return Days(zone_of(zone), count)
    zone_of(zone)
    return Grid(count * UNITS[unit])


def zone_of(name: str | None) -> tzinfo:
    """A time zone by its IANA name; local: that of this PC; None: UTC. Raises UsageError."""
    if name is None or name == "UTC":
        return timezone.utc
    if name == "local":
        from tzlocal import get_localzone

        return get_localzone()
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise UsageError(
            f"no time zone {name!r}: an IANA name, such as Europe/Berlin (if none is known, "
            "install the package tzdata)"
        ) from None
