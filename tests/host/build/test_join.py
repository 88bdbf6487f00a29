"""Modules that are always loaded together become one: which ones, and that they do the same."""

import ast
import re
import sys
import types
from unittest import mock

import pytest
from host_tools.build import groups
from host_tools.build.compile import build_and_map
from host_tools.build.join import join
from host_tools.build.often_used import put_first
from host_tools.build.syntax import Unsafe, imports
from host_tools.ground.firmware import FIRMWARE, all_things

X64 = 2 << 10 | 6
THINGS = frozenset(("parts.lamp", "parts.fan"))
SMALL = {
    "settings": "PASSING = True\ndef prepare():\n    from store import files\n    files.look()\n",
    "store.files": "from lib.words import join\ndef look():\n    return join('a', 'b')\n",
    "lib.words": "def join(*all):\n    return ' '.join(all)\n",
    "board": "def module(wing, name):\n    __import__(wing + '.' + name)\n",
    "packlog": "import hub\nfrom board import module\nfrom store import files\n"
    "def start(name):\n    module('parts', name)\n    files.look()\n",
    "hub": "from lib import words\ndef pair():\n    return words.join('hub', 'pair')\n",
    "parts.lamp": "from screen import light\ndef make():\n    return light.on()\n",
    "parts.fan": "def make():\n    from lib import clock\n    return clock\n",
    "screen.light": "import hub\ndef on():\n    return hub.pair()\n",
    "lib.clock": "NOW = 1\n",
}


def trees(sources):
    return {name: ast.parse(text) for name, text in sources.items()}


def found(sources, at_start=("settings", "packlog")):
    made = trees(sources)
    firmware = groups.Firmware(made, THINGS, groups.passing(made), at_start)
    return {frozenset(each) for each in groups.groups(firmware)}


def test_what_every_start_loads_is_two_groups():
    assert found(SMALL) >= {
        frozenset(("lib.words", "store.files")),  # before the rest
        frozenset(("hub", "board", "packlog")),
        frozenset(("screen.light", "parts.lamp")),
        frozenset(("parts.fan",)),
        frozenset(("lib.clock",)),
        frozenset(("settings",)),
    }


def test_a_module_that_two_entries_load_goes_with_neither():
    fan = SMALL["parts.fan"].replace("def", "from screen import light\ndef")
    assert frozenset(("screen.light",)) in found(SMALL | {"parts.fan": fan})


def run(sources, modules, named=frozenset(("m",))):
    """The public names of module m, after it was joined with the others and run."""
    made = join(trees(sources), [modules], named).trees
    space = types.ModuleType("m")
    assert set(made) == {"m"}
    with mock.patch.dict(sys.modules, {"m": space}):
        exec(compile(made["m"], "m", "exec"), vars(space))
    return vars(space)


def test_names_of_two_modules_do_not_meet():
    sources = {
        "one": "_count = 1\ndef next_one():\n    global _count\n    _count += 1\n"
        "    return _count\n",
        "two": "import struct\n_count = 10\ndef size(struct_size):\n"
        "    return struct.calcsize('<I') + _count + struct_size\n",
        "m": "import one, two\nfrom two import size as how_large\nimport struct as s\n"
        "def f(one_more, _count=5):\n    return (one.next_one(), two._count, how_large(one_more),"
        " _count, s.calcsize('B'))\n",
    }
    assert run(sources, ["one", "two", "m"])["f"](2) == (2, 10, 16, 5, 1)


def test_an_import_from_within_a_function_is_gone():
    sources = {
        "one": "def g():\n    return 7\n",
        "m": "def f():\n    import one\n    return one.g()\n",
    }
    space = run(sources, ["one", "m"])
    assert space["f"]() == 7 and "one" not in space


def test_others_find_what_has_moved():
    sources = {
        "far.one": "LIMIT = [1]\ndef g():\n    return LIMIT\n",
        "m": "from far import one\ndef f():\n    return one.g()\n",
        "other": "from far import one\nfrom far.one import g as get\nx = (one.LIMIT, get())\n",
    }
    made = join(trees(sources), [["far.one", "m"], ["other"]], frozenset(("m", "other"))).trees
    spaces = {name: types.ModuleType(name) for name in ("m", "other")}
    with mock.patch.dict(sys.modules, spaces):
        for name in ("m", "other"):
            exec(compile(made[name], name, "exec"), vars(spaces[name]))
    assert spaces["other"].x == ([1], [1])


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("one.LIMIT = 5", "sets one.LIMIT"),
        ("f = [one]", "hands on one"),
        ("open = 5", "hides"),
        (
            "if one.LIMIT:\n    from one import LIMIT as f\nelse:\n    from os import sep as f",
            "gives one name to one.LIMIT and something else",
        ),
    ],
)
def test_what_cannot_be_joined_is_refused(line, why):
    sources = {"one": "LIMIT = 1\n", "m": f"import one\n{line}\n"}
    with pytest.raises(Unsafe, match=why):
        join(trees(sources), [["one", "m"]], frozenset(("m",)))


