"""Puts a function's body where the function is called."""

import ast
import copy
import itertools
from collections.abc import Iterator

from host_tools.build.endings import Refused, leaves, replaced, returns, settled
from host_tools.build.holding import holds, is_object, lives_long
from host_tools.build.order import Facts, before, in_order, is_inert, is_quiet
from host_tools.build.scopes import Scope, Spot, read
from host_tools.build.sharing import share
from host_tools.build.sites import Site, find
from host_tools.build.syntax import stores
from host_tools.build.unfolding import HEADS, given, unfold

Function = ast.FunctionDef | ast.AsyncFunctionDef
_NO_EFFECT = (ast.Name, ast.Constant)
_KEPT = "a task would keep what a variable had"
_STEPS = 4  # statements that are made several, one after the other


def put_in_place(caller: Function, name: str, callee: Function, facts: Facts) -> None:
    """Change the caller, and use up the callee; name: the mark of the call. Refused if the result
    would do something else; then both are spoiled.
    """
    fresh = _fresh_names(caller)
    for _ in range(_STEPS):
        try:
            site = find(caller, name)
        except LookupError:
            raise Refused("called in a function within a function") from None
        if _Placing(caller, site, callee, facts, fresh).place():
            share(caller)
            return
    raise Refused("it stands too deep in a statement")


