"""The device tests a third time, on 32 bits: MicroPython for RV32, under qemu.

That build has 31-bit small integers, 32-bit floats, native code and the epoch of an ESP32-C3, and a
littlefs with the firmware on it, compiled as on a board. rv32/build.py says where it comes from.
"""

import os
import subprocess
import sys

import pytest
from host_tools.ground import micropython
from host_tools.ground.firmware import FIRMWARE
from tests.bench import heap_modules, instructions
from tests.rv32 import build, images, machine, pieces

ENCODER = pieces.VM / "encoder_rows.py"
# What runs frozen in any case: native code, numbers, a decoder, files
FROZEN = ("test_jk", "test_segment")


@pytest.fixture(scope="session")
def rv32(built, tmp_path_factory):
    """A machine with the firmware and the device tests on its flash, compiled."""
    image = machine.Image(built)
    image.add_firmware()
    image.add_tests()
    return machine.Machine(built, image.write(tmp_path_factory.mktemp("rv32") / "flash.img"))


@pytest.fixture(scope="session")
def frozen(built, tmp_path_factory):
    """The same, with the firmware frozen in by its manifest."""
    image = machine.Image(built)
    image.add_tests()
    image.add("firmware/config.json")
    path = image.write(tmp_path_factory.mktemp("frozen") / "flash.img")
    return machine.Machine(built, path, machine.PATH_WITHOUT, images.frozen(built))


def test_what_is_named_above_exists():
    for named in (
        pieces.SLOW,
        pieces.COUNTED,
        {"littlefs_store": pieces.LITTLEFS},
        dict.fromkeys(pieces.OTHERS),
    ):
        for stem, names in named.items():
            (path,) = [*pieces.DEVICE.glob(f"{stem}.py"), *pieces.VM.glob(f"{stem}.py")]
            assert set(names or ()) <= set(pieces.names_in(path))


@pytest.mark.parametrize(("path", "names", "counting"), pieces.units())
def test_device_code_on_rv32(path, names, counting, rv32):
    pieces.run_device_tests(rv32, path, names, counting)


@pytest.mark.parametrize(("path", "names", "counting"), list(pieces.sampled(FROZEN)))
def test_device_code_frozen_on_rv32(path, names, counting, frozen):
    pieces.run_device_tests(frozen, path, names, counting)


