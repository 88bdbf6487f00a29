"""Makes the firmware smaller before it is compiled, without changing what it does.

A .mpy spells out every name it uses. So whole numbers with a name, `WINDOW_S = 30`, are put where
they are used, in other modules as well, and names that surely nobody else uses become short ones:
those that begin with an underscore, functions and classes of modules, and arguments. The sources
stay as they are.
"""

import ast
from collections.abc import Iterator

from host_tools.short_names import DEFINITIONS, KEPT, modules_by_alias, shorten, stores


def shrink(sources: dict[str, str], kept: frozenset[str] = KEPT) -> dict[str, str]:
    """The same sources, by module name ("store.frame"), smaller. All modules at once."""
    trees = {name: ast.parse(text) for name, text in sources.items()}
    numbers = {name: _numbers(tree) for name, tree in trees.items()}
    texts = {name: _texts(name, tree, trees) for name, tree in trees.items()}
    for name, tree in trees.items():
        _Inline(name, trees, numbers, texts[name]).visit(tree)
    for name, tree in trees.items():
        _drop(tree, numbers[name] | texts[name])
    while _drop_unused(trees, kept):
        pass
    shorten(trees, kept)
    return {name: ast.unparse(_without_docstring(tree)) + "\n" for name, tree in trees.items()}


def _without_docstring(tree: ast.Module) -> ast.Module:
    if ast.get_docstring(tree) is not None:
        del tree.body[0]
    return ast.fix_missing_locations(tree)


# Numbers


def _numbers(tree: ast.Module) -> dict[str, int]:
    """The module's names for whole numbers that are given once."""
    found: dict[str, int] = {}
    several = {
        name for node in ast.walk(tree) if isinstance(node, ast.Global) for name in node.names
    }
    for target, value in _assignments(tree):
        if target in found or target in several:
            several.add(target)
        elif (number := _number(value, found)) is not None:
            found[target] = number
        else:
            several.add(target)
    return {name: number for name, number in found.items() if name not in several}


def _texts(name: str, tree: ast.Module, trees: dict[str, ast.Module]) -> dict[str, str]:
    """The module's names for texts that are given once and that no other module uses."""
    found = dict(_assignments(tree))
    several = [target for target, _ in _assignments(tree)]
    others = {n: t for n, t in trees.items() if n != name}
    spoken = {
        word
        for other in others.values()
        for node in ast.walk(other)
        for word in (
            [a.name for a in node.names]
            if isinstance(node, ast.ImportFrom) and node.module == name
            else [node.attr]
            if isinstance(node, ast.Attribute)
            else []
        )
    }
    changed = {n for g in ast.walk(tree) if isinstance(g, ast.Global) for n in g.names}
    return {
        target: value.value
        for target, value in found.items()
        if isinstance(value, ast.Constant)
        and isinstance(value.value, str)
        and several.count(target) == 1
        and target not in spoken | changed | KEPT
    }


def _assignments(tree: ast.Module) -> Iterator[tuple[str, ast.expr | None]]:
    """Everything that gives a value to a name of the module."""
    for node in tree.body:
        for inner in ast.walk(node) if not isinstance(node, ast.Assign) else ():
            if isinstance(inner, (ast.FunctionDef, ast.ClassDef, ast.AsyncFunctionDef)):
                break
            if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Store):
                yield inner.id, None
        if not isinstance(node, ast.Assign):
            continue
        for target in node.targets:
            if isinstance(target, ast.Name):
                yield target.id, node.value if len(node.targets) == 1 else None
            elif isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
                yield from ((t.id, v) for t, v in zip(target.elts, node.value.elts, strict=True))


def _number(node: ast.expr | None, known: dict[str, int]) -> int | None:
    """The whole number that an expression of numbers is."""
    if isinstance(node, ast.Constant) and type(node.value) is int:
        return node.value
    if isinstance(node, ast.Name):
        return known.get(node.id)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        value = _number(node.operand, known)
        return None if value is None else -value
    if isinstance(node, ast.BinOp):
        pair = _number(node.left, known), _number(node.right, known)
        if None not in pair and isinstance(node.op, (ast.Add, ast.Sub, ast.Mult, ast.LShift)):
            code = ast.Expression(ast.BinOp(_constant(pair[0]), node.op, _constant(pair[1])))
            return eval(compile(ast.fix_missing_locations(code), "", "eval"))
    return None


def _constant(number: int | str) -> ast.expr:
    if isinstance(number, int) and number < 0:
        return ast.UnaryOp(ast.USub(), ast.Constant(-number))
    return ast.Constant(number)


