"""Variables that share a name: as few as are in use at once, and the same is done."""

import ast

import pytest
from host_tools.build.sharing import share
from host_tools.build.syntax import source_of
from tests.helpers.placed import said

_OTHERS = {"log", "range", "ZeroDivisionError"}


def shared(text):
    """(how many variables f has, its source) with shared names."""
    tree = ast.parse(text)
    share(tree.body[0])
    source = source_of(ast.fix_missing_locations(tree))
    names = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name)} - _OTHERS
    return len(names | {n.arg for n in ast.walk(tree) if isinstance(n, ast.arg)}), source


CASES = {
    "one after the other": (
        1,
        """
def f(a):
    b = a + 1
    c = b * 2
    log(c)
    d = 5
    log(d)
""",
    ),
    "read in the next round": (
        4,
        """
def f(a):
    last = 0
    for i in range(a):
        log(last)
        now = i * 2
        log(now)
        last = i
    return a
""",
    ),
    "stored in the round before, if at all": (
        4,
        """
def f(a):
    for i in range(a):
        if i % 2:
            log(odd)
        now = i * 2
        log(now)
        if i % 2 == 0:
            odd = i
    return a
""",
    ),
    "stored in each round": (
        3,
        """
def f(a):
    for i in range(a):
        b = i + 1
        log(b)
        c = i + 2
        log(c)
    return a
""",
    ),
    "stored before a loop that reads it": (
        3,
        """
def f(a):
    b = a * 3
    while a:
        c = a + 1
        log(c + b)
        a -= 1
    d = 4
    log(d)
""",
    ),
    "stored in both ways": (
        3,
        """
def f(a):
    for i in range(a):
        if i % 2:
            b = "odd"
        else:
            b = "even"
        log(b)
        c = i + 2
        log(c)
    return a
""",
    ),
    "read by what handles an error": (
        2,
        """
def f(a):
    b = a + 1
    try:
        c = 6 // (a - 2)
        log(c)
    except ZeroDivisionError:
        log(b)
""",
    ),
    "exchanged": (
        3,
        """
def f(a):
    b = a + 1
    for _ in range(a):
        a, b = b, a + b
    log([a, b])
""",
    ),
    "used by a function within it": (
        3,
        """
def f(a):
    b = a + 1
    log([b + i for i in range(a)])
    c = a
    log(c)
""",
    ),
}


@pytest.mark.parametrize("kind", CASES)
def test_it_does_the_same(kind):
    count, text = CASES[kind]
    found, source = shared(text.lstrip())
    arguments = [(number,) for number in (1, 2, 3, 5)]
    assert said(source, arguments) == said(text, arguments), source
    assert found == count, source


def test_self_is_nobody_elses_name():
    text = "def f(self):\n    a = self.b\n    log(a)\n    c = 3\n    log(c)\n"
    count, source = shared(text)
    assert count == 2 and source.count("self") == 2


def test_what_gives_itself_its_value_is_left_out():
    text = "def f(a):\n    if a:\n        b = a\n        log(b)\n"
    assert shared(text)[1] == "def f(a):\n    if a:\n        log(a)\n"