def encoded(command, path, *arguments):
    """What the encoder makes of the rows on a port of this machine."""
    done = subprocess.run(
        [command, ENCODER, *map(str, arguments)],
        env={**os.environ, path: f"{FIRMWARE}:{pieces.DEVICE}:.frozen"},
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    return done.stdout


def on_cpython(*sizes):
    """By the plain twins, the judges."""
    return encoded(sys.executable, "PYTHONPATH", "plain", *sizes)


def on_x64(kind, *sizes):
    return encoded(micropython.find(), "MICROPYPATH", kind, *sizes)


def on_rv32(board, kind, *sizes):
    script = f"rv32.add_heap({pieces.MB})\nimport encoder_rows as e\ne.use_{kind}()\ne.show{sizes}"
    return board.run(script)


@pytest.mark.parametrize(
    "sizes",  # frames, and rows of other kinds; a whole segment of 64 KB with the campaigns
    [(700, 100), pytest.param((5037, 300), marks=pytest.mark.slow)],
)
def test_the_encoder_gives_the_same_bytes_on_rv32_x64_and_cpython(rv32, sizes):
    judged = on_cpython(*sizes)
    assert len(judged.splitlines()) == 9
    assert on_x64("native", *sizes) == judged
    assert on_rv32(rv32, "native", *sizes) == judged


def test_so_do_the_plain_twins_on_rv32(rv32):
    judged = on_cpython(100, 20)
    assert on_rv32(rv32, "plain", 100, 20) == judged
    assert on_x64("plain", 100, 20) == judged


@pytest.mark.slow
def test_so_does_what_rv32_compiles_by_itself(built, tmp_path):
    image = machine.Image(built)
    image.add_tests()
    for path in FIRMWARE.rglob("*.py"):
        image.add(path.relative_to(machine.REPOSITORY))
    sources = machine.Machine(built, image.write(tmp_path / "flash.img"))
    assert on_rv32(sources, "native", 200, 40) == on_cpython(200, 40)
    said = sources.run("from store import plans\nprint(plans.fast.__file__)")
    assert said == "/packlog/firmware/store/plans_viper.py\n"


def test_what_goes_wrong_there_is_told(rv32):
    with pytest.raises(machine.RunError, match="ZeroDivisionError"):
        rv32.run("1 // 0")
    with pytest.raises(machine.RunError, match=r"hello\s+not done after 2 s"):
        rv32.run("print('hello')\nwhile True: pass", timeout=2)


LONGEST_ANSWER, LONGEST_OF_JK = 400000, 750000  # instructions: docs/rv32.md has what they are


@pytest.fixture(scope="module")
def counted(built):
    """What the firmware's work takes, and "longest": the instructions of 50 ms."""
    found = instructions.measure(built, part=5)
    found["longest"] = found["mhz"] * 50000 / found["cycles_an_instruction"]
    return found


def test_readings_mqtt_display_and_collection_take_less_than_50_ms_each(counted):
    """Each by itself: a garbage collection may come on top, which in this machine, of six kinds of
    BMS, takes longer than on a board. What takes longer: docs/rv32.md.
    """
    assert 10000 < counted["collection"] < counted["longest"]
    longest = counted["longest"]
    assert set(counted["readings"]) >= {"chargery", "jk", "bluenova", "jbd", "daly"}
    for kind, counts in counted["readings"].items():
        for name in ("a reading, all of it", "decoding alone", "hub alone"):
            assert 10000 < counts[name]["most"] < longest, (kind, name, counts[name])
        for name, turns in counts.get("mqtt", {}).items():
            assert 10000 < turns["most"] < longest, (kind, name, turns)
            assert turns["times"] > 5 and turns["all"] > 2 * turns["most"]
    assert 10000 < counted["display"]["most"] < longest


def test_an_answer_takes_few_instructions_to_decode(counted):
    """Of a unit that is asked by Bluetooth, and JK's frame of 300 bytes in two pieces."""
    most = {kind: counts["an answer of it"]["most"] for kind, counts in counted["readings"].items()}
    assert 300000 < most.pop("jk") < LONGEST_OF_JK
    for kind in ("chargery", "bluenova"):  # not asked: packets and lines of a wire
        del most[kind]
    assert len(most) >= 14
    for kind, longest in most.items():
        assert 50000 < longest < LONGEST_ANSWER, (kind, longest)


def test_a_step_of_compaction_takes_less_than_50_ms(counted):
    """Steps collect when they have to; those that load a module come right after a collection."""
    found = counted["compaction"]
    assert found["steps"] > 1000 and 10000 < found["most"] < counted["longest"]
    assert {"encoder", "plans", "plans_viper", "deflate", "emit_viper"} <= found["loads"].keys()
    for name, taken in found["loads"].items():
        assert 10000 < taken < counted["longest"], (name, taken)


def test_the_heap_that_modules_take_is_measured(built):
    sizes = dict(heap_modules.measure(built))
    assert list(sizes) == heap_modules.modules()
    assert {"store.history", "bms.jk", "packlog"} <= {name for name in sizes if sizes[name] > 1000}
    assert 100000 < sum(sizes.values()) < 400000


@pytest.mark.parametrize(
    ("line", "entry"),
    [
        ("deb http://m.example/debian bookworm main contrib", "http://m.example/debian"),
        ("deb [signed-by=/a.gpg] http://m.ex/ bookworm main", "[signed-by=/a.gpg] http://m.ex/"),
        ("# deb http://m.example/debian bookworm main", None),
        ("deb http://m.example/debian-security bookworm-security main", None),
        ("deb http://m.example/extra bookworm stable", None),
        ("deb-src http://m.example/debian bookworm main", None),
    ],
)
def test_the_mirror_of_a_line_of_sources_list(line, entry):
    expected = f"deb-src {entry} trixie main\n" if entry else ""
    assert build._line(f"# first\n{line}\n", "bookworm") == expected


STANZA = """# Where from
Types: deb
# a snapshot
URIs: http://m.example/debian
Suites: bookworm bookworm-updates
Components: main contrib
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 mQINBF
"""


def test_the_mirror_of_a_sources_file():
    security = STANZA.replace("bookworm bookworm-updates", "bookworm-security")
    assert build._stanza(f"{security}\n{STANZA}", "bookworm") == (
        "Types: deb-src\n"
        "URIs: http://m.example/debian\n"
        "Suites: trixie\n"
        "Components: main\n"
        "Signed-By:\n -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n mQINBF\n"
    )
    assert build._stanza(security, "bookworm") == ""
    assert build._stanza(STANZA + "Enabled: no\n", "bookworm") == ""
