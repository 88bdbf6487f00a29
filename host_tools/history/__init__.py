"""The history of a pack in Python: load() gives numpy columns. docs/python.md has examples.

    from host_tools.history import load

    frames = load("history/house")
    frames["time"], frames["current"]  # numpy arrays: UTC, A
    load("history/house", every="1h").to_pandas()

Importing this loads neither numpy nor anything else of packlog.
"""

from __future__ import annotations

import typing

if typing.TYPE_CHECKING:
    from host_tools.history.table import Paths, Table


def load(paths: Paths, series: str = "pack", **options) -> Table:
    """The rows of a series as a Table of numpy columns, as `packlog decode` would write them.

    paths: a pulled folder or file, or several of one pack. series: pack, cells, events, hours or
    days. options: those of host_tools.history.table.Choice: begin and end, guess, every, values,
    zone. What is damaged is in the table's problems. Raises PacklogError if there is no such
    series in paths, UsageError if what is asked for cannot be right.
    """
    from host_tools.history.table import Choice, load_table

    return load_table(paths, series, Choice(**options))
