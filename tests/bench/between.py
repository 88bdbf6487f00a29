"""How much closer to the readings the lines between frames are than frames that hold.

python tests/bench/between.py            ten days of the household, and of the other traces
python tests/bench/between.py --days 2   fewer
python tests/bench/between.py --json     one JSON object instead of the tables

RMS errors over all readings, in V, mV, % and degC. Holding: a reading counts as what its frame
says, a cell as its last record says. Lines: as host_tools/history/between.py draws them.
"""

import argparse
import json
import sys
import tempfile
from pathlib import Path

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[2])

import host_tools.ground.firmware  # noqa: F401 - the firmware on sys.path
import numpy as np
from host_tools.ground.units import MILLI
from host_tools.history import between, between_cells, cells, frames, packed
from host_tools.trial import encode
from host_tools.trial.plan import Plan
from rich.console import Console
from rich.table import Table
from tests.bench import household
from tests.bench.traces import TRACES

DAYS = 10
# A quantity of the lines, the readings' column for it, how many of the lines' unit one is of theirs
COMPARED = (
    ("voltage", "voltage", MILLI),
    ("min_cell_voltage", "min_mv", MILLI),
    ("max_cell_voltage", "max_mv", MILLI),
    ("soc", "soc", 1),
    ("temperature", "temperature", 10),
)


def measure(found, capacity_ah):
    """By quantity: the RMS error of holding, that of lines, and by how many percent it falls."""
    with tempfile.TemporaryDirectory(prefix="packlog-bench-") as folder:
        plan = Plan(capacity_ah=capacity_ah)
        encode.store(found, Path(folder), plan)
        where = Path(folder, plan.name)
        moments = found.utc + found.records["seconds"].astype(np.int64)
        moments += found.records["ms"] >= MILLI / 2
        return {**_of_frames(found, where, moments), "cells": _of_cells(found, where, moments)}


def _of_frames(found, where, moments):
    drawn = between.lines(frames.load([where]))
    line = np.minimum(np.searchsorted(drawn.end, moments), len(drawn) - 1)
    inside = (drawn.begin[line] < moments) & (moments <= drawn.end[line])
    line, at = line[inside], moments[inside]
    result = {}
    for name, column, steps in COMPARED:
        true = found.records[column][inside] / steps
        result[name] = _fall(drawn.last[name][line] - true, drawn.at(name, line, at) - true)
    return result


def _of_cells(found, where, moments):
    (log,) = packed.load_cells([where]).loaded.logs
    (pack,) = packed.load([where]).loaded.logs
    said = cells.load([where])
    held = np.flatnonzero(~said.hole)
    square, of_lines, count = 0.0, 0.0, 0
    for lines in between_cells.lines_of(log, pack):
        place = np.searchsorted(lines.begin, moments, "right") - 1
        inside = (place >= 0) & (moments < lines.end[place])
        place, at = place[inside], moments[inside]
        true = found.records["mv"][inside][:, : found.cells] / MILLI
        record = held[np.searchsorted(said.time[held], at, "right") - 1]
        share = ((at - lines.begin[place]) / (lines.end - lines.begin)[place])[:, None]
        value = lines.first[place] + (lines.last - lines.first)[place] * share
        square += float(((said.cells[record] / MILLI - true) ** 2).sum())
        of_lines += float(((value - true) ** 2).sum())
        count += true.size
    return _numbers((square / count) ** 0.5, (of_lines / count) ** 0.5)


def _fall(held, of_lines):
    known = np.isfinite(held) & np.isfinite(of_lines)
    return _numbers(*(float(np.sqrt((each[known] ** 2).mean())) for each in (held, of_lines)))


def _numbers(held, of_lines):
    fall = 100 * (1 - of_lines / held) if held else 0.0
    return {"held": round(held, 5), "lines": round(of_lines, 5), "falls_by_percent": round(fall, 1)}


def traces():
    """(name, capacity in Ah, a function of days that makes Readings) of each trace."""
    yield "household", household.CAPACITY_AH, household.month
    for name, trace in TRACES.items():
        if name != "household":
            yield name, trace.capacity_ah, trace.make


def show(result, days):
    """The same as a table each."""
    for trace, found in result.items():
        table = Table(title=f"{trace}, {days:g} days: RMS error", title_justify="left")
        for heading in ("", "held", "lines", "falls by %"):
            table.add_column(heading, justify="right" if heading else "left")
        for name, numbers in found.items():
            table.add_row(name, *map(str, numbers.values()))
        Console().print(table)


def main():
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--days", type=float, default=DAYS, help=f"days of each trace ({DAYS})")
    parser.add_argument("--json", action="store_true", help="one JSON object")
    arguments = parser.parse_args()
    result = {name: measure(make(arguments.days), ah) for name, ah, make in traces()}
    if arguments.json:
        print(json.dumps(result))
    else:
        show(result, arguments.days)


if __name__ == "__main__":
    main()
