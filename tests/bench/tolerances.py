"""What each tolerance costs in flash: the household with one key of config.json's store changed.

python tests/bench/tolerances.py            a day of the household
python tests/bench/tolerances.py --days 10  more
python tests/bench/tolerances.py --json     one JSON object instead of the table
"""

import argparse
import json
import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[2])

import host_tools.ground.firmware  # noqa: F401 - the firmware on sys.path
from host_tools.trial.plan import Plan
from rich.console import Console
from rich.table import Table
from tests.bench import accuracy, household, store

import config
from store import segment

DAYS = 1
# Beside the default: what a user may want of each key. 0 makes every change a frame.
TRIED = {
    "current_percent": (0, 0.5, 1, 1.5, 4, 8),
    "charge_permille": (0, 2, 4),
    "voltage_permille": (0, 2, 5, 20),
    "soc_percent": (0, 2, 5),
    "temperature_degrees": (0, 1, 4),
    "step_percent": (0, 5, 20),
    "interval_s": (60, 300, 3600),
    "cells_mv": (10, 20, 100),
    "cells_deviation_mv": (2, 3, 6, 10),
    "cells_s": (3600, 14400),
    "cells_min_s": (10, 60, 600),
}


def measure(days=DAYS, tried=TRIED):
    """Rows of what was set and what that came to; the first is with every default."""
    found = household.month(days)
    changes = [{}, *({key: value} for key, values in tried.items() for value in values)]
    changes.append(dict.fromkeys(config.TOLERANCES, 0))
    return [_row(found, change) for change in changes]


def _row(found, change):
    plan = Plan(capacity_ah=household.CAPACITY_AH, store=change)
    return {"set": change, **store.stored(found, plan, lambda folder: _sizes(found, folder))}


def _sizes(found, folder):
    days = len(found) / household.A_DAY
    # No key changes what hours and days take
    names = [segment.FOLDERS[each] for each in (segment.PACK, segment.CELLS, segment.EVENTS)]
    sizes = {name: sum(store.shard_sizes(folder / name)) for name in names}
    said = accuracy.Said.of_folder(folder)
    return {
        "frames_a_day": round(len(said.seconds) / days, 1),
        "pack_bytes_a_day": round(sizes["pack"] / days, 1),
        "cells_bytes_a_day": round(sizes["cells"] / days, 1),
        "bytes_a_day": round(sum(sizes.values()) / days, 1),
        "rms_error_a": round(said.rms_error(found), 3),
    }


def show(rows, days):
    """The same as a table."""
    title = f"Household, 280 Ah 16S, {days:g} days: one key changed, in bytes a day"
    table = Table(title=title, title_justify="left")
    for heading in ("key", "default", "set to"):
        table.add_column(heading, no_wrap=True, justify="left" if heading == "key" else "right")
    for heading in ("frames a day", "pack", "cells", "all", "RMS error, A", "flash, times"):
        table.add_column(heading, justify="right")
    usual = rows[0]["bytes_a_day"]
    for row in rows:
        values = [str(value) for key, value in row.items() if key != "set"]
        table.add_row(*_words(row["set"]), *values, f"{row['bytes_a_day'] / usual:.2f}")
    Console().print(table)


def _words(change):
    if len(change) != 1:
        return ("all tolerances" if change else "defaults"), "", "0" if change else ""
    ((key, value),) = change.items()
    return key, str(config.STORE[key][-1]), str(value)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--days", type=float, default=DAYS)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    rows = measure(arguments.days)
    print(json.dumps(rows, indent=2)) if arguments.json else show(rows, arguments.days)


if __name__ == "__main__":
    main()
