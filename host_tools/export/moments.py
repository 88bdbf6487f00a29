"""Unix seconds as the texts of a CSV, in any time zone, by lookups of the day and of the second."""

from datetime import datetime, timedelta, timezone, tzinfo
from functools import lru_cache

import numpy as np
from host_tools.export.dialect import EPOCH, HUMAN, ISO, MYSQL, Dialect
from host_tools.export.table import Column, Texts, numbers
from host_tools.history.timeline import UNKNOWN

DAY_S = 86400
_STEP_S = 900  # clocks are put forward and back at a quarter of an hour
_FORMS = {ISO: "%Y-%m-%dT", MYSQL: "%Y-%m-%d ", HUMAN: "%d.%m.%Y-"}
_EPOCH_DAY = datetime(1970, 1, 1)
_MOST_DAYS = 3_652_059 - 719_163  # from 1970 to the year 9999


def moments(time: np.ndarray, dialect: Dialect) -> Column:
    """A column of unix seconds; UNKNOWN is empty."""
    if dialect.times == EPOCH:
        return numbers(np.where(time == UNKNOWN, -1, time))
    known = time != UNKNOWN
    ahead = offsets(np.where(known, time, 0), dialect.zone)
    local = time + ahead
    day = local // DAY_S
    known &= (day >= 0) & (day < _MOST_DAYS)
    second = np.where(known, local - day * DAY_S, DAY_S)
    parts = [_days(dialect.times).of(np.where(known, day + 1, 0)), _clock_times().take(second)]
    if dialect.times == ISO:
        codes = np.where(known, ahead // _STEP_S + _ZONE_CODES, 0)
        parts.append(_zones(dialect.zone is timezone.utc).of(codes))
    return Column(parts)


def offsets(time: np.ndarray, zone: tzinfo) -> np.ndarray | int:
    """By how many s local time is ahead of UTC at these unix seconds."""
    if zone is timezone.utc or not len(time):
        return 0
    step, index = np.unique(time // _STEP_S, return_inverse=True)
    return np.array([_ahead(zone, each * _STEP_S) for each in step.tolist()])[index]


def _ahead(zone: tzinfo, unix: int) -> int:
    return int(datetime.fromtimestamp(unix, zone).utcoffset().total_seconds())


@lru_cache(maxsize=4)
def _days(times: str) -> Texts:
    form = _FORMS[times]
    return Texts(lambda code: f"{_EPOCH_DAY + timedelta(code - 1):{form}}")


_ZONE_CODES = 100  # so that an offset in quarters of an hour is a positive number


@lru_cache(maxsize=2)
def _zones(is_utc: bool) -> Texts:
    def text(code: int) -> str:
        minutes = (code - _ZONE_CODES) * (_STEP_S // 60)
        size = abs(minutes)
        return "Z" if is_utc else f"{'-' if minutes < 0 else '+'}{size // 60:02}:{size % 60:02}"

    return Texts(text)


@lru_cache(maxsize=1)
def _clock_times() -> np.ndarray:
    """HH:MM:SS of each second of a day, and behind them an empty one."""
    second = np.arange(DAY_S)
    found = np.full((DAY_S + 1, 8), ord(":"), np.uint8)
    for place, value in ((0, second // 3600), (3, second // 60 % 60), (6, second % 60)):
        found[:-1, place], found[:-1, place + 1] = value // 10 + ord("0"), value % 10 + ord("0")
    found[-1] = 0
    return found.view("S8")[:, 0]
