"""The device tests once more, on MicroPython: each file of tests/device is one test here."""

import pytest
from tests.helpers.device_runs import DEVICE, passes


@pytest.mark.parametrize("path", sorted(DEVICE.glob("test_*.py")), ids=lambda path: path.stem)
def test_device_code_on_micropython(path, tmp_path):
    assert "ok test_" in passes(tmp_path, path.name)
