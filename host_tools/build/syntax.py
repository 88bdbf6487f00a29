"""What shrink.py and its parts ask of the firmware's syntax trees.

A name can be replaced only where it is plain what it stands for; source where it is not is refused.
"""

import ast
from collections.abc import Iterable, Iterator

DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


class Unsafe(ValueError):
    """Made smaller, the source would do something else. Says which module, which line and why."""


def nodes(tree: ast.AST, but_for: tuple[type, ...] = ()) -> list[ast.AST]:
    """The tree's nodes, outer ones first, and of inner ones of those types not what is in them.
    ast.walk takes twice as long.
    """
    found = [tree]
    for node in found:
        if isinstance(node, but_for) and node is not tree:
            continue
        for field in node._fields:
            value = getattr(node, field, None)
            if isinstance(value, list):
                found.extend(item for item in value if isinstance(item, ast.AST))
            elif isinstance(value, ast.AST) and not isinstance(value, ast.expr_context):
                found.append(value)
    return found


def stores(node: ast.Name | ast.Attribute) -> bool:
    return isinstance(node.ctx, (ast.Store, ast.Del))


def binds(node: ast.AST) -> Iterator[str]:
    """The names that a node gives a meaning to, but for what it imports."""
    if isinstance(node, ast.Name):
        if stores(node):
            yield node.id
    elif isinstance(node, ast.arg):
        yield node.arg
    elif isinstance(node, (*DEFINITIONS, ast.ExceptHandler)) and node.name:
        yield node.name


def imports(node: ast.AST) -> Iterator[tuple[str, str]]:
    """What a node imports: the name that it gets there, and the whole one ("store.frame.SIZE")."""
    if isinstance(node, ast.Import):
        yield from ((alias.asname or alias.name, alias.name) for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        for alias in node.names:
            yield alias.asname or alias.name, f"{node.module}.{alias.name}"


def modules_by_alias(inside: Iterable[ast.AST], trees: dict[str, ast.Module]) -> dict[str, str]:
    """The firmware's modules, by the names that a module with these nodes knows them by."""
    return {own: whole for node in inside for own, whole in imports(node) if whole in trees}


def named_by_texts(texts: Iterable[str], trees: dict[str, ast.Module]) -> set[str]:
    """Modules that somebody may import by a text: their name is one, or their package's is, as in
    `__import__("parts." + name)`.
    """
    known = {text.rstrip(".") for text in texts} - {""}
    return {name for name in trees if name in known or name.rpartition(".")[0] in known}


def texts_in(inside: Iterable[ast.AST]) -> set[str]:
    """All texts that are not empty."""
    values = (node.value for node in inside if isinstance(node, ast.Constant))
    return {value for value in values if isinstance(value, str) and value}


def check(trees: dict[str, ast.Module]) -> None:
    """Unsafe if a module is spoken of in a way that cannot be followed."""
    for name, tree in trees.items():
        inside = nodes(tree)
        modules = modules_by_alias(inside, trees)
        for node in inside:
            if isinstance(node, ast.ImportFrom) and _is_vague(node, trees):
                raise Unsafe(f"{name}, line {node.lineno}: {ast.unparse(node)} does not say what")
            for own in binds(node):
                if own in modules:
                    raise Unsafe(
                        f"{name}, line {node.lineno}: {own} is something else here than the module "
                        f"{modules[own]}, which is imported by that name"
                    )


def _is_vague(node: ast.ImportFrom, trees: dict[str, ast.Module]) -> bool:
    return node.level > 0 or (node.module in trees and node.names[0].name == "*")


def source_of(tree: ast.Module) -> str:
    """The tree's source. MicroPython makes no tuple of `a, b = b, a`, but of `a, b = (b, a)`."""
    return "".join(_bare(line) + "\n" for line in ast.unparse(tree).splitlines())


def _bare(line: str) -> str:
    names, is_given, value = line.partition(" = (")
    if not is_given or not value.endswith(")") or "," not in names:
        return line
    bare = f"{names} = {value[:-1]}"
    return bare if _meaning(bare) == _meaning(line) else line


def _meaning(line: str) -> str | None:
    try:
        return ast.dump(ast.parse(line.strip()))
    except SyntaxError:  # a line of several
        return None
