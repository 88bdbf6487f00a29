"""Months of readings of a house, one a minute, and the history that packlog makes of them."""

import numpy as np
from host_tools.trial import encode, readings
from host_tools.trial.plan import Plan

EVERY_S = 60
BEGIN = 1780300800  # 2026-06-01T08:00:00Z
CELLS = 16


def of(days, seed=0, begin=BEGIN):
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
    return readings.Readings(records, begin, CELLS)


def store(folder, days, name="house", budget_kb=None, begin=BEGIN):
    """Encode so many days; returns the folder of the pack."""
    encode.store(
        of(days, begin=begin), folder, Plan(name=name, capacity_ah=280, budget_kb=budget_kb)
    )
    return folder / name
