"""A series of a pack's history, read from its files; what is damaged is reported on stderr."""

from collections.abc import Callable, Iterable
from pathlib import Path

from host_tools.ground.errors import PacklogError, UsageError
from host_tools.ground.progress import Progress, say
from host_tools.ground.units import moment
from host_tools.ground.words import there_are
from host_tools.history import cells, events, frames, records, undated
from host_tools.history.timeline import UNKNOWN

Rows = frames.Frames | cells.Cells | events.Events
SERIES: dict[str, Callable[..., Rows]] = {
    "pack": frames.load,
    "cells": cells.load,
    "events": events.load,
}


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
    if guess:
        undated.guess(rows)
    what = "frames" if series == "pack" else series
    if rows.pack:
        say(f"{rows.pack}, {what}: {_in_words(rows)}")
    for line in (*rows.problems, *rows.remarks):
        say(line)
    if not rows.pack:
        where = ", ".join(map(str, paths))
        raise PacklogError(
            f"no {what} in {where}, nothing is written: give what packlog pull copied"
        )
    return rows


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