class _Placing:
    def __init__(self, caller: Function, site: Site, callee: Function, facts: Facts, fresh):
        self._site = site
        self._fresh = fresh
        self._facts = facts
        self._body = _without_docstring(callee.body)
        self._variables = _Variables(callee)
        scope = _scope_of(caller)
        self._own = {s.name for s in scope.spots if s.thing[0] == "local"}
        if hidden := self._own & self._variables.others:
            raise Refused(f"{', '.join(sorted(hidden))} means two things")
        self._given = _arguments(site.call, callee)
        self._holding: list[str] = []  # variables that keep something from being freed
        self._lives_long = lives_long(caller)

    def place(self) -> bool:
        """False if the statement has been made several instead, one of which begins with it."""
        if len(self._body) == 1 and isinstance(self._body[0], ast.Return):
            value = self._body[0].value
            if value is not None and self._can_be_put_in(value):
                self._put(self._with_arguments(value))
                return True
        how = self._how()
        if how is None:
            fresh = _no_names() if self._lives_long else self._fresh
            unfold(self._site, self._is_inert_there, fresh)
            return False
        self._place_statements(how)
        return True

    # A body that is an expression

    def _can_be_put_in(self, value: ast.expr) -> bool:
        """May the arguments stand where the parameters do?"""
        if self._variables.assigned or _has_inner_scope(value):
            return False
        complex_ones = [p for p in self._given if not self._is_inert(self._given[p])]
        uses = self._variables.uses
        if any(len(uses[p]) != 1 for p in complex_ones):
            return False
        parts = [value, *(self._given[p] for p in complex_ones)]
        if all(is_quiet(part, self._facts) for part in parts):  # nothing changes in between
            return True
        return self._come_first(value, complex_ones)

    def _come_first(self, value: ast.expr, parameters: list[str]) -> bool:
        """Are they evaluated before all else, in their order?"""
        wanted = [id(self._variables.uses[p][0]) for p in parameters]
        for node, surely in in_order(value):
            if not wanted:
                return True
            if surely and id(node) == wanted[0]:
                del wanted[0]
            elif not is_inert(node, set(self._given), self._facts):
                return False
        return not wanted

    def _with_arguments(self, value: ast.expr) -> ast.expr:
        replaced_by = {
            id(use): argument
            for parameter, argument in self._given.items()
            for use in self._variables.uses[parameter]
        }
        return _Exchange(replaced_by).visit(value)

    def _put(self, value: ast.expr) -> None:
        """In the place of the call."""
        _Exchange({id(self._site.call): value}).visit(self._site.statement)

    def _is_inert(self, argument: ast.expr) -> bool:
        return not isinstance(argument, ast.Attribute) and is_inert(
            argument, self._own, self._facts
        )

    # A body of statements

    def _place_statements(self, how) -> None:
        site = self._site
        statement, block = site.statement, site.block
        binding = self._bind()
        body = how(self._body)
        last = [] if self._takes_place else [statement]
        if not leaves(body) and site.end != "function":
            last += [given(name, ast.Constant(None)) for name in self._holding]
        index = block.index(statement)
        block[index : index + 1] = [*binding, *body, *last] or [ast.Pass()]

    def _how(self):
        """How the body comes to an end; None if the statement does something before the call."""
        site = self._site
        statement, call = site.statement, site.call
        self._takes_place = True
        if isinstance(statement, ast.Return) and statement.value is call:
            return self._returned
        if isinstance(statement, ast.Expr) and statement.value is call:
            return self._dropped
        if (
            isinstance(statement, ast.Assign)
            and statement.value is call
            and len(statement.targets) == 1
            and isinstance(statement.targets[0], ast.Name)
            and statement.targets[0].id in self._own
        ):
            return self._assigned(statement.targets[0].id)
        self._takes_place = False
        return self._used if self._comes_first_there() else None

    def _comes_first_there(self) -> bool:
        """Is nothing that might change evaluated before the call?"""
        statement = self._site.statement
        if isinstance(statement, ast.AugAssign):
            target = statement.target
            is_own = isinstance(target, ast.Name) and target.id in self._own
            head = statement.value if is_own else None
        else:
            head = getattr(statement, HEADS.get(type(statement), ""), None)
        earlier = None if head is None else before(head, self._site.call)
        if earlier is None:
            return False
        called = {id(node.func) for node in ast.walk(head) if isinstance(node, ast.Call)}
        return all(self._is_inert_there(node, id(node) in called) for node in earlier)

    def _is_inert_there(self, node: ast.AST, is_called: bool = False) -> bool:
        """is_called: what a method is looked up in has been asked about."""
        if is_called and isinstance(node, ast.Attribute):
            return node.attr not in self._facts.settable | self._facts.properties
        return is_inert(node, self._own, self._facts)

    def _returned(self, body: list[ast.stmt]) -> list[ast.stmt]:
        if not leaves(body) and self._site.end != "function":
            body.append(ast.Return(None))
        return body

    def _dropped(self, body: list[ast.stmt]) -> list[ast.stmt]:
        found = returns(body)
        if not found:
            return body
        if found == body[-1:]:
            return body[:-1] + self._effect(found[0].value)
        if self._site.end == "function":
            return replaced(body, lambda value: [*self._effect(value), ast.Return(None)])
        if self._site.end == "loop" and not self._holding and not returns(_loops(body)):
            return replaced(body, lambda value: [*self._effect(value), ast.Continue()])
        return settled(body, self._effect)

    def _effect(self, value: ast.expr | None) -> list[ast.stmt]:
        """What is left of a value that nobody asks for."""
        return [] if value is None or isinstance(value, _NO_EFFECT) else [ast.Expr(value)]

    def _assigned(self, name: str):
        def leave(value: ast.expr | None) -> list[ast.stmt]:
            return [given(name, value or ast.Constant(None))]

        return lambda body: settled(body, leave)

    def _used(self, body: list[ast.stmt]) -> list[ast.stmt]:
        found = returns(body)
        if found and found == body[-1:] and found[0].value is not None:
            self._put(found[0].value)
            return body[:-1]
        if self._lives_long and any(is_object(each.value) for each in found if each.value):
            raise Refused(_KEPT)
        fresh = next(self._fresh)
        self._put(ast.Name(fresh, ast.Load()))
        return self._assigned(fresh)(body)

    # Variables

    def _bind(self) -> list[ast.stmt]:
        """Give the callee's variables names of their own; returns what assigns the arguments."""
        binding = []
        holding = holds(self._body)
        for parameter, argument in self._given.items():
            if parameter in self._variables.assigned or not self._is_inert(argument):
                name = next(self._fresh)
                self._hold(name, parameter in holding or is_object(argument))
                self._variables.rename(parameter, name)
                binding.append(given(name, argument))
            else:
                self._body = [self._exchanged(node, parameter, argument) for node in self._body]
        for name in self._variables.locals:
            new = next(self._fresh)
            self._hold(new, name in holding)
            self._variables.rename(name, new)
        return binding

    def _hold(self, name: str, is_held: bool) -> None:
        """In a task a variable would keep what it had until the task is over."""
        if is_held and self._lives_long:
            if self._site.tries:
                raise Refused(_KEPT)
            self._holding.append(name)

    def _exchanged(self, node: ast.stmt, parameter: str, argument: ast.expr) -> ast.stmt:
        uses = {id(use): argument for use in self._variables.uses[parameter]}
        return _Exchange(uses).visit(node)


