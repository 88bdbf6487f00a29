"""Makes several statements of one in which a call stands behind something else, so that one of them
begins with the call.

    x = a and f(b)         t = a                 y = self.z + f(b)       t = self.z
                           if t:                                         y = t + f(b)
                               t = f(b)
                           x = t

    while f(b):            while True:
        c()                    if not f(b):
                                   break
                               c()
"""

import ast
import itertools
from collections.abc import Callable, Iterator

from host_tools.build.endings import Refused
from host_tools.build.order import before
from host_tools.build.sites import Site

IsInert = Callable[[ast.AST, bool], bool]
# The expression of a statement that is evaluated before all else of it
HEADS = {
    ast.Expr: "value",
    ast.Assign: "value",
    ast.Return: "value",
    ast.If: "test",
    ast.For: "iter",
    ast.Raise: "exc",
}


def unfold(site: Site, is_inert: IsInert, fresh: Iterator[str]) -> None:
    """Change the block that the call's statement is in. Refused if that is not simple. is_inert: is
    a node of an expression the same whenever it is evaluated? Asked about what is called, too.
    """
    statement = site.statement
    if isinstance(statement, ast.While):
        _unfold_while(site)
        return
    field = HEADS.get(type(statement))
    if field is None or getattr(statement, field) is None:
        raise Refused("it is called in the middle of a statement")
    head = getattr(statement, field)
    way = _way(head, site.call)
    branching = next((node for node in way if _branches(node, site.call)), None)
    target = branching or site.call
    found = _spilled([*way[: way.index(target)], target], is_inert, fresh)
    if branching is None and not found:
        raise Refused("something else is evaluated before it")
    if branching is None:
        found.append(statement)
    elif branching is head and isinstance(statement, ast.Return):
        found += _returned(branching, fresh)
    elif branching is head and _is_plain_and(statement):
        found += _nested(statement)
    else:
        name = next(fresh)
        _replace(statement, branching, ast.Name(name, ast.Load()))
        found += [*_unfolded(branching, name), statement]
    index = site.block.index(statement)
    site.block[index : index + 1] = found


def _unfold_while(site: Site) -> None:
    loop = site.statement
    if loop.orelse:
        raise Refused("a loop with an else")
    leave = ast.If(ast.UnaryOp(ast.Not(), loop.test), [ast.Break()], [])
    if isinstance(loop.test, ast.UnaryOp) and isinstance(loop.test.op, ast.Not):
        leave.test = loop.test.operand
    loop.test = ast.Constant(True)
    loop.body.insert(0, leave)


def _way(expression: ast.expr, call: ast.Call) -> list[ast.expr]:
    """The nodes from an expression down to the call."""
    if expression is call:
        return [call]
    for child in ast.iter_child_nodes(expression):
        if found := _way(child, call):
            return [expression, *found]
    return []


def _branches(node: ast.expr, call: ast.Call) -> bool:
    """May the call, a part of it, not be evaluated?"""
    is_branch = isinstance(node, (ast.BoolOp, ast.IfExp))
    return is_branch and before(node, call) is None


def _is_plain_and(statement: ast.stmt) -> bool:
    """Is it `if a and b` without an else?"""
    if not isinstance(statement, ast.If) or statement.orelse:
        return False
    return isinstance(statement.test, ast.BoolOp) and isinstance(statement.test.op, ast.And)


def _nested(statement: ast.If) -> list[ast.stmt]:
    first, rest = _parts(statement.test)
    statement.test = rest
    return [ast.If(first, [statement], [])]


def _returned(node: ast.BoolOp | ast.IfExp, fresh: Iterator[str]) -> list[ast.stmt]:
    """What returns the value of `a and b`, `a or b`, `a if b else c`."""
    if isinstance(node, ast.IfExp):
        return [ast.If(node.test, [ast.Return(node.body)], [ast.Return(node.orelse)])]
    first, rest = _parts(node)
    is_and = isinstance(node.op, ast.And)
    before: list[ast.stmt] = []
    value: ast.expr = ast.Constant(not is_and)
    if not _is_truth(first):
        name = next(fresh)
        before = [given(name, first)]
        first, value = ast.Name(name, ast.Load()), ast.Name(name, ast.Load())
    yes, no = (rest, value) if is_and else (value, rest)
    return [*before, ast.If(first, [ast.Return(yes)], []), ast.Return(no)]


