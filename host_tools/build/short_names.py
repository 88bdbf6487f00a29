"""Gives the firmware's names short ones: as few different ones as possible, shared by modules.

On the board a name takes some 11 bytes of heap, once, unless it is in ROM, and two bytes more in
each module that it stands in. So a module's things get names that stand in it already, then names
that every MicroPython has in ROM, then single letters. Two things may share a name unless one could
be mistaken for the other: globals of one module, attributes that occur in one module or one family
of classes, arguments and what their function uses.
"""

import ast
import builtins
import itertools
import keyword
import string
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator

from host_tools.build.foreign import asked_by_python
from host_tools.build.names import Map
from host_tools.build.scopes import Scope, Spot, Thing, is_argument
from host_tools.build.things import Things

_BUILTINS = frozenset(dir(builtins))
ALWAYS = 10  # the weight of a name in a module that is always loaded


# What is asked for at the REPL
KEPT = frozenset(("logger", "complaints", "packs", "link", "set_clock", "scan", "safe_mode"))


def shorten(
    trees: dict[str, ast.Module],
    kept: frozenset[str],
    in_rom: Iterable[str] = (),
    foreign: set[str] | None = None,
    joined: dict[str, str] | None = None,
    always: Iterable[str] = (),
) -> Map:
    """Rename everything in the trees that may be renamed.

    in_rom: names that cost no heap. foreign: see Things. joined: what globals were called before
    their modules were joined. always: modules that are always loaded. Returns what the short names
    stand for, by module.
    """
    things = Things(trees, kept, foreign)
    names = _Names(things, list(in_rom), always).choose()
    found = {name: _spoken(name, each, names, joined or {}) for name, each in things.spots.items()}
    for name, spots in things.spots.items():
        for spot in spots:
            _rename(spot, name, things, names)
    return found


