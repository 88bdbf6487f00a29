"""Smaller sources that do the same: what is replaced, and what must not be."""

import ast
import re
import subprocess
from pathlib import Path

import pytest
from host_tools.build.compile import compiled, names_in_rom
from host_tools.build.rom_names import names_in
from host_tools.build.shrink import shrink, shrink_and_map
from host_tools.build.starters import _narrow, starter
from host_tools.ground.firmware import FIRMWARE
from host_tools.ground.micropython import find
from tests.helpers import umqtt_simple
from tests.helpers.shrinking import KEPT, small, values

ROOT = Path(__file__).resolve().parents[3]


def test_numbers_go_where_they_are_used():
    text = "E = 3\nB = E << 2\nC, D = 5, -1\ndef f(x):\n    return x * B + C + D\n"
    assert small(text) == "def f(x):\n    return x * 12 + 5 + -1"


def test_numbers_of_other_modules():
    other = "ONE, TWO = 1, 2\nWORDS = ('a', 'b')\n"
    text = "import other\nfrom other import ONE, WORDS\nx = (ONE, other.TWO, WORDS, other.WORDS)\n"
    shrunk = small(text, other=other)
    assert shrunk == ("import other\nfrom other import WORDS\nx = (1, 2, WORDS, other.WORDS)")


def test_a_package_in_between():
    shrunk = shrink(
        {"m": "from store import frame\nx = frame.SIZE\n", "store.frame": "SIZE = 13"}, KEPT
    )
    assert shrunk["m"].endswith("x = 13\n")


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


def test_a_number_that_is_kept_is_there_for_others_as_well():
    assert small("A, WORDS = 3, 4\nx = A + WORDS\n") == "A, WORDS = 3, 4\nx = 3 + 4"


def test_a_text_that_is_kept_stays():
    text = "A, WORDS = 'a', 'b'\nOURS = 'c'\ndef f():\n    return OURS + WORDS\n"
    assert small(text) == "A, WORDS = 'a', 'b'\n\ndef f():\n    return 'c' + WORDS"


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
    assert not re.search("_reading_now|_add_to_it|amount|show|again|unit", shrunk)
    assert "Meter" in shrunk and "__init__" in shrunk and "self" in shrunk
    assert values(text)["x"] == 4


def test_names_that_may_be_somebody_elses_stay():
    text = (
        "import sys\nimport machine\n"
        "class A:\n"
        "    def __init__(self, pin):\n"
        "        self.named = self.own = pin.toggle()\n"
        "        setattr(self, 'named', sys._mpy)\n"
        "    def toggle(self):\n        return self.own\n"
        "    def write(self):\n        return self.named\n"
        "    def called_by_somebody(self):\n        return self.toggle() + self.write()\n"
    )
    shrunk = small(text)
    # by a text; by a library that Python does not know; by Python's own types; never in here
    for name in ("named", "_mpy", "toggle", "write", "called_by_somebody"):
        assert re.search(rf"\b{name}\b", shrunk)
    assert not re.search(r"\bown\b", shrunk)


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


def test_what_nobody_uses_is_left_out():
    text = (
        "NAMES = ('a', 'b')\nUSED = ('c',)\n"
        "def helper():\n    return 1\n"
        "def other():\n    return helper()\n"
        "def f():\n    return USED\n"
    )
    shrunk = small(text)
    assert "NAMES" not in shrunk and "helper" not in shrunk and "other" not in shrunk
    assert shrunk.count("('c',)") == 1 and "def f():" in shrunk


def test_what_is_worked_out_is_not_left_out():
    assert "print" in small("done = print(1)\n")


def test_a_module_that_is_handed_on_keeps_what_anybody_asks_of_something():
    others = {
        "choice": "from kernels import viper as fast\n",
        "kernels.viper": "def run_it(a):\n    return a + 1\ndef spare():\n    return 0\n",
    }
    text = "from choice import fast\ndef f(a):\n    return fast.run_it(a)\nx = f(1)\n"
    assert values(text, **others)["x"] == 2
    assert shrink({"m": text, **others}, KEPT)["kernels.viper"].count("def ") == 1


def test_a_module_that_is_imported_by_a_text():
    """What registries do: the same function of many modules has the same short name."""
    others = {
        "parts.lamp": "def make_it(a):\n    return a + 1\n",
        "parts.horn": "KEYS = (1, 2)\ndef make_it(a):\n    return a + len(KEYS)\n",
    }
    text = (
        "import sys\n"
        "def found(name):\n"
        "    __import__('parts.' + name)\n    return sys.modules['parts.' + name]\n"
        "x = [found(name).make_it(1) for name in ('lamp', 'horn')]\n"
    )
    assert values(text, **others)["x"] == [2, 3]
    assert "make_it" not in "".join(shrink({"m": text, **others}, KEPT).values())


