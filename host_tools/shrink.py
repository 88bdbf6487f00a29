"""Makes the firmware smaller before it is compiled, without changing what it does.

A .mpy spells out every name it uses. So whole numbers with a name, `WINDOW_S = 30`, are put where
they are used, in other modules as well, and names that surely nobody else uses become short ones:
those that begin with an underscore, functions and classes of modules, and arguments. The sources
stay as they are.
"""

import ast
import itertools
import string
from collections.abc import Iterable, Iterator

_LETTERS = string.ascii_letters


# What is asked for by name at the REPL and in main.py
KEPT = {"start", "logger", "scan"}


def shrink(sources: dict[str, str]) -> dict[str, str]:
    """The same sources, by module name ("store.frame"), smaller. All modules at once."""
    trees = {name: ast.parse(text) for name, text in sources.items()}
    numbers = {name: _numbers(tree) for name, tree in trees.items()}
    for name, tree in trees.items():
        _Inline(name, trees, numbers).visit(tree)
    for name, tree in trees.items():
        _drop(tree, numbers[name])
    short = _short_names(trees)
    called = _names_in_calls(trees.values())
    for tree in trees.values():
        _Rename(short).visit(tree)
        _shorten_arguments(tree, called)
    return {name: ast.unparse(ast.fix_missing_locations(tree)) for name, tree in trees.items()}


def without_comments(source: str) -> str:
    """The same source without comments and without its docstring."""
    tree = ast.parse(source)
    if ast.get_docstring(tree) is not None:
        del tree.body[0]
    return ast.unparse(tree) + "\n"


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


def _constant(number: int) -> ast.expr:
    if number < 0:
        return ast.UnaryOp(ast.USub(), ast.Constant(-number))
    return ast.Constant(number)


class _Inline(ast.NodeTransformer):
    """Puts numbers where their names are, except where a function has that name of its own."""

    def __init__(self, name: str, trees: dict[str, ast.Module], numbers: dict[str, dict[str, int]]):
        self.known = dict(numbers[name])
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
        own |= {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and _stores(n)}
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


def _stores(node: ast.Name) -> bool:
    return isinstance(node.ctx, (ast.Store, ast.Del))


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


# Names


def _short_names(trees: dict[str, ast.Module]) -> dict[str, str]:
    """A short name for each that is packlog's own and nobody else's."""
    nodes = list(itertools.chain.from_iterable(map(ast.walk, trees.values())))
    ours = set(itertools.chain.from_iterable(map(_defines, nodes)))
    own = {name for name in ours if name[0] == "_" and name[:2] != "__" and len(name) > 2}
    own -= set(itertools.chain.from_iterable(map(_fixes, nodes)))
    own |= _names_of_modules(trees) - KEPT
    taken = {name for node in nodes for name in _names_in(node)}
    names = (name for name in _endless_names() if name not in taken)
    return dict(zip(sorted(own), names, strict=False))


def _names_of_modules(trees: dict[str, ast.Module]) -> set[str]:
    """Functions, classes and variables of modules that are always spoken of as that: never by a
    text, never as an attribute of who knows what, and no local variable has their name.
    """
    found: set[str] = set()
    others = {part for name in trees for part in name.split(".")}
    for tree in trees.values():
        top = set(_top_names(tree))
        found |= top
        modules = set(_modules_known(tree, trees))
        inside = [n for node in tree.body for n in ast.walk(node) if n is not node]
        others |= {n.name for n in inside if hasattr(n, "name") and isinstance(n.name, str)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute):
                base = node.value
                if not (isinstance(base, ast.Name) and base.id in modules):
                    others.add(node.attr)
            elif isinstance(node, ast.ImportFrom) and node.module not in trees:
                others |= {alias.name for alias in node.names}
            elif isinstance(node, ast.alias):
                others |= {node.asname} if node.asname else set()
            elif isinstance(node, ast.Import):
                others |= {alias.name for alias in node.names}
            elif isinstance(node, (ast.arg, ast.keyword)) and node.arg:
                others.add(node.arg)
            elif isinstance(node, ast.Name) and node.id not in top and _stores(node):
                others.add(node.id)
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                others.add(node.value)
        others |= set(_local_names(tree))
    return {name for name in found - others if len(name) > 2 and not name.startswith("__")}


