"""The store against what it has to beat: bytes, accuracy, flash life. Everything is computed anew.

python tests/bench/store.py                      a month of the household, and the flash's life
python tests/bench/store.py --csv READINGS.csv   also the rows of a CSV as packlog encode takes it
python tests/bench/store.py --quick              a few days instead of a month
python tests/bench/store.py --json               one JSON object instead of the tables
"""

import argparse
import json
import sys
import tempfile
from pathlib import Path

if __name__ == "__main__":
    # This folder on the path would hide the firmware's package store behind this file.
    sys.path[0] = str(Path(__file__).resolve().parents[2])

import host_tools.ground.firmware  # noqa: F401 - the firmware on sys.path
from host_tools.ground.errors import PacklogError
from host_tools.history import records
from host_tools.history.compressed import shard_bytes
from host_tools.trial import encode, readings
from host_tools.trial.plan import Plan
from rich.console import Console
from rich.table import Table
from tests.bench import accuracy, baselines, compression, flash_life, household

from store import segment
from store.budget import shares

MONTH, QUICK = 30, 2  # days
FLASH_DAYS, FLASH_QUICK = (1, 5), (0.05, 0.5)  # of a frame every 2 s, of the household
_BLOCK = 4096
_YEAR = 365.25


def rows_of(path):
    """Every row of a CSV as a frame: bytes a frame by each way."""
    return stored(readings.read(Path(path)), Plan(every=True), compression.measure)


def stored(found, plan, measure, silent_s=None):
    """measure(folder) of the history of some readings. silent_s: silence as long is an event."""
    with tempfile.TemporaryDirectory(prefix="packlog-bench-") as folder:
        encode.store(found, Path(folder), plan, silent_s=silent_s)
        return measure(Path(folder, plan.name))


def household_of(found):
    """The household's readings through the sampler and the store, and through the thresholds."""
    plan = Plan(capacity_ah=household.CAPACITY_AH)
    return stored(found, plan, lambda folder: _household(found, folder))


def _household(found, folder):
    days = len(found) / household.A_DAY
    made, ends = baselines.threshold_frames(found, household.CAPACITY_AH)
    plain_bytes = sum(map(baselines.varint_tamp, baselines.segments(made)))
    plain = accuracy.Said.of_baseline(found, made, ends)
    said = accuracy.Said.of_folder(folder)
    sizes = {name: shard_sizes(folder / name) for name in segment.FOLDERS.values()}
    ours = sum(sizes["pack"])
    return {
        "days": days,
        "readings": len(found),
        "frames_a_day": round(len(said.seconds) / days, 1),
        "bytes_a_day": round(ours / days, 1),
        "bytes_a_day_of_all_series": round(sum(map(sum, sizes.values())) / days, 1),
        "bytes_a_day_by_series": {name: round(sum(sizes[name]) / days, 1) for name in sizes},
        "rms_error_a": round(said.rms_error(found), 4),
        "thresholds_frames_a_day": round(len(made) / days, 1),
        "thresholds_bytes_a_day": round(plain_bytes / days, 1),
        "thresholds_rms_error_a": round(plain.rms_error(found), 4),
        "bytes_to_thresholds": round(ours / plain_bytes, 4),
        "charge": accuracy.charge(found, said),
        "years_in_budget": {name: _years(name, sizes[name], days) for name in sizes if sizes[name]},
        "frame_bytes": compression.measure(folder),
    }


def shard_sizes(folder):
    """Of each file, as a shard: what it is once it is full. Without a file there is no folder."""
    paths = records.find([folder]) if folder.is_dir() else ()
    return [len(shard_bytes(path)) for path in paths]


