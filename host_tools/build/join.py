"""Makes one module of several that are always loaded together (groups.py says which).

A module costs the board some 200 bytes of heap besides its code: an object, a dict, a name, a
place in its package. And each name that it imports stands in its dict once more. In a group one
module keeps its name if others may ask for it by that; the globals of the rest get the name of
their module in front, so that no two of them meet. What a group imports from itself is gone.
"""

import ast
import builtins
import string
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from host_tools.build.scopes import Module, Spot, Thing, read
from host_tools.build.syntax import Unsafe, stores

_BUILTINS = frozenset(dir(builtins))
_Name = tuple[str, str]  # a module and a global of it


@dataclass(frozen=True)
class Joined:
    """trees: by the new names. spoken: what globals with a prefix were called."""

    trees: dict[str, ast.Module]
    spoken: dict[str, str]
    group_of: dict[str, str]  # by the old names


def join(
    trees: dict[str, ast.Module], groups: Iterable[list[str]], named: frozenset[str]
) -> Joined:
    """The trees with each group as one module; named: those whose names have to stay.

    Unsafe if a group cannot be one module.
    """
    plan = _Plan(trees, groups, named)
    for name in trees:
        plan.rename_globals(name)
    joined: dict[str, ast.Module] = {}
    for group, modules in plan.groups.items():
        joined[group] = _merged([plan.rewritten(name) for name in modules])
    return Joined(joined, plan.spoken, plan.group_of)


def flat(group: str) -> str:
    """By what name another module knows a group's module."""
    return group.replace(".", "_")


class _Plan:
    """Where each module goes, and what its globals are called there."""

    def __init__(self, trees, groups, named):
        self.trees = trees
        self.groups: dict[str, list[str]] = {}
        self.group_of: dict[str, str] = {}
        self.spoken: dict[str, str] = {}
        short = _short_names({name.partition(".")[0] for name in trees})
        for modules in groups:
            leader = next((name for name in modules if name in named), None) or next(short)
            self.groups[leader] = modules
            self.group_of.update(dict.fromkeys(modules, leader))
        self.modules = {name: read(name, tree) for name, tree in trees.items()}
        self._new: dict[_Name, str] = {}
        self._foreign: dict[str, dict[tuple, str]] = {group: {} for group in self.groups}
        self._taken = {
            group: set(self.modules[group].scope.bound) if group in trees else set()
            for group in self.groups
        }

    # Names

    def target(self, module: Module, thing: Thing | None) -> tuple | None:
        """What of the firmware an imported thing is: a module's name, or (module, global)."""
        sources = set(module.imported.get(thing, ()))
        if len(sources) != 1:
            return None
        source, name = sources.pop()
        whole = source if name is None else f"{source}.{name}"
        if whole in self.trees:
            return (whole, None)
        return (source, name) if source in self.trees else None

    def rename_globals(self, name: str) -> None:
        """Choose the names of a module's globals in its group."""
        module, group = self.modules[name], self.group_of[name]
        if name == group and self._is_joined(group) and module.scope.bound & _BUILTINS:
            hidden = ", ".join(sorted(module.scope.bound & _BUILTINS))
            raise Unsafe(f"{name} hides the builtins {hidden} from the modules joined with it")
        for own in sorted(module.scope.bound):
            thing = ("global", name, own)
            alone = name == group or not self._is_joined(group)
            if not alone and self.target(module, thing) is None:
                self._new[name, own] = self._foreign_name(module, thing) or self._prefixed(*thing)

    def _prefixed(self, _, name: str, own: str) -> str:
        new = f"{flat(name)}__{own.lstrip('_')}"
        while new in self.spoken:
            new += "_"
        self.spoken[new] = own
        return new

    def _foreign_name(self, module: Module, thing: Thing) -> str | None:
        """One name for what several import of somebody else's; None if it has other meanings."""
        sources = set(module.imported.get(thing, ()))
        others = [s for s in module.spots if s.thing == thing and _binds_otherwise(s)]
        if len(sources) != 1 or others:
            return None
        known = self._foreign[self.group_of[module.name]]
        source = sources.pop()
        if source not in known:
            taken = self._taken[self.group_of[module.name]] | _BUILTINS
            if thing[2] in taken and not self._is_leaders(module, source, thing[2]):
                return None
            known[source] = thing[2]
            self._taken[self.group_of[module.name]].add(thing[2])
        return known[source]

    def _is_leaders(self, module: Module, source: tuple, own: str) -> bool:
        """Is it the same that the group's own module imports by that name?"""
        leader = self.modules.get(self.group_of[module.name])
        if leader is None:
            return False
        thing = ("global", leader.name, own)
        alone = not any(s.thing == thing and _binds_otherwise(s) for s in leader.spots)
        return alone and set(leader.imported.get(thing, ())) == {source}

    def name_of(self, module: str, own: str) -> tuple[str, str]:
        """(group, name there) of a global, also if the module has it from another one."""
        found = self.target(self.modules[module], ("global", module, own))
        if found and found[1]:
            return self.name_of(*found)
        return self.group_of[module], self._new.get((module, own), own)

    # Sources

    def rewritten(self, name: str) -> list[ast.stmt]:
        """A module's statements as they stand in its group."""
        module = self.modules[name]
        replaced = dict(self._replaced(module))
        for spot in module.spots:
            if new := self._new.get(spot.thing[1:]):  # only a global's has two parts like that
                spot.rename(new)
        tree = _Imports(self, module, replaced).visit(self.trees[name])
        for node in ast.walk(tree):
            node.origin = name
        body = tree.body
        return body[1:] if ast.get_docstring(tree, clean=False) is not None else body

    def _replaced(self, module: Module) -> Iterator[tuple[ast.AST, ast.expr]]:
        """(node, what replaces it) where the module speaks of others of the firmware."""
        own = self.group_of[module.name]
        bases = set()
        for node in module.attributes:
            found = self.target(module, module.lookup(node.value))
            if found and found[1] is None and self._moves(found[0], own):
                bases.add(node.value)
                group, new = self.name_of(found[0], node.attr)
                if group == own and stores(node):
                    raise Unsafe(f"{module.name} sets {found[0]}.{node.attr}, which is joined")
                yield node, _reference(group, own, new, node.ctx)
        for spot in module.spots:
            if isinstance(spot.node, ast.alias) or spot.node in bases:
                continue
            found = self.target(module, spot.thing)
            if found is None:
                continue
            if found[1] is None:
                if self._moves(found[0], own):
                    raise Unsafe(f"{module.name} hands on {found[0]}, which is joined")
            else:
                group, new = self.name_of(*found)
                if isinstance(spot.node, ast.Name) and (group == own or self._is_joined(own)):
                    yield spot.node, ast.Name(self._local(group, own, new), spot.node.ctx)

    def _is_joined(self, group: str) -> bool:
        return len(self.groups[group]) > 1

    @staticmethod
    def _local(group: str, own: str, name: str) -> str:
        return name if group == own else f"{flat(group)}__{name}"

    def _moves(self, name: str, own: str) -> bool:
        """Is the module to be spoken of by another name?"""
        return self.group_of[name] != name or own == name or self._is_joined(own)

    def _check_stays(self, module: Module, alias: ast.alias) -> None:
        """Unsafe if something has moved and is imported by a name that has other meanings, too."""
        source, name = module.sources[alias]
        for whole in (source, f"{source}.{name}"):
            group = self.group_of.get(whole)
            if group and (group != whole or self._is_joined(group)):
                raise Unsafe(f"{module.name} gives one name to {source}.{name} and something else")

    def imports(self, module: Module, alias: ast.alias) -> ast.stmt | None:
        """The import in the place of that of one name; None if it is of the own group."""
        thing = next(s.thing for s in module.spots if s.node is alias)
        found = self.target(module, thing)
        own = self.group_of[module.name]
        if found is None:
            self._check_stays(module, alias)
            path = alias.name in self.group_of  # `import store.frame` binds store
            if path and self._moves(alias.name, own):
                raise Unsafe(f"{module.name} imports {alias.name} by its path: from ... import it")
            return alias
        if found[1] is None:
            group = self.group_of[found[0]]
            if group == own:
                return None
            return _import(group) if self._moves(found[0], own) else alias
        group, new = self.name_of(*found)
        if group == own:
            return None
        local = alias.asname or alias.name
        if self._is_joined(own):
            local = self._local(group, own, new)
            self.spoken[local] = found[1]
        return ast.ImportFrom(group, [ast.alias(new, None if local == new else local)], 0)


