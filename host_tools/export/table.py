"""CSV put together column by column in numpy.

Each column is an array of texts of fixed width, filled up with NUL bytes, which are dropped from
the finished block. No Python runs per row.
"""

import math
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cache

import numpy as np
from host_tools.history.timeline import UNKNOWN

_BLOCK = 100_000  # rows put together at a time
_DAY = 86400
_MOST_DECIMALS = 3  # mV, mA
_HALF_BITS = 11  # of a float16's significand

Column = Callable[[slice], np.ndarray]  # the texts of some rows, as bytes filled up with NUL


def write(
    header: str,
    columns: list[Column],
    count: int,
    put: Callable[[str], object],
    progress: Callable[[int], None] = lambda done: None,
) -> None:
    """Give put() the header and count rows, block by block. progress is told the rows done."""
    put(header + "\n")
    write_rows(columns, count, put, progress)


def write_rows(
    columns: list[Column],
    count: int,
    put: Callable[[str], object],
    progress: Callable[[int], None] = lambda done: None,
) -> None:
    """The same without the header."""
    for first in range(0, count, _BLOCK):
        rows = slice(first, min(first + _BLOCK, count))
        put(_join([column(rows) for column in columns], rows.stop - rows.start))
        progress(rows.stop)


def _join(texts: list[np.ndarray], count: int) -> str:
    comma = np.full((count, 1), ord(","), np.uint8)
    parts = []
    for text in texts:
        parts += [text.view(np.uint8).reshape(count, -1), comma]
    parts[-1] = np.full((count, 1), ord("\n"), np.uint8)
    block = np.concatenate(parts, axis=1)
    return block[block != 0].tobytes().decode("ascii")


def lookup(codes: np.ndarray, text: Callable[[int], str]) -> Column:
    """Texts by small codes; code 0 is empty. Only codes that occur are put into words."""
    present = np.flatnonzero(np.bincount(codes, minlength=1))
    words = [text(int(code)).encode() if code else b"" for code in present]
    table = np.zeros(
        int(present[-1]) + 1 if len(present) else 1, f"S{max(map(len, words), default=1) or 1}"
    )
    table[present] = words
    return lambda rows: table[codes[rows]]


def halves(values: np.ndarray, decimals: int | None = None) -> Column:
    """Numbers that came from float16, by its bits; see decimals_of."""
    bits = values.astype(np.float16).view(np.uint16).astype(np.int32)
    codes = np.where(np.isnan(values), 0, bits + 1)

    def text(code: int) -> str:
        half = np.uint16(code - 1).view(np.float16)
        said = f"{float(half):.{decimals_of(half) if decimals is None else decimals}f}"
        return said if said.strip("-0.") else said.lstrip("-")  # no -0.00

    return lookup(codes, text)


def decimals_of(half: np.float16) -> int:
    """The decimals that a float16 in V or A has: it is known to the step to the next one.

    52.8125 has 2, as its step is 0.03; never more than 3, as readings are in mV and mA.
    """
    _, exponent = math.frexp(float(half))
    step = 2.0 ** (exponent - _HALF_BITS)
    return min(max(math.ceil(-math.log10(step)), 0), _MOST_DECIMALS)


def milli(values: np.ndarray, decimals: int | None = None) -> Column:
    """Whole mV as V; negative ones are empty."""
    count = _MOST_DECIMALS if decimals is None else decimals
    return lookup(values + 1, lambda code: f"{(code - 1) / 1000:.{count}f}")


def tenths(values: np.ndarray) -> np.ndarray:
    """Codes for degC or % in steps of a tenth, from -40 up."""
    return np.where(np.isnan(values), 0, np.rint(np.nan_to_num(values) * 10) + 401).astype(np.int32)


def iso(time: np.ndarray) -> Column:
    """Unix seconds as ISO 8601 in UTC."""
    known = time != UNKNOWN
    first = int(time[known].min()) // _DAY if known.any() else 0
    days = np.where(known, time // _DAY - first + 1, 0)
    day = lookup(
        days, lambda code: f"{datetime(1970, 1, 1) + timedelta(first + code - 1):%Y-%m-%dT}"
    )

    def texts(rows: slice) -> np.ndarray:
        clock = np.where(known[rows], _clock_times()[time[rows] % _DAY], b"")
        return np.char.add(day(rows), clock)

    return texts


@cache
def _clock_times() -> np.ndarray:
    seconds = range(_DAY)
    return np.array([f"{s // 3600:02}:{s // 60 % 60:02}:{s % 60:02}Z" for s in seconds], "S9")


def epoch(time: np.ndarray) -> Column:
    """Unix seconds."""
    return numbers(np.where(time == UNKNOWN, -1, time))


def numbers(values: np.ndarray) -> Column:
    """Whole numbers of up to ten digits; negative ones are empty."""
    powers = 10 ** np.arange(9, -1, -1)

    def texts(rows: slice) -> np.ndarray:
        value = values[rows, None]
        digits = (value // powers % 10 + ord("0")).astype(np.uint8)
        digits[(value < powers) & ~((value == 0) & (powers == 1))] = 0
        return digits

    return texts


def fixed(values: np.ndarray, decimals: int) -> Column:
    """Numbers with that many decimals, rounded; NaN is empty."""
    whole = 10**decimals

    def texts(rows: slice) -> np.ndarray:
        known = np.isfinite(values[rows])
        number = np.rint(np.where(known, values[rows], 0) * whole).astype(np.int64)
        digits = max(decimals + 1, len(str(int(np.abs(number).max(initial=0)))))
        powers = 10 ** np.arange(digits - 1, -1, -1)
        size = np.abs(number)[:, None]
        text = (size // powers % 10 + ord("0")).astype(np.uint8)
        text[(size < powers) & (powers > whole)] = 0
        sign = np.where(number < 0, ord("-"), 0).astype(np.uint8)[:, None]
        point = np.full((len(number), int(decimals > 0)), ord("."), np.uint8)
        before = digits - decimals
        text = np.concatenate([sign, text[:, :before], point, text[:, before:]], axis=1)
        text[~known] = 0
        return text

    return texts


def dates(days: np.ndarray) -> Column:
    """Days since 1970 as YYYY-MM-DD; negative ones are empty."""
    known = days[days >= 0]
    first = int(known.min()) if len(known) else 0
    codes = np.where(days < 0, 0, days - first + 1)
    day = datetime(1970, 1, 1) + timedelta(first - 1)
    return lookup(codes, lambda code: f"{day + timedelta(code):%Y-%m-%d}")


def minutes(values: np.ndarray) -> Column:
    """Minutes of a day as HH:MM; negative ones are empty."""
    return lookup(values + 1, lambda code: f"{(code - 1) // 60:02}:{(code - 1) % 60:02}")


def texts(values: np.ndarray) -> Column:
    """Texts as they are: ASCII, as an array of bytes."""
    return lambda rows: np.ascontiguousarray(values[rows])
