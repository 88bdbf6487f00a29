"""The PC's code and what strangers say: it is parsed, never run, and printed by one way only."""

import ast
from pathlib import Path

import pytest

HOST = Path(__file__).resolve().parents[2] / "host_tools"
FIRMWARE = HOST.parent / "firmware"
SCRIPTS = HOST / "board" / "scripts"  # run on the board, as these are on MicroPython
VM = (SCRIPTS, HOST / "sim" / "vm", HOST / "trial" / "encode_vm.py")
ON_PC = [p for p in sorted(HOST.rglob("*.py")) if not any(v in (p, *p.parents) for v in VM)]
RUNS = {"eval", "exec", "compile", "__import__", "execfile"}
MODULES = {"pickle", "marshal", "shelve", "dill", "code", "codeop", "runpy", "jsonpickle"}
# What prints: everything else goes through it
PRINTERS = {
    "ground/plain_table.py",
    "ground/text.py",
    "ground/progress.py",
    "ground/output.py",
    "install/flash_rom.py",
}


def name_of(path: Path) -> str:
    return path.relative_to(HOST.parent).as_posix()


def runs_text(tree: ast.AST) -> set[str]:
    """What a module uses that makes a program of a text or of bytes."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            found |= {node.func.id} & RUNS
        elif isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names} & MODULES
        elif isinstance(node, ast.ImportFrom):
            found |= {(node.module or "").split(".")[0]} & MODULES
        elif isinstance(node, ast.keyword) and node.arg == "shell":
            found.add("shell=")
        elif isinstance(node, ast.Attribute) and ast.unparse(node) in ("os.system", "os.popen"):
            found.add(node.attr)
    return found


def test_nothing_that_is_read_is_run():
    on_board = [*sorted(SCRIPTS.glob("*.py")), *sorted(FIRMWARE.rglob("*.py"))]
    found = {path: runs_text(ast.parse(path.read_text())) for path in (*ON_PC, *on_board)}
    for path in on_board:
        found[path].discard("__import__")  # of modules of its own
    assert len(found) > 150
    assert {name_of(path): uses for path, uses in found.items() if uses} == {}


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("eval(said, {'__builtins__': {}})", {"eval"}),
        ("from pickle import loads", {"pickle"}),
        ("import marshal as m", {"marshal"}),
        ("subprocess.run(x, shell=True)", {"shell="}),
        ("os.system(x)", {"system"}),
        ("re.compile(x); device.exec(x); ast.literal_eval(x)", set()),
    ],
)
def test_what_counts_as_running(source, found):
    assert runs_text(ast.parse(source)) == found


def printed_by_itself(tree: ast.AST) -> list[str]:
    """What a module prints without ground/text.py: print(), sys.stdout, rich's own console."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "print":
            found.append("print")
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("rich."):
            found += {"Console", "Table"} & {alias.name for alias in node.names}
        elif isinstance(node, ast.Attribute) and ast.unparse(node) in (
            "sys.stdout.write",
            "sys.stderr.write",
        ):
            found.append(ast.unparse(node))
    return found


def test_all_that_is_printed_is_plain_text():
    paths = [path for path in ON_PC if "sim" not in path.parts]
    found = {path: printed_by_itself(ast.parse(path.read_text())) for path in paths}
    printers = {path.relative_to(HOST).as_posix() for path, uses in found.items() if uses}
    assert printers <= PRINTERS and len(printers) > 2
