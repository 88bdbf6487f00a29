"""Makes boot.py and main.py smaller, which MicroPython starts by name and compiles itself.

There each name of a local variable takes RAM for good, and each letter flash; other names are as
shrink.py has them. What a starter defines is deleted at its end: nobody else uses it.
"""

import ast
import itertools
import string
import tokenize
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
    """Letters for all local variables and arguments, which starters never give by name; functions
    that have functions in them stay.
    """
    inside = [node for part in function.body for node in nodes(part)]
    if any(isinstance(node, (*DEFINITIONS, ast.Lambda, ast.Global)) for node in inside):
        return
    arguments = [n for n in nodes(function.args) if isinstance(n, ast.arg) and n.arg != "self"]
    names = [node for node in inside if isinstance(node, ast.Name)]
    own = sorted({name for node in [*arguments, *names] for name in binds(node)})
    short = dict(zip(own, _letters({node.id for node in names}), strict=False))
    for node in names:
        node.id = short.get(node.id, node.id)
    for node in arguments:
        node.arg = short[node.arg]


def _letters(used: set[str]) -> Iterator[str]:
    return itertools.filterfalse(used.__contains__, string.ascii_letters)


def _narrow(text: str) -> str:
    """A level is one space, no line is empty, imports share a line, and no blank stands where its
    neighbours are two tokens without it.
    """
    lines = [_tight(line) for line in text.splitlines() if line]
    first = list(itertools.takewhile(lambda line: line.startswith("import "), lines))
    names = ",".join(line.removeprefix("import ") for line in first)
    return "".join(line + "\n" for line in ["import " + names] * bool(first) + lines[len(first) :])


def _tight(line: str) -> str:
    tokens = [t for t in _tokens(line.lstrip()) if t.string.strip()]
    text, end = "", 0
    for token in tokens:
        apart = token.start[1] > end and _joins(text[-1:]) and _joins(token.string[0])
        text += (" " if apart else "") + token.string
        end = token.end[1]
    return " " * (_margin(line) // 4) + text


def _joins(letter: str) -> bool:
    """Might it go together with another such letter? Quotes: the letters before say how to read."""
    return letter.isalnum() or letter in "_'\""


def _tokens(line: str) -> Iterator[tokenize.TokenInfo]:
    """Of one line, which may be the beginning of a block."""
    try:
        yield from tokenize.generate_tokens(iter([line + "\n"]).__next__)
    except (tokenize.TokenError, IndentationError):  # nothing follows it: all has been seen
        return


def _margin(line: str) -> int:
    return len(line) - len(line.lstrip())