def _spoken(
    module: str, spots: list[Spot], names: dict[Thing, str], joined: dict[str, str]
) -> dict[str, dict[str, list[str]]]:
    found: dict[str, dict[str, set[str]]] = {
        kind: defaultdict(set) for kind in ("functions", "classes", "attributes", "globals")
    }
    for spot in (spot for spot in spots if spot.thing[0] != "local"):
        thing = spot.thing
        short, long = names.get(thing, thing[-1]), joined.get(thing[-1], thing[-1])
        origin = getattr(spot.node, "origin", module)
        if isinstance(spot.node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            if thing in names or origin != module:
                where = "" if origin == module else f"{origin}:"
                found["functions"][short].add(where + long)
        elif isinstance(spot.node, ast.ClassDef) and thing in names:
            found["classes"][short].add(long)
        if thing in names:
            found[thing[0] + "s"][short].add(long)
    return {
        kind: {short: sorted(longs) for short, longs in sorted(shorts.items())}
        for kind, shorts in found.items()
    }


def _rename(spot: Spot, module: str, things: Things, names: dict[Thing, str]) -> None:
    if isinstance(spot.node, ast.alias):
        _rename_import(spot, module, things, names)
    elif spot.thing in names:
        spot.rename(names[spot.thing])


def _rename_import(spot: Spot, module: str, things: Things, names: dict[Thing, str]) -> None:
    alias, own = spot.node, names.get(spot.thing, spot.name)
    if (thing := things.source(module, alias)) is not None:
        alias.name = names.get(thing, alias.name)
    if "." not in alias.name or alias.asname:
        alias.asname = None if own == alias.name else own


class _Names:
    """Chooses the names, the most widely used things first."""

    def __init__(self, things: Things, in_rom: list[str], always: Iterable[str] = ()):
        self._things = things
        self._weights = dict.fromkeys(always, ALWAYS)
        self._in_rom = sorted(in_rom, key=lambda name: (name[0].isupper(), len(name), name))
        self._chosen: dict[Thing, str] = {}
        self._used: list[str] = []  # of those that are not in ROM
        self._present: dict[str, set[str]] = defaultdict(set)  # by module, names that it has
        self._where: dict[Thing, set[str]] = defaultdict(set)  # by thing, modules
        self._definitions: dict[str, set[Thing]] = defaultdict(set)  # by module, its functions
        self._classes: set[Thing] = set()
        self._fixed_names: dict[str, set[str]] = {}  # by module
        self._read()
        modules = things.modules
        self._globals = {module: things.globals_of(module) for module in modules}
        self._bodies = {module: list(things.read_in_classes(module)) for module in modules}

    def _read(self) -> None:
        for module, spots in self._things.spots.items():
            for spot in spots:
                thing = spot.thing
                self._where[thing].add(module)
                if isinstance(spot.node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                    self._definitions[module].add(thing)
                elif isinstance(spot.node, ast.ClassDef):
                    self._classes.add(thing)
        self._fixed = {thing for thing in self._where if self._things.is_fixed(thing)}
        for module, spots in self._things.spots.items():
            spelled = (s for s in spots if s.thing[0] != "local" or is_argument(s))
            names = {spot.thing[-1] for spot in spelled if spot.thing in self._fixed}
            self._present[module] |= {name for name in names if not name.startswith("__")}

    def choose(self) -> dict[Thing, str]:
        self._choose_attributes()
        self._choose_globals()
        for module in self._things.modules.values():
            for scope in module.scope.within():
                self._choose_locals(module.name, scope)
        return self._chosen

    def _of_kind(self, kind: str) -> list[Thing]:
        found = [t for t in self._where if t[0] == kind and t not in self._fixed]
        return sorted(found, key=lambda t: (-len(self._where[t]), t[1:]))

    # Attributes

    def _choose_attributes(self) -> None:
        foes = self._attribute_foes()
        never = {t[-1] for t in self._fixed if t[0] == "attribute"} | asked_by_python()
        never |= self._things.texts | self._things.kept
        for thing in self._of_kind("attribute"):
            taken = {self._chosen[foe] for foe in foes[thing] if foe in self._chosen}
            taken |= self._functions_beside(thing) | self._global_beside(thing)
            self._take(thing, never | taken, self._where[thing])

    def _attribute_foes(self) -> dict[Thing, set[Thing]]:
        groups: list[set[Thing]] = list(self._things.families())
        by_module: dict[str, set[Thing]] = defaultdict(set)
        for origin, spots in self._things.by_origin().items():
            by_module[origin] |= {spot.thing for spot in spots if spot.thing[0] == "attribute"}
        groups += by_module.values()
        for things in self._globals.values():
            groups.append({thing for thing in things if thing[0] == "attribute"})
        foes: dict[Thing, set[Thing]] = defaultdict(set)
        for group in groups:
            for thing in group:
                foes[thing] |= group - {thing}
        everything = {thing for thing in self._where if thing[0] == "attribute"}
        for outside in self._things.given_from_outside():
            foes[outside] = everything - {outside}
            for thing in everything - {outside}:
                foes[thing].add(outside)
        return foes

    def _functions_beside(self, thing: Thing) -> set[str]:
        """A traceback says a function's name: only one of a module's may have it."""
        found = set()
        for module in self._where[thing]:
            if thing in self._definitions[module]:
                others = self._definitions[module] - {thing}
                found |= {self._name(other) for other in others}
        return found

    def _global_beside(self, thing: Thing) -> set[str]:
        """What a global that is spoken of as an attribute, or a member of a class, would hide."""
        found = set(_BUILTINS) if thing in self._classes else set()
        for module in self._where[thing]:
            if thing in self._globals[module]:
                found |= self._fixed_in(module)
            for members, others in self._bodies[module]:
                if thing in members:
                    found |= {self._name(other) for other in others}
        return found

    # Globals

    def _choose_globals(self) -> None:
        for thing in self._of_kind("global"):
            module = thing[1]
            taken = {self._chosen.get(each) for each in self._globals[module]}
            taken |= self._fixed_in(module) | self._functions_beside(thing) | self._things.kept
            for members, others in self._bodies[module]:
                if thing in others:
                    taken |= {self._name(member) for member in members}
            if thing in self._classes:
                taken |= _BUILTINS | {self._chosen.get(other) for other in self._classes}
            self._take(thing, taken, self._where[thing])

    def _fixed_in(self, module: str) -> set[str]:
        """Names that mean something in a module other than an attribute of something."""
        if module not in self._fixed_names:
            spots = self._things.spots[module]
            things = {spot.thing for spot in spots if spot.thing[0] != "attribute"}
            fixed = (things | self._globals[module]) & self._fixed
            self._fixed_names[module] = {thing[-1] for thing in fixed}
        return self._fixed_names[module]

    def _name(self, thing: Thing) -> str:
        return self._chosen.get(thing, thing[-1])

    # Arguments and variables

    def _choose_locals(self, module: str, scope: Scope) -> None:
        """Arguments get names of the module's; variables, which cost nothing, those of nobody."""
        spots = [spot for inner in scope.within() for spot in inner.spots]
        own = {s.thing for s in scope.spots if s.thing[0] == "local" and s.thing[1] is scope}
        arguments = {s.thing for s in scope.spots if is_argument(s)} & own
        spoken = {self._name(s.thing) for s in spots if s.thing not in own}
        short = {*self._used, *self._in_rom, *self._present[module], *spoken}
        for thing in sorted(own - arguments - self._fixed, key=lambda t: t[2]):
            if thing[2] in short or len(thing[2]) < 3:
                self._chosen[thing] = thing[2] + "__"
        fixed = {thing[-1] for thing in own & self._fixed}
        for thing in sorted(arguments - self._fixed, key=lambda t: t[2]):
            taken = {self._name(each) for each in own - {thing}}
            self._take(thing, spoken | fixed | taken | {"self"}, {module})

    # All of them

    def _take(self, thing: Thing, never: set[str], where: set[str]) -> None:
        found = self._cheapest(never, where)
        self._chosen[thing] = found
        for module in where:
            self._present[module].add(found)
        if found not in self._in_rom and found not in self._used:
            self._used.append(found)

    def _cheapest(self, never: set[str], where: set[str]) -> str:
        """A name of most of these modules; one in ROM; one of other modules; a new one."""
        there: Counter[str] = Counter()
        for module in where:
            weight = self._weights.get(module, 1)
            there.update(dict.fromkeys(self._present[module] - never, weight))
        if there:
            best = min(there, key=lambda name: (-there[name], name))
            if there[best] >= max(self._weights.get(module, 1) for module in where):
                return best
        pool = itertools.chain(self._in_rom, self._used, _letters())
        return next(name for name in pool if name not in never)


def _letters() -> Iterator[str]:
    for size in itertools.count(1):
        for letters in map("".join, itertools.product(string.ascii_letters, repeat=size)):
            if not keyword.iskeyword(letters):
                yield letters