def _is_truth(node: ast.expr) -> bool:
    """Is its value True or False?"""
    if isinstance(node, ast.BoolOp):
        return all(map(_is_truth, node.values))
    is_not = isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not)
    return is_not or (isinstance(node, ast.Compare) and len(node.ops) == 1)


def _unfolded(node: ast.BoolOp | ast.IfExp, name: str) -> list[ast.stmt]:
    """What gives a variable the value of it."""
    if isinstance(node, ast.IfExp):
        return [ast.If(node.test, [given(name, node.body)], [given(name, node.orelse)])]
    first, rest = _parts(node)
    is_open: ast.expr = ast.Name(name, ast.Load())
    if isinstance(node.op, ast.Or):
        is_open = ast.UnaryOp(ast.Not(), is_open)
    return [given(name, first), ast.If(is_open, [given(name, rest)], [])]


def _parts(node: ast.BoolOp) -> tuple[ast.expr, ast.expr]:
    """The first value, and the others as one."""
    first, *others = node.values
    return first, others[0] if len(others) == 1 else ast.BoolOp(node.op, others)


def given(name: str, value: ast.expr) -> ast.stmt:
    """The statement that gives a variable a value."""
    return ast.Assign([ast.Name(name, ast.Store())], value)


def _spilled(way: list[ast.expr], is_inert: IsInert, fresh: Iterator[str]) -> list[ast.stmt]:
    """Variables for what is evaluated before the last node of the way, a part of the first one."""
    found: list[ast.stmt] = []
    for node, inner in itertools.pairwise(way):
        func = getattr(node, "func", inner)
        if func is not inner and not is_inert(func, True):
            raise Refused("a function that may be another one by then")
        for owner, field, index in _before(node, inner):
            value = getattr(owner, field) if index is None else getattr(owner, field)[index]
            if _is_inert_whole(value, is_inert):
                continue
            name = next(fresh)
            found.append(given(name, value))
            if index is None:
                setattr(owner, field, ast.Name(name, ast.Load()))
            else:
                getattr(owner, field)[index] = ast.Name(name, ast.Load())
    return found


def _is_inert_whole(value: ast.expr, is_inert: IsInert) -> bool:
    if isinstance(value, (ast.Tuple, ast.List)):
        return False
    return is_inert(value, False)


def _before(node: ast.expr, inner: ast.expr) -> Iterator[tuple[ast.AST, str, int | None]]:
    """The fields of a node that are evaluated before one of them."""
    match node:
        case ast.Call():
            if inner is node.func:
                return
            if isinstance(node.func, ast.Attribute):
                yield node.func, "value", None  # its method is looked up later
            elif not isinstance(node.func, ast.Name):
                raise Refused("a function that is worked out")
            if inner in node.args:
                yield from ((node, "args", index) for index in range(node.args.index(inner)))
                return
            raise Refused("an argument by its name")
        case ast.BinOp():
            if inner is node.right:
                yield node, "left", None
        case ast.Compare():
            if inner in node.comparators[1:]:
                raise Refused("a comparison of several")
            if inner is not node.left:
                yield node, "left", None
        case ast.Subscript():
            if inner is node.slice:
                yield node, "value", None
        case ast.Tuple() | ast.List():
            yield from ((node, "elts", index) for index in range(node.elts.index(inner)))
        case ast.BoolOp() | ast.IfExp() | ast.Attribute() | ast.UnaryOp() | ast.Await():
            return  # what comes first in it
        case _:
            raise Refused("it is called in the middle of an expression")


def _replace(statement: ast.stmt, old: ast.expr, new: ast.expr) -> None:
    for node in ast.walk(statement):
        for field, value in ast.iter_fields(node):
            if value is old:
                setattr(node, field, new)
                return
            if isinstance(value, list) and any(each is old for each in value):
                value[next(i for i, each in enumerate(value) if each is old)] = new
                return
