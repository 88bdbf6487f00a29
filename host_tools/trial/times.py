"""Times as CSVs have them: ISO 8601, unix s to ns, Excel's days since 1899-12-30, and the dates of
spreadsheets, day or month first. Ready-made readers do the rest: datetime where it can (it is
fast), dateutil elsewhere. A time without a zone is UTC.

What a number means, and which of 5/1/2024 is the month, the whole column shows, never one row.
"""

import contextlib
import itertools
import re
import statistics
import warnings
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

NO_TIME = -1
LATEST_S = 1 << 32  # 2106: beyond that it is another unit, or makes no sense
EXCEL_DAY_0 = datetime(1899, 12, 30, tzinfo=timezone.utc).timestamp()
EXCEL = (36526, 73051)  # days: 2000 to 2099
SAMPLE = 20000  # rows that show what the column is

_NUMBER = re.compile(r"[+-]?\d+(?:\.\d*)?(?:[eE][+-]?\d+)?|[+-]?\.\d+")
_CLOCK = r"(?:[ T,-]+(\d{1,2}[:.]\d\d(?:[:.]\d\d)?)(?:[.,](\d+))?\s*([AaPp]\.?[Mm]\.?)?)?"
_ZONE = r"\s*(Z|UTC|GMT|[+-]\d\d(?::?\d\d)?)?"
_DATE = re.compile(r"(\d{1,2})([./-])(\d{1,2})\2(\d{4}|\d\d)" + _CLOCK + _ZONE)
_YEAR_FIRST = re.compile(r"(\d{4})[/.](\d{1,2})[/.](\d{1,2})(?=\D|$)")
# Kinds of numbers: how many of them are a second, from how many on a number is of it
_UNIX = ((10**9, 10**17), (10**6, 10**14), (1000, 10**11), (1, 10**8))


class Unclear(ValueError):
    """Nothing shows whether the day or the month comes first: the line for the user."""


@dataclass
class Times:
    """How a column of times is to be read."""

    per_second: int = 1  # of numbers; 0: days as Excel counts them
    elapsed: bool = False  # numbers that are no dates: seconds since some beginning
    day_first: bool | None = None  # of 5/1/2024; None: nothing shows it
    comma: bool = False  # before the decimals of numbers
    has_zones: bool = True  # as far as has been seen

    def ms(self, text: str) -> int:
        """Unix ms of a time, NO_TIME if it is none."""
        text = text.strip()
        try:
            number = text.replace(",", ".") if self.comma else text
            seconds = self._of_number(number) if _NUMBER.fullmatch(number) else self._of_text(text)
        except (ValueError, OverflowError):
            return NO_TIME
        return round(seconds * 1000) if 0 <= seconds < LATEST_S else NO_TIME

    def _of_number(self, text: str) -> float:
        if not self.per_second:
            self.has_zones = False  # a spreadsheet's days are those of its own clock
            return EXCEL_DAY_0 + 86400 * float(text)
        if self.per_second > 1 and text.isdecimal():
            seconds, rest = divmod(int(text), self.per_second)
            return seconds + rest / self.per_second
        return float(text) / self.per_second

    def _of_text(self, text: str) -> float:
        when = _iso(text)
        if when is None and (found := _DATE.fullmatch(text)):
            when = _of_date(found, self.day_first)
        elif when is None:
            when = _anything(text)
        if when.tzinfo is None:
            self.has_zones = False
            when = when.replace(tzinfo=timezone.utc)
        return when.timestamp()


def of_column(texts: list[str], comma: bool, usual: bool, day_first: bool | None) -> Times:
    """How the texts of a column, or its beginning, are to be read. usual: the file is from where
    the day comes first; day_first: if it was said. Unclear if that has to be.
    """
    texts = [text.strip() for text in texts[:SAMPLE] if text.strip()]
    found = Times(day_first=day_first, comma=comma)
    plain = [text.replace(",", ".") if comma else text for text in texts]
    numbers = [float(text) for text in plain if _NUMBER.fullmatch(text)]
    if len(numbers) * 2 > len(texts):
        _set_kind(found, numbers)
    if day_first is None:
        dates = [date for date in map(_DATE.fullmatch, texts) if date]
        found.day_first = _shown_first(dates, usual)
        if found.day_first is None and (unclear := [d for d in dates if d[1] != d[3]]):
            raise Unclear(f"{unclear[0][0]!r} has the day or the month first")
    return found


