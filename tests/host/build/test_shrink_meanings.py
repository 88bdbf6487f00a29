"""One name for several things: the shrinker tells them apart, or refuses the source."""

import pytest
from host_tools.build.shrink import shrink
from host_tools.build.syntax import Unsafe
from tests.helpers.shrinking import KEPT, small, values


def test_a_number_that_is_given_again_in_any_way_stays():
    text = """
import sys
A = B = C = 1
D = 1
E = 1
if sys:
    def f():
        pass
    D = 2
E, A = divmod(9, 2)
x = (A, B, C, D, E)
"""
    assert values(text)["x"] == (1, 1, 1, 2, 4)


def test_a_number_by_the_name_of_a_variable_stays():
    text = """
K, L, M, N = 1, 2, 3, 4
class A:
    K = 10
    both = K + L
def f(N=N):
    def inner():
        M = 30
        return M
    return N + M + inner()
x = ((lambda N: N + 1)(40), [L for L in (20, 21)], A.both, f(), f(5), K, L)
"""
    assert values(text)["x"] == (41, [20, 21], 12, 37, 38, 1, 2)


def test_an_imported_number_by_the_name_of_a_variable_stays():
    text = "from other import K\nx = ((lambda K: K)(9), [K for K in (8,)], K)\n"
    assert values(text, other="K = 1\n")["x"] == (9, [8], 1)


def test_a_number_that_another_module_changes_stays():
    other = "LIMIT, STEP = 1, 2\nWIDTH = 7\ndef both():\n    return (LIMIT, STEP)\n"
    text = """
import other
other.LIMIT = 5
other.STEP += 1
x = (other.both(), other.LIMIT, other.STEP, other.WIDTH)
"""
    assert values(text, other=other)["x"] == ((5, 3), 5, 3, 7)


@pytest.mark.parametrize(
    "text",
    [
        "from choice import fast\nx = fast.SIZE\n",  # as store.kernels does it
        "import kernels\nchosen = kernels\nx = chosen.SIZE\n",
    ],
)
def test_a_number_of_a_module_that_is_handed_on_stays(text):
    others = {"kernels": "SIZE = 7\n", "choice": "import kernels as fast\n"}
    assert values(text, **others)["x"] == 7


def test_a_number_of_a_module_without_an_alias_stays():
    modules = {"m": "import store.frame\nx = store.frame.SIZE\n", "store.frame": "SIZE = 13\n"}
    shrunk = shrink(modules, KEPT)
    name = shrunk["store.frame"].removesuffix(" = 13\n")
    assert shrunk["m"] == f"import store.frame\nx = store.frame.{name}\n"


@pytest.mark.parametrize(
    "line",
    [
        "def f(words): return words.X",
        "def f(*words): return words[0].X",
        "async def f(): words = object()",
        "x = lambda words: words.X",
        "x = [words.X for words in ()]",
        "for words in (): pass",
        "def words(): pass",
    ],
)
@pytest.mark.parametrize(
    "how",
    ["from lib import words", "import lib.words as words", "def g(): from lib import words"],
)
def test_a_variable_by_the_name_of_a_module_is_refused(how, line):
    text = f"import sys\n{how}\n{line}\n"
    with pytest.raises(Unsafe, match=r"^m, line 3: words is .* than the module lib\.words, "):
        small(text, **{"lib.words": "X = 1\ndef Y():\n  pass\n"})


@pytest.mark.parametrize("line", ["from lib.words import *", "from . import words"])
def test_an_import_that_does_not_say_what_is_refused(line):
    with pytest.raises(Unsafe, match=r"^lib\.m, line 2: from "):
        shrink({"lib.m": f"import sys\n{line}\n", "lib.words": "X = 1\n"})


def test_variables_of_the_function_around():
    text = """
def f(amount):
    _total_now = 10
    def add():
        nonlocal amount, _total_now
        amount += 1
        _total_now += amount
    add()
    return (_total_now, amount)
x = f(1)
"""
    assert values(text)["x"] == (12, 2)


def test_an_argument_by_the_name_of_something_inside():
    text = """
count = 0
def outer(count, inner, size, error):
    def change():
        global count
        count = 5
    def inner():
        return 6
    class Row:
        size = 7
    try:
        change()
        len(0)
    except TypeError as error:
        return (count, inner(), Row.size, str(error)[:6])
x = (*outer(1, 2, 3, 4), count)
"""
    assert values(text)["x"] == (1, 6, 7, "object", 5)


def test_an_argument_that_is_imported_if_it_is_not_given():
    text = """
def f(ceil=None):
    if ceil is None:
        from math import ceil
    return ceil(2.5)
x = (f(), f(int))
"""
    assert values(text)["x"] == (3, 2)


def test_a_module_and_an_exception_by_the_name_of_our_own():
    text = """
import math as _round_up
class Meter:
    def __init__(self):
        self._round_up = 1
        self._error_now = 2
    def sum(self):
        return self._round_up + self._error_now
try:
    len(0)
except TypeError as _error_now:
    x = (str(_error_now)[:6], _round_up.ceil(2.5), Meter().sum())
"""
    assert values(text)["x"] == ("object", 3, 3)
