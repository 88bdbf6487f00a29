"""The store on littlefs: tests/device/littlefs_store.py, test by test, on MicroPython."""

import os
import re
import subprocess
from pathlib import Path

import pytest
from host_tools.firmware import FIRMWARE
from host_tools.sim import micropython

DEVICE = Path(__file__).with_name("device")
SCRIPT = DEVICE / "littlefs_store.py"
NAMES = re.findall(r"^def ((?:test|slow)_\w+)", SCRIPT.read_text(), re.MULTILINE)


@pytest.mark.parametrize(
    "name",
    [pytest.param(n, marks=[pytest.mark.slow] if n.startswith("slow_") else []) for n in NAMES],
)
def test_store_on_littlefs(name, tmp_path):
    done = subprocess.run(
        [micropython.find(), "-X", "heapsize=32m", str(DEVICE / "run.py"), str(SCRIPT), name],
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
