"""A function's body without its returns: what follows one goes to the other branch of the condition
that it stands in.

    if a:               if a:
        return 1            x = 1
    b()                 else:
    return 2                b()
                            x = 2

In a loop a return becomes a break, and what follows the loop goes to its else.
"""

import ast
from collections.abc import Callable, Iterator

LOOPS = (ast.For, ast.While)
_INNER = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)
# What takes the place of a return with this value, None for one that is not there
Leave = Callable[[ast.expr | None], list[ast.stmt]]


class Refused(Exception):
    """It would do something else, or twice as much code would stand there."""


def returns(part: ast.AST | list, but_for: tuple[type, ...] = ()) -> list[ast.Return]:
    """Those in a part of a function; but_for: not those in such statements."""
    return list(_within(part, ast.Return, but_for))


def _within(part: ast.AST | list, kind: type, but_for: tuple[type, ...]) -> Iterator[ast.AST]:
    for node in part if isinstance(part, list) else ast.iter_child_nodes(part):
        if isinstance(node, kind):
            yield node
        elif not isinstance(node, (*but_for, *_INNER)):
            yield from _within(node, kind, but_for)


def leaves(block: list[ast.stmt]) -> bool:
    """Does nothing that follows the block ever run after it?"""
    last = block[-1] if block else None
    match last:
        case ast.Return() | ast.Raise() | ast.Continue() | ast.Break():
            return True
        case ast.If():
            return leaves(last.body) and leaves(last.orelse)
        case ast.With():
            return False  # which may keep an exception to itself
        case ast.Try():
            ends = leaves(last.orelse) if last.orelse else leaves(last.body)
            return leaves(last.finalbody) or (ends and all(leaves(h.body) for h in last.handlers))
        case ast.While():
            return is_endless(last)
    return False


def is_endless(loop: ast.stmt) -> bool:
    """Is it `while True` without a break?"""
    return isinstance(loop, ast.While) and _is_true(loop.test) and not breaks(loop)


def _is_true(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and bool(node.value)


def breaks(loop: ast.stmt) -> bool:
    """Is there a break that leaves it?"""
    return any(True for _ in _within(loop.body, ast.Break, LOOPS))


def settled(block: list[ast.stmt], leave: Leave) -> list[ast.stmt]:
    """The block without returns. Refused if that is not simple."""
    for index, node in enumerate(block):
        if isinstance(node, ast.Return):
            return block[:index] + leave(node.value)
        if returns([node]):
            settle = _HOW.get(type(node))
            if settle is None:
                raise Refused("a return where it cannot be told what follows")
            return [*block[:index], *settle(node, block[index + 1 :], leave)]
    return block if leaves(block) else block + leave(None)


def _settle_if(node: ast.If, rest: list[ast.stmt], leave: Leave) -> list[ast.stmt]:
    body, other = node.body, node.orelse
    if rest and not leaves(body) and not leaves(other):
        raise Refused("what follows would stand there twice")
    if not leaves(body):
        body = body + rest
    elif not leaves(other):
        other = other + rest
    node.body = settled(body, leave) or [ast.Pass()]
    node.orelse = settled(other, leave)
    return [node]


def _settle_loop(node: ast.For | ast.While, rest: list, leave: Leave) -> list[ast.stmt]:
    if breaks(node) or node.orelse or returns(_inner_loops(node)):
        raise Refused("a loop that is left in several ways")
    if not is_endless(node):
        node.orelse = settled(rest, leave)
    node.body = replaced(node.body, lambda value: [*leave(value), ast.Break()])
    return [node]


def _inner_loops(loop: ast.stmt) -> list[ast.AST]:
    return list(_within(loop.body, LOOPS, ()))


def _settle_try(node: ast.Try, rest: list[ast.stmt], leave: Leave) -> list[ast.stmt]:
    if node.finalbody:
        raise Refused("a return that something follows")
    if rest and not all(leaves(handler.body) for handler in node.handlers):
        raise Refused("what follows would stand there twice")
    if rest and not leaves(node.orelse or node.body):
        node.orelse = node.orelse + rest
    if node.orelse and returns(node.body):
        raise Refused("a return before what follows without an error")
    for handler in node.handlers:
        handler.body = settled(handler.body, leave) or [ast.Pass()]
    if node.orelse:
        node.orelse = settled(node.orelse, leave)
    else:
        node.body = settled(node.body, leave) or [ast.Pass()]
    return [node]


def _settle_with(node: ast.With, rest: list[ast.stmt], leave: Leave) -> list[ast.stmt]:
    if rest:
        raise Refused("a return that something follows")
    node.body = settled(node.body, leave) or [ast.Pass()]
    return [node]


_HOW = {
    ast.If: _settle_if,
    ast.For: _settle_loop,
    ast.While: _settle_loop,
    ast.Try: _settle_try,
    ast.With: _settle_with,
}


def replaced(block: list[ast.stmt], leave: Leave) -> list[ast.stmt]:
    """The block with something else, at least a statement, in the place of each return."""
    return _Replaced(leave).visit(ast.Module(block, [])).body


class _Replaced(ast.NodeTransformer):
    def __init__(self, leave: Leave):
        self._leave = leave

    def visit_Return(self, node):
        return self._leave(node.value)
