"""A new BMS and a new link are new files and nothing else: the toys in tests/toys are put
into a copy of the tree, and the virtual board runs with them.
"""

import json
import os
import shutil
import subprocess
import sys

import pytest
from host_tools.ground.firmware import declared, names
from tests.helpers.documents import DOCS, ROOT

import config_rules

TOYS = ROOT / "tests/toys"
CACHES = shutil.ignore_patterns("__pycache__")


@pytest.fixture
def tree(tmp_path):
    """A copy of the firmware and the host tools, with the toy BMS and its simulated unit."""
    for folder in ("firmware", "host_tools"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=CACHES)
    shutil.copy(TOYS / "bms/toy.py", tmp_path / "firmware/bms")
    shutil.copy(TOYS / "units/toy.py", tmp_path / "host_tools/sim/units")
    return tmp_path


def said_in(tree, *keys, kind="toy"):
    """What tests/helpers/toy_run.py says there."""
    (tree / "out").mkdir()
    done = subprocess.run(
        [sys.executable, ROOT / "tests/helpers/toy_run.py", tree / "out", kind, *keys],
        env={**os.environ, "PYTHONPATH": str(tree)},
        cwd=tree,
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_a_new_bms_is_one_file_and_one_for_its_simulated_unit(tree):
    said = said_in(tree)
    assert int(said["values"]["readings"]) > 15
    assert float(said["values"]["voltage"]) == 13.21
    assert float(said["values"]["current"]) == -12.5
    assert "13.2" in " ".join(said["lcd"])
    assert [row["voltage"] for row in said["rows"]] == ["13.210"] * 3
    assert said["event"] == ["bms_errors", "too cold"]
    assert said["complaint"].endswith("packs[0].cells: 5 is not a whole number from 0 to 4")


def test_a_new_link_is_one_file(tree):
    shutil.copy(TOYS / "transport/asked.py", tree / "firmware/transport")
    toy = tree / "firmware/bms/toy.py"
    uart = '"uart": {"baudrate": 9600}'
    toy.write_text(toy.read_text().replace(uart, uart + ', "asked": {"baudrate": 9600}'))
    said = said_in(tree, "link=asked")
    assert int(said["values"]["readings"]) > 15
    assert float(said["values"]["voltage"]) == 13.21


def test_the_template_of_a_bms_begins_with_a_capture_and_works(tree):
    """docs/template: what CONTRIBUTING.md goes through."""
    template = DOCS / "template"
    shutil.copy(template / "bms.py", tree / "firmware/bms/example.py")
    shutil.copy(template / "unit.py", tree / "host_tools/sim/units/example.py")
    code = "from host_tools.cli.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", code, "replay", template / "capture.txt"],
        env={**os.environ, "PYTHONPATH": str(tree)},
        cwd=tree,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0 and "is of a example" in done.stderr, done.stderr
    row = "13.210,-12.5,21.4,61,3.299,3.303,4,3,3.301 3.302 3.303 3.299"
    assert done.stdout.splitlines()[1:] == [f"{n},{row}" for n in (1, 2, 3)]
    said = said_in(tree, kind="example")
    assert int(said["values"]["readings"]) > 15 and said["values"]["rejected"] in "0123"
    assert 40 < float(said["values"]["voltage"]) < 60


def test_every_bms_says_what_is_asked_of_it():
    numbers = [declared("bms", name)["NUMBER"] for name in names("bms")]
    assert numbers == list(range(1, len(numbers) + 1))  # the toy's stays free
    for name in names("bms"):
        said = declared("bms", name)
        assert said["LINKS"].keys() <= set(names("transport")) and said["LINKS"], name
        assert said["TOPICS"] in {"", *declared("parts", "mqtt")["KEYS"]}, name
        assert 0 < len(said["HINTS"]) <= 2 and max(map(len, said["HINTS"])) <= 20, name
        assert len(said["ALARMS"]) <= 32 and max(map(len, said["ALARMS"]), default=0) <= 20, name
        assert (ROOT / f"host_tools/sim/units/{name}.py").is_file(), name
        assert (DOCS / f"{name}.md").is_file(), name


@pytest.mark.parametrize("wing", ["bms", "transport", "parts", "display"])
def test_the_keys_of_every_thing_are_of_known_kinds_with_defaults_that_they_take(wing):
    assert names(wing)
    for name in names(wing):
        said = declared(wing, name)
        for key, (kind, limits, *default) in said.get("KEYS", {}).items():
            if not kind.startswith("section"):
                is_right, takes, _ = config_rules.KINDS[kind]
                assert takes(limits), (name, key)
                assert all(is_right(value, limits) for value in default), (name, key)
        for rule in said.get("RULES", ()):
            assert rule["rule"] in config_rules.RULES, (name, rule)


def test_the_parameters_of_a_link_fit_its_keys():
    for name in names("bms"):
        for link, parameters in declared("bms", name)["LINKS"].items():
            for key, (kind, limits, *default) in declared("transport", link)["KEYS"].items():
                assert default or key in parameters, (name, link, key)
                if key in parameters:
                    assert config_rules.KINDS[kind][0](parameters[key], limits), (name, link, key)
