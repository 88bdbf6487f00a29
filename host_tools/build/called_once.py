"""Which functions are called at one place only: the first half of calls.py.

A name may stand for several things. A global is told by its module; a method by its class and those
that this inherits from or that inherit from it, if it is always asked of self; any other method is
known if nothing else in all modules has its name.
"""

import ast
import builtins
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from host_tools.build.order import Facts
from host_tools.build.placing import Function
from host_tools.build.scopes import Module, read
from host_tools.build.sites import mark
from host_tools.build.syntax import DEFINITIONS, nodes, stores, texts_in

Key = tuple[str, str, str]  # module, class or "", name
ONCE = "once."  # what decorates functions that are dropped after the start
_PLAIN = ("property", "staticmethod")
_BUILTINS = frozenset(dir(builtins))
_NOT_PUT = (ast.Yield, ast.YieldFrom, ast.Lambda, ast.GeneratorExp, *DEFINITIONS)


@dataclass
class Called:
    """A function, and the one place where it is called."""

    key: Key
    caller: Key
    call: ast.Call
    depth: int  # of the call in calls: an inner one comes first


class Program:
    """All functions of the modules, and which of them are called at one place only."""

    def __init__(self, trees: dict[str, ast.Module], spared: frozenset[str]):
        self.trees = trees
        self.modules = {name: read(name, tree) for name, tree in trees.items()}
        for module in self.modules.values():
            _tell_apart(module)
        inside = {name: nodes(tree) for name, tree in trees.items()}
        every = [node for found in inside.values() for node in found]
        self._spared = spared | texts_in(every)
        found = list(self._find_functions())
        times = Counter(key for key, _ in found)
        self.functions = {key: function for key, function in found if times[key] == 1}
        self._owners = {
            id(node): key for key, function in self.functions.items() for node in nodes(function)
        }
        self._attributes: dict[str, list[ast.Attribute]] = defaultdict(list)
        for node in every:
            if isinstance(node, ast.Attribute):
                self._attributes[node.attr].append(node)
        self._calls = {id(node.func): node for node in every if isinstance(node, ast.Call)}
        self._imported = {
            source
            for module in self.modules.values()
            for sources in module.imported.values()
            for source in sources
        }
        self._families = self._find_families()
        self._members = self._find_members()
        self.facts = {name: self._facts_of(name) for name in trees}

    def _find_functions(self) -> Iterator[tuple[Key, Function]]:
        for name, tree in self.trees.items():
            for owner in (tree, *(n for n in tree.body if isinstance(n, ast.ClassDef))):
                for node in owner.body:
                    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                        yield (name, getattr(owner, "name", ""), node.name), node

    # What a name may mean

    def _find_families(self) -> dict[tuple[str, str], int]:
        """By class, a number that it shares with those that it inherits from or that from it."""
        found: dict[tuple[str, str], int] = {}
        for name, tree in self.trees.items():
            for node in tree.body:
                if isinstance(node, ast.ClassDef):
                    found[name, node.name] = len(found)
        for name, module in self.modules.items():
            for node in self.trees[name].body:
                for base in node.bases if isinstance(node, ast.ClassDef) else ():
                    other = self._class_of(module, base)
                    if other in found:
                        one, two = found[name, node.name], found[other]
                        found = {key: one if each == two else each for key, each in found.items()}
        return found

    def _class_of(self, module: Module, base: ast.expr) -> tuple[str, str] | None:
        """The class of the firmware that an expression names."""
        if isinstance(base, ast.Attribute):
            for source, own in module.imported.get(module.lookup(base.value), ()):
                whole = source if own is None else f"{source}.{own}"
                if whole in self.trees:
                    return whole, base.attr
            return None
        for source in module.imported.get(module.lookup(base), ()):
            return source
        return module.name, getattr(base, "id", "")

    def _find_members(self) -> dict[str, list[tuple[str, str] | None]]:
        """By name, the classes that have it as a member; None for an attribute that is set."""
        found: dict[str, list] = defaultdict(list)
        for name, module in self.modules.items():
            for scope in module.scope.within():
                if scope.is_class:
                    for own in scope.bound:
                        found[own].append((name, scope.node.name))
        for own, uses in self._attributes.items():
            found[own] += [None for node in uses if stores(node)]
        return found

    def _facts_of(self, name: str) -> Facts:
        module = self.modules[name]
        bound: dict[str, int] = defaultdict(int)
        for spot in module.spots:
            if spot.thing[0] == "global":
                is_read = isinstance(spot.node, ast.Name) and not stores(spot.node)
                bound[spot.name] += 2 if isinstance(spot.node, ast.Global) else not is_read
        once = {own for own, times in bound.items() if times == 1 and not self._is_given(own)}
        methods = {key[2] for key in self.functions if key[1]}
        properties = {
            key[2]
            for key, function in self.functions.items()
            if any(getattr(each, "id", "") == "property" for each in function.decorator_list)
        }
        methods = {own for own in methods - properties if not self._is_set(own)}
        return Facts(
            frozenset(once | (_BUILTINS - module.scope.bound)),
            frozenset(methods),
            frozenset(properties),
            frozenset(own for own in self._members if self._is_set(own)),
        )

    def _is_set(self, own: str) -> bool:
        return None in self._members.get(own, ())

    def _is_given(self, own: str) -> bool:
        """May another module give a value to a global of that name?"""
        return any(stores(node) and not _is_of_self(node) for node in self._attributes[own])

    # What is called at one place

    def called_once(self) -> Iterator[Called]:
        for key, function in self.functions.items():
            if not _is_plain(function) or self._is_spared(key):
                continue
            use = self._one_use(key)
            call = self._calls.get(id(use))
            caller = self._owners.get(id(call))
            if caller is None or caller == key or not _fits(function, self.functions[caller]):
                continue
            mark(call, ".".join(key))
            call.of_method = isinstance(use, ast.Attribute)
            yield Called(key, caller, call, len([n for n in nodes(call) if id(n) in self._calls]))

    def _is_spared(self, key: Key) -> bool:
        return key[2] in self._spared or key[2].startswith("__")

    def _one_use(self, key: Key) -> ast.expr | None:
        """Where it is spoken of, if that is one place, which means no other."""
        return self._use_of_method(key) if key[1] else self._use_of_global(key)

    def _use_of_global(self, key: Key) -> ast.Name | None:
        name, _, own = key
        module = self.modules[name]
        spots = [spot for spot in module.spots if spot.thing == ("global", name, own)]
        others = [
            s for each in self.modules.values() for found in each.imported.values() for s in found
        ]
        asked = any(not _is_of_self(node) for node in self._attributes[own])
        if len(spots) != 2 or asked or (name, own) in others:
            return None
        return next((s.node for s in spots if isinstance(s.node, ast.Name)), None)

    def _use_of_method(self, key: Key) -> ast.Attribute | None:
        name, owner, own = key
        uses = self._attributes[own]
        if self._is_set(own):
            return None
        if len(uses) == len(self._members[own]) == 1:  # whatever it is called of, it is this one
            found = uses if _is_of_self(uses[0]) or self._is_known_elsewhere(key) else []
        elif all(map(_is_of_self, uses)):
            family = self._families[name, owner]
            around = [self._family_around(node) for node in uses]
            same = [each for each in self._members[own] if self._families.get(each) == family]
            is_clear = None not in around and len(same) == 1
            found = [n for n, each in zip(uses, around, strict=True) if each == family and is_clear]
        else:
            return None
        is_near = len(found) == 1 and self._owners.get(id(found[0]), ("",))[0] == name
        return found[0] if is_near else None

    def _is_known_elsewhere(self, key: Key) -> bool:
        """Does __init__ set all attributes that it sets? Else it might not be seen any more that
        they are of the class.
        """
        first = self.functions.get((*key[:2], "__init__"))
        return _set_by(self.functions[key]) <= (_set_by(first) if first else set())

    def _family_around(self, node: ast.Attribute) -> int | None:
        around = self._owners.get(id(node))
        return self._families.get(around[:2]) if around else None


