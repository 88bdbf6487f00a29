"""Variables of a function that are not in use at the same time share a name: they take one word of
its frame.

A variable is in use from where it is first stored to where it is last read, each place numbered in
the order of the source. Only loops go back: one that holds a place holds the variable's whole way,
unless each round stores it before it reads it.
"""

import ast
from collections import defaultdict
from dataclasses import dataclass, field

from host_tools.build.scopes import Scope, Spot, read
from host_tools.build.syntax import stores

Function = ast.FunctionDef | ast.AsyncFunctionDef
_Path = tuple[tuple[int, int], ...]  # (block, index in it) of the statements around a place


def share(function: Function) -> None:
    """Give variables of the function one name where that changes nothing."""
    scope = read("", ast.Module([function], [])).scope.inner[0]
    spots = _free_spots(scope)
    named = ((name, spot.node) for name, found in spots.items() for spot in found)
    walk = _Walk({id(node): name for name, node in named if isinstance(node, ast.Name)})
    walk.block(function.body, ())
    parameters = [node.arg for node in ast.walk(function.args) if isinstance(node, ast.arg)]
    ways = {name: walk.way(name, name in parameters) for name in spots if walk.has_all(name)}
    ends = {name: ways.pop(name)[1] for name in parameters if name in ways}
    for name, (start, end) in sorted(ways.items(), key=lambda item: (item[1], item[0])):
        shared = next((other for other, until in ends.items() if until < start), name)
        ends[shared] = end
        for spot in spots[name]:
            spot.rename(shared)
    _WithoutIdle().visit(function)


def _free_spots(scope: Scope) -> dict[str, list[Spot]]:
    """By variable, where its name stands; but for those that anything else than plain statements
    has to do with.
    """
    spots: dict[str, list[Spot]] = defaultdict(list)
    for spot in scope.spots:
        if spot.thing[0] == "local" and spot.thing[1] is scope:
            spots[spot.name].append(spot)
    bound = {s.name for inner in scope.inner for each in inner.within() for s in each.spots}
    plain = {
        name: found
        for name, found in spots.items()
        if name not in bound and all(map(_is_plain, found))
    }
    plain.pop("self", None)  # whose attributes are told from those of others by its name
    return plain


def _is_plain(spot: Spot) -> bool:
    if isinstance(spot.node, ast.arg):
        return True
    return isinstance(spot.node, ast.Name) and not isinstance(spot.node.ctx, ast.Del)


@dataclass(frozen=True)
class _Place:
    """at: its number. is_sure: when its statement is over, the variable has been stored there."""

    at: int
    path: _Path
    is_sure: bool


