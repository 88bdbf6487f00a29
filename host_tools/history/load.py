"""A series of a pack's history, read from its files; what is damaged is reported on stderr."""

from collections.abc import Callable, Iterable
from pathlib import Path

from host_tools.ground.errors import PacklogError, UsageError
from host_tools.ground.progress import Progress, say
from host_tools.ground.words import there_are
from host_tools.history import cells, events, frames, records

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


def load(paths: Iterable[Path | str], series: str = "pack") -> Rows:
    """The rows of a series in paths, which are files or folders. Problems go to stderr.

    PacklogError if there is nothing of that series.
    """
    check_series(series)
    paths = list(paths)
    files = records.find(paths)
    with Progress("reading", len(files), "files") as bar:
        rows = SERIES[series](files, bar.each(records.read))
    for line in (*rows.problems, *rows.remarks):
        say(line)
    if not rows.pack:
        where = ", ".join(map(str, paths))
        what = "frames" if series == "pack" else series
        raise PacklogError(f"no {what} in {where}: give what packlog pull copied")
    return rows
