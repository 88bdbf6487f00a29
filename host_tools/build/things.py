"""What the names of the whole firmware stand for, which of them have to stay, and which things must
not share a name.
"""

import ast
from collections import defaultdict
from collections.abc import Iterable, Iterator

from host_tools.build.foreign import foreign_attributes
from host_tools.build.scopes import Module, Scope, Spot, Thing, read
from host_tools.build.syntax import named_by_texts, nodes, texts_in


class Things:
    """spots: by module, every place where a name stands, with the thing that it names there."""

    def __init__(
        self, trees: dict[str, ast.Module], kept: frozenset[str], foreign: set[str] | None = None
    ):
        """foreign: attributes that are somebody else's, if the modules do not show it any more."""
        self.trees = trees
        self.kept = kept
        self.modules = {name: read(name, tree) for name, tree in trees.items()}
        self._inside = {name: nodes(tree) for name, tree in trees.items()}
        self.texts = texts_in(self._all_nodes())
        self.keywords = {n.arg for n in self._all_nodes() if isinstance(n, ast.keyword) and n.arg}
        self._aliases = {name: self._aliases_in(module) for name, module in self.modules.items()}
        self._same = self._handed_on_as_attributes()
        self.spots = {name: list(self._spots_in(module)) for name, module in self.modules.items()}
        if foreign is None:
            foreign = foreign_attributes(self.modules.values(), set(trees))
        self._foreign = foreign
        self._ours = set(self._defined_attributes()) & set(self._asked_attributes())
        self._parts = {part for name in trees for part in name.split(".")}
        self._doubtful = set(self._read_before_bound())

    def _all_nodes(self) -> Iterator[ast.AST]:
        for inside in self._inside.values():
            yield from inside

    def _aliases_in(self, module: Module) -> dict[Thing, str]:
        """The firmware's modules by the one thing that names them in a module."""
        found = {}
        for thing, sources in module.imported.items():
            wholes = {self._whole(*source) for source in sources}
            if len(wholes) == 1 and (whole := wholes.pop()) in self.trees:
                found[thing] = whole
        return found

    @staticmethod
    def _whole(module: str, name: str | None) -> str:
        return module if name is None else f"{module}.{name}"

    # Modules whose type a reader cannot tell

    def _handed_on_as_attributes(self) -> set[Thing]:
        """The globals that are spoken of as attributes of an unknown module."""
        handed_on = set(self._handed_on()) & self.trees.keys()
        asked = {n.attr for n in self._all_nodes() if isinstance(n, ast.Attribute)} | self.texts
        return {
            ("global", name, own)
            for name in handed_on
            for own in self.modules[name].scope.bound
            if own in asked
        }

    def _handed_on(self) -> Iterator[str]:
        """Modules that somebody holds as a value or imports by a text."""
        for module in self.modules.values():
            aliases = self._aliases[module.name]
            bases = {node.value for node in module.attributes}
            for spot in module.spots:
                is_base = not isinstance(spot.node, ast.Name) or spot.node in bases
                if spot.thing in aliases and not is_base:
                    yield aliases[spot.thing]
            for thing, sources in module.imported.items():
                wholes = [self._whole(*source) for source in sources]
                if thing not in aliases:
                    yield from (whole for whole in wholes if whole in self.trees)
                yield from self._passed_on(sources)
            yield from (alias.name for alias in module.sources if "." in alias.name)
        yield from named_by_texts(self.texts, self.trees)

    def _passed_on(self, sources: Iterable[tuple[str, str | None]]) -> Iterator[str]:
        """Modules that are imported out of another module that imports them."""
        for module, name in sources:
            inner = ("global", module, name)
            for source in (
                self.modules[module].imported.get(inner, ()) if module in self.trees else ()
            ):
                if (whole := self._whole(*source)) in self.trees:
                    yield whole

    # Places

    def _spots_in(self, module: Module) -> Iterator[Spot]:
        for spot in module.spots:
            spot.thing = self._unified(spot.thing)
            yield spot
        for node in module.attributes:
            spot = Spot(node, "attr", module.scope_of[node])
            spot.thing = self._attribute(module, node)
            yield spot

    def by_origin(self) -> dict[str, list[Spot]]:
        """The same by the file in which a place is: a module may have been made of several."""
        found: dict[str, list[Spot]] = defaultdict(list)
        for name, spots in self.spots.items():
            for spot in spots:
                found[getattr(spot.node, "origin", name)].append(spot)
        return found

    def _unified(self, thing: Thing) -> Thing:
        return ("attribute", thing[2]) if thing in self._same else thing

    def _attribute(self, module: Module, node: ast.Attribute) -> Thing:
        whole = self._aliases[module.name].get(module.lookup(node.value))
        if whole is None:
            return ("attribute", node.attr)
        if node.attr in self.modules[whole].scope.bound:
            return self._unified(("global", whole, node.attr))
        return ("fixed", node.attr)

    def source(self, module: str, alias: ast.alias) -> Thing | None:
        """The thing of another module that a module imports by an alias."""
        source, name = self.modules[module].sources[alias]
        if source in self.trees and name in self.modules[source].scope.bound:
            return self._unified(("global", source, name))
        return None

    def globals_of(self, module: str) -> set[Thing]:
        """All that the module has at its top level."""
        bound = self.modules[module].scope.bound
        return {self._unified(("global", module, name)) for name in bound}

    def read_in_classes(self, module: str) -> Iterator[tuple[set[Thing], set[Thing]]]:
        """Of each class: its members, and what else its body reads while it is made."""
        for scope in self.modules[module].scope.within():
            if scope.is_class:
                things = {spot.thing for spot in scope.spots}
                members = {("attribute", name) for name in scope.bound}
                yield members, things - members

    # What has to stay

    def _read_before_bound(self) -> Iterator[str]:
        """Names that a class body reads and gives: which of two things they are is a question of
        time.
        """
        for module in self.modules.values():
            for scope in module.scope.within():
                for spot in scope.spots if scope.is_class else ():
                    reads = isinstance(spot.node, ast.Name) and not stored(spot.node)
                    if reads and spot.thing[0] == "attribute":
                        yield spot.thing[-1]

    def _defined_attributes(self) -> Iterator[str]:
        yield from (name for _, _, name in self._same)
        for spots in self.spots.values():
            for spot in spots:
                kind, own = spot.thing[0], spot.thing[-1]
                if kind == "attribute" and (spot.field != "attr" or stored(spot.node)):
                    yield own

    def _asked_attributes(self) -> Iterator[str]:
        """Who defines an attribute that the firmware never asks for means somebody else to ask."""
        for spots in self.spots.values():
            for spot in spots:
                if spot.thing[0] == "attribute" and spot.field == "attr":
                    yield spot.thing[-1]

    def is_fixed(self, thing: Thing) -> bool:
        """Must it keep its name?"""
        kind, name = thing[0], thing[-1]
        if kind == "fixed" or name in self.kept or name.startswith("__"):
            return True
        if kind == "local":
            return name == "self" or name in self.keywords or name in self.texts
        if name in self.texts or name in self._doubtful:
            return True
        if kind == "attribute":
            return name not in self._ours or name in self._foreign or self._is_module(name)
        return self._is_plain_import(thing)

    def _is_module(self, name: str) -> bool:
        return name in self._parts

    def _is_plain_import(self, thing: Thing) -> bool:
        """The name of a module or of somebody else's stands in the file anyway."""
        sources = self.modules[thing[1]].imported.get(thing, ())
        return any(
            (module not in self.trees or name is None or f"{module}.{name}" in self.trees)
            and thing[2] == (name or module.partition(".")[0])
            for module, name in sources
        )

    # What must not share a name

    def families(self) -> Iterator[set[Thing]]:
        """Attributes that one object may have: those of each class, with those that it inherits."""
        own: dict[Thing, set[Thing]] = {}
        bases: dict[Thing, set[Thing]] = defaultdict(set)
        for name, module in self.modules.items():
            for scope in module.scope.within():
                if scope.is_class:
                    thing = self._thing_of_class(module, scope)
                    own[thing] = own.get(thing, set()) | set(self._members(name, scope))
                    found = (self._class_of(module, base) for base in scope.node.bases)
                    bases[thing] |= {base for base in found if base}
        for thing in own:
            yield set().union(*(own.get(each, set()) for each in _ancestors(thing, bases)))

    def _thing_of_class(self, module: Module, scope: Scope) -> Thing:
        return next(
            (s.thing for s in scope.parent.spots if s.node is scope.node), ("class", id(scope))
        )

    def _class_of(self, module: Module, base: ast.expr) -> Thing | None:
        if isinstance(base, ast.Attribute):
            return self._attribute(module, base)
        thing = module.lookup(base)
        for source in module.imported.get(thing, ()):
            if source[0] in self.trees and source[1]:
                return self._unified(("global", *source))
        return thing and self._unified(thing)

    def _members(self, name: str, scope: Scope) -> Iterator[Thing]:
        inside = set(scope.within())
        for spot in self.spots[name]:
            own = spot.field != "attr" or _of_self(spot.node)
            if own and spot.scope in inside and spot.thing[0] == "attribute":
                yield spot.thing

    def given_from_outside(self) -> set[Thing]:
        """Attributes that a module stores in an object that is not of a class of its own."""
        found = set()
        for spots in self.by_origin().values():
            own = {
                spot.thing
                for spot in spots
                if spot.thing[0] == "attribute"
                and (spot.field != "attr" or (stored(spot.node) and _of_self(spot.node)))
            }
            found |= {
                spot.thing
                for spot in spots
                if spot.field == "attr" and stored(spot.node) and spot.thing not in own
            }
        return {thing for thing in found if thing[0] == "attribute"}


def _ancestors(thing: Thing, bases: dict[Thing, set[Thing]]) -> set[Thing]:
    found, new = set(), {thing}
    while new:
        found |= new
        new = {base for each in new for base in bases.get(each, ())} - found
    return found


def stored(node: ast.Name | ast.Attribute) -> bool:
    return isinstance(node.ctx, (ast.Store, ast.Del))


def _of_self(node: ast.Attribute) -> bool:
    return isinstance(node.value, ast.Name) and node.value.id == "self"
