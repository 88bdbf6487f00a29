"""Tracebacks of the shrunk firmware, as the unix port prints them, in the source's words."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from host_tools.build import explain, names
from host_tools.build.compile import build_and_map
from host_tools.ground.errors import PacklogError
from host_tools.ground.micropython import find
from tests.helpers.command_line import ROOT, packlog_here

X64 = 6 | 3 << 8 | 2 << 10
IDENTITY = "0123456789abcdef"
BATTERY = """
class BatteryError(Exception):
    pass

class Battery:
    def __init__(self, cell_count):
        self.cell_count = cell_count
        self.is_empty = False

    def find_weakest(self, readings_now):
        if readings_now == "twice":
            self.weigh_each([1, 2, 3])
        return self.weigh_each(readings_now)

    def weigh_each(self, readings_now):
        if readings_now is None:
            raise BatteryError("no readings")
        if not readings_now:
            return self.last_known
        return self.read_one(readings_now)

    def read_one(self, readings_now):
        return readings_now[self.cell_count]

def forget_it(battery_now):
    battery_now.last_known = None
    return missing_name
"""
PACKLOG = """
import sys
from cells.battery import Battery, BatteryError, forget_it

def start(readings_now):
    if readings_now == "twice":
        weakest_cell(Battery(1), readings_now)
        forget_it(Battery(1))
    weakest_cell(Battery(2), readings_now)

def weakest_cell(battery_now, readings_now):
    try:
        if readings_now == "twice":
            battery_now.find_weakest([1, 2, 3])
        battery_now.find_weakest(readings_now)
        if readings_now == [1, 2, 3]:
            forget_it(battery_now)
    except BatteryError as error:
        print("packlog: task house failed: " + repr(error))
        sys.print_exception(error)
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """(folder of the shrunk firmware, map)."""
    source = tmp_path_factory.mktemp("source")
    (source / "cells").mkdir()
    (source / "cells/battery.py").write_text(BATTERY)
    (source / "packlog.py").write_text(PACKLOG)
    (source / "main.py").write_text("import packlog\npacklog.start([1])\n")
    files, spoken = build_and_map(source, X64)
    folder = tmp_path_factory.mktemp("board")
    for path, data in files.items():
        (folder / path).parent.mkdir(exist_ok=True)
        (folder / path).write_bytes(data)
    return folder, spoken


