"""packlog decode: segments to CSV.

Rows are put together column by column in numpy: each column is an array of texts of fixed width,
filled up with NUL bytes, which are dropped from the finished block. No Python runs per row.
"""

import sys
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

import numpy as np

from host_tools.errors import PacklogError
from host_tools.frames import Frames, load
from host_tools.output import open_output
from host_tools.timeline import UNKNOWN

__all__ = ["HEADER", "Frames", "decode", "load", "write_csv"]

HEADER = (
    "time,voltage,current,temperature,soc,min_cell_voltage,max_cell_voltage,"
    "min_voltage_cell,max_voltage_cell"
)
_BLOCK = 100_000  # rows put together at a time
_DAY = 86400


def decode(paths: Iterable[Path | str], out: Path | str | None = None, epoch: bool = False) -> int:
    """Write the CSV to out, None for stdout; returns the number of rows.

    Damaged files are named on stderr; PacklogError then says, once the rest is written, that there
    were some.
    """
    paths = list(paths)
    frames = load(paths)
    for problem in frames.problems:
        print(problem, file=sys.stderr)
    if not frames.pack:
        where = ", ".join(map(str, paths))
        raise PacklogError(f"no frames in {where}: give what packlog pull copied")
    with open_output(out) as stream:
        write_csv(frames, stream.write, epoch)
    if frames.problems:
        count = len(frames.problems)
        raise PacklogError(
            f"{count} damaged file{'s' * (count > 1)} (named above), the rest is written: "
            "pull again to see whether the board's copy is whole"
        )
    return len(frames)


def write_csv(frames: Frames, write: Callable[[str], object], epoch: bool = False) -> None:
    """Give the CSV to write(text), block by block."""
    undated = bool((frames.time == UNKNOWN).any())
    write(HEADER + (",boot,uptime\n" if undated else "\n"))
    columns = [_epoch(frames) if epoch else _iso(frames), *_values(frames)]
    if undated:
        columns += [_numbers(frames.boot), _numbers(frames.uptime)]
    for first in range(0, len(frames), _BLOCK):
        rows = slice(first, min(first + _BLOCK, len(frames)))
        write(_join([column(rows) for column in columns], rows.stop - rows.start))


Column = Callable[[slice], np.ndarray]  # the texts of some rows, as bytes filled up with NUL


def _join(texts: list[np.ndarray], count: int) -> str:
    comma = np.full((count, 1), ord(","), np.uint8)
    parts = []
    for text in texts:
        parts += [text.view(np.uint8).reshape(count, -1), comma]
    parts[-1] = np.full((count, 1), ord("\n"), np.uint8)
    block = np.concatenate(parts, axis=1)
    return block[block != 0].tobytes().decode("ascii")


def _values(frames: Frames) -> list[Column]:
    return [
        _halves(frames.voltage, "{:.3f}"),
        _halves(frames.current, "{:.6g}"),
        _lookup(_tenths(frames.temperature), lambda code: f"{(code - 401) / 10:.1f}"),
        _lookup(_tenths(frames.soc), lambda code: f"{(code - 401) / 10:g}"),
        _lookup(frames.min_cell_voltage + 1, lambda code: f"{(code - 1) / 1000:.3f}"),
        _lookup(frames.max_cell_voltage + 1, lambda code: f"{(code - 1) / 1000:.3f}"),
        _lookup(frames.min_voltage_cell, str),
        _lookup(frames.max_voltage_cell, str),
    ]


def _lookup(codes: np.ndarray, text: Callable[[int], str]) -> Column:
    """Texts by small codes; code 0 is empty. Only codes that occur are put into words."""
    present = np.flatnonzero(np.bincount(codes, minlength=1))
    words = [text(int(code)).encode() if code else b"" for code in present]
    table = np.zeros(
        int(present[-1]) + 1 if len(present) else 1, f"S{max(map(len, words), default=1) or 1}"
    )
    table[present] = words
    return lambda rows: table[codes[rows]]


def _halves(values: np.ndarray, form: str) -> Column:
    """Numbers that came from float16, by its bits."""
    bits = values.astype(np.float16).view(np.uint16).astype(np.int32)
    codes = np.where(np.isnan(values), 0, bits + 1)

    def text(code: int) -> str:
        return form.format(float(np.uint16(code - 1).view(np.float16)))

    return _lookup(codes, text)


def _tenths(values: np.ndarray) -> np.ndarray:
    """Codes for degC or % in steps of a tenth, from -40 up."""
    return np.where(np.isnan(values), 0, np.rint(np.nan_to_num(values) * 10) + 401).astype(np.int32)


def _iso(frames: Frames) -> Column:
    known = frames.time != UNKNOWN
    first = int(frames.time[known].min()) // _DAY if known.any() else 0
    days = np.where(known, frames.time // _DAY - first + 1, 0)
    day = _lookup(
        days, lambda code: f"{datetime(1970, 1, 1) + timedelta(first + code - 1):%Y-%m-%dT}"
    )

    def texts(rows: slice) -> np.ndarray:
        clock = np.where(known[rows], _clock_times()[frames.time[rows] % _DAY], b"")
        return np.char.add(day(rows), clock)

    return texts


@cache
def _clock_times() -> np.ndarray:
    seconds = range(_DAY)
    return np.array([f"{s // 3600:02}:{s // 60 % 60:02}:{s % 60:02}Z" for s in seconds], "S9")


def _epoch(frames: Frames) -> Column:
    return _numbers(np.where(frames.time == UNKNOWN, -1, frames.time))


def _numbers(values: np.ndarray) -> Column:
    """Whole numbers of up to ten digits; negative ones are empty."""
    powers = 10 ** np.arange(9, -1, -1)

    def texts(rows: slice) -> np.ndarray:
        value = values[rows, None]
        digits = (value // powers % 10 + ord("0")).astype(np.uint8)
        digits[(value < powers) & ~((value == 0) & (powers == 1))] = 0
        return digits

    return texts