def _binds_otherwise(spot: Spot) -> bool:
    if isinstance(spot.node, ast.alias):
        return False
    return not isinstance(spot.node, ast.Name) or stores(spot.node)


def _reference(group: str, own: str, name: str, ctx: ast.expr_context) -> ast.expr:
    if group == own:
        return ast.Name(name, ctx)
    return ast.Attribute(ast.Name(flat(group), ast.Load()), name, ctx)


def _import(group: str) -> ast.stmt:
    folder, _, last = group.rpartition(".")
    if not folder:
        return ast.Import([ast.alias(group)])
    return ast.ImportFrom(folder, [ast.alias(last, flat(group))], 0)


class _Imports(ast.NodeTransformer):
    """Puts what is replaced in its place, and imports from where things are now."""

    def __init__(self, plan: _Plan, module: Module, replaced: dict[ast.AST, ast.expr]):
        self._plan = plan
        self._module = module
        self._replaced = replaced

    def visit(self, node):
        if node in self._replaced:
            return self._replaced[node]
        return super().visit(node)

    def _visit_import(self, node):
        stay, moved = [], []
        for alias in node.names:
            found = self._plan.imports(self._module, alias)
            if found is alias:
                stay.append(alias)
            elif found is not None and ast.dump(found) not in map(ast.dump, moved):
                moved.append(found)
        if stay:
            node.names = stay
            moved.insert(0, node)
        return moved or ast.Pass()

    visit_Import = visit_ImportFrom = _visit_import


def _merged(bodies: list[list[ast.stmt]]) -> ast.Module:
    """One module of their statements; what several import, it imports once."""
    seen, body = set(), []
    for node in (node for part in bodies for node in part):
        if isinstance(node, ast.Pass):
            continue
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            node.names = [a for a in node.names if _import_key(node, a) not in seen]
            seen |= {_import_key(node, a) for a in node.names}
            if not node.names:
                continue
        body.append(node)
    return ast.fix_missing_locations(ast.Module(body, []))


def _import_key(node: ast.stmt, alias: ast.alias) -> tuple:
    return getattr(node, "module", None), alias.name, alias.asname


def _short_names(taken: set[str]) -> Iterator[str]:
    """_a, _b, ... _A, ...: no module of a user's, or of MicroPython's, has such a name."""
    names = (f"_{letter}" for letter in string.ascii_letters)
    return (name for name in names if name not in taken)
