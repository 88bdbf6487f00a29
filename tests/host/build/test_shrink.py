"""Smaller sources that do the same: what is replaced, and what must not be."""

import re
import subprocess
from pathlib import Path

from host_tools.build.short_names import KERNELS, OURS
from host_tools.build.shrink import narrow, shrink
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
    assert small("A, B = 3, 4\nx = A + B\n") == "A, B = (3, 4)\nx = 3 + 4"


def test_a_text_that_is_kept_stays():
    text = "OURS, WORDS = 'a', 'b'\ndef f():\n    return OURS + WORDS\n"
    assert small(text) == "OURS, WORDS = ('a', 'b')\n\ndef f():\n    return 'a' + WORDS"


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


def test_a_module_that_is_handed_on_keeps_everything():
    shrunk = shrink(
        {
            "m": "from choice import fast\ndef f(a):\n    return fast.run_it(a)\n",
            "choice": "from kernels import viper as fast\n",
            "kernels.viper": "def run_it(a):\n    return a\ndef spare():\n    return 0\n",
        },
        KEPT,
    )
    assert "run_it" in shrunk["kernels.viper"] and "run_it" in shrunk["m"]


def test_functions_of_modules_become_short_where_they_cannot_be_mistaken():
    frame = "def encode_into(buf):\n    return buf\n"
    frame += "class Odd:\n    def measure_it(self):\n        pass\n"
    text = (
        "from store import frame\nfrom store.frame import Odd\n"
        "def f(buf, other):\n    return (frame.encode_into(buf), Odd, other.measure_it())\n"
    )
    shrunk = shrink({"m": text, "store.frame": frame}, KEPT)
    assert "encode_into" not in shrunk["m"] + shrunk["store.frame"]
    assert "Odd" not in shrunk["m"] and "measure_it" in shrunk["m"]
    space = {}
    exec(shrunk["store.frame"], space)
    assert len([name for name in space if not name.startswith("__")]) == 2


def test_a_function_of_a_module_by_the_name_of_a_method():
    fields = "def put_text(row):\n    return row\n"
    text = (
        "import fields\n"
        "class A:\n    def put_text(self, row):\n        return fields.put_text(row)\n"
        "def f(row):\n    return A().put_text(row)\n"
    )
    shrunk = shrink({"m": text, "fields": fields}, KEPT)
    assert "put_text" in shrunk["fields"] and shrunk["m"].count("put_text") == 3


def test_nobody_else_has_the_attributes_that_are_packlogs_own():
    """Neither the modules of a board nor the libraries that the firmware uses know their names."""
    theirs = [*(ROOT / "host_tools/sim/vm").glob("*.py"), *(ROOT / "tests/standin").rglob("*.py")]
    theirs.append(umqtt_simple.folder() / "umqtt/simple.py")
    known = {word for path in theirs for word in re.findall(r"\w+", path.read_text())}
    known |= set(builtin_names())
    assert known & {*OURS, *KERNELS} == set()
    ours = " ".join(path.read_text() for path in FIRMWARE.rglob("*.py"))
    assert [name for name in (*OURS, *KERNELS) if not re.search(rf"\.{name}\b", ours)] == []


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


def test_what_stays_source_is_narrow():
    text = 'def f(x):\n    if x:\n        return "a\\n    b"\n\n    return 0\n'
    narrowed = narrow(text)
    assert narrowed == 'def f(x):\n if x:\n  return "a\\n    b"\n return 0\n'


def test_docstrings_stay_behind():
    assert small('class A:\n    "x"\n\n    def f(self):\n        "y"\n', keep="A") or True
