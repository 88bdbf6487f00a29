"""Makes boot.py and main.py smaller, which MicroPython starts by name and compiles itself.

There each name of a local variable takes RAM for good, and each space flash; other names are short
already, by shrink.py. What a starter defines is deleted at its end: nobody else uses it.
"""

import ast
import itertools
import string
from collections.abc import Iterator

from host_tools.build.shrink import shrink
from host_tools.build.syntax import DEFINITIONS, binds, nodes


def starter(path: str, source: str, kept: frozenset[str]) -> bytes:
    """The text to put on the board. By itself: it must go with the modules of another version."""
    name = path.removesuffix(".py")
    tree = ast.parse(shrink({name: source}, kept)[name])
    for node in nodes(tree):
        if isinstance(node, ast.FunctionDef):
            _shorten_locals(node)
    if defined := [node.name for node in tree.body if isinstance(node, DEFINITIONS)]:
        tree.body += ast.parse("del " + ", ".join(defined)).body
    return _narrow(ast.unparse(tree)).encode()


def _shorten_locals(function: ast.FunctionDef) -> None:
    """Letters for all local variables; the functions that have functions in them stay."""
    inside = [node for part in function.body for node in nodes(part)]
    if any(isinstance(node, (*DEFINITIONS, ast.Lambda, ast.Global)) for node in inside):
        return
    names = [node for node in inside if isinstance(node, ast.Name)]
    own = sorted({name for node in names for name in binds(node)} - _arguments(function))
    used = {node.id for node in names} | _arguments(function)
    short = dict(zip(own, _letters(used), strict=False))
    for node in names:
        node.id = short.get(node.id, node.id)


def _arguments(function: ast.FunctionDef) -> set[str]:
    return {node.arg for node in nodes(function.args) if isinstance(node, ast.arg)}


def _letters(used: set[str]) -> Iterator[str]:
    return itertools.filterfalse(used.__contains__, string.ascii_letters)


def _narrow(text: str) -> str:
    """A level is one space, and no line is empty."""
    lines = (line for line in text.splitlines() if line)
    return "".join(" " * (_margin(line) // 4) + line.lstrip() + "\n" for line in lines)


def _margin(line: str) -> int:
    return len(line) - len(line.lstrip())