def test_what_only_the_pc_asks_of_a_registry_is_left_out():
    lamp = "KEYS = {'pin': (0, 48)}\nORDER = 3\nNAME = 'lamp'\ndef make(a):\n    return NAME\n"
    text = "def f(name):\n    return __import__('parts.' + name).make(1), {'KEYS': 1}['KEYS']\n"
    shrunk = shrink({"m": text, "parts.lamp": lamp}, KEPT)["parts.lamp"]
    assert not re.search("KEYS|pin|ORDER|3", shrunk) and "'lamp'" in shrunk


def test_modules_share_names():
    """As many as the largest module needs, not one for everything."""
    names = [f"measure_number_{i}" for i in range(8)]
    body = "".join(f"def {name}(a):\n    return {i}\n" for i, name in enumerate(names))
    text = "import one, two\nx = [{}]\n".format(
        ", ".join(f"{module}.{name}(0)" for module in ("one", "two") for name in names)
    )
    shrunk = shrink({"m": text, "one": body, "two": body.replace("number", "index")}, KEPT)
    words = set(re.findall(r"def (\w+)", shrunk["one"] + shrunk["two"]))
    assert len(words) == 8


def test_attributes_that_one_object_may_have_do_not_share_a_name():
    text = (
        "from base import Base\n"
        "class A(Base):\n"
        "    def __init__(self):\n        self.begin()\n        self.second = 2\n"
        "x = A().both()\n"
    )
    base = (
        "class Base:\n"
        "    def begin(self):\n        self.first = 1\n"
        "    def both(self):\n        return (self.first, self.second)\n"
    )
    assert values(text, base=base)["x"] == (1, 2)


def test_an_attribute_that_is_given_from_outside_is_nobody_elses():
    text = (
        "from lamp import Lamp\nlamp = Lamp()\nlamp.extra_words = 'on'\n"
        "x = (lamp.is_bright(), lamp.extra_words)\n"
    )
    lamp = (
        "class Lamp:\n    def __init__(self):\n        self.brightness = 5\n"
        "    def is_bright(self):\n        return self.brightness > 4\n"
    )
    assert values(text, lamp=lamp)["x"] == (True, "on")


def test_a_class_body_reads_what_it_read():
    text = (
        "size = len('abc')\nlimit = 5\n"
        "class A:\n"
        "    depth = size\n    limit = limit + 1\n"
        "    @staticmethod\n    def plain(a=size):\n        return a\n"
        "    @staticmethod\n    def other():\n        return A.plain() + A.depth\n"
        "x = (A.depth, A.limit, A.other(), A.plain(9))\n"
    )
    assert values(text)["x"] == (3, 6, 6, 9)


def test_a_function_of_a_module_by_the_name_of_a_method():
    fields = "def put_text(row):\n    return row + 1\n"
    text = (
        "import fields\n"
        "class A:\n    def put_text(self, row):\n        return fields.put_text(row)\n"
        "def f(row):\n    return A().put_text(row)\n"
        "x = f(2)\n"
    )
    assert values(text, fields=fields)["x"] == 3


def test_a_number_is_no_name_of_an_argument_any_more():
    """To mpy-cross, const() makes a number of every name like it, an argument's as well."""
    text = (
        "from micropython import const\n"
        "LARGEST = const(1 << 4)\ndef f(number):\n    return number + LARGEST\n"
    )
    shrunk = small(text)
    assert "const" not in shrunk and "16" in shrunk


def test_names_in_rom_come_before_new_ones():
    names = [f"measure_{i}" for i in range(6)]
    body = "".join(f"def {name}(a):\n    return {i}\n" for i, name in enumerate(names))
    text = "import one\nx = [{}]\n".format(", ".join(f"one.{name}(0)" for name in names))
    rom = ("rindex", "popitem", "isalpha", "lstrip")
    shrunk, spoken = shrink_and_map({"m": text, "one": body}, KEPT, rom)
    found = re.findall(r"def (\w+)", shrunk["one"])
    assert set(rom) < set(found) and len(found) == len(set(found)) == 6
    longs = {long for each in spoken["one"]["functions"].values() for long in each}
    assert longs == set(names)


def test_the_names_in_rom_are_those_that_a_module_does_not_spell_out():
    assert {"append", "popitem", "ValueError"} < set(names_in_rom())
    assert not {"__name__", "sleep_ms", "hex"} & set(names_in_rom())
    made = compiled("m.py", b"def popitem(zebra):\n    return zebra\n", "")
    spelled = {name for name in names_in(made) if isinstance(name, str)}
    assert spelled == {"zebra"} | {name for name in spelled if name == "m"}