def _years(name, sizes, days):
    """For how long a series fits its share of the budget, with a segment that is being written."""
    series = list(segment.FOLDERS.values()).index(name)
    share = shares(flash_life.BUDGET)[series]
    being_written = min(segment.most(1 + series), share // 4)
    # A file takes whole blocks: half of one more, on the average.
    a_day = (sum(sizes) + len(sizes) * _BLOCK / 2) / days
    return round((share - being_written) / a_day / _YEAR, 1)


def measure(days=MONTH, flash_days=FLASH_DAYS, csv=None):
    """Everything, as one object."""
    found = household.month(days)
    result = {"household": household_of(found)}
    if csv:
        result["rows"] = rows_of(csv)
    result["flash"] = flash_life.measure(found, *flash_days)
    return result


def show(result):
    """The same as tables."""
    console = Console()
    house = result["household"]
    console.print(_compression(result))
    table = Table(title=f"Household, 280 Ah 16S, {house['days']:g} days", title_justify="left")
    for heading in ("", "frames a day", "bytes a day", "RMS error of the current, A"):
        table.add_column(heading, justify="left" if not heading else "right")
    for who, key in (("packlog", ""), ("plain thresholds, tamp", "thresholds_")):
        values = (house[key + name] for name in ("frames_a_day", "bytes_a_day", "rms_error_a"))
        table.add_row(who, *map(str, values))
    console.print(table)
    console.print(f"bytes to thresholds: {house['bytes_to_thresholds']:.3f}")
    by_series = ", ".join(
        f"{name} {a_day}" for name, a_day in house["bytes_a_day_by_series"].items()
    )
    console.print(f"bytes a day of all series: {house['bytes_a_day_of_all_series']} ({by_series})")
    charge = house["charge"]
    at_quarters = ", ".join(f"{ah:+.5f}" for ah in charge["difference_ah_at_quarters"])
    console.print(f"charge: {charge['moved_ah']} Ah moved, {charge['net_ah']} Ah net")
    console.print(f"  by frames less by readings, at each quarter: {at_quarters} Ah")
    console.print(f"  at most {charge['largest_difference_ah']:.5f} Ah, at the end", end=" ")
    console.print(f"{charge['difference_percent']:.6f} % of what was moved")
    years = ", ".join(f"{name} {years}" for name, years in house["years_in_budget"].items())
    console.print(f"years that fit the default budget: {years}")
    console.print(_flash(result["flash"]))


def _compression(result):
    table = Table(title="Bytes a frame", title_justify="left")
    table.add_column("")
    found = {"household": result["household"]["frame_bytes"]}
    if "rows" in result:
        found["rows of the CSV"] = result["rows"]
    for name in found:
        table.add_column(name, justify="right")
    table.add_row("frames", *(str(each["frames"]) for each in found.values()))
    for key, heading in compression.WAYS.items():
        table.add_row(heading, *(f"{each[key]:.3f}" for each in found.values()))
    for key in ("varint_tamp", "our_planes_zlib", "our_planes_xz"):
        values = (f"{each['shard_to_' + key]:.3f}" for each in found.values())
        table.add_row(f"shard to {compression.WAYS[key]}", *values)
    return table


def _flash(found):
    table = Table(title="Flash of 2 MiB, 100,000 cycles", title_justify="left")
    table.add_column("")
    keys = ("frames_a_day", "flushes_a_day", "erases_a_day", "years", "years_of_the_free_blocks")
    for key in keys:
        table.add_column(key.replace("_", " "), justify="right")
    for name, each in found.items():
        table.add_row(name.replace("_", " "), *(str(each[key]) for key in keys))
    return table


def main():
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--csv", metavar="FILE", help="measure the rows of this CSV, too")
    parser.add_argument("--days", type=int, help="days of the household (30)")
    parser.add_argument("--quick", action="store_true", help="a few days instead of a month")
    parser.add_argument("--json", action="store_true", help="one JSON object")
    arguments = parser.parse_args()
    days = arguments.days or (QUICK if arguments.quick else MONTH)
    flash_days = FLASH_QUICK if arguments.quick else FLASH_DAYS
    try:
        result = measure(days, flash_days, arguments.csv)
    except PacklogError as error:
        sys.exit(f"bench: {error}")
    if arguments.json:
        print(json.dumps(result))
    else:
        show(result)


if __name__ == "__main__":
    main()
