"""Which modules are always loaded together: a bundle has those as one.

By the imports, and by what each module says of itself. A module is asked for by a statement at the
top of another one: it comes with that. Or somebody asks for it later, from within a function or by
its name in config.json: then it is an entry. Two modules are one if the same entries load them,
where an entry counts only if it can be the first to do so. What every start loads is one group, or
two: what radios and links need before the rest, and the rest.

A module that says PASSING = True is let go of after use, and stays by itself.
"""

import ast
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from host_tools.build.syntax import imports, named_by_texts, nodes, texts_in

PASSING = "PASSING"
# What main.py and settings.py load, in that order, at every start
AT_START = ("settings", "store.kernels", "store.starting", "radios", "packlog")
_BY_TEXT = ("module", "__import__")  # board.module()
_LATER = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)


@dataclass(frozen=True)
class Firmware:
    """What is known of the modules. things: those that config.json names."""

    trees: dict[str, ast.Module]
    things: frozenset[str]
    passing: frozenset[str]
    at_start: tuple[str, ...] = AT_START
    now: dict[str, list[str]] = field(default_factory=dict)  # what each loads when it is loaded
    asked: dict[str, set[str]] = field(default_factory=dict)  # by entry, who asks for it

    def __post_init__(self):
        asked = defaultdict(set, {name: {""} for name in self.at_start if name in self.trees})
        for name, tree in self.trees.items():
            first = _imported(nodes(tree, _LATER), self.trees)
            self.now[name] = first
            for later in {*_imported(nodes(tree), self.trees)} - {*first}:
                asked[later].add(name)
            inside = nodes(tree)
            if any(isinstance(node, ast.Name) and node.id in _BY_TEXT for node in inside):
                by_text = named_by_texts(texts_in(inside), self.trees)
                for entry in by_text & (self.things | self.passing):
                    asked[entry].add(name)
        self.asked.update(asked)


def passing(trees: dict[str, ast.Module]) -> frozenset[str]:
    """Those that say that they are let go of after use."""
    return frozenset(name for name, tree in trees.items() if any(map(_says_passing, tree.body)))


def _says_passing(node: ast.stmt) -> bool:
    return isinstance(node, ast.Assign) and ast.unparse(node) == f"{PASSING} = True"


def _imported(inside: Iterable[ast.AST], trees: dict[str, ast.Module]) -> list[str]:
    found = {}
    for node in inside:
        for _, whole in imports(node):
            for name in (whole, whole.rpartition(".")[0]):
                if name in trees:
                    found[name] = None
                    break
    return list(found)


def groups(firmware: Firmware) -> list[list[str]]:
    """All modules, each group in the order in which its modules are loaded."""
    loads = {name: _with_all(name, firmware.now) for name in firmware.trees}
    there = _there_before(firmware, loads)
    at_any_start = always(firmware)
    found: dict[object, list[str]] = defaultdict(list)
    for name in _in_order(firmware):
        first = frozenset(e for e in firmware.asked if name in loads[e] - there[e])
        if name in firmware.passing:
            found[name].append(name)
        elif name in at_any_start and first != {firmware.at_start[-1]}:
            found[""].append(name)  # needed before the rest
        else:
            found[first or name].append(name)
    return [part for group in found.values() for part in _apart(group, firmware)]


def always(firmware: Firmware) -> set[str]:
    """Those that every start loads."""
    starts = [name for name in firmware.at_start if name in firmware.trees]
    return set().union(*(_with_all(name, firmware.now) for name in starts))


def _apart(group: list[str], firmware: Firmware) -> list[list[str]]:
    """A module that is asked for by a text has to be found by its name: one in a group."""
    named = [name for name in group if name in firmware.things]
    return [[name for name in group if name not in named[1:]], *([name] for name in named[1:])]


def _with_all(name: str, now: dict[str, list[str]]) -> set[str]:
    found, new = set(), [name]
    while new:
        each = new.pop()
        if each not in found:
            found.add(each)
            new += now[each]
    return found


def _there_before(firmware: Firmware, loads: dict[str, set[str]]) -> dict[str, set[str]]:
    """By entry, what is in memory whenever somebody asks for it."""
    stays = set(firmware.trees) - firmware.passing
    there = {entry: set(firmware.trees) for entry in firmware.asked}
    started: set[str] = set()
    for name in firmware.at_start:
        if name in loads:
            there[name] = set(started)
            started |= loads[name] & stays
    changed = True
    while changed:
        changed = False
        for entry, askers in firmware.asked.items():
            if entry in firmware.at_start:
                continue
            found = set.intersection(*(_around(asker, firmware, loads, there) for asker in askers))
            changed = changed or found != there[entry]
            there[entry] = found
    return there


def _around(asker: str, firmware: Firmware, loads: dict, there: dict) -> set[str]:
    """What is in memory when the asker asks: what it loads, and what whoever loads it has."""
    owners = [entry for entry in firmware.asked if asker in loads[entry]]
    if not owners:
        return loads[asker]
    return set.intersection(*(loads[entry] | there[entry] for entry in owners))


def _in_order(firmware: Firmware) -> list[str]:
    order: dict[str, None] = {}

    def visit(name: str) -> None:
        if name not in order and name not in under_way:
            under_way.add(name)
            for each in firmware.now[name]:
                visit(each)
            order[name] = None

    under_way: set[str] = set()
    for name in firmware.trees:
        visit(name)
    return list(order)
