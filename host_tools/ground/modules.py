"""What the modules of a folder declare, read without importing them: importing costs the libraries
that each of them needs.
"""

import ast
import threading
from functools import cache
from pathlib import Path

_LOCK = threading.Lock()  # CPython's parser confuses two threads until 3.12


def constants(folder: Path, name: str) -> dict[str, object]:
    """The literal that each module there assigns to name, by the modules' names."""
    found = {}
    for stem, body in _bodies(folder).items():
        for node in body:
            if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == name:
                found[stem] = ast.literal_eval(node.value)
    return found


def defining(folder: Path, function: str) -> list[str]:
    """The names of the modules there that define a function."""
    return [
        stem
        for stem, body in _bodies(folder).items()
        if any(isinstance(node, ast.FunctionDef) and node.name == function for node in body)
    ]


def _bodies(folder: Path) -> dict[str, list[ast.stmt]]:
    with _LOCK:
        return _parsed(folder)


@cache
def _parsed(folder: Path) -> dict[str, list[ast.stmt]]:
    return {
        path.stem: ast.parse(path.read_text(encoding="utf8")).body
        for path in sorted(folder.glob("*.py"))
    }
