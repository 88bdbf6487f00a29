"""A series of a pack's history, read from its files; what is damaged is reported on stderr."""

import functools
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
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
from host_tools.history.packed import Counted, counted
from host_tools.history.periods import MEAN, VALUES, Periods
from host_tools.history.ranges import EVER, Range
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
    """What rows are asked for: text is how long each is, such as 10s or 1d. share: of a row that
    readings must cover, or its values are unknown.
    """

    text: str
    grid: AnyGrid
    values: tuple[str, ...] = (MEAN,)
    share: float = 0

    @classmethod
    def of(
        cls, text: str, zone: str | None = None, values: str = MEAN, share: float = 0
    ) -> "Every":
        """By --every, --zone, --values and --share. Raises UsageError."""
        wanted = values.split(",")
        if unknown := [value for value in wanted if value not in VALUES]:
            raise UsageError(f"--values {unknown[0]!r}: {there_are(VALUES)}")
        return cls(text, grids.grid(text, zone), tuple(wanted), share)

    def aligned(self, span: Range) -> Range:
        """A range that begins with the row in which the given one does."""
        if span.begin is None:
            return span
        cell = self.grid.cell(np.array([span.begin]))
        return Range(int(self.grid.edge(cell)[0]), span.end)

    def blank(self, rows: Periods) -> Periods:
        """Forget the values of rows of which readings cover less than the share."""
        if not self.share or not len(rows):
            return rows
        cell = self.grid.cell(rows.time)
        length = np.where(rows.time == UNKNOWN, self.grid.step,
                          self.grid.edge(cell + 1) - self.grid.edge(cell))  # fmt: skip
        few = rows.seconds < self.share * length
        for name, value in rows.values.items():
            rows.values[name] = value = value.copy()
            value[few] = np.nan if value.dtype.kind == "f" else 0
        return rows


def check_series(name: str) -> None:
    """PacklogError if it is not a series."""
    if name not in SERIES:
        raise UsageError(f"no series {name!r}: {there_are(SERIES)}")


def load(
    paths: Iterable[Path | str], series: str = "pack", guess: bool = False, span: Range = EVER
) -> Rows:
    """The rows of a series in paths, which are files or folders. What they are goes to stderr, and
    problems. guess: date rows without a date by what can be guessed. span: only rows of that time.

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
    rows = span.of_rows(rows)
    what = "frames" if series == "pack" else series
    if rows.pack:
        hole = getattr(rows, "hole", np.zeros(0, bool))
        say(f"{rows.pack}, {what}: {_in_words(counted(rows.time, rows.undated, hole), rows, span)}")
    _check(rows, what, paths)
    return rows


def in_blocks(
    paths: Iterable[Path | str], guess: bool = False, span: Range = EVER
) -> tuple[logs.Loaded, Counted, Iterator[frames.Frames]]:
    """(what is wrong and what is odd, how many rows there are, the rows of frames in blocks).

    There is at least one block: millions of frames are never in memory at once.
    """
    paths = list(paths)
    files = records.find(paths)
    with Progress("reading", len(files), "files") as bar:
        source = packed.load(files, bar.each(records.read))
    found, counts = source.loaded, packed.count(source, span, guess)
    if found.pack:
        say(f"{found.pack}, frames: {_in_words(counts, found, span)}")
    _check(found, "frames", paths)
    return found, counts, packed.rows_of(source, span, guess)


def resampled(
    paths: Iterable[Path | str],
    series: str,
    every: Every,
    guess: bool = False,
    span: Range = EVER,
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
        time = source.time
        known = time[time != UNKNOWN]
        said = f", {moment(int(known.min()))} to {moment(int(known.max()))}" if len(known) else ""
        say(f"{found.pack}, {what}: {len(source)} records{said}, as rows of {every.text}")
    _check(found, what, paths)
    if series == "cells":
        rows = resample.cells(source, pack, every.grid, every.values)
    else:
        rows = resample.frames(source, every.grid, every.values)
    return found, (every.blank(span.of_rows(block)) for block in rows)


def _check(found: Rows | logs.Loaded, what: str, paths: list) -> None:
    """Report what is damaged or odd; PacklogError if there is nothing."""
    for line in (*found.problems, *found.remarks):
        say(line)
    if not found.pack:
        where = ", ".join(map(str, paths))
        raise PacklogError(
            f"no {what} in {where}, nothing is written: give what packlog pull copied"
        )


def _in_words(counted: Counted, about: Rows | logs.Loaded, span: Range) -> str:
    """How many rows, from when to when, and what of that is odd."""
    if not counted.rows:
        return "0 rows in that time" if span else "0 rows, the files hold none yet"
    said = [f"{counted.rows} rows"]
    if counted.span:
        said[0] += f", {moment(counted.span[0])} to {moment(counted.span[1])}"
    if counted.gaps:
        said.append(f"{counted.gaps} of them start a gap")
    if counted.guessed:
        said.append(f"{counted.guessed} with a guessed date")
    if counted.undated:
        bounded = any(boot.earliest or boot.latest for boot in about.boots)
        more = ": they have not_before and not_after, --guess dates them" if bounded else ""
        said.append(f"{counted.undated} without a date{more}")
    return "; ".join(said)
