"""The one direction of imports: main -> packlog -> {parts, display} -> {net, screen, store, bms,
transport, drivers} -> sample, version, lib.
"""

import ast
from pathlib import Path

import pytest
from host_tools.ground.firmware import FIRMWARE, MANIFEST

ROOMS = {"net", "screen", "store", "bms", "transport", "drivers"}
GROUND = {"sample", "version", "lib"}
# Who may import what of the firmware, besides its own room. board.module() finds links, parts and
# displays by their names: they stand above what imports them by that.
MAY = {
    # The entrance hall: what wires the rooms together
    "main": {"packlog", "settings"},
    "settings": {"config", "config_keys", "kinds_found", "radios", "store"},
    "radios": GROUND | {"board"},
    "packlog": {"store", "net", "transport"}
    | GROUND
    | {"board", "complaint", "console", "finder", "health", "listen", "update"}
    | {"pack"},
    "finder": {"kinds_found", "lib", "recognise", "seen_as", "transport"},
    "kinds_found": set(),
    "recognise": set(),
    "seen_as": set(),
    "pack": {"bms", "transport", "store"}
    | GROUND
    | {"board", "console", "current_sign", "energy", "hold", "hub"},
    "parts": {"net", "screen", "store"} | GROUND | {"board"},
    "display": {"drivers", "screen"} | GROUND,
    "complaint": {"config", "console", "parts", "screen"} | GROUND,
    "board": {"lib"},
    "console": GROUND,
    "current_sign": GROUND,
    "energy": GROUND,
    "fields": GROUND,
    "health": GROUND | {"store"},
    "hold": GROUND | {"hub"},
    "hub": GROUND,
    "config": {"config_rules", "config_zone", "kinds_found"},
    "config_zone": {"config_rules"},
    "config_rules": {"config_keys"},
    "sample": set(),
    "listen": {"lib", "answers"},
    "answers": {"lib", "mask", "store", "tap"},
    "tap": set(),
    "web_server": GROUND | {"net", "store"},
    "web_state": GROUND | {"net"},
    "web_metrics": GROUND | {"fields", "net"},
    "web_files": GROUND | {"answers", "console", "net", "store"},
    "mask": set(),
    "version": set(),
    "update": set(),
    "boot": set(),
    "lib": set(),
    "config_keys": set(),
    **dict.fromkeys(ROOMS, GROUND),
    "net": GROUND | {"fields"},
    "transport": GROUND | {"radios"},  # a link whose radio gets no memory asks it for a reset
}
HOST_MAY = {"sample", "store", "bms", "config", "config_rules", "settings", "console", "fields"}
HOST_MAY |= {"version", "config_zone", "energy", "lib", "recognise"}


def imported(path: Path) -> set[str]:
    """The top names of everything that a file imports."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names.add(node.module)
    return {name.split(".")[0] for name in names}


def room(path: Path) -> str:
    return path.relative_to(FIRMWARE).parts[0].removesuffix(".py")


FIRMWARE_FILES = sorted(path for path in FIRMWARE.rglob("*.py") if path.name != MANIFEST)
OURS = {room(path) for path in FIRMWARE_FILES}


@pytest.mark.parametrize("path", FIRMWARE_FILES, ids=lambda p: str(p.relative_to(FIRMWARE)))
def test_firmware_imports_go_one_way(path):
    own = room(path)
    assert own in MAY, f"{own} has no place in the architecture"
    wrong = (imported(path) & OURS) - MAY[own] - {own}
    assert not wrong, f"{path.name} imports {wrong}"


def test_no_two_rooms_import_each_other():
    levels = {name: may & OURS - {name} for name, may in MAY.items()}
    while ground := {name for name, may in levels.items() if not may}:
        levels = {name: may - ground for name, may in levels.items() if name not in ground}
    assert not levels, f"a cycle among {sorted(levels)}"


def test_sample_imports_nothing():
    assert imported(FIRMWARE / "sample.py") == set()


HOST_FILES = sorted((Path(__file__).parent.parent / "host_tools").rglob("*.py"))


@pytest.mark.parametrize("path", HOST_FILES, ids=lambda p: p.stem)
def test_host_tools_use_only_the_plain_parts_of_the_firmware(path):
    if {"vm", "scripts"} & set(path.parts):  # runs on the board's side
        return
    wrong = (imported(path) & OURS) - HOST_MAY
    assert not wrong, f"{path.name} imports {wrong}"