class _Inline(ast.NodeTransformer):
    """Puts numbers where their names are, except where a function has that name of its own."""

    def __init__(
        self,
        name: str,
        trees: dict[str, ast.Module],
        numbers: dict[str, dict[str, int]],
        texts: dict[str, str],
    ):
        self.known = numbers[name] | texts
        self.modules: dict[str, dict[str, int]] = {}
        self.numbers = numbers
        for node in ast.walk(trees[name]):
            self._learn(node)

    def _learn(self, node: ast.AST) -> None:
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name in self.numbers and "." not in alias.name:
                    self.modules[alias.asname or alias.name] = self.numbers[alias.name]
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                own = alias.asname or alias.name
                inner = f"{node.module}.{alias.name}"
                if inner in self.numbers:
                    self.modules[own] = self.numbers[inner]
                elif alias.name in self.numbers.get(node.module, {}):
                    self.known[own] = self.numbers[node.module][alias.name]

    def visit_FunctionDef(self, node):
        own = {a.arg for a in ast.walk(node.args) if isinstance(a, ast.arg)}
        own |= {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and stores(n)}
        hidden = {name: self.known.pop(name) for name in own & set(self.known)}
        self.generic_visit(node)
        self.known |= hidden
        return node

    visit_AsyncFunctionDef = visit_FunctionDef

    def visit_Name(self, node):
        if isinstance(node.ctx, ast.Load) and node.id in self.known:
            return _constant(self.known[node.id])
        return node

    def visit_Attribute(self, node):
        if isinstance(node.value, ast.Name) and isinstance(node.ctx, ast.Load):
            number = self.modules.get(node.value.id, {}).get(node.attr)
            if number is not None:
                return _constant(number)
        return self.generic_visit(node)

    def visit_ImportFrom(self, node):
        node.names = [a for a in node.names if (a.asname or a.name) not in self.known]
        return node if node.names else None


def _drop(tree: ast.Module, numbers: dict[str, int]) -> None:
    """Remove what gives names to those numbers."""
    body = []
    for node in tree.body:
        if isinstance(node, ast.Assign):
            target = node.targets[0]
            names = target.elts if isinstance(target, ast.Tuple) else [target]
            if all(isinstance(n, ast.Name) and n.id in numbers for n in names):
                continue
        body.append(node)
    tree.body = body


def _drop_unused(trees: dict[str, ast.Module], kept: frozenset[str]) -> bool:
    """Remove what only the PC or a test uses: functions, classes and constants that nothing on the
    board speaks of. Returns whether there was anything.
    """
    spoken = _spoken_of(trees, kept)
    dropped = False
    for name, tree in trees.items():
        unused = [node for node in tree.body if _is_unused(node, spoken[name])]
        tree.body = [node for node in tree.body if node not in unused]
        dropped = dropped or bool(unused)
    return dropped


def _spoken_of(trees: dict[str, ast.Module], kept: frozenset[str]) -> dict[str, set[str]]:
    """By module, the names in it that occur anywhere: there, by import, or as its attribute."""
    spoken = {name: set(kept) for name in trees}
    attributes: set[str] = set()
    handed_on: set[str] = set()  # modules that somebody holds as a value, or names in a text
    aliases = {name: modules_by_alias(tree, trees) for name, tree in trees.items()}
    for name, tree in trees.items():
        known = aliases[name]
        bases = set()
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute):
                attributes.add(node.attr)
                if isinstance(node.value, ast.Name) and node.value.id in known:
                    spoken[known[node.value.id]].add(node.attr)
                    bases.add(node.value)
            elif isinstance(node, ast.ImportFrom) and node.module in trees:
                names = {alias.name for alias in node.names}
                spoken[node.module] |= names
                handed_on |= {aliases[node.module][n] for n in names & set(aliases[node.module])}
            elif isinstance(node, ast.Global):
                spoken[name] |= set(node.names)
            elif isinstance(node, ast.Constant) and node.value in trees:
                handed_on.add(node.value)
        for node in ast.walk(tree):
            if isinstance(node, ast.Name) and not stores(node) and node not in bases:
                spoken[name].add(node.id)
                handed_on |= {known[node.id]} if node.id in known else set()
    for name in handed_on:
        spoken[name] |= attributes
    return spoken


def _is_unused(node: ast.stmt, spoken: set[str]) -> bool:
    if isinstance(node, DEFINITIONS):
        return node.name not in spoken
    if not isinstance(node, ast.Assign) or not _is_harmless(node.value):
        return False
    return all(isinstance(t, ast.Name) and t.id not in spoken for t in node.targets)


def _is_harmless(node: ast.expr) -> bool:
    """Does working it out do nothing else?"""
    return not any(isinstance(n, (ast.Call, ast.Await, ast.Yield)) for n in ast.walk(node))
