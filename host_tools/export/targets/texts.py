"""The values of a table as Python's, column by column: texts, or what a database driver takes.

Most columns have few different values: each is made once.
"""

from collections.abc import Callable
from functools import cache

import numpy as np
from host_tools.export.targets.rows import DATE, NOTHING, REAL, TEXT, TIME, Table

_DAY_S = 86400


def column(table: Table, name: str, unknown: str, quoted: Callable[[str], str] = str) -> np.ndarray:
    """The texts of a column, as an array of str: times as 2026-06-01 12:00:00, in UTC.

    quoted: what a target makes of texts, times and dates. An empty text is unknown.
    """
    kind, values = table.kind[name], table.values[name]
    if kind == TIME:
        return _moments(values, unknown, quoted)
    if kind == DATE:
        return coded(values, lambda day: unknown if day == NOTHING else quoted(_day(day)))
    if kind == TEXT:
        return coded(values, lambda raw: quoted(raw.decode("ascii", "replace")) if raw else unknown)
    return numbers(values, unknown)


def numbers(values: np.ndarray, unknown: str, form: Callable[[float], str] = repr) -> np.ndarray:
    """Integers or floats as texts that are read back as the same."""
    if values.dtype.kind == "f":
        return coded(values, lambda each: unknown if each != each else form(each))
    return coded(values, lambda each: unknown if each == NOTHING else form(each))


def coded(values: np.ndarray, text: Callable) -> np.ndarray:
    """What text makes of each value; it is called once for each that is different."""
    different, index = np.unique(values, return_inverse=True)
    words = np.empty(len(different), object)
    words[:] = [text(each) for each in different.tolist()]
    return words[index.reshape(-1)]


def objects(table: Table, name: str) -> list:
    """The values of a column as Python's own, None where unknown; times as texts."""
    kind, values = table.kind[name], table.values[name]
    if kind in (TIME, DATE, TEXT):
        return [each or None for each in column(table, name, "").tolist()]
    found = values.tolist()
    if kind == REAL:
        return [None if each != each else each for each in found]
    return [None if each == NOTHING else each for each in found]


def _moments(values: np.ndarray, unknown: str, quoted: Callable[[str], str]) -> np.ndarray:
    """Each day and each second of a day is put into words once."""
    known = values != NOTHING
    seconds = np.where(known, values, 0)
    before, _, after = quoted("|").partition("|")
    found = coded(seconds // _DAY_S, lambda day: f"{before}{_day(day)} ")
    found = found + _clock()[seconds % _DAY_S]
    if after:
        found = found + after
    found[~known] = unknown
    return found


def _day(day: int) -> str:
    return str(np.datetime64(day, "D"))


@cache
def _clock() -> np.ndarray:
    words = np.empty(_DAY_S, object)
    words[:] = [f"{s // 3600:02}:{s // 60 % 60:02}:{s % 60:02}" for s in range(_DAY_S)]
    return words