def _top_names(tree: ast.Module) -> Iterator[str]:
    for node in tree.body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            yield node.name
        elif isinstance(node, ast.Assign):
            yield from (t.id for t in node.targets if isinstance(t, ast.Name))


def _local_names(tree: ast.Module) -> Iterator[str]:
    """What functions and classes bind themselves, but for what they declare global."""
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            said = {name for g in ast.walk(node) if isinstance(g, ast.Global) for name in g.names}
            bound = {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and _stores(n)}
            yield from bound - said


def _modules_known(tree: ast.Module, trees: dict[str, ast.Module]) -> Iterator[str]:
    """The names by which it knows other modules of the firmware."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (a.asname or a.name for a in node.names if a.name in trees)
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                if f"{node.module}.{alias.name}" in trees:
                    yield alias.asname or alias.name


def _defines(node: ast.AST) -> Iterator[str]:
    """What gives something a name: a function, a class, a variable, an attribute."""
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        yield node.name
    elif isinstance(node, ast.Name) and _stores(node):
        yield node.id
    elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
        yield node.attr


def _fixes(node: ast.AST) -> Iterator[str]:
    """Names that have to stay: in texts, imports and arguments, and what may be somebody else's."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.alias):
        yield from node.name.split(".")
    elif isinstance(node, ast.arg):
        yield node.arg
    elif isinstance(node, ast.Attribute):
        own = isinstance(node.value, ast.Name) and node.value.id == "self"
        if not own:
            yield node.attr


def _names_in(node: ast.AST) -> Iterator[str]:
    yield from _defines(node)
    yield from _fixes(node)
    if isinstance(node, ast.Name):
        yield node.id
    elif isinstance(node, ast.Attribute):
        yield node.attr


def _endless_names() -> Iterator[str]:
    for size in itertools.count(1):
        for letters in itertools.product(_LETTERS, repeat=size):
            yield "_" + "".join(letters)


class _Rename(ast.NodeTransformer):
    def __init__(self, short: dict[str, str]):
        self.short = short

    def visit_Name(self, node):
        node.id = self.short.get(node.id, node.id)
        return node

    def visit_Attribute(self, node):
        node.attr = self.short.get(node.attr, node.attr)
        return self.generic_visit(node)

    def visit_FunctionDef(self, node):
        node.name = self.short.get(node.name, node.name)
        return self.generic_visit(node)

    visit_AsyncFunctionDef = visit_ClassDef = visit_FunctionDef

    def visit_ImportFrom(self, node):
        for alias in node.names:
            alias.name = self.short.get(alias.name, alias.name)
        return node

    def visit_Global(self, node):
        node.names = [self.short.get(name, name) for name in node.names]
        return node


def _names_in_calls(trees: Iterable[ast.Module]) -> set[str]:
    """Arguments that may be given by name: a keyword of a call, or a text."""
    nodes = itertools.chain.from_iterable(map(ast.walk, trees))
    return {
        node.arg if isinstance(node, ast.keyword) else node.value
        for node in nodes
        if isinstance(node, ast.keyword)
        or (isinstance(node, ast.Constant) and isinstance(node.value, str))
    }


def _shorten_arguments(tree: ast.Module, called: set[str]) -> None:
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            _shorten_arguments_of(node, called)


def _shorten_arguments_of(function: ast.AST, called: set[str]) -> None:
    # Inner functions with an argument of that name mean another thing by it: left alone. So is what
    # stands in a default, which belongs to what is around the function.
    inside = [node for part in function.body for node in ast.walk(part)]
    fixed = {node.arg for node in inside if isinstance(node, ast.arg)}
    defaults = [d for d in [*function.args.defaults, *function.args.kw_defaults] if d]
    fixed |= {n.id for d in defaults for n in ast.walk(d) if isinstance(n, ast.Name)}
    own = [node for node in ast.walk(function.args) if isinstance(node, ast.arg)]
    used = {node.id for node in inside if isinstance(node, ast.Name)} | fixed
    used |= {name for node in inside if isinstance(node, ast.Global) for name in node.names}
    letters = (letter for letter in _LETTERS if letter not in used | {a.arg for a in own})
    short = {
        a.arg: next(letters)
        for a in own
        if a.arg not in fixed | called | {"self"} and len(a.arg) > 1
    }
    for node in [*own, *inside]:
        if isinstance(node, ast.arg):
            node.arg = short.get(node.arg, node.arg)
        elif isinstance(node, ast.Name):
            node.id = short.get(node.id, node.id)
