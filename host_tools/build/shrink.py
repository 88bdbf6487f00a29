"""Makes the firmware smaller before it is compiled, without changing what it does.

A .mpy spells out every name it uses. So whole numbers with a name, `WINDOW_S = 30`, are put where
they are used, in other modules as well, and names that surely nobody else uses become short ones:
those that begin with an underscore, functions and classes of modules, and arguments. The sources
stay as they are.
"""

import ast

from host_tools.build.inline import inline
from host_tools.build.short_names import KEPT, shorten
from host_tools.build.syntax import DEFINITIONS, check, modules_by_alias, nodes, stores


def shrink(sources: dict[str, str], kept: frozenset[str] = KEPT) -> dict[str, str]:
    """The same sources, by module name ("store.frame"), smaller. All modules at once.

    kept: names that somebody outside uses. Unsafe if it cannot be told what a name stands for.
    """
    trees = {name: ast.parse(text) for name, text in sources.items()}
    check(trees)
    inline(trees, kept)
    while _drop_unused(trees, kept):
        pass
    shorten(trees, kept)
    return {name: ast.unparse(_without_docstrings(tree)) + "\n" for name, tree in trees.items()}


def _without_docstrings(tree: ast.Module) -> ast.Module:
    for node in (tree, *(n for n in nodes(tree) if isinstance(n, DEFINITIONS))):
        if ast.get_docstring(node) is not None:
            node.body = node.body[1:] or [ast.Pass()]
    return ast.fix_missing_locations(tree)


def narrow(shrunk: str) -> str:
    """For what is not compiled: a level is one space, and no line is empty."""
    lines = (line for line in shrunk.splitlines() if line)
    return "".join(" " * (_margin(line) // 4) + line.lstrip() + "\n" for line in lines)


def _margin(line: str) -> int:
    return len(line) - len(line.lstrip())


def _drop_unused(trees: dict[str, ast.Module], kept: frozenset[str]) -> bool:
    """Remove what only the PC or a test uses, and names of what is in their place now: functions,
    classes and constants that nothing on the board speaks of. Returns whether there was anything.
    """
    spoken = _spoken_of(trees, kept)
    dropped = False
    for name, tree in trees.items():
        used = [node for node in tree.body if not _is_unused(node, spoken[name])]
        dropped = dropped or len(used) < len(tree.body)
        tree.body = used
    return dropped


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
            elif isinstance(node, ast.Constant) and node.value in trees:
                handed_on.add(node.value)
    for name in handed_on & trees.keys():
        spoken[name] |= attributes
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
