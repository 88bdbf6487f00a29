"""The device tests once more on RV32, with the firmware out of a bundle that boot.py mounts.

A bundle with all of its names; and one with short names, as it is installed: there the tests are
made smaller together with the firmware, for they speak of its names.
"""

import pytest
from host_tools.build import compile
from host_tools.ground.firmware import FIRMWARE, sources
from tests.helpers import shrunk
from tests.rv32 import machine, pieces

# What runs in any case: native code, config.json and files, a decoder
WITH_NAMES = ("test_columns", "test_config", "test_segment")
SHORT = ("test_chargery", "test_columns", "test_topics")
ARCH = compile.ARCHITECTURES[11]
# The stand-in for aioble's package is not made smaller; tests of 32 bits are about one machine
NOT_SHORT = ("ble", "_32")
# Asks by a text for numbers that the build puts in the place of their names
BY_TEXT = {"test_the_deflater_and_its_loops_agree_about_the_state"}


def a_machine(built, folder, modules, tests):
    """A machine whose boot.py mounts a bundle of those modules; tests: {path: text} instead."""
    image = machine.Image(built)
    image.add_bundle(modules)
    image.add_tests(but_for=tests)
    for path, text in tests.items():
        source = folder / path.name
        source.write_text(text)
        image.add_compiled(path.relative_to(machine.REPOSITORY), source=source)
    path = image.write(folder / "flash.img")
    return machine.Machine(built, path, machine.PATH_WITHOUT, begin=machine.BOOT)


@pytest.fixture(scope="module")
def with_names(built, tmp_path_factory):
    """The bundle has the modules as they are, also the plain twins."""
    paths = [path for path in sources(FIRMWARE) if path.endswith(".py")]
    modules = {
        path.removesuffix(".py") + ".mpy": compile.compiled(
            path, (FIRMWARE / path).read_bytes(), ARCH
        )
        for path in paths
        if path not in compile.AS_SOURCE
    }
    return a_machine(built, tmp_path_factory.mktemp("bundled"), modules, {})


@pytest.fixture(scope="module")
def short(built, tmp_path_factory):
    """The bundle has short names, and so have the tests."""
    modules, tests = {}, {}
    files = shrunk.files()
    for name, text in shrunk.shrunk().items():
        if files[name].is_relative_to(FIRMWARE):
            path = name.replace(".", "/")
            modules[path + ".mpy"] = compile.compiled(path + ".py", text.encode(), ARCH)
        else:
            tests[files[name]] = text  # their asserts stay
    return a_machine(built, tmp_path_factory.mktemp("short"), modules, tests)


@pytest.mark.parametrize(("path", "names", "counting"), list(pieces.sampled(WITH_NAMES)))
def test_device_code_from_a_bundle(path, names, counting, with_names):
    pieces.run_device_tests(with_names, path, names, counting)


@pytest.mark.parametrize(
    ("path", "names", "counting"),
    [
        unit
        for unit in pieces.sampled(SHORT)
        if not any(part in unit.values[0].stem for part in NOT_SHORT)
    ],
)
def test_device_code_from_a_bundle_with_short_names(path, names, counting, short):
    names = [name for name in names if name not in BY_TEXT]
    pieces.run_device_tests(short, path, names, counting)


@pytest.mark.parametrize("kind", ["with_names", "short"])
def test_the_modules_come_out_of_the_bundle(kind, request):
    board = request.getfixturevalue(kind)
    said = board.run("import store.segment as it, os\nprint(it.__file__, os.listdir('/packlog'))")
    assert said.splitlines()[0].startswith("packlog: firmware ")
    assert said.splitlines()[1].startswith("/~/store/segment.mpy ")
    assert said.count("'firmware'") == 1
    assert board.run("import os\nprint(os.listdir('/packlog/firmware'))").endswith(
        "['config.json']\n"
    )