class _Variables:
    """Of a function: parameters and locals, and the names of others that it uses."""

    def __init__(self, callee: Function):
        scope = _scope_of(callee)
        if any(spot.thing[0] == "local" and spot.thing[1] is scope for spot in _of_inner(scope)):
            raise Refused("a function within it uses its variables")
        if scope.declared:
            raise Refused("it declares names")
        self._spots: dict[str, list[Spot]] = {}
        for spot in scope.spots:
            self._spots.setdefault(spot.name, []).append(spot)
        own = {spot.name for spot in scope.spots if spot.thing[0] == "local"}
        parameters = {spot.name for spot in scope.spots if isinstance(spot.node, ast.arg)}
        self.locals = sorted(own - parameters)
        inner = {spot.name for spot in _of_inner(scope) if spot.thing[0] != "local"}
        self.others = set(self._spots) - own | inner
        if "super" in self.others:
            raise Refused("it speaks of its class")
        self.uses = {name: self._reads(name) for name in parameters}
        self.assigned = {name for name in parameters if self._is_assigned(name)}

    def _reads(self, name: str) -> list[ast.Name]:
        found = (spot.node for spot in self._spots[name])
        return [node for node in found if isinstance(node, ast.Name)]

    def _is_assigned(self, name: str) -> bool:
        nodes = [spot.node for spot in self._spots[name] if not isinstance(spot.node, ast.arg)]
        return any(not isinstance(node, ast.Name) or stores(node) for node in nodes)

    def rename(self, name: str, new: str) -> None:
        for spot in self._spots[name]:
            spot.rename(new)


class _Exchange(ast.NodeTransformer):
    """Puts other nodes in the place of some, by their id."""

    def __init__(self, nodes: dict[int, ast.AST]):
        self._nodes = nodes

    def visit(self, node):
        found = self._nodes.get(id(node))
        return self.generic_visit(node) if found is None else copy.deepcopy(found)


def _scope_of(function: Function) -> Scope:
    return read("", ast.Module([function], [])).scope.inner[0]


def _of_inner(scope: Scope) -> Iterator[Spot]:
    for inner in scope.within():
        if inner is not scope:
            yield from inner.spots


def _fresh_names(function: Function) -> Iterator[str]:
    """Names that do not stand in it."""
    taken = {node.id for node in ast.walk(function) if isinstance(node, ast.Name)}
    names = (f"_{number}" for number in itertools.count())
    return (name for name in names if name not in taken)


def _without_docstring(body: list[ast.stmt]) -> list[ast.stmt]:
    first = body[0]
    is_text = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    return [node for node in body[is_text:] if not isinstance(node, ast.Pass)]


def _loops(body: list[ast.stmt]) -> list[ast.AST]:
    return [n for part in body for n in ast.walk(part) if isinstance(n, (ast.For, ast.While))]


def _no_names() -> Iterator[str]:
    raise Refused(_KEPT)
    yield


def _has_inner_scope(value: ast.expr) -> bool:
    inner = (ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
    return any(isinstance(node, inner) for node in ast.walk(value))


def _arguments(call: ast.Call, callee: Function) -> dict[str, ast.expr]:
    """By parameter, in the order in which they are evaluated."""
    spec = callee.args
    parameters = [arg.arg for arg in spec.args]
    positional = list(call.args)
    is_static = bool(callee.decorator_list) and getattr(callee.decorator_list[0], "id", "") == (
        "staticmethod"
    )
    if getattr(call, "of_method", False) and not is_static:
        positional.insert(0, call.func.value)
    keywords = {each.arg: each.value for each in call.keywords}
    if None in keywords or any(isinstance(arg, ast.Starred) for arg in positional):
        raise Refused("arguments with a star")
    by_name = dict(zip(parameters, positional, strict=False)) | keywords
    defaults = dict(zip(parameters[::-1], spec.defaults[::-1], strict=False))
    missing = {p: defaults[p] for p in parameters if p not in by_name and p in defaults}
    if not all(is_inert(value, set(), Facts()) for value in missing.values()):
        raise Refused("a default that is no constant")
    if any(isinstance(node, ast.NamedExpr) for node in ast.walk(call)):
        raise Refused("an argument that gives a variable a value")
    found = by_name | missing
    if set(found) != set(parameters) or len(positional) > len(parameters):
        raise Refused("other arguments than it takes")
    return found
