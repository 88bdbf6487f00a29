"""The device tests once more, made smaller together with the firmware: it does the same by other
names. Names that a test gives to its fakes become short as well.
"""

import shutil

import pytest
from host_tools.ground.firmware import FIRMWARE
from tests.helpers import shrunk as shrunk_tests
from tests.helpers.device_runs import DEVICE, passes

TESTS = DEVICE.parent
# A look at everything: names of a registry, of kernels that are chosen at run time, by getattr
QUICK = ("test_chargery", "test_columns", "test_topics", "test_history")


@pytest.fixture(scope="module")
def shrunk(tmp_path_factory):
    """A folder with all of them, where the tests find their data."""
    root = tmp_path_factory.mktemp("shrunk")
    for name, text in shrunk_tests.shrunk().items():
        path = root / "tests" / "device" / (name.replace(".", "/") + ".py")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    shutil.copytree(TESTS / "data", root / "tests" / "data")
    (root / "firmware").mkdir()
    shutil.copy(FIRMWARE / "config.json", root / "firmware")
    return root / "tests" / "device"


@pytest.mark.parametrize(
    "path",
    [
        pytest.param(path, marks=[] if path.stem in QUICK else pytest.mark.slow, id=path.stem)
        for path in sorted(DEVICE.glob("test_*.py"))
        if "ble" not in path.stem  # the stand-in for aioble's package is not made smaller
    ],
)
def test_device_code_with_short_names(path, shrunk, tmp_path):
    assert "ok test_" in passes(tmp_path, path.name, folders=[shrunk])
