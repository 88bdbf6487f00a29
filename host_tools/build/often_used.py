"""Has a module's most used names come first: in bytecode the first 128 take a byte, the others two.

mpy-cross numbers a module's names in the order in which they occur. So an expression at its top
that is never worked out names them, and is gone with the rest of what runs only once.
"""

import ast
import itertools
import keyword
from collections import Counter
from collections.abc import Iterator

from host_tools.build.scopes import Scope, is_definition, read
from host_tools.build.syntax import DEFINITIONS, nodes

SHORT = 127  # numbers of one byte, but for that of the file's own name
INTERNED = 10  # characters: a longer text is no name
MARGIN = 32  # names, for which it is not worth while
_RUN_LATER = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.GeneratorExp)


def put_first(tree: ast.Module) -> None:
    """Begin the module with its most used names, if it has too many."""
    counts = _counts(tree)
    if len(counts) > SHORT + MARGIN:
        names = filter(_can_be_named, sorted(counts, key=lambda name: (-counts[name], name)))
        most = itertools.islice(names, SHORT - 1)
        tree.body[:0] = ast.parse("__name__ or " + ".".join(most)).body


def _can_be_named(text: str) -> bool:
    return text.isidentifier() and text.isascii() and not keyword.iskeyword(text)


def _counts(tree: ast.Module) -> Counter[str]:
    """How often each name stands in the bytecode that stays."""
    found: Counter[str] = Counter()
    for scope in read("", tree).scope.within():
        if _runs_later(scope):
            found.update(_named(scope))
    for node in _inside_functions(tree):
        if isinstance(node, ast.Attribute):
            found[node.attr] += 1
        elif isinstance(node, ast.keyword) and node.arg:
            found[node.arg] += 1
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            found[node.value] += len(node.value) <= INTERNED
    return found


def _runs_later(scope: Scope) -> bool:
    return isinstance(scope.node, _RUN_LATER) or bool(scope.parent and _runs_later(scope.parent))


def _named(scope: Scope) -> Iterator[str]:
    """The names that a function's code spells out: all but those of its variables."""
    if isinstance(scope.node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        yield scope.node.name
    for spot in scope.spots:
        is_variable = spot.thing[0] == "local" and not isinstance(spot.node, ast.arg)
        if not is_variable and not is_definition(spot) and not isinstance(spot.node, ast.Global):
            yield spot.name


def _inside_functions(tree: ast.Module) -> Iterator[ast.AST]:
    for node in tree.body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield from nodes(node)
        elif isinstance(node, DEFINITIONS):
            yield from _inside_functions(node)
