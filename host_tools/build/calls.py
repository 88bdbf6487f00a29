"""A part of shrink.py: a function that is called at one place is put there, if it does the same
there.

On the board a function takes some 50 bytes of heap beside its bytecode, and a call some 6. What it
would take from the caller: MicroPython has the variables and the stack of a function on the C stack
as long as they are 11 words at most (slots.py), else it allocates them at each call. So a caller
that allocates nothing stays so, but for one that runs once.
"""

import ast
import copy
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from host_tools.build.called_once import ONCE, Called, Key, Program
from host_tools.build.endings import Refused
from host_tools.build.placing import Function, put_in_place
from host_tools.build.scopes import read
from host_tools.build.slots import ON_STACK
from host_tools.build.syntax import Unsafe, nodes, source_of

Slots = Callable[[str], list[int]]  # words that each function of a source takes
_AT_ONCE = 100  # functions that are compiled: mpy-cross has 2 MB


def put_calls_in_place(
    trees: dict[str, ast.Module], kept: frozenset[str], foreign: set[str], slots: Slots
) -> list[str]:
    """Change the trees; returns which functions are gone ("store.series.Series._create").

    kept: names that somebody outside uses; foreign: attributes that others may ask for.
    """
    program = Program(trees, kept | foreign)
    return _Rounds(program, slots).run()


@dataclass
class _Rounds:
    """Each round tries one call of each caller, and compiles all results at once."""

    program: Program
    slots: Slots
    _waiting: dict[Key, list[Called]] = field(default_factory=lambda: defaultdict(list))
    _words: dict[Key, int] = field(default_factory=dict)
    gone: list[Key] = field(default_factory=list)

    def run(self) -> list[str]:
        """Try them all; returns what is gone."""
        for called in self.program.called_once():
            self._waiting[called.caller].append(called)
        self._leave_out_circles()
        for waiting in self._waiting.values():
            waiting.sort(key=lambda called: called.depth)
        self._measure({key: self.program.functions[key] for key in self._waiting})
        while any(self._waiting.values()):
            self._round()
        self._write()
        return [".".join(filter(None, key)) for key in self.gone]

    def _leave_out_circles(self) -> None:
        """Functions that call each other, and nobody else calls."""
        callers = {c.key: c.caller for found in self._waiting.values() for c in found}
        for start in callers:
            seen, key = {start}, callers[start]
            while key in callers and key not in seen:
                seen.add(key)
                key = callers[key]
            if key == start:
                self._waiting[callers[start]] = [
                    c for c in self._waiting[callers[start]] if c.key != start
                ]

    def _round(self) -> None:
        tried: dict[Key, Function] = {}
        which: dict[Key, Called] = {}
        unfinished = [caller for caller, waiting in self._waiting.items() if waiting]
        for caller in unfinished:
            waiting = self._waiting[caller]
            if waiting[0].key in unfinished:
                continue
            called = waiting.pop(0)
            if (found := self._placed(called)) is not None:
                tried[caller], which[caller] = found, called
        before = {caller: self._words[caller] for caller in tried}
        self._measure(tried)
        for caller, function in tried.items():
            allocates = before[caller] > ON_STACK or runs_once(function)
            if allocates or self._words[caller] <= ON_STACK:
                self.program.functions[caller] = function
                self.gone.append(which[caller].key)
            else:
                self._words[caller] = before[caller]

    def _placed(self, called: Called) -> Function | None:
        functions = self.program.functions
        caller, callee = map(copy.deepcopy, (functions[called.caller], functions[called.key]))
        try:
            put_in_place(caller, ".".join(called.key), callee, self.program.facts[called.key[0]])
        except Refused:
            return None
        return caller

    def _measure(self, functions: dict[Key, Function]) -> None:
        self._words.update(words_of(functions, self.slots))

    def _write(self) -> None:
        for name, tree in self.program.trees.items():
            for owner in (tree, *(n for n in tree.body if isinstance(n, ast.ClassDef))):
                owner.body = list(self._written(name, owner)) or [ast.Pass()]
        for name, tree in self.program.trees.items():
            self._check(name, tree)

    def _check(self, name: str, tree: ast.Module) -> None:
        """Unsafe if a function is still spoken of that is gone."""
        own = {("fixed", key[2]) for key in self.gone if key[0] == name and not key[1]}
        marks = {".".join(key) for key in self.gone}
        left = [node for node in nodes(tree) if getattr(node, "mark", None) in marks]
        if own:
            left += [spot.node for spot in read(name, tree).spots if spot.thing in own]
        if left:
            raise Unsafe(f"{name}: {ast.unparse(left[0])} is put in place, and called")

    def _written(self, name: str, owner: ast.Module | ast.ClassDef) -> Iterator[ast.stmt]:
        for node in owner.body:
            key = (name, getattr(owner, "name", ""), getattr(node, "name", ""))
            if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                yield node
            elif key not in self.gone:
                yield _with_origin(self.program.functions.get(key, node), node)


def words_of(functions: dict[Key, Function], slots: Slots) -> dict[Key, int]:
    """What each of them takes while it runs."""
    found: dict[Key, int] = {}
    keys = list(functions)
    for start in range(0, len(keys), _AT_ONCE):
        some = keys[start : start + _AT_ONCE]
        tree = ast.Module([_alone(functions[key]) for key in some], [])
        words = slots(source_of(ast.fix_missing_locations(tree)))
        found.update(zip(some, words, strict=True))
    return found


def runs_once(function: Function) -> bool:
    """Is it dropped after the start?"""
    return any(ast.unparse(each).startswith(ONCE) for each in function.decorator_list)


def _alone(function: Function) -> Function:
    """The function without what is worked out where it is made."""
    found = copy.copy(function)
    found.decorator_list = []
    found.args = copy.copy(function.args)
    found.args.defaults = [ast.Constant(0) for _ in function.args.defaults]
    return found


def _with_origin(function: Function, before: Function) -> Function:
    """What is new in it counts as a part of the file that the function comes from."""
    if hasattr(before, "origin"):
        for node in ast.walk(function):
            if not hasattr(node, "origin"):
                node.origin = before.origin
    return function
