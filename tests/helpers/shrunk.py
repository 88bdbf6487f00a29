"""The device tests made smaller together with the firmware: one renaming for both."""

import re
from functools import cache

from host_tools.build.cache import kept_json
from host_tools.build.compile import compiler_version, names_in_rom, slots_of
from host_tools.build.short_names import KEPT
from host_tools.build.shrink import shrink
from host_tools.ground.firmware import FIRMWARE, MANIFEST
from tests.helpers.device_runs import DEVICE

WIRES = DEVICE.parents[1] / "host_tools" / "sim" / "units"
# By run.py and by the stand-ins; and what the tests' fakes have of modules of MicroPython's
ASKED = frozenset(("install", "run", "WDT", "RTC", "HARD_RESET", "reset", "reset_cause", "feed"))
ASKED |= {"memory", "sleep", "idf", "Pin", "UART"}
_AS_THEY_ARE = ("main", "boot", "run", MANIFEST.removesuffix(".py"))


def files():
    """{module: path} of what is made smaller: the firmware, the tests, and what they import."""
    paths = {path.relative_to(FIRMWARE): path for path in FIRMWARE.rglob("*.py")}
    paths |= {path.relative_to(DEVICE): path for path in DEVICE.glob("*.py")}
    paths |= {path.relative_to(WIRES): path for path in WIRES.glob("*_wire.py")}
    named = {".".join(path.with_suffix("").parts): real for path, real in paths.items()}
    return {name: path for name, path in named.items() if name not in _AS_THEY_ARE}


@cache
def shrunk():
    """{module: text} of all of them."""
    sources = {name: path.read_text() for name, path in files().items()}
    tests = {name for text in sources.values() for name in re.findall(r"def (test_\w+)", text)}
    kept, in_rom = KEPT | ASKED | tests, names_in_rom()
    asked = sources, sorted(kept), in_rom, compiler_version()
    return kept_json("shrunk", asked, lambda: shrink(sources, kept, in_rom, slots_of))