@dataclass
class _Walk:
    """Numbers the places where a function's variables stand. names: by node."""

    names: dict[int, str]
    places: dict[str, list[_Place]] = field(default_factory=lambda: defaultdict(list))
    loops: list[tuple[int, int]] = field(default_factory=list)  # from, to
    _blocks: dict[int, list[ast.stmt]] = field(default_factory=dict)
    _count: int = 1

    def block(self, statements: list[ast.stmt], path: _Path) -> None:
        self._blocks[id(statements)] = statements
        for index, node in enumerate(statements):
            self._statement(node, (*path, (id(statements), index)))

    def _statement(self, node: ast.stmt, path: _Path) -> None:
        match node:
            case ast.For() | ast.AsyncFor():
                self._reads(node.iter, path)
                start = self._count
                self._stores(node.target, (*path, (id(node.body), -1)))
                self.block(node.body, path)
                self.block(node.orelse, path)
                self._loop(start)
            case ast.While():
                start = self._count
                self._reads(node.test, path)
                self.block(node.body, path)
                self.block(node.orelse, path)
                self._loop(start)
            case ast.Try():
                for part in (node.body, *(h.body for h in node.handlers), node.orelse):
                    self.block(part, path)
                self.block(node.finalbody, path)
                for handler in node.handlers:
                    self._reads(handler.type, path)
            case ast.Assign():
                self._reads(node.value, path)
                for target in node.targets:
                    self._stores(target, path)
            case ast.With() | ast.AsyncWith():
                for item in node.items:
                    self._reads(item.context_expr, path)
                    self._stores(item.optional_vars, path)
                self.block(node.body, path)
            case ast.If():
                self._reads(node.test, path)
                self.block(node.body, path)
                self.block(node.orelse, path)
            case _:
                self._reads(node, path)

    def _loop(self, start: int) -> None:
        self.loops.append((start, self._count))
        self._count += 1

    def _reads(self, part: ast.AST | None, path: _Path) -> None:
        self._put(part, path, False)

    def _stores(self, part: ast.AST | None, path: _Path) -> None:
        self._put(part, path, True)

    def _put(self, part: ast.AST | None, path: _Path, are_stored: bool) -> None:
        nodes = [n for n in ast.walk(part) if id(n) in self.names] if part is not None else []
        read = {self.names[id(node)] for node in nodes if not stores(node)}
        for node in nodes:
            name = self.names[id(node)]
            self.places[name].append(_Place(self._count, path, are_stored and name not in read))
            self._count += 1

    def has_all(self, name: str) -> bool:
        """Has each place where the variable stands a number?"""
        return len(self.places[name]) == sum(each == name for each in self.names.values())

    # From where to where

    def way(self, name: str, is_parameter: bool) -> tuple[int, int]:
        """The first and the last number at which the variable is in use."""
        places = self.places[name]
        if is_parameter:
            start = end = 0
        elif not places:
            return 0, 0
        else:
            start = end = places[0].at
        end = max([end, *(place.at for place in places)])
        is_stored_first = is_parameter or self._is_stored_first(name, places)
        for first, last in sorted(self.loops):
            holds = any(first <= place.at <= last for place in places)
            if holds and not (is_stored_first and first <= start <= last):
                start, end = min(start, first), max(end, last)
        return start, end

    def _is_stored_first(self, name: str, places: list[_Place]) -> bool:
        """Is it, whenever the block is run that all of its places are in?"""
        paths = [place.path for place in places]
        depth = 0
        while all(len(p) > depth and p[depth][0] == paths[0][depth][0] for p in paths):
            depth += 1
            if len({p[depth - 1] for p in paths}) > 1:
                break
        first = places[0]
        if first.is_sure and len(first.path) == depth:
            return True
        block, index = first.path[depth - 1]
        return index >= 0 and self._is_stored_by(self._blocks[block][index], name)

    def _is_stored_by(self, node: ast.stmt, name: str) -> bool:
        """Has the statement, when it is over, stored the variable on any way, before reading it?"""
        match node:
            case ast.Assign():
                found = [n for n in ast.walk(node) if self.names.get(id(n)) == name]
                return bool(found) and all(map(stores, found))
            case ast.If():
                is_read = name in self._names(node.test)
                return not is_read and self._by_all((node.body, node.orelse), name)
        return False

    def _by_all(self, blocks: tuple[list[ast.stmt], ...], name: str) -> bool:
        return all(self._is_stored_in(block, name) for block in blocks)

    def _is_stored_in(self, block: list[ast.stmt], name: str) -> bool:
        for node in block:
            if name in self._names(node):
                return self._is_stored_by(node, name)
        return bool(block) and isinstance(block[-1], (ast.Return, ast.Raise))

    def _names(self, part: ast.AST) -> set[str]:
        return {self.names[id(node)] for node in ast.walk(part) if id(node) in self.names}


class _WithoutIdle(ast.NodeTransformer):
    """Leaves out `a = a`."""

    def visit_Assign(self, node):
        names = [getattr(part, "id", None) for part in (*node.targets, node.value)]
        return None if len(names) == 2 and names[0] == names[1] is not None else node

    def generic_visit(self, node):
        super().generic_visit(node)
        if isinstance(getattr(node, "body", None), list) and not node.body:
            node.body = [ast.Pass()]
        return node
