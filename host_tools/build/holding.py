"""Which variables of a function may keep an object from being freed: those that are not numbers, of
functions that do not end.
"""

import ast
from collections.abc import Iterator

_NUMBERS = ("abs", "int", "len", "ord", "range", "sum", "ticks_add", "ticks_diff", "ticks_ms")
_BOTH = (ast.Add, ast.Mod)  # texts can be added and formatted


def is_object(node: ast.expr) -> bool:
    """May the value be anything but a number, or what is there anyway?"""
    match node:
        case ast.Constant() | ast.Compare() | ast.UnaryOp():
            return False
        case ast.BinOp():
            is_number = not isinstance(node.op, _BOTH) or any(
                isinstance(part, ast.Constant) and isinstance(part.value, int)
                for part in (node.left, node.right)
            )
            return not is_number
        case ast.IfExp():
            return is_object(node.body) or is_object(node.orelse)
        case ast.Call():
            name = getattr(node.func, "attr", None) or getattr(node.func, "id", None)
            return name not in _NUMBERS
    return True


def holds(body: list[ast.stmt]) -> set[str]:
    """The names that the statements give something else than numbers."""
    return {name for part in body for node in ast.walk(part) for name in _held(node)}


def _held(node: ast.AST) -> Iterator[str]:
    if isinstance(node, (ast.Assign, ast.NamedExpr, ast.For)):
        value = node.iter if isinstance(node, ast.For) else node.value
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        if is_object(value):
            yield from (n.id for t in targets for n in ast.walk(t) if _is_stored(n))
    elif isinstance(node, ast.With):
        found = (item.optional_vars for item in node.items if item.optional_vars)
        yield from (n.id for t in found for n in ast.walk(t) if _is_stored(n))
    elif isinstance(node, (ast.Import, ast.ImportFrom)):  # a module may be let go of after use
        yield from (alias.asname or alias.name.partition(".")[0] for alias in node.names)


def _is_stored(node: ast.AST) -> bool:
    return isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)


def lives_long(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Is it a task, or what runs the tasks?"""
    if isinstance(function, ast.AsyncFunctionDef):
        return True
    inside = list(ast.walk(function))
    yields = any(isinstance(node, (ast.Yield, ast.YieldFrom)) for node in inside)
    return yields or any(
        isinstance(node, ast.Attribute) and node.attr == "run" and _is_asyncio(node.value)
        for node in inside
    )


def _is_asyncio(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id == "asyncio"