def test_nobody_else_has_the_attributes_that_become_short():
    """Neither the modules of a board nor the libraries that the firmware uses know their names."""
    theirs = [*(ROOT / "host_tools/sim/vm").glob("board_*.py")]
    theirs += [*(ROOT / "tests/standin/aioble").rglob("*.py")]
    theirs.append(umqtt_simple.folder() / "umqtt/simple.py")
    known = {name for path in theirs for name in members(ast.parse(path.read_text()))}
    known |= set(builtin_names())
    assert known & attributes_renamed() == set()


def members(tree):
    """What classes in a source have, but for what begins with an underscore."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            for each in node.body:
                name = getattr(each, "name", "_")
                if not name.startswith("_"):
                    yield name


def attributes_renamed():
    """Attributes of the firmware's objects that have other names on the board."""
    spoken = shrink_and_map(firmware())[1]
    return {
        long
        for names in spoken.values()
        for longs in names["attributes"].values()
        for long in longs
    }


def firmware():
    return {
        ".".join(path.relative_to(FIRMWARE).with_suffix("").parts): path.read_text()
        for path in FIRMWARE.rglob("*.py")
    }


def builtin_names():
    """What MicroPython's own modules and types have."""
    code = (
        "import sys, asyncio, socket, select, struct, binascii, os, time, json, deflate, ssl, io\n"
        "from array import array\n"
        "from collections import deque\n"
        "things = [v for k, v in globals().items() if k[0] != '_']\n"
        "things += [asyncio.core, asyncio.StreamReader, '', b'', bytearray()]\n"
        "things += [[], {}, set(), (), 1]\n"
        "things += [array('b'), memoryview(b''), socket.socket, select.poll(), io.BytesIO()]\n"
        "things += [Exception(), asyncio.Lock, asyncio.core.Task, asyncio.Event, deque]\n"
        "for thing in things:\n    print(' '.join(dir(thing)))\n"
    )
    done = subprocess.run([find(), "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.split()


def test_the_whole_firmware_gets_smaller_and_stays_python():
    sources = firmware()
    shrunk = shrink(sources)
    assert shrunk.keys() == sources.keys()
    for name, text in shrunk.items():
        compile(text, name, "exec")
    before = sum(len(re.findall(r"\w+", text)) for text in sources.values())
    after = sum(len(re.findall(r"\w+", text)) for text in shrunk.values())
    assert after < before


def test_what_stays_source_is_narrow():
    text = 'def f(x):\n    if x:\n        return "a\\n    b"\n\n    return 0\n'
    narrowed = _narrow(text)
    assert narrowed == 'def f(x):\n if x:\n  return "a\\n    b"\n return 0\n'


@pytest.mark.parametrize(
    ("text", "tight"),
    [
        ("a = [1, -2] if x else (3, 'b  c')", "a=[1,-2]if x else(3,'b  c')"),
        ("while (n := f(a)) and not b:", "while(n:=f(a))and not b:"),
        ("return 'in' in x or 9 if y else b'x'", "return 'in' in x or 9 if y else b'x'"),
        ("import a\nimport b\nx = 1\nimport c", "import a,b\nx=1\nimport c"),
        ("def f(a, *b, c=1):", "def f(a,*b,c=1):"),
    ],
)
def test_no_blank_stands_between_two_tokens_without_need(text, tight):
    assert _narrow(text + "\n") == tight + "\n"


@pytest.mark.parametrize("name", ["boot.py", "main.py"])
def test_a_starter_means_the_same_when_it_is_narrow(name):
    text = shrink({name: (FIRMWARE / name).read_text()}, KEPT)[name]
    tree, narrow = ast.parse(text), _narrow(text)
    while isinstance(tree.body[1], ast.Import):  # they share a line now
        tree.body[0].names += tree.body.pop(1).names
    assert ast.unparse(ast.parse(narrow)) == ast.unparse(tree)


def test_boot_py_takes_one_block_of_flash():
    assert len(starter("boot.py", (FIRMWARE / "boot.py").read_text(), frozenset())) <= 4096


def test_docstrings_stay_behind():
    text = 'class A:\n    "one"\n\n    def f(self):\n        "two"\n'
    assert small(text) == "class A:\n\n    def f(self):\n        pass"


def test_no_tuple_is_made_of_what_is_given_at_once():
    text = (
        "def f(a, b):\n    a, b = b, a + 1\n    c = (a, b)\n"
        "    d, e = (1, 2), (3, 4)\n    text = 'x, y = (1, 2)'\n"
        "    g, h = (1, 2) if a else (3, 4)\n    return (a, b, c, d, e, text, g, h)\nx = f(1, 2)\n"
    )
    shrunk = small(text)
    assert values(text)["x"] == (2, 2, (2, 2), (1, 2), (3, 4), "x, y = (1, 2)", 1, 2)
    assert re.search(r"(\w+), (\w+) = \2, \1 \+ 1$", shrunk, re.MULTILINE)
    assert "= (1, 2), (3, 4)\n" in shrunk and "'x, y = (1, 2)'" in shrunk
