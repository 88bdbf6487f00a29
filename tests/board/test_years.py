"""A month, a year and ten years of logging fit the flash, by retention alone.

What a 2 MiB partition leaves beside the firmware is the default budget; the newest is always there.
"""

import pytest
from host_tools.history import info
from tests.helpers.long_readings import BEGIN, EVERY_S, store

BUDGET_KB = 1536  # the default on a board with a file system of 2 MiB


def check(tmp_path, days, budget_kb):
    """Encode so many days; returns the summary of what is left of them."""
    store(tmp_path, days, budget_kb=budget_kb)
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
