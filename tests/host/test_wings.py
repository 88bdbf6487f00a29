"""The wings of host_tools: a module imports its own wing and those on lower floors only."""

import ast
from pathlib import Path

import pytest

HOST = Path(__file__).resolve().parents[2] / "host_tools"
# From the top down. Wings on one floor do not know each other.
FLOORS = (
    {"cli"},
    {"cli.commands"},
    {"sim"},
    {"sim.network", "sim.radio"},
    {"sim.board"},
    {"sim.units", "sim.lcd"},
    {"sim.vm"},  # on the board's side: it imports nothing but itself
    {"install", "trial", "report", "sync"},
    {"export.schemas"},
    {"export.targets"},
    {"board", "export", "capture", "page"},
    {"history", "build"},
    {"ground"},
)
FLOOR = {wing: number for number, wings in enumerate(FLOORS) for wing in wings}
FILES = sorted(HOST.rglob("*.py"))


def wing(module: str) -> str:
    """host_tools.sim.board.uart -> sim.board; a module of sim itself is in sim."""
    _, *folders = module.split(".")
    while folders and not (HOST / "/".join(folders)).is_dir():
        folders.pop()
    return ".".join(folders)


def imported(path: Path) -> set[str]:
    """The modules of host_tools that a file imports, wherever in it."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return {module for module in found if module.split(".")[0] == "host_tools"}


def test_every_folder_is_a_wing():
    folders = {path.relative_to(HOST).parent.as_posix().replace("/", ".") for path in FILES}
    assert folders - {"."} == set(FLOOR) | {"board.scripts"}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(HOST).as_posix())
def test_imports_go_down(path):
    own = wing("host_tools." + path.relative_to(HOST).with_suffix("").as_posix().replace("/", "."))
    for module in imported(path):
        other = wing(module)
        lower = FLOOR[other] > FLOOR.get(own, -1)
        assert other == own or lower, f"{path.name} ({own}) imports {module} ({other})"
        assert not other.startswith("sim") or own.startswith(("sim", "cli"))


def test_an_arrow_up_is_noticed(tmp_path):
    (tmp_path / "a.py").write_text("def f():\n    from host_tools.sim.board.uart import Wire\n")
    assert imported(tmp_path / "a.py") == {"host_tools.sim.board.uart.Wire"}
    assert wing("host_tools.sim.board.uart.Wire") == "sim.board"
    assert wing("host_tools.sim.rig.Plan") == "sim"
    assert FLOOR["sim.board"] < FLOOR["ground"]
