"""The device tests once more, made smaller together with the firmware: it does the same by other
names. Names that a test gives to its fakes become short as well.
"""

import re
import shutil

import pytest
from host_tools.build.compile import names_in_rom
from host_tools.build.short_names import KEPT
from host_tools.build.shrink import shrink
from host_tools.ground.firmware import FIRMWARE
from tests.helpers.device_runs import DEVICE, passes

TESTS = DEVICE.parent
WIRES = TESTS.parent / "host_tools" / "sim" / "units"
# A look at everything: names of a registry, of kernels that are chosen at run time, by getattr
QUICK = ("test_chargery", "test_columns", "test_sampler_bounds", "test_topics", "test_history")
ASKED = frozenset(("install", "run"))  # by run.py and by the stand-ins


def modules():
    """By name, all sources: the firmware, the tests, and what they import."""
    paths = {path.relative_to(FIRMWARE): path for path in FIRMWARE.rglob("*.py")}
    paths |= {path.relative_to(DEVICE): path for path in DEVICE.glob("*.py")}
    paths |= {path.relative_to(WIRES): path for path in WIRES.glob("*_wire.py")}
    named = {".".join(path.with_suffix("").parts): real for path, real in paths.items()}
    texts = {name: path.read_text() for name, path in named.items()}
    return {name: text for name, text in texts.items() if name not in ("main", "boot", "run")}


@pytest.fixture(scope="module")
def shrunk(tmp_path_factory):
    """A folder with all of them, where the tests find their data."""
    sources = modules()
    tests = {name for text in sources.values() for name in re.findall(r"def (test_\w+)", text)}
    root = tmp_path_factory.mktemp("shrunk")
    for name, text in shrink(sources, KEPT | ASKED | tests, names_in_rom()).items():
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
