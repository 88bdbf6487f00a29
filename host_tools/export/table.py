"""CSV put together column by column in numpy.

A column is an array of texts of fixed width, filled up with NUL bytes, which are dropped from the
finished block. No Python runs per row; blocks are put together in several threads.
"""

import math
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

import numpy as np
from host_tools.export.dialect import PLAIN, Dialect

BLOCK = 50_000  # rows put together at a time
_MOST_DECIMALS = 3  # mV, mA
_HALF_BITS = 11  # of a float16's significand
_THREADS = 4
_EPOCH_DAY = datetime(1970, 1, 1)


@dataclass
class Column:
    """The texts of some rows: parts that follow each other, each an array of bytes a row, filled up
    with NUL. is_number: has a decimal point. is_value: counts for what is known of a row.
    """

    parts: list[np.ndarray]
    is_number: bool = False
    is_value: bool = True

    @property
    def known(self) -> np.ndarray:
        """Which of its texts are not empty."""
        return _width_first(self.parts[0]).any(axis=1)


Columns = dict[str, Column]  # by name
Block = tuple[Columns, int]  # and how many rows


def write(
    blocks: Iterable[Block],
    put: Callable[[str], object],
    dialect: Dialect = PLAIN,
    progress: Callable[[int], None] = lambda done: None,
) -> int:
    """Give put() the header and all rows, block by block; returns how many rows.

    progress is told the rows done so far.
    """
    done = written = 0
    for number, (names, text, count, taken) in enumerate(_texts(blocks, dialect)):
        if not number:
            put("\ufeff" * dialect.mark + header(names, dialect))
        if text:
            put(text)
        done += taken
        written += count
        progress(done)
    return written


def header(names: Iterable[str], dialect: Dialect) -> str:
    """The line with the names of the columns; empty if none is wanted."""
    return dialect.separator.join(map(dialect.field, names)) + "\n" if dialect.header else ""


def _texts(blocks: Iterable[Block], dialect: Dialect) -> Iterator[tuple[list[str], str, int, int]]:
    """(names, text, rows in it, rows taken) of each block, some of them put together ahead."""
    waiting: deque = deque()
    with ThreadPoolExecutor(min(_THREADS, os.cpu_count() or 1)) as pool:
        for columns, count in blocks:
            waiting.append((list(columns), pool.submit(_join, columns, count, dialect), count))
            if len(waiting) > _THREADS:
                yield _finished(waiting.popleft())
        while waiting:
            yield _finished(waiting.popleft())


def _finished(waiting) -> tuple[list[str], str, int, int]:
    names, future, count = waiting
    return (names, *future.result(), count)


def _join(columns: Columns, count: int, dialect: Dialect) -> tuple[str, int]:
    """The rows of a block as text, and how many they are."""
    if not count:
        return "", 0
    fields = list(columns.values())
    width = sum(sum(map(_width, field.parts)) for field in fields)
    width += len(fields) * (1 + 2 * len(dialect.quote))
    block = np.empty((count, width), np.uint8)
    at = 0
    for number, field in enumerate(fields):
        begin = at
        at = _put_byte(block, at, dialect.quote)
        for part in field.parts:
            end = at + _width(part)
            np.ndarray(count, f"S{end - at}", block, at, (width,))[:] = part
            at = end
        if field.is_number and dialect.decimal != ".":
            taken = block[:, begin:at]
            taken[taken == ord(".")] = ord(dialect.decimal)
        at = _put_byte(block, at, dialect.quote)
        at = _put_byte(block, at, dialect.separator if number + 1 < len(fields) else "\n")
    if dialect.least_known is not None:
        block = block[_enough(fields, count, dialect)]
    flat = block.reshape(-1)
    return flat[flat != 0].tobytes().decode("ascii"), len(block)


def _put_byte(block: np.ndarray, at: int, character: str) -> int:
    if character:
        block[:, at] = ord(character)
    return at + len(character)


def _enough(fields: list[Column], count: int, dialect: Dialect) -> np.ndarray:
    """Which rows have enough values that are known."""
    values = [field for field in fields if field.is_value]
    known = np.zeros(count, np.int32)
    for field in values:
        known += field.known
    return known >= dialect.limit(len(values))


def _width(part: np.ndarray) -> int:
    return part.itemsize if part.ndim == 1 else part.shape[1]


