"""The second part of shrink.py: functions, classes, constants and imports that nothing on the board
speaks of are left out. Only the PC or a test uses them, or a number is in the place of its name.
"""

import ast

from host_tools.build.syntax import (
    DEFINITIONS,
    modules_by_alias,
    named_by_texts,
    nodes,
    stores,
    texts_in,
)


def drop_unused(trees: dict[str, ast.Module], kept: frozenset[str]) -> bool:
    """Leave it out; returns whether there was anything."""
    spoken = _spoken_of(trees, kept)
    dropped = False
    for name, tree in trees.items():
        used = [node for node in tree.body if not _is_unused(node, spoken[name])]
        dropped = dropped or len(used) < len(tree.body)
        asked = spoken[name] | {node.id for node in nodes(tree) if isinstance(node, ast.Name)}
        tree.body = [left for node in used if (left := _without_spares(node, asked, trees))]
    return dropped


def _without_spares(
    node: ast.stmt, asked: set[str], trees: dict[str, ast.Module]
) -> ast.stmt | None:
    """An import without what is never used: numbers that stand in the place of their names now."""
    if isinstance(node, ast.ImportFrom) and _is_own(node.module, trees):
        node.names = [alias for alias in node.names if (alias.asname or alias.name) in asked]
        return node if node.names else None
    return node


def _is_own(module: str, trees: dict[str, ast.Module]) -> bool:
    return module == "micropython" or module in {name.partition(".")[0] for name in trees} | {
        *trees
    }


def _spoken_of(trees: dict[str, ast.Module], kept: frozenset[str]) -> dict[str, set[str]]:
    """By module, the names in it that occur anywhere: there, by import, or as its attribute."""
    spoken = {name: set(kept) for name in trees}
    attributes: set[str] = set()
    handed_on: set[str] = set()  # modules that somebody holds as a value, or names in a text
    inside = {name: nodes(tree) for name, tree in trees.items()}
    aliases = {name: modules_by_alias(found, trees) for name, found in inside.items()}
    for name, found in inside.items():
        known = aliases[name]
        bases = set()  # of attributes, which nodes() gives before what they are of
        for node in found:
            if isinstance(node, ast.Attribute):
                attributes.add(node.attr)
                if isinstance(node.value, ast.Name) and node.value.id in known:
                    spoken[known[node.value.id]].add(node.attr)
                    bases.add(node.value)
            elif isinstance(node, ast.Name):
                if not stores(node) and node not in bases:
                    spoken[name].add(node.id)
                    handed_on |= {known[node.id]} if node.id in known else set()
            elif isinstance(node, ast.ImportFrom) and node.module in trees:
                names = {alias.name for alias in node.names}
                spoken[node.module] |= names
                handed_on |= {aliases[node.module][n] for n in names & set(aliases[node.module])}
            elif isinstance(node, ast.Import):
                handed_on |= {a.name for a in node.names if "." in a.name and not a.asname}
            elif isinstance(node, ast.Global):
                spoken[name] |= set(node.names)
    texts = set().union(*map(texts_in, inside.values()))
    for name in (handed_on | named_by_texts(texts, trees)) & trees.keys():
        spoken[name] |= attributes | texts
    return spoken


def _is_unused(node: ast.stmt, spoken: set[str]) -> bool:
    if isinstance(node, DEFINITIONS):
        return node.name not in spoken
    if not isinstance(node, ast.Assign) or not _is_harmless(node.value):
        return False
    names = [name for target in node.targets for name in getattr(target, "elts", [target])]
    return all(isinstance(name, ast.Name) and name.id not in spoken for name in names)


def _is_harmless(node: ast.expr) -> bool:
    """Does working it out do nothing else?"""
    return not any(isinstance(n, (ast.Call, ast.Await, ast.Yield)) for n in ast.walk(node))
