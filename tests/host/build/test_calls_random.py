"""Functions of random statements do the same where they are called: loops, conditions, errors,
returns anywhere, variables that share names.
"""

import ast
import random

import pytest
from tests.helpers.placed import placed

MOST = 60  # steps of a run: a loop may have no end
NAMES = ("a", "b", "c", "d")


class Stop(Exception):
    """A run is long enough."""


class Writer:
    """Writes functions whose statements log what they do."""

    def __init__(self, seed):
        self.pick = random.Random(seed)
        self.tag = 0

    def value(self, depth=2):
        """An expression; say() logs what it is worked out with."""
        kind = self.pick.randrange(9 if depth else 3)
        if kind == 0:
            return str(self.pick.randrange(4))
        if kind < 3:
            return self.pick.choice(NAMES)
        one, two = self.value(depth - 1), self.value(depth - 1)
        if kind == 3:
            return f"say({one})"
        if kind == 4:
            return f"({one} + {two})"
        if kind == 5:
            return f"({one} {self.pick.choice(['<', '==', '>='])} {two})"
        if kind == 6:
            return f"({one} {self.pick.choice(['and', 'or'])} {two})"
        if kind == 7:
            return f"({one} if {self.value(depth - 1)} else {two})"
        return f"(5 // {one})"

    def block(self, depth, in_loop=False, returns=True):
        lines = []
        for _ in range(self.pick.randrange(1, 4)):
            lines += self.statement(depth, in_loop, returns)
        return lines

    def statement(self, depth, in_loop, returns):
        kind = self.pick.randrange(12 if depth else 6)
        inner = ["    " + line for line in self.block(depth - 1, in_loop, returns)] if depth else []
        if kind < 3:
            return [f"{self.pick.choice(NAMES)} = {self.value()}"]
        if kind == 3:
            return [f"{self.pick.choice(NAMES)} += {self.value(1)}"]
        if kind == 4:
            return [f"say({self.value()})"]
        if kind == 5:
            leaves = ["return " + self.value()] * returns + ["continue", "break"] * in_loop
            return [self.pick.choice([*leaves, "pass"])]
        if kind < 9:
            other = ["    " + line for line in self.block(depth - 1, in_loop, returns)]
            more = ["else:", *other] if self.pick.random() < 0.5 else []
            return [f"if {self.value()}:", *inner, *more]
        if kind == 9:
            body = ["    " + line for line in self.block(depth - 1, True, returns)]
            return [f"for {self.pick.choice(NAMES)} in range({self.value(1)}):", *body]
        if kind == 10:
            body = ["    " + line for line in self.block(depth - 1, True, returns)]
            return [f"while {self.value()}:", "    step()", *body]
        other = ["    " + line for line in self.block(depth - 1, in_loop, returns)]
        more = ["else:", *inner] if self.pick.random() < 0.4 else []
        return ["try:", *inner, "except ZeroDivisionError:", *other, *more]

    def with_call(self):
        """Statements, the call of _g among them."""
        call = f"_g({self.value(1)}, {self.value(1)})"
        kind = self.pick.randrange(10)
        if kind == 9:
            return [
                f"while {call}:",
                "    step()",
                *("    " + each for each in self.block(1, True)),
            ]
        where = [
            "{}",
            "b = {}",
            "return {}",
            f"c = {self.value(1)} and {{}}",
            f"return {self.value(1)} or {{}}",
            f"d = [{self.value(1)}, {{}}, a]",
            f"a = say({self.value(1)}) + {{}}",
            f"if {self.value(1)} and {{}}:\n    say(7)",
            f"b = {self.value(1)} if {self.value(1)} else {{}}",
        ][kind]
        lines = where.format(call).splitlines()
        around = self.pick.randrange(5)
        if around == 0:
            return [f"if {self.value(1)}:", *("    " + line for line in lines)]
        if around == 1:
            return ["for d in range(2):", *("    " + line for line in lines)]
        if around == 2:
            handler = ["except ZeroDivisionError:", "    say(8)"]
            return ["try:", *("    " + line for line in lines), *handler]
        return lines

    def program(self):
        before, after = self.block(1, returns=False), self.block(1)
        f = ["c = d = 0", *before, *self.with_call(), *after, "return a, b, c, d"]
        if self.pick.random() < 0.4:
            g = [self.pick.choice(["return ", "return a - say(2) + ", "return say(2) + "]) + "b"]
        else:
            g = [*(["c = d = 1"] * self.pick.randrange(2)), *self.block(3)]
        lines = ["def f(a, b):", *("    " + line for line in f)]
        lines += ["def _g(a, b):", *("    " + line for line in g)]
        return "\n".join(lines) + "\n"


def run(text, arguments):
    """What f returns or raises, and all it says."""
    log = []

    def step():
        if len(log) > MOST:
            raise Stop
        log.append("step")

    def say(value):
        step()
        log.append(value)
        return value

    space = {"say": say, "step": step}
    exec(text, space)
    try:
        result = space["f"](*arguments)
    except Exception as error:
        result = type(error)
    return repr((result, log))


def never(source):
    """No frame is too large."""
    return [0 for _ in ast.parse(source).body]


@pytest.mark.parametrize("seed", range(8))
def test_random_functions_do_the_same(seed):
    put, unbound = 0, repr(UnboundLocalError)
    for each in range(120):
        text = Writer(1000 * seed + each).program()
        gone, sources = placed(text, slots=never)
        put += len(gone)
        for arguments in ((0, 1), (1, 0), (2, 3), (3, 3)):
            before = run(text, arguments)
            if unbound not in before:  # which the firmware never is
                assert run(sources["m"], arguments) == before, text + "\n" + sources["m"]
    assert put > 60  # of 120
