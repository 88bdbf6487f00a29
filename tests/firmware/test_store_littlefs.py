"""The store on littlefs: tests/device/littlefs_*.py, test by test, on MicroPython."""

import re

import pytest
from tests.helpers.device_runs import DEVICE, passes

# The heap of a compaction is looked at on RV32 as well, in less time
SLOW = ("test_heap_of_a_compaction_while_the_log_goes_on",)
# Heap, and s that it may take
TEST, CAMPAIGN = ("32m", 280), ("200m", 1800)
NAMES = [
    (script.name, name)
    for script in sorted(DEVICE.glob("littlefs_*.py"))
    for name in re.findall(r"^def ((?:test|slow)_\w+)", script.read_text(), re.MULTILINE)
]


@pytest.mark.parametrize(
    ("script", "name"),
    [
        pytest.param(*n, marks=[pytest.mark.slow] if n[1][0] == "s" or n[1] in SLOW else [])
        for n in NAMES
    ],
)
def test_store_on_littlefs(script, name, tmp_path):
    heap, longest = CAMPAIGN if name[0] == "s" else TEST
    said = passes(tmp_path, script, name, options=("-X", "heapsize=" + heap), timeout=longest)
    print(said)
    assert f"ok {name}" in said
