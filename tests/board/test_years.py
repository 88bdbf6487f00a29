"""A month, a year and ten years of logging fit the flash, by retention alone.

What a 2 MiB partition leaves beside the firmware is the default budget; the newest is always there.
"""

import numpy as np
import pytest
from host_tools.history import info
from host_tools.trial import encode, readings
from host_tools.trial.plan import Plan

EVERY_S = 60
BEGIN = 1780300800  # 2026-06-01T08:00:00Z
BUDGET_KB = 1536  # the default on a board with a file system of 2 MiB
CELLS = 16


def years_of_readings(days, seed=0):
    """A house with a day's sun and loads that come and go, a reading a minute."""
    chance = np.random.default_rng(seed)
    count = days * 86400 // EVERY_S
    records = readings.blank(count, CELLS)
    seconds = EVERY_S * np.arange(count)
    sun = np.maximum(0, np.sin((seconds % 86400 / 86400 - 0.25) * 2 * np.pi))
    load = np.repeat(chance.exponential(8000, count // 30 + 1), 30)[:count]
    current = 60000 * sun * chance.uniform(0.5, 1, count) - load
    records["seconds"] = seconds
    records["current"] = np.rint(current / 100) * 100
    records["soc"] = 50 + 30 * np.sin((seconds / 86400 - 0.5) * 2 * np.pi)
    records["temperature"] = 200 + 50 * np.sin(seconds / 86400 / 365 * 2 * np.pi)
    sag = (current / 10000)[:, None] + np.arange(CELLS) / 4
    records["mv"] = np.rint(3300 + sag + chance.normal(0, 0.5, (count, CELLS)))
    records["cells"] = CELLS
    records["voltage"] = records["mv"].sum(axis=1)
    readings.put_extremes(records)
    return readings.Readings(records, BEGIN, CELLS)


def check(tmp_path, days, budget_kb):
    """Encode so many days; returns the summary of what is left of them."""
    found = years_of_readings(days)
    plan = Plan(name="house", capacity_ah=280, budget_kb=budget_kb)
    encode.store(found, tmp_path, plan)
    size = sum(path.stat().st_size for path in tmp_path.rglob("*.s*"))
    assert size <= budget_kb * 1024
    packs, damaged = info.collect([tmp_path / "house"])
    assert damaged == []
    assert packs[0].last == BEGIN + days * 86400 - EVERY_S
    return packs[0]


def test_months_in_a_small_flash(tmp_path):
    summary = check(tmp_path, 60, 128)
    assert summary.first > BEGIN  # the oldest went
    assert summary.last - summary.first > 10 * 86400  # readings of noise; the days are all there


@pytest.mark.slow
@pytest.mark.parametrize("days", [30, 365, 3650])
def test_it_fits_the_flash(tmp_path, days):
    summary = check(tmp_path, days, BUDGET_KB)
    assert (summary.first > BEGIN) == (days == 3650)
