"""The scripts that the PC runs on a board: files of scripts/, in MicroPython's Python.

Each defines a function of its own name. logger and safe_mode, where a script speaks of them, are
globals of the board's main.py and boot.py.
"""

import ast
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).with_name("scripts")


def script(name: str, *arguments) -> str:
    """scripts/NAME.py with a call of its function; arguments are literals."""
    return f"{_source(name)}\n{name}({', '.join(map(repr, arguments))})\n"


@cache
def _source(name: str) -> str:
    """The file without comments and docstrings: a board need not compile them."""
    tree = ast.parse((FOLDER / f"{name}.py").read_text(encoding="utf8"))
    for node in [tree, *(n for n in tree.body if isinstance(n, ast.FunctionDef))]:
        if ast.get_docstring(node, clean=False) is not None:
            del node.body[0]
    return ast.unparse(tree)
