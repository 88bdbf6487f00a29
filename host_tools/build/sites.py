"""Where in a function a call stands."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass

_BLOCKS = ("body", "orelse", "finalbody", "handlers", "cases")


@dataclass(frozen=True)
class Site:
    """The call, its statement, and the block that this stands in.

    end: what the statement is the last thing of, "function", "loop" (a round of it), or "". tries:
    it stands in a try, or in a with.
    """

    call: ast.Call
    statement: ast.stmt
    block: list[ast.stmt]
    end: str
    tries: bool


def mark(call: ast.Call, name: str) -> None:
    """Have a call be found by a name, also in a copy of what it stands in."""
    call.mark = name


def find(function: ast.FunctionDef | ast.AsyncFunctionDef, name: str) -> Site:
    """The place of a call. LookupError if it is in a function within the function."""
    for site in _in_block(function.body, "function", False, name):
        return site
    raise LookupError(name)


def _in_block(block: list[ast.stmt], end: str, tries: bool, name: str) -> Iterator[Site]:
    for node in block:
        own_end = end if node is block[-1] else ""
        for expression in heads(node):
            if call := _marked(expression, name):
                yield Site(call, node, block, own_end, tries)
        for inner, inner_end, inner_tries in _inner_blocks(node, own_end):
            yield from _in_block(inner, inner_end, tries or inner_tries, name)


def _inner_blocks(node: ast.stmt, end: str) -> Iterator[tuple[list[ast.stmt], str, bool]]:
    match node:
        case ast.If():
            yield node.body, end, False
            yield node.orelse, end, False
        case ast.For() | ast.AsyncFor() | ast.While():
            yield node.body, "loop", False
            yield node.orelse, end, False
        case ast.With() | ast.AsyncWith():
            yield node.body, end, True
        case ast.Try():
            yield node.body, "" if node.orelse or node.finalbody else end, True
            for handler in node.handlers:
                yield handler.body, "" if node.finalbody else end, bool(node.finalbody)
            yield node.orelse, "" if node.finalbody else end, bool(node.finalbody)
            yield node.finalbody, "", False


def heads(node: ast.stmt) -> list[ast.expr]:
    """The expressions of a statement itself, not those of the statements in it."""
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return []
    found: list[ast.expr] = []
    for field, value in ast.iter_fields(node):
        if field not in _BLOCKS:
            values = value if isinstance(value, list) else [value]
            found += [each for each in values if isinstance(each, ast.expr)]
            found += [
                part
                for each in values
                if isinstance(each, ast.withitem)
                for part in (each.context_expr, each.optional_vars)
                if part is not None
            ]
    return found


def _marked(node: ast.AST, name: str) -> ast.Call | None:
    if isinstance(node, ast.Call) and getattr(node, "mark", "") == name:
        return node
    if isinstance(node, _APART):
        return None
    found = (_marked(child, name) for child in ast.iter_child_nodes(node))
    return next((call for call in found if call), None)


# What is evaluated in them has variables of its own
_APART = (ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
