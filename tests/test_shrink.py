"""Smaller sources that do the same: what is replaced, and what must not be."""

import re

from host_tools.firmware import FIRMWARE
from host_tools.shrink import shrink


def small(text, **others):
    return shrink({"m": text, **others})["m"]


def values(text, **others):
    """The public names of a module after it was shrunk and run."""
    space = {}
    exec(small(text, **others), space)
    return {name: value for name, value in space.items() if not name.startswith("_")}


def test_numbers_go_where_they_are_used():
    text = "A = 3\nB = A << 2\nC, D = 5, -1\ndef f(x):\n    return x * B + C + D\n"
    assert small(text) == "def f(x):\n    return x * 12 + 5 + -1"


def test_numbers_of_other_modules():
    other = "ONE, TWO = 1, 2\nWORDS = ('a', 'b')\n"
    text = "import other\nfrom other import ONE, WORDS\nx = (ONE, other.TWO, WORDS, other.WORDS)\n"
    shrunk = small(text, other=other)
    assert shrunk == ("import other\nfrom other import WORDS\nx = (1, 2, WORDS, other.WORDS)")


def test_a_package_in_between():
    shrunk = shrink({"m": "from store import frame\nx = frame.SIZE\n", "store.frame": "SIZE = 13"})
    assert shrunk["m"].endswith("x = 13")


def test_what_changes_is_no_number():
    text = (
        "count = 0\nA = 1\nA = 2\nB = 5\n"
        "def f():\n    global count\n    count += 1\n    return count\n"
        "def g(B):\n    return B\n"
        "def h():\n    A = 7\n    return A\n"
        "x = (f(), f(), g(1), h(), A)\n"
    )
    assert values(text)["x"] == (1, 2, 1, 7, 2)


def test_a_number_of_a_condition_or_loop_stays():
    text = "import sys\nA = 1\nif sys:\n    A = 2\nfor B in (1, 2):\n    pass\nx = (A, B)\n"
    assert values(text)["x"] == (2, 2)


def test_names_of_our_own_become_short():
    text = (
        "class Meter:\n"
        "    def __init__(self):\n        self._reading_now = 0\n        self.unit = 'V'\n"
        "    def _add_to_it(self, amount):\n        self._reading_now += amount\n"
        "    def show(self, again):\n        self._add_to_it(again)\n"
        "        return self._reading_now\n"
        "x = Meter().show(4)\n"
    )
    shrunk = small(text)
    assert "_reading_now" not in shrunk and "_add_to_it" not in shrunk and "amount" not in shrunk
    assert "show" in shrunk and "unit" in shrunk and "__init__" in shrunk
    assert values(text)["x"] == 4


def test_names_that_may_be_somebody_elses_stay():
    text = (
        "import sys\n"
        "class A:\n    def __init__(self, other):\n"
        "        self._kept = 1\n        self._named = 2\n"
        "        other._kept = 3\n        setattr(self, '_named', sys._mpy)\n"
    )
    shrunk = small(text)
    assert shrunk.count("_kept") == 2 and "_named" in shrunk and "_mpy" in shrunk


def test_arguments_given_by_name_stay():
    text = (
        "def f(first, second=2, third=3):\n    return (first, second, third)\n"
        "options = {'third': 30}\n"
        "x = f(1, second=20, **options)\n"
    )
    assert values(text)["x"] == (1, 20, 30)
    assert "first" not in small(text)


def test_defaults_and_inner_functions_mean_what_they_meant():
    text = (
        "size = len('abc')\n"
        "def outer(size=size, more=1):\n"
        "    def inner(more):\n        return more + size\n"
        "    return inner(more * 10) + (lambda size: size)(100)\n"
        "x = (outer(), outer(5, 2))\n"
    )
    assert values(text)["x"] == (113, 125)


def test_the_whole_firmware_gets_smaller_and_stays_python():
    sources = {
        ".".join(path.relative_to(FIRMWARE).with_suffix("").parts): path.read_text()
        for path in FIRMWARE.rglob("*.py")
    }
    shrunk = shrink(sources)
    assert shrunk.keys() == sources.keys()
    for name, text in shrunk.items():
        compile(text, name, "exec")
    before = sum(len(re.findall(r"\w+", text)) for text in sources.values())
    after = sum(len(re.findall(r"\w+", text)) for text in shrunk.values())
    assert after < before
