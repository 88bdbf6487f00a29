"""The first part of shrink.py: whole numbers with a name, and texts that a module has for itself,
are put where their names are.

A name is replaced only if its module gives it one meaning: no argument, variable of a function or
of a comprehension has it as well, and nobody gives it another value.
"""

import ast
import operator
from collections import defaultdict
from collections.abc import Iterable, Iterator

from host_tools.build.syntax import binds, imports, modules_by_alias, nodes, stores

# By name, what gives it a meaning in a module: nodes, or the whole name of what is imported
_Meanings = dict[str, set[ast.AST | str]]


def inline(trees: dict[str, ast.Module], kept: frozenset[str]) -> None:
    """All modules at once; kept: names that somebody outside uses. Their assignments stay."""
    for name, tree in trees.items():
        trees[name] = _WithoutConst().visit(tree)
    inside = {name: nodes(tree) for name, tree in trees.items()}
    meanings = {name: _meanings(found) for name, found in inside.items()}
    constants = {name: _given_once(tree, meanings[name]) for name, tree in trees.items()}
    changed, shared = _asked_for(inside.values())
    numbers = _all_numbers(constants, changed.union(*map(_unclear, meanings.values())))
    for name, tree in trees.items():
        texts = _texts(name, constants[name], shared | kept)
        known = texts | _numbers_within(name, meanings[name], numbers)
        _Inline(known, modules_by_alias(inside[name], trees), numbers).visit(tree)


class _WithoutConst(ast.NodeTransformer):
    """const(2) is 2: what a compiler would do with it is done here. It would also take an argument
    of the same name for the number.
    """

    def visit_Call(self, node):
        is_const = isinstance(node.func, ast.Name) and node.func.id == "const"
        return self.visit(node.args[0]) if is_const else self.generic_visit(node)


def _meanings(inside: list[ast.AST]) -> _Meanings:
    found: _Meanings = defaultdict(set)
    for node in inside:
        for name in binds(node):
            found[name].add(node)
        for name, whole in imports(node):
            found[name].add(whole)
    return found


def _given_once(tree: ast.Module, meanings: _Meanings) -> dict[str, ast.expr]:
    """The module's names that mean one thing wherever they stand in it, and what they mean."""
    return {name: value for name, value in _assignments(tree) if len(meanings[name]) == 1}


def _unclear(meanings: _Meanings) -> set[str]:
    """What a module imports by a name that means something else there as well."""
    several = (found for found in meanings.values() if len(found) > 1)
    return {whole for found in several for whole in found if isinstance(whole, str)}


def _assignments(tree: ast.Module) -> Iterator[tuple[str, ast.expr]]:
    """Where a module says NAME = value, or ONE, TWO = value, value."""
    for node in tree.body:
        if not isinstance(node, ast.Assign) or len(node.targets) > 1:
            continue
        target, value = node.targets[0], node.value
        if isinstance(target, ast.Name):
            yield target.id, value
        elif isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
            both = [*target.elts, *value.elts]
            if not any(isinstance(part, ast.Starred) for part in both):
                pairs = zip(target.elts, value.elts, strict=True)
                yield from ((t.id, v) for t, v in pairs if isinstance(t, ast.Name))


def _asked_for(modules: Iterable[list[ast.AST]]) -> tuple[set[str], set[str]]:
    """Attributes that somebody gives a value to; and all that a module may be asked for by another:
    any attribute, and whole names of what is imported ("store.frame.SIZE").
    """
    changed: set[str] = set()
    asked: set[str] = set()
    for inside in modules:
        for node in inside:
            if isinstance(node, ast.Attribute):
                asked.add(node.attr)
                if stores(node):
                    changed.add(node.attr)
            else:
                asked.update(whole for _, whole in imports(node))
    return changed, asked


def _texts(name: str, constants: dict[str, ast.expr], shared: set[str]) -> dict[str, str]:
    """The names for texts that nobody but the module uses."""
    return {
        own: value.value
        for own, value in constants.items()
        if isinstance(value, ast.Constant) and isinstance(value.value, str)
        if own not in shared and f"{name}.{own}" not in shared
    }


def _all_numbers(constants: dict[str, dict[str, ast.expr]], spared: set[str]) -> dict[str, int]:
    """The whole numbers of all modules, by whole names, but for what is spared."""
    return {
        f"{name}.{own}": number
        for name, values in constants.items()
        for own, number in _numbers(values).items()
        if own not in spared and f"{name}.{own}" not in spared
    }


def _numbers(constants: dict[str, ast.expr]) -> dict[str, int]:
    found: dict[str, int] = {}
    for name, value in constants.items():
        if (number := _number(value, found)) is not None:
            found[name] = number
    return found


_OPERATORS = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.LShift: operator.lshift,
}


def _number(node: ast.expr, known: dict[str, int]) -> int | None:
    """The whole number that an expression of numbers is."""
    if isinstance(node, ast.Constant) and type(node.value) is int:
        return node.value
    if isinstance(node, ast.Name):
        return known.get(node.id)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        value = _number(node.operand, known)
        return None if value is None else -value
    if isinstance(node, ast.BinOp) and type(node.op) in _OPERATORS:
        pair = _number(node.left, known), _number(node.right, known)
        return None if None in pair else _OPERATORS[type(node.op)](*pair)
    return None


def _numbers_within(name: str, meanings: _Meanings, numbers: dict[str, int]) -> dict[str, int]:
    """A module's names for numbers, its own ones and those that it imports."""
    return {
        own: numbers[whole]
        for own, found in meanings.items()
        for whole in (f"{name}.{own}", *found)
        if whole in numbers
    }


class _Inline(ast.NodeTransformer):
    """known: what names stand for; modules: by alias; numbers: of all modules, by whole names."""

    def __init__(self, known: dict[str, int | str], modules: dict[str, str], numbers: dict):
        self.known = known
        self.modules = modules
        self.numbers = numbers

    def visit_Name(self, node):
        if stores(node) or node.id not in self.known:
            return node
        return _constant(self.known[node.id])

    def visit_Attribute(self, node):
        if isinstance(node.value, ast.Name):
            whole = f"{self.modules.get(node.value.id)}.{node.attr}"
            if whole in self.numbers:
                return _constant(self.numbers[whole])
        return self.generic_visit(node)

    def visit_ImportFrom(self, node):
        node.names = [a for a in node.names if (a.asname or a.name) not in self.known]
        return node if node.names else None


def _constant(value: int | str) -> ast.expr:
    if isinstance(value, int) and value < 0:
        return ast.UnaryOp(ast.USub(), ast.Constant(-value))
    return ast.Constant(value)
