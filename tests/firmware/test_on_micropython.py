"""The device tests once more, on MicroPython: each file of tests/device is one test here."""

import pytest
from tests.helpers.device_runs import DEVICE, passes
from tests.rv32 import pieces

# What takes seconds there runs on CPython always, here with the campaigns
LONG = (
    "test_checks",
    "test_compaction",
    "test_days",
    "test_gaps",
    "test_history_trouble",
    "test_ntp",
    "test_sampler_bounds",
    "test_sampler_bursts",
    "test_totals",
)


@pytest.mark.parametrize("path", sorted(DEVICE.glob("test_*.py")), ids=lambda path: path.stem)
def test_device_code_on_micropython(path, tmp_path):
    names = pieces.quick(path) if path.stem in LONG else ()
    assert "ok test_" in passes(tmp_path, path.name, *names)


@pytest.mark.slow
@pytest.mark.parametrize("stem", LONG)
def test_days_of_device_code_on_micropython(stem, tmp_path):
    assert "ok test_" in passes(tmp_path, stem + ".py", *pieces.SLOW[stem])
