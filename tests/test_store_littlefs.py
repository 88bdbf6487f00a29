"""The store on littlefs: tests/device/littlefs_*.py, test by test, on MicroPython."""

import os
import re
import subprocess
from pathlib import Path

import pytest
from host_tools.firmware import FIRMWARE
from host_tools.sim import micropython

DEVICE = Path(__file__).with_name("device")
# The heap of a compaction is looked at on RV32 as well, in less time
SLOW = ("test_heap_of_a_compaction_while_the_log_goes_on",)
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
    done = subprocess.run(
        [micropython.find(), "-X", "heapsize=32m", DEVICE / "run.py", DEVICE / script, name],
        env={**os.environ, "MICROPYPATH": f"{FIRMWARE}:{DEVICE}:.frozen"},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    print(done.stdout)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"ok {name}" in done.stdout