def said(folder, argument):
    """What MicroPython prints when that is what the firmware is started with."""
    done = subprocess.run(
        [find(), "-c", f"import packlog\npacklog.start({argument})"],
        env={**os.environ, "MICROPYPATH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout + done.stderr


FRAMES = """Traceback (most recent call last):
  File "<stdin>", line 2, in <module>
  File "packlog", line 1, in start
  File "packlog", line 1, in weakest_cell
  File "cells.battery", line 1, in find_weakest
  File "cells.battery", line 1, in weigh_each
"""


def test_an_error_that_nobody_caught(made):
    text = said(made[0], "[1]")
    assert "weakest" not in text and "cells.battery" not in text  # they are one module there
    assert explain.translate(text, made[1]) == FRAMES + "IndexError: list index out of range\n"


def test_what_stands_in_its_callers_place_is_the_callers(made):
    """read_one, called in weigh_each alone, is a part of it on the board."""
    assert "read_one" in BATTERY
    functions = [
        name for of in made[1].values() for each in of["functions"].values() for name in each
    ]
    assert "cells.battery:weigh_each" in functions and "cells.battery:read_one" not in functions


def test_an_attribute_that_is_not_there(made):
    text = said(made[0], "[]")
    assert "last_known" not in text
    wanted = "AttributeError: 'Battery' object has no attribute 'last_known'\n"
    assert explain.translate(text, made[1]) == FRAMES + wanted


def test_a_name_that_is_not_there(made):
    text = said(made[0], "[1, 2, 3]")
    assert "forget_it" not in text
    translated = explain.translate(text, made[1]).splitlines()
    assert translated[-2:] == [
        '  File "cells.battery", line 1, in forget_it',
        "NameError: name 'missing_name' isn't defined",
    ]


def test_an_error_of_packlogs_own_reported_and_printed(made):
    text = said(made[0], "None")
    assert "BatteryError" not in text
    assert explain.translate(text, made[1]) == (
        "packlog: task house failed: BatteryError('no readings',)\n"
        "Traceback (most recent call last):\n"
        '  File "packlog", line 1, in weakest_cell\n'
        '  File "cells.battery", line 1, in find_weakest\n'
        '  File "cells.battery", line 1, in weigh_each\n'
        "BatteryError: no readings\n"
    )


def test_other_lines_stay_as_they_are(made):
    text = 'packlog house age=0.2 voltage=52.793\n  File "packlog", line 1, in a\nabs: is\n'
    assert explain.translate(text, made[1]) == text


def test_a_short_name_of_several():
    spoken = {"a": {"functions": {"f": ["flush", "open"]}, "classes": {}, "attributes": {}}}
    text = f'{explain.TRACEBACK}\n  File "a", line 1, in f\n  File "b", line 1, in f\n'
    assert "in flush or open\n" in explain.translate(text, spoken)
    assert explain.translate(text, spoken).endswith("in flush or open\n")


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def test_explain_by_the_id_that_the_console_names(cache, made, tmp_path):
    names.keep(IDENTITY, made[1])
    names.keep("f" * 16, {})
    crash = tmp_path / "crash.txt"
    crash.write_text(f"packlog starting, bundle {IDENTITY}\n" + said(made[0], "[1]"))
    assert "in weigh_each" in packlog_here("explain", crash).stdout


def test_explain_without_an_id_takes_the_newest_build(cache, made, tmp_path):
    names.keep(IDENTITY, made[1])
    crash = tmp_path / "crash.txt"
    crash.write_text(said(made[0], "[1]"))
    assert "in weigh_each" in packlog_here("explain", crash).stdout


def test_explain_with_the_map_of_a_release(cache, made, tmp_path):
    crash, release = tmp_path / "crash.txt", tmp_path / "packlog.map.json"
    crash.write_text("packlog starting, bundle " + "f" * 16 + "\n" + said(made[0], "[1]"))
    release.write_text(names.as_file(IDENTITY, made[1]))
    assert "in weigh_each" in packlog_here("explain", crash, "--map", release).stdout


def test_an_id_that_is_not_known_here(cache, tmp_path):
    crash = tmp_path / "crash.txt"
    crash.write_text("packlog starting, bundle " + "f" * 16 + "\n")
    with pytest.raises(PacklogError, match=r"ffffffffffffffff .*--map"):
        explain.explain(crash, None)


def test_no_map_at_all(cache, tmp_path):
    crash = tmp_path / "crash.txt"
    crash.write_text("abc\n")
    with pytest.raises(PacklogError, match="--map"):
        explain.explain(crash, None)
    with pytest.raises(PacklogError, match=r"crash\.txt is not a map"):
        explain.explain(crash, crash)


def test_old_maps_go(cache):
    for i in range(names.KEPT + 2):
        names.keep(f"{i:016x}", {})
    assert names.find(f"{0:016x}") is None and names.find(f"{names.KEPT + 1:016x}") == {}


@pytest.mark.parametrize(
    "text",
    [
        *("", "[]", "{}", '{"modules": null}', '{"modules": [1]}', '{"modules": {"packlog": 1}}'),
        '{"modules": {"packlog": {"functions": {"f": 5}}}}',
        "[" * 100_000,
        '{"modules":' * 600 + "1" + "}" * 600,
        "\xff\xfe",
    ],
)
def test_a_map_that_is_none(tmp_path, text, monkeypatch):
    path = tmp_path / "names.json"
    path.write_text(text, "latin1")
    with pytest.raises(PacklogError, match="is not a map of names"):
        names.read(path)
    monkeypatch.setattr(names, "_folder", lambda: tmp_path)
    assert names.find(None) is None  # and watch and info go on without


def test_a_text_without_end_is_refused():
    with pytest.raises(PacklogError, match="is a device"):
        explain.explain(Path("/dev/zero"), None)
    with open("/dev/zero", "rb") as endless:
        command = [sys.executable, "-c", "from host_tools.cli.cli import main; main()", "explain"]
        done = subprocess.run(
            command, cwd=ROOT, stdin=endless, capture_output=True, text=True, check=False
        )
    assert done.returncode == 1 and "give the traceback only" in done.stderr