def _set_kind(times: Times, numbers: list[float]) -> None:
    middle = statistics.median(numbers)
    steps = [abs(b - a) for a, b in itertools.pairwise(numbers)]
    if EXCEL[0] <= middle < EXCEL[1] and (
        statistics.median(steps) < 1 if steps else middle % 1 > 0
    ):
        times.per_second = 0
        return
    for per_second, least in _UNIX:
        if middle >= least:
            times.per_second = per_second
            return
    times.elapsed = True


def _shown_first(dates: list[re.Match], usual: bool) -> bool | None:
    """Does the day come first? By a number above 12, by dots, by that it is usual where the file
    is from, or by that one day follows the other. None if nothing shows it: AM does not.
    """
    days_first = sum(int(date[1]) > 12 for date in dates)
    months_first = sum(int(date[3]) > 12 for date in dates)
    if days_first != months_first:  # a damaged row decides nothing
        return days_first > months_first
    if not dates or dates[0][2] == "." or usual:
        return bool(dates) or None
    # The other way round it goes on in another month at midnight
    steady = [
        first for first in (True, False) if _longest_step(dates, first) <= timedelta(hours=12)
    ]
    return steady[0] if len(steady) == 1 else None


def _longest_step(dates: list[re.Match], day_first: bool) -> timedelta:
    times = []
    for date in dates:
        with contextlib.suppress(ValueError):  # no such day
            times.append(_of_date(date, day_first).replace(tzinfo=None))
    return max((abs(b - a) for a, b in itertools.pairwise(times)), default=timedelta(0))


def _of_date(found: re.Match, day_first: bool | None) -> datetime:
    first, _, second, year, clock, fraction, half, zone = found.groups()
    if day_first is None and first != second:
        raise ValueError("the day or the month")
    day, month = (first, second) if day_first else (second, first)
    year = int(year) + (2000 if len(year) == 2 else 0)
    hour, minute, *seconds = (clock or "0:00").replace(".", ":").split(":")
    hour = int(hour)
    if half:
        if not 1 <= hour <= 12:
            raise ValueError("no hour of a half of the day")
        hour = hour % 12 + 12 * (half[0] in "pP")
    when = datetime(
        year, int(month), int(day), hour, int(minute), int(seconds[0]) if seconds else 0
    )
    when += timedelta(seconds=float(f"0.{fraction}")) if fraction else timedelta(0)
    return when.replace(tzinfo=_iso(f"2000-01-01T00:00:00{_zone(zone)}").tzinfo) if zone else when


def _zone(text: str) -> str:
    return "Z" if text in ("Z", "UTC", "GMT") else text


def _iso(text: str) -> datetime | None:
    text = _YEAR_FIRST.sub(lambda m: f"{m[1]}-{int(m[2]):02}-{int(m[3]):02}", text)
    if text[4:5] != "-":
        return None
    try:
        return datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        pass
    from dateutil import parser  # it takes a while to import

    try:
        return parser.isoparse(text)
    except ValueError:
        return None


def _anything(text: str) -> datetime:
    """A time in words, such as 1 May 2024 10:00 UTC. ValueError if its date is not whole, or its
    zone is not known.
    """
    from dateutil import parser

    with warnings.catch_warnings():
        warnings.simplefilter("error")  # of a zone that it does not know
        try:
            found = [
                parser.parse(text, default=datetime(year, month, day))
                for year, month, day in ((2000, 1, 1), (2004, 2, 2))
            ]
        except (Warning, TypeError, OverflowError) as error:
            raise ValueError(str(error)) from None
    if found[0] != found[1]:
        raise ValueError("not a whole date")
    return found[0]