def _is_of_self(node: ast.Attribute) -> bool:
    return isinstance(node.value, ast.Name) and node.value.id == "self"


def _set_by(function: Function) -> set[str]:
    """The attributes of self that it sets."""
    found = (n for n in nodes(function) if isinstance(n, ast.Attribute))
    return {node.attr for node in found if stores(node) and _is_of_self(node)}


def _is_plain(function: Function) -> bool:
    """May its body stand elsewhere at all?"""
    spec = function.args
    if isinstance(function, ast.AsyncFunctionDef) or spec.vararg or spec.kwarg or spec.kwonlyargs:
        return False
    if spec.posonlyargs:
        return False
    return not any(isinstance(n, _NOT_PUT) for part in function.body for n in nodes(part))


def _fits(function: Function, caller: Function) -> bool:
    """Is it there for as long as its caller, and both bytecode?"""
    own = [ast.unparse(each) for each in function.decorator_list]
    others = [ast.unparse(each) for each in caller.decorator_list]
    if any(not each.startswith(ONCE) and each not in _PLAIN for each in others):
        return False
    if own == ["staticmethod"]:
        return True
    return not own or (own == others and own[0].startswith(ONCE))


def _tell_apart(module: Module) -> None:
    """Variables do not have the names of globals: a body that speaks of these may come to them."""
    taken = module.scope.bound | _BUILTINS
    arguments = {spot.thing for spot in module.spots if isinstance(spot.node, ast.arg)}
    for spot in module.spots:
        if spot.thing[0] == "local" and spot.thing not in arguments and spot.thing[2] in taken:
            spot.rename(spot.thing[2] + "__")
