"""Bytes and errors beside those of version 0.1.0's rules, which run over the same readings here.

python tests/bench/goals.py                  ten days of each trace, and of the edge of a JK's range
python tests/bench/goals.py --days 2         fewer
python tests/bench/goals.py --set current_percent=1   with other keys of config.json's store
python tests/bench/goals.py --json           one JSON object instead of the tables
"""

import argparse
import json
import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[2])

import host_tools.ground.firmware  # noqa: F401 - the firmware on sys.path
import numpy as np
from host_tools.history import cells as host_cells
from host_tools.trial.plan import Plan, with_keys
from rich.console import Console
from rich.table import Table
from tests.bench import accuracy, loads, store, traces
from tests.bench.v010.stored import Stored

from store import segment

DAYS, LOAD_DAYS, EDGE_DAYS = 10, 4, 30
_DAY_S = 86400


def of_trace(name, days=DAYS, seed=traces.UNSEEN, keys=()):
    """A row: what a trace came to by today's rules and by those of 0.1.0."""
    trace = traces.TRACES[name]
    found = trace.make(days, seed)
    old = Stored(found, trace.capacity_ah)
    now = _figures(found, days, *_ours(found, trace.capacity_ah, keys))
    before = _figures(found, days, old.bytes_by_series, old.frames, *old.cells)
    before["bytes_a_day"]["events"] = now["bytes_a_day"]["events"]
    return {"trace": name, "days": days, "now": now, "v010": before}


def of_loads(name, days=LOAD_DAYS, seed=traces.UNSEEN, keys=()):
    """Which of many loads, added to a trace, can be seen: by today's rules and those of 0.1.0."""
    trace = traces.TRACES[name]
    found = trace.make(days, seed)
    switched = loads.switch(found, seed)
    _, said, *_ = _ours(found, trace.capacity_ah, keys)
    old = Stored(found, trace.capacity_ah).frames
    seen = {"now": said, "v010": old}
    return {who: loads.visible(found, each, switched) for who, each in seen.items()}


def of_edge(days=EDGE_DAYS, seed=0, keys=()):
    """Bytes of the JK at the edge of its range, and of the same days without a gap."""
    whole = traces.jk(days, seed)
    gaps = traces.with_gaps(whole, seed)
    found = {}
    for name, each in (("whole", whole), ("gaps", gaps)):
        sizes, frames, _, _ = _ours(each, 280, keys, traces.SILENT_S)
        found[name] = {series: round(size / days, 1) for series, size in sizes.items()}
        found[name]["all"] = round(sum(sizes.values()) / days, 1)
        found[name]["frames"] = round(len(frames.seconds) / days, 1)
    found["times"] = round(found["gaps"]["all"] / found["whole"]["all"], 3)
    more = found["gaps"]["pack"] - found["whole"]["pack"]
    found["bytes_a_gap"] = round(more * traces.GAP_EVERY_S / _DAY_S, 2)  # in the pack's files
    return found


def _ours(found, capacity_ah, keys, silent_s=None):
    plan = with_keys(Plan(capacity_ah=capacity_ah), list(keys))
    return store.stored(found, plan, _read, silent_s=silent_s)


def _read(folder):
    sizes = {name: sum(store.shard_sizes(folder / name)) for name in segment.FOLDERS.values()}
    cells = host_cells.load([folder])
    kept = ~cells.hole
    said = accuracy.Said.of_folder(folder)
    return sizes, said, cells.uptime[kept].astype(np.int64), cells.cells[kept]


def _figures(found, days, sizes, said, seconds, mv):
    errors = said.errors(found)
    by_series = {name: round(size / days, 1) for name, size in sizes.items()}
    return {
        "bytes_a_day": by_series,
        "frames_a_day": round(len(said.seconds) / days, 1),
        "cells_a_day": round(len(seconds) / days, 1),
        "rms_error_a": round(float(np.sqrt((errors**2).mean())), 3),
        "largest_error_a": round(float(np.abs(errors).max()), 1),
        "rms_deviation_mv": round(deviation_error(found, seconds, mv), 3),
    }


def deviation_error(found, seconds, mv):
    """mV, RMS: the cells' deviations from their mean as the last record has them, less those of
    each reading.
    """
    held = np.searchsorted(seconds, accuracy.stamps(found), "right") - 1
    error = _deviations(mv)[held] - _deviations(found.records["mv"])
    return float(np.sqrt((error[held >= 0] ** 2).mean()))


def _deviations(mv):
    return mv - mv.mean(axis=1, keepdims=True)


def measure(days=DAYS, edge_days=EDGE_DAYS, keys=()):
    """Everything, as one object."""
    rows = [of_trace(name, days, keys=keys) for name in traces.TRACES]
    return {"traces": rows, "edge": of_edge(edge_days, keys=keys)}


def show(result):
    """The same as tables."""
    table = Table(title="Beside version 0.1.0 (in brackets)", title_justify="left")
    headings = ("pack, bytes a day", "cells", "frames a day", "RMS, A", "deviations, RMS, mV")
    for heading in ("trace", *headings, *(f"{each} seen, %" for each in loads.KINDS)):
        table.add_column(heading)
    for row in result["traces"]:
        now, old = row["now"], row["v010"]
        pairs = [(each["bytes_a_day"][name] for each in (now, old)) for name in ("pack", "cells")]
        for key in ("frames_a_day", "rms_error_a", "rms_deviation_mv"):
            pairs.append((now[key], old[key]))
        for kind in loads.KINDS:
            pairs.append((now["loads_visible_percent"][kind], old["loads_visible_percent"][kind]))
        table.add_row(row["trace"], *("{} ({})".format(*pair) for pair in pairs))
    console = Console(width=160)
    console.print(table)
    edge = result["edge"]
    console.print(f"A gap every ten minutes, bytes a day: {edge['gaps']}")
    console.print(f"The same days without a gap: {edge['whole']}; {edge['times']} times")
    console.print(f"A gap takes {edge['bytes_a_gap']} bytes of the frames' files")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--days", type=float, default=DAYS)
    parser.add_argument("--edge-days", type=float, default=EDGE_DAYS)
    parser.add_argument("--set", action="append", default=[])
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    result = measure(arguments.days, arguments.edge_days, arguments.set)
    print(json.dumps(result, indent=2)) if arguments.json else show(result)


if __name__ == "__main__":
    main()
