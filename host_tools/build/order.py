"""In which order an expression is evaluated, and what of it changes nothing."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass

_QUIET_CALLS = frozenset(("len", "abs", "min", "max"))
_QUIET = (ast.Name, ast.Constant, ast.BinOp, ast.UnaryOp, ast.BoolOp, ast.Compare, ast.IfExp)


@dataclass(frozen=True)
class Facts:
    """What is known of a module's names. constants: globals and builtins that are given a value
    once; methods: attributes that are functions of a class, and never set; properties: those that
    run code when they are read; settable: those that some module sets.
    """

    constants: frozenset[str] = frozenset()
    methods: frozenset[str] = frozenset()
    properties: frozenset[str] = frozenset()
    settable: frozenset[str] = frozenset()


def in_order(node: ast.AST, surely: bool = True) -> Iterator[tuple[ast.AST, bool]]:
    """The nodes of an expression as they are evaluated, and whether they surely are. What is not
    known here comes as one, without what is in it.
    """
    for part, is_sure in _parts(node):
        yield from in_order(part, surely and is_sure)
    yield node, surely


def _parts(node: ast.AST) -> Iterator[tuple[ast.AST, bool]]:
    match node:
        case ast.BoolOp():
            first, *others = node.values
        case ast.Compare():
            yield node.left, True
            first, *others = node.comparators
        case ast.IfExp():
            first, *others = node.test, node.body, node.orelse
        case _:
            yield from ((part, True) for part in _plain_parts(node))
            return
    yield first, True
    yield from ((other, False) for other in others)


def _plain_parts(node: ast.AST) -> list[ast.AST]:
    match node:
        case ast.Call():
            return [node.func, *node.args, *(each.value for each in node.keywords)]
        case ast.BinOp():
            return [node.left, node.right]
        case ast.UnaryOp():
            return [node.operand]
        case ast.Subscript():
            return [node.value, node.slice]
        case ast.Slice():
            return [part for part in (node.lower, node.upper, node.step) if part]
        case ast.Tuple() | ast.List():
            return node.elts
        case ast.JoinedStr():
            return node.values
        case ast.Attribute() | ast.Starred() | ast.FormattedValue() | ast.Await() | ast.NamedExpr():
            return [node.value]
    return []


def before(expression: ast.AST, target: ast.AST) -> list[ast.AST] | None:
    """What is evaluated before anything of the target, a node of the expression; None if it is not
    known, or the target may not be evaluated at all.
    """
    inside = {id(node) for node in ast.walk(target)}
    found: list[ast.AST] = []
    for node, surely in in_order(expression):
        if id(node) in inside:
            return found if surely else None
        found.append(node)
    return None


def is_inert(node: ast.AST, own: set[str], facts: Facts) -> bool:
    """Is it the same whenever it is evaluated? own: variables that do not change meanwhile."""
    if isinstance(node, ast.Name):
        return node.id in own or node.id in facts.constants
    if isinstance(node, ast.UnaryOp):
        return isinstance(node.operand, ast.Constant)
    if isinstance(node, ast.Attribute):  # a method that is about to be called
        return node.attr in facts.methods and is_inert(node.value, own, facts)
    return isinstance(node, ast.Constant)


def is_quiet(node: ast.AST, facts: Facts) -> bool:
    """Does evaluating it change nothing? What looks something up may fail, which tells the caller
    something: it is not quiet.
    """
    for each, _ in in_order(node):
        if isinstance(each, ast.Call):
            if not (isinstance(each.func, ast.Name) and each.func.id in _QUIET_CALLS):
                return False
        elif isinstance(each, ast.Attribute):
            if each.attr in facts.properties:
                return False
        elif not isinstance(each, (*_QUIET, ast.Tuple)):
            return False
    return True
