"""Which thing each name in a module of the firmware stands for: the scoping rules of Python.

A thing is a tuple, the same wherever the thing is named:

    ("global", module, name)    what a module of the firmware defines or imports at its top level
    ("attribute", name)         a member of a class, an attribute of an object whose type is unknown
    ("local", scope, name)      an argument or variable of a function
    ("fixed", name)             a builtin, or what belongs to somebody else
"""

import ast
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from host_tools.build.syntax import DEFINITIONS

Thing = tuple
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


@dataclass(eq=False)
class Scope:
    """A module, class, function or comprehension, and the names that it binds."""

    node: ast.AST
    parent: "Scope | None"
    bound: set[str] = field(default_factory=set)
    declared: dict[str, type] = field(default_factory=dict)  # name -> ast.Global or ast.Nonlocal
    inner: list["Scope"] = field(default_factory=list)
    spots: list["Spot"] = field(default_factory=list)

    @property
    def is_class(self) -> bool:
        return isinstance(self.node, ast.ClassDef)

    def within(self) -> Iterator["Scope"]:
        """This scope and all those inside, outer ones first."""
        yield self
        for scope in self.inner:
            yield from scope.within()


@dataclass(eq=False)
class Spot:
    """A place in the syntax tree where a name stands: the node and its field; in an import the
    alias, whose name in the module is renamed.
    """

    node: ast.AST
    field: str
    scope: Scope
    index: int | None = None  # in a list of names
    thing: Thing = ()

    @property
    def name(self) -> str:
        if isinstance(self.node, ast.alias):
            return self.node.asname or self.node.name.partition(".")[0]
        value = getattr(self.node, self.field)
        return value if self.index is None else value[self.index]

    def rename(self, name: str) -> None:
        if self.index is not None:
            getattr(self.node, self.field)[self.index] = name
        elif isinstance(self.node, ast.alias):
            self.node.asname = None if name == self.node.name else name
        else:
            setattr(self.node, self.field, name)


@dataclass
class Module:
    """A module's names. imported: thing -> what it is imported from, as (module, name or None)."""

    name: str
    scope: Scope
    spots: list[Spot]
    attributes: list[ast.Attribute]
    imported: dict[Thing, list[tuple[str, str | None]]]
    sources: dict[ast.alias, tuple[str, str | None]]
    scope_of: dict[ast.Attribute, Scope]

    def lookup(self, node: ast.expr) -> Thing | None:
        """The thing that an expression which is a name stands for."""
        return self.things.get(node)

    def __post_init__(self):
        self.things = {spot.node: spot.thing for spot in self.spots}


def read(name: str, tree: ast.Module) -> Module:
    """The scopes of a module, every name resolved."""
    reader = _Reader(tree)
    spots = [spot for scope in reader.top.within() for spot in scope.spots]
    imported: dict[Thing, list] = defaultdict(list)
    for spot in spots:
        spot.thing = _resolve(name, spot.scope, spot.name)
        if isinstance(spot.node, ast.alias):
            imported[spot.thing].append(reader.sources[spot.node])
    return Module(name, reader.top, spots, [*reader.bases], imported, reader.sources, reader.bases)


def _resolve(module: str, scope: Scope, name: str) -> Thing:
    declared = scope.declared.get(name)
    if declared is ast.Global:
        return ("global", module, name)
    if declared is None and name in scope.bound:
        if scope.parent is None:
            return ("global", module, name)
        return ("attribute", name) if scope.is_class else ("local", scope, name)
    outer = scope.parent
    while outer is not None and outer.is_class:
        outer = outer.parent
    return ("fixed", name) if outer is None else _resolve(module, outer, name)


class _Reader(ast.NodeVisitor):
    """Collects scopes, the spots in them, and attributes with the scope that they stand in."""

    def __init__(self, tree: ast.Module):
        self.top = self._scope = Scope(tree, None)
        self.bases: dict[ast.Attribute, Scope] = {}
        self.sources: dict[ast.alias, tuple[str, str | None]] = {}
        self.generic_visit(tree)

    def _spot(self, node, where, binds=False, index=None):
        spot = Spot(node, where, self._scope, index)
        self._scope.spots.append(spot)
        if binds:
            self._scope.bound.add(spot.name)

    def _inside(self, node, parts):
        scope = Scope(node, self._scope)
        self._scope.inner.append(scope)
        self._scope = scope
        for part in parts:
            self.visit(part)
        self._scope = scope.parent

    def _visit_all(self, parts):
        for part in parts:
            if part is not None:
                self.visit(part)

    def visit_Name(self, node):
        self._spot(node, "id", isinstance(node.ctx, (ast.Store, ast.Del)))

    def visit_NamedExpr(self, node):
        self.visit(node.value)
        around = self._scope
        while isinstance(self._scope.node, _COMPREHENSIONS):
            self._scope = self._scope.parent
        self.visit(node.target)
        self._scope = around

    def visit_Attribute(self, node):
        self.bases[node] = self._scope
        self.visit(node.value)

    def visit_arg(self, node):
        self._spot(node, "arg", binds=True)

    def visit_ExceptHandler(self, node):
        if node.name:
            self._spot(node, "name", binds=True)
        self.generic_visit(node)

    def _declare(self, node):
        for index, name in enumerate(node.names):
            self._scope.declared[name] = type(node)
            self._spot(node, "names", index=index)
            if isinstance(node, ast.Global):
                self.top.bound.add(name)

    visit_Global = visit_Nonlocal = _declare

    def visit_Import(self, node):
        for alias in node.names:
            whole = alias.name if alias.asname else alias.name.partition(".")[0]
            self.sources[alias] = (whole, None)
            self._spot(alias, "name", binds=True)

    def visit_ImportFrom(self, node):
        for alias in node.names:
            self.sources[alias] = (node.module, alias.name)
            self._spot(alias, "name", binds=True)

    def _visit_function(self, node):
        args = node.args
        self._visit_all([*args.defaults, *args.kw_defaults])
        every = [*args.posonlyargs, *args.args, args.vararg, *args.kwonlyargs, args.kwarg]
        every = [arg for arg in every if arg is not None]
        self._visit_all([arg.annotation for arg in every])
        if isinstance(node, ast.Lambda):
            self._inside(node, [*every, node.body])
            return
        self._visit_all([*node.decorator_list, node.returns])
        self._spot(node, "name", binds=True)
        self._inside(node, [*every, *node.body])

    visit_FunctionDef = visit_AsyncFunctionDef = visit_Lambda = _visit_function

    def visit_ClassDef(self, node):
        self._visit_all([*node.decorator_list, *node.bases, *node.keywords])
        self._spot(node, "name", binds=True)
        self._inside(node, node.body)

    def _visit_comprehension(self, node):
        first, *others = node.generators
        self.visit(first.iter)
        inside = [first.target, *first.ifs]
        for each in others:
            inside += [each.iter, each.target, *each.ifs]
        what = [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
        self._inside(node, [*inside, *what])

    visit_ListComp = visit_SetComp = visit_DictComp = visit_GeneratorExp = _visit_comprehension


def is_argument(spot: Spot) -> bool:
    return isinstance(spot.node, ast.arg)


def is_definition(spot: Spot) -> bool:
    return isinstance(spot.node, DEFINITIONS)