def _width_first(part: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(part).view(np.uint8).reshape(len(part), _width(part))


def as_texts(digits: np.ndarray) -> np.ndarray:
    """An array of bytes, a row each, as one of texts."""
    return np.ascontiguousarray(digits).view(f"S{digits.shape[1]}")[:, 0]


class Texts:
    """Texts by small codes, each put into words once, when it first occurs; code 0 is empty."""

    def __init__(self, text: Callable[[int], str]):
        self._text = text
        self._table = np.zeros(1, "S1")
        self._known = np.ones(1, bool)

    def of(self, codes: np.ndarray) -> np.ndarray:
        """Those of these codes, as bytes filled up with NUL."""
        present = np.bincount(codes, minlength=len(self._known)) > 0
        if len(present) > len(self._known):
            more = max(len(present), 2 * len(self._known)) - len(self._known)
            self._known = np.pad(self._known, (0, more))
            self._table = np.pad(self._table, (0, more))
        new = np.flatnonzero(present & ~self._known[: len(present)])
        if len(new):
            words = [self._text(code).encode() for code in new.tolist()]
            width = max(self._table.itemsize, *map(len, words))
            self._table = self._table.astype(f"S{width}")
            self._table[new] = words
            self._known[new] = True
        return self._table.take(codes)


def lookup(codes: np.ndarray, texts: Texts, is_number: bool = False) -> Column:
    """Texts by small codes."""
    return Column([texts.of(codes)], is_number)


def halves(values: np.ndarray, decimals: int | None = None) -> Column:
    """Numbers that came from float16, by its bits; see decimals_of."""
    bits = values.astype(np.float16).view(np.uint16)
    codes = np.where(np.isnan(values), 0, bits + np.int32(1))
    return lookup(codes, _halves_texts(decimals), True)


@lru_cache(maxsize=8)
def _halves_texts(decimals: int | None) -> Texts:
    def text(code: int) -> str:
        half = np.uint16(code - 1).view(np.float16)
        said = f"{float(half):.{decimals_of(half) if decimals is None else decimals}f}"
        return said if said.strip("-0.") else said.lstrip("-")  # no -0.00

    return Texts(text)


def decimals_of(half: np.float16) -> int:
    """The decimals that a float16 in V or A has: it is known to the step to the next one.

    52.8125 has 2, as its step is 0.03; never more than 3, as readings are in mV and mA.
    """
    _, exponent = math.frexp(float(half))
    step = 2.0 ** (exponent - _HALF_BITS)
    return min(max(math.ceil(-math.log10(step)), 0), _MOST_DECIMALS)


def milli(values: np.ndarray, decimals: int | None = None) -> Column:
    """Whole mV as V; negative ones are empty."""
    return lookup(values + 1, _milli_texts(_MOST_DECIMALS if decimals is None else decimals), True)


@lru_cache(maxsize=8)
def _milli_texts(decimals: int) -> Texts:
    return Texts(lambda code: f"{(code - 1) / 1000:.{decimals}f}")


def tenths(values: np.ndarray) -> np.ndarray:
    """Codes for degC or % in steps of a tenth, from -40 up."""
    return np.where(np.isnan(values), 0, np.rint(np.nan_to_num(values) * 10) + 401).astype(np.int32)


@lru_cache(maxsize=1)
def plain_numbers() -> Texts:
    """Small positive numbers as they are."""
    return Texts(str)


def numbers(values: np.ndarray) -> Column:
    """Whole numbers of up to ten digits; negative ones are empty."""
    powers = 10 ** np.arange(9, -1, -1)
    value = values[:, None]
    digits = (value // powers % 10 + ord("0")).astype(np.uint8)
    digits[(value < powers) & ~((value == 0) & (powers == 1))] = 0
    return Column([as_texts(digits)])


def fixed(values: np.ndarray, decimals: int) -> Column:
    """Numbers with that many decimals, rounded; NaN is empty."""
    whole = 10**decimals
    known = np.isfinite(values)
    number = np.rint(np.where(known, values, 0) * whole).astype(np.int64)
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
    return Column([as_texts(text)], True)


def dates(days: np.ndarray) -> Column:
    """Days since 1970 as YYYY-MM-DD; negative ones are empty."""
    return lookup(np.where(days < 0, 0, days + 1), _date_texts())


@lru_cache(maxsize=1)
def _date_texts() -> Texts:
    return Texts(lambda code: f"{_EPOCH_DAY + timedelta(code - 1):%Y-%m-%d}")


def minutes(values: np.ndarray) -> Column:
    """Minutes of a day as HH:MM; negative ones are empty."""
    return lookup(values + 1, _minute_texts())


@lru_cache(maxsize=1)
def _minute_texts() -> Texts:
    return Texts(lambda code: f"{(code - 1) // 60:02}:{(code - 1) % 60:02}")


def texts(values: np.ndarray, dialect: Dialect = PLAIN) -> Column:
    """Texts: ASCII, as an array of bytes; enclosed where the dialect needs it."""
    if not len(values):
        return Column([values.astype("S1")])
    different, index = np.unique(values, return_inverse=True)
    fields = [dialect.field(each.decode()) for each in different.tolist()]
    if dialect.quote:  # which encloses each field anyhow
        fields = [each[1:-1] for each in fields]
    return Column([np.array([each.encode() for each in fields], "S")[index.reshape(-1)]])
