"""tests/bench/store.py: the store beats what it has to, on a few days, and when slow on a month."""

import json
import random
import subprocess
import sys
from pathlib import Path

import pytest
from tests.bench import store, tolerances

import config

BENCH = Path(__file__).with_name("store.py")


def run(*arguments):
    done = subprocess.run(
        [sys.executable, str(BENCH), "--json", *arguments],
        capture_output=True,
        text=True,
        timeout=1200,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


# With a flush every 10 s. Beside a full history few blocks are free, until retention frees others;
# and the half day that a quick run takes is the half with most of the day's frames.
FREE_YEARS = {"empty": 50, "full": 20}
FREE_YEARS_QUICK = {"empty": 50, "full": 15}
MONTH, FEW_DAYS = 0.52, 0.65  # of the thresholds' bytes: in few days headers weigh more


def check_household(house, most):
    assert house["bytes_to_thresholds"] <= most
    assert house["rms_error_a"] <= 0.3 * house["thresholds_rms_error_a"]
    check_bytes(house["frame_bytes"])


def check_bytes(found):
    assert found["shard_to_varint_tamp"] <= 0.82
    assert found["shard_to_our_planes_zlib"] <= 1.03


def check_charge(charge, capacity_ah=280):
    assert charge["difference_percent"] <= 0.02
    assert charge["largest_difference_ah"] <= 0.0001 * capacity_ah
    assert all(abs(ah) <= 0.0001 * capacity_ah for ah in charge["difference_ah_at_quarters"])


def check_flash(flash, years=FREE_YEARS):
    for state in ("empty", "full"):
        assert flash["frame_every_2_s_" + state]["frames_a_day"] == 43200
        assert flash["frame_every_2_s_" + state]["years"] >= 20
        assert flash["typical_" + state]["years_of_the_free_blocks"] >= years[state]


def test_a_few_days():
    found = run("--quick")
    check_household(found["household"], FEW_DAYS)
    check_charge(found["household"]["charge"])
    check_flash(found["flash"], FREE_YEARS_QUICK)


def minutes(count):
    """A load that comes and goes, and cells that follow it, with noise on all."""
    chance = random.Random(7)
    load, lines = -8.0, []
    for i in range(count):
        if chance.random() < 0.1:
            load = chance.choice((-8, -35, -4, 12, 40))
        amps = load + chance.gauss(0, 1.5)
        mv = 3300 + i / 100 + amps / 2
        low, high = (mv + chance.gauss(0, 0.7) for _ in range(2))
        values = (16 * mv / 1000, amps, low / 1000, (high + 9) / 1000)
        lines.append(f"{1780315200 + 60 * i}," + ",".join(f"{value:.3f}" for value in values))
    return "\n".join(lines) + "\n"


def test_rows_of_a_csv(tmp_path):
    """A cell logger's minutes: what is in the CSV is what is measured, row for row."""
    path = tmp_path / "rows.csv"
    path.write_text("time,voltage,current,min_cell_voltage,max_cell_voltage\n" + minutes(3000))
    found = store.rows_of(path)
    assert found["frames"] == 3000
    check_bytes(found)


@pytest.mark.slow
def test_a_month():
    found = run()
    check_household(found["household"], MONTH)
    check_charge(found["household"]["charge"])
    check_flash(found["flash"])
    assert found["household"]["frame_bytes"]["shard_to_our_planes_xz"] <= 1.03


@pytest.mark.slow
def test_a_tolerance_half_as_wide_costs_flash():
    tried = {"current_percent": (1,), "cells_deviation_mv": (2,), "voltage_permille": (20,)}
    usual, current, cells, wide, every = tolerances.measure(0.25, tried)
    assert current["pack_bytes_a_day"] > 1.05 * usual["pack_bytes_a_day"]
    assert current["rms_error_a"] < usual["rms_error_a"]
    assert cells["cells_bytes_a_day"] > 1.05 * usual["cells_bytes_a_day"]
    assert cells["pack_bytes_a_day"] == usual["pack_bytes_a_day"]
    assert wide["pack_bytes_a_day"] <= usual["pack_bytes_a_day"]
    assert every["frames_a_day"] > 43000


def rows_in_the_docs():
    """key, set to, frames a day, bytes a day, times, RMS error of each row of the table."""
    text = (BENCH.parents[2] / "docs/config.md").read_text()
    table = text.partition("| RMS error of the current, A |")[2].partition("\n\n")[0]
    for line in table.splitlines()[2:]:
        key, _, value, *numbers = (cell.strip(" `") for cell in line.strip("|").split("|"))
        yield key, value, *(float(number.replace(",", "")) for number in numbers)


def test_the_docs_tell_the_price_of_each_key():
    told = [(key, value) for key, value, *_ in rows_in_the_docs()]
    tried = [(key, str(value)) for key, values in tolerances.TRIED.items() for value in values]
    assert told == [("all as by default", ""), *tried, ("all six tolerances", "0")]
    left_out = {"window_s", "gap_s", "budget_kb"}  # these change no frame
    assert set(tolerances.TRIED) == set(config.STORE) - left_out


@pytest.mark.slow
def test_the_price_is_what_the_docs_say():
    found = tolerances.measure()
    for told, row in zip(rows_in_the_docs(), found, strict=True):
        measured = (row["frames_a_day"], row["bytes_a_day"])
        times = row["bytes_a_day"] / found[0]["bytes_a_day"]
        assert told[2:5] == pytest.approx((*measured, times), rel=0.05), told
        assert told[5] == pytest.approx(row["rms_error_a"], abs=0.05), told
