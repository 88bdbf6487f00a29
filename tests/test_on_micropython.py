"""The device tests once more, on MicroPython: each file of tests/device is one test here."""

import os
import subprocess
from pathlib import Path

import pytest
from host_tools.firmware import FIRMWARE
from host_tools.sim import micropython

DEVICE = Path(__file__).with_name("device")


@pytest.mark.parametrize("path", sorted(DEVICE.glob("test_*.py")), ids=lambda path: path.stem)
def test_device_code_on_micropython(path, tmp_path):
    done = subprocess.run(
        [micropython.find(), str(DEVICE / "run.py"), str(path)],
        env={**os.environ, "MICROPYPATH": f"{FIRMWARE}:{DEVICE}:.frozen"},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "ok test_" in done.stdout
