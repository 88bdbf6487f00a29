"""A series of a pack's history, read from its files; what is damaged is reported on stderr."""

import functools
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from host_tools.ground.errors import PacklogError, UsageError
from host_tools.ground.progress import Progress, say
from host_tools.ground.units import moment
from host_tools.ground.words import there_are
from host_tools.history import (
    cells,
    days,
    events,
    frames,
    grids,
    hours,
    logs,
    packed,
    records,
    resample,
    undated,
)
from host_tools.history.grids import AnyGrid
from host_tools.history.periods import MEAN, VALUES, Periods
from host_tools.history.timeline import UNKNOWN

Rows = frames.Frames | cells.Cells | events.Events | Periods
SERIES: dict[str, Callable[..., Rows]] = {
    "pack": frames.load,
    "cells": cells.load,
    "events": events.load,
    "hours": hours.load,
    "days": days.load,
}
RESAMPLED = ("pack", "cells")  # that --every takes


@dataclass(frozen=True)
class Every:
    """What rows are asked for: text is how long each is, such as 10s or 1d."""

    text: str
    grid: AnyGrid
    values: tuple[str, ...] = (MEAN,)

    @classmethod
    def of(cls, text: str, zone: str | None = None, values: str = MEAN) -> "Every":
        """By --every, --zone and --values. Raises UsageError."""
        wanted = values.split(",")
        if unknown := [value for value in wanted if value not in VALUES]:
            raise UsageError(f"--values {unknown[0]!r}: {there_are(VALUES)}")
        return cls(text, grids.grid(text, zone), tuple(wanted))


def check_series(name: str) -> None:
    """PacklogError if it is not a series."""
    if name not in SERIES:
        raise UsageError(f"no series {name!r}: {there_are(SERIES)}")


def load(paths: Iterable[Path | str], series: str = "pack", guess: bool = False) -> Rows:
    """The rows of a series in paths, which are files or folders. What they are goes to stderr, and
    problems. guess: date rows without a date by what can be guessed.

    PacklogError if there is nothing of that series.
    """
    check_series(series)
    paths = list(paths)
    files = records.find(paths)
    with Progress("reading", len(files), "files") as bar:
        rows = SERIES[series](files, bar.each(records.read))
    if guess and series != "days":  # a guessed time is no local day
        undated.guess(rows)
        if isinstance(rows, Periods):
            rows.guessed = True
    what = "frames" if series == "pack" else series
    if rows.pack:
        say(f"{rows.pack}, {what}: {_in_words(rows)}")
    _check(rows, what, paths)
    return rows


def resampled(
    paths: Iterable[Path | str],
    series: str,
    every: Every,
    guess: bool = False,
) -> tuple[logs.Loaded, Iterator[Periods]]:
    """(what is wrong and what is odd, the rows in blocks, at least one) of frames or cells.

    PacklogError as load() has it.
    """
    if series not in RESAMPLED:
        raise UsageError(f"--every is for {' and '.join(RESAMPLED)}: leave it out for {series}")
    paths = list(paths)
    files = records.find(paths)
    pack = None
    with Progress("reading", len(files), "files") as bar:
        if series == "cells":
            read = functools.cache(bar.each(records.read))
            source, pack = packed.load_cells(files, read), packed.load(files, read)
        else:
            source = packed.load(files, bar.each(records.read))
    if guess:
        source.guess()
    found = source.loaded
    what = "frames" if series == "pack" else series
    if found.pack:
        known = source.time[source.time != UNKNOWN]
        span = f", {moment(int(known.min()))} to {moment(int(known.max()))}" if len(known) else ""
        say(f"{found.pack}, {what}: {len(source)} records{span}, as rows of {every.text}")
    _check(found, what, paths)
    if series == "cells":
        return found, resample.cells(source, pack, every.grid, every.values)
    return found, resample.frames(source, every.grid, every.values)


def _check(found: Rows | logs.Loaded, what: str, paths: list) -> None:
    """Report what is damaged or odd; PacklogError if there is nothing."""
    for line in (*found.problems, *found.remarks):
        say(line)
    if not found.pack:
        where = ", ".join(map(str, paths))
        raise PacklogError(
            f"no {what} in {where}, nothing is written: give what packlog pull copied"
        )


def _in_words(rows: Rows) -> str:
    """How many rows, from when to when, and what of that is odd."""
    if not len(rows):
        return "0 rows, the files hold none yet"
    said = [f"{len(rows)} rows"]
    known = rows.time[rows.time != UNKNOWN]
    if len(known):
        said[0] += f", {moment(int(known.min()))} to {moment(int(known.max()))}"
    if gaps := int(getattr(rows, "hole", known[:0]).sum()):
        said.append(f"{gaps} of them start a gap")
    if guessed := int(((rows.undated > 0) & (rows.time != UNKNOWN)).sum()):
        said.append(f"{guessed} with a guessed date")
    if without := len(rows) - len(known):
        bounded = any(boot.earliest or boot.latest for boot in rows.boots)
        more = ": they have not_before and not_after, --guess dates them" if bounded else ""
        said.append(f"{without} without a date{more}")
    return "; ".join(said)