def test_one_name_for_things_of_two_modules_is_refused():
    """It would be left as it is: an import of a module that is not on the board any more."""
    two = "def f(x):\n    if x:\n        from one import g\n    else:\n        from two import g\n"
    sources = {"one": "def g():\n    pass\n", "two": "def g():\n    pass\n", "m": two}
    with pytest.raises(Unsafe, match="m gives one name to one"):
        join(trees(sources), [["one"], ["two"], ["m"]], frozenset(("m",)))


def test_an_import_by_a_path_is_refused_if_the_module_is_elsewhere_then():
    sources = {"far.one": "X = [1]\n", "m": "import far.one\n"}
    with pytest.raises(Unsafe, match=r"m imports far\.one by its path"):
        join(trees(sources), [["far.one", "m"]], frozenset(("m",)))
    made = join(trees(sources), [["far.one"], ["m"]], frozenset(("m", "far.one"))).trees
    assert ast.unparse(made["m"]) == "import far.one"


def test_the_most_used_names_come_first_and_change_nothing():
    many = "\n".join(f"def f{i}(x):\n    return x.a{i}" for i in range(200))
    tree = ast.parse(f"{many}\ndef g(x):\n    return x.often + x.often.often\n")
    put_first(tree)
    first = ast.unparse(tree.body[0])
    assert first.startswith("__name__ or ") and ".often." in first.replace("or ", ".")
    space = {"__name__": "m"}
    exec(compile(ast.fix_missing_locations(tree), "m", "exec"), space)
    assert space["f7"](types.SimpleNamespace(a7=3)) == 3


# The firmware's own


def sources():
    paths = {path.relative_to(FIRMWARE).with_suffix(""): path for path in FIRMWARE.rglob("*.py")}
    texts = {".".join(path.parts): real.read_text() for path, real in paths.items()}
    left_out = ("main", "boot", "manifest")
    return {name: text for name, text in texts.items() if name not in left_out}


def test_the_modules_of_a_start_are_those_that_main_and_settings_load():
    first = ast.walk(ast.parse((FIRMWARE / "main.py").read_text()))
    loaded = [whole for node in first for _, whole in imports(node)]
    tree = ast.parse((FIRMWARE / "settings.py").read_text())
    prepare = next(node for node in tree.body if getattr(node, "name", "") == "prepare")
    loaded += [whole for node in ast.walk(prepare) for _, whole in imports(node)]
    assert set(groups.AT_START) == set(loaded) & {"packlog", *sources()}


def test_a_part_that_config_json_does_not_name_is_never_loaded():
    """Such as the clock chip's: it costs a board without one nothing."""
    made = trees(sources())
    found = all_things(FIRMWARE)
    firmware = groups.Firmware(made, frozenset(found), groups.passing(made))
    assert "parts.ds3231" in found
    assert not groups.always(firmware) & set(found)
    assert ["parts.ds3231"] in groups.groups(firmware)  # nothing else comes with it


def test_a_module_that_somebody_unloads_says_so():
    texts = sources()
    main = (FIRMWARE / "main.py").read_text()
    unloaded = re.findall(
        r'sys\.modules(?:\.pop\(|\[)"([\w.]+)"', "\n".join([main, *texts.values()])
    )
    passing = groups.passing(trees(texts))
    begun = {"bms.", "store", "store."}  # more of the name follows
    assert {"settings", "radios", "update"} <= set(unloaded) - begun <= passing
    kernels = {name for name in texts if name.rpartition("_")[2] in ("viper", "plain")}
    assert kernels <= passing


def test_no_two_functions_of_a_joined_module_share_a_name():
    _, names = build_and_map(FIRMWARE, X64)
    several = {
        short: longs
        for short, longs in names["packlog"]["functions"].items()
        if len({long.rpartition(":")[2] for long in longs}) > 1
    }
    assert len(names["packlog"]["functions"]) > 100 and not several
