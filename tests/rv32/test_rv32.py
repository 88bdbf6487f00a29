"""The device tests a third time, on 32 bits: MicroPython for RV32, under qemu.

That build has 31-bit small integers, 32-bit floats, native code and the epoch of an ESP32-C3, and a
littlefs with the firmware on it, compiled as on a board. rv32/build.py says where it comes from.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from host_tools.ground import micropython
from host_tools.ground.firmware import FIRMWARE
from tests.bench import heap_modules, instructions
from tests.rv32 import build, images, machine

TESTS = Path(__file__).resolve().parents[1]
DEVICE, VM = TESTS / "device", TESTS / "rv32" / "vm"
ENCODER = VM / "encoder_rows.py"

# What takes seconds here
SLOW = {
    "test_compaction": (
        "test_shards_make_the_budget_last_longer",
        "test_a_full_disk_is_tried_again_less_and_less_often",
        "test_retention_takes_the_segment_that_is_under_way",
        "test_switched_off_after_any_step",
        "test_what_cannot_be_compacted_is_left_alone",
    ),
    "test_history_trouble": ("test_the_reserve_of_the_disk_stays_free",),
    "test_ntp": (
        "test_the_crystal_is_learned_and_corrects_the_clock_without_a_server",
        "test_a_clock_that_is_right_is_left_alone",
        "test_a_server_that_insists_is_believed_in_the_end",
    ),
    "test_jk_line": (
        "test_a_frame_that_is_broken_off_at_any_byte_and_started_again",
        "test_rubbish_between_frames",
    ),
    "test_sampler_bounds": (
        "test_a_day_in_a_house",
        "test_bounds_hold_on_random_walks",
        "test_charge_does_not_drift",
    ),
    "test_sampler_bursts": (
        "test_charge_stays_exact_with_bursts_at_any_time",
        "test_steps_are_followed_once_in_six_hours",
    ),
    "littlefs_store": ("test_adding_and_flushing_are_quick",),
}
# What has nothing to do with the width of a number runs with the campaigns, as a whole
OTHERS = (
    "test_ble", "test_ble_links", "test_ble_trouble", "test_compaction", "test_discovery",
    "test_display", "test_draft", "test_hd44780", "test_hd44780_faults",
    "test_health", "test_history", "test_history_series", "test_history_trouble",
    "test_jk_ask", "test_keepalive", "test_mqtt_pipe", "test_topics", "test_wifi",
    "littlefs_store",
)  # fmt: skip
# Of the tests on littlefs only these: the others wear a flash in RAM out, minutes each
LITTLEFS = (
    "test_every_flush_is_durable_without_closing",
    "test_a_disk_filled_by_others_while_logging",
    "test_a_disk_full_of_other_things_recovers_when_there_is_room",
    *SLOW["littlefs_store"],
)
# Where time is compared with time, it is that of the instructions
COUNTED = {
    "time_32": None,  # all of them
    "test_shard_cost": ("test_the_longest_step",),
}
# What runs frozen in any case: native code, numbers, a decoder, files
FROZEN = ("test_columns", "test_half", "test_jk", "test_segment", "test_shard")
MB = 1 << 20
# More heap than an ESP32 has, for tests that hold whole files; the costs are measured without
HEAP = {"test_shard_cost": MB // 4, "littlefs_store": 32 * MB}


def names_in(path):
    """The names of its tests that can run here."""
    names = re.findall(r"^def (test_\w+)", path.read_text(), re.MULTILINE)
    return [name for name in names if path.stem != "littlefs_store" or name in LITTLEFS]


def parts(path):
    """(id, names, counting, marks): the tests of a file that run in one go."""
    names = names_in(path)
    slow = [name for name in names if name in SLOW.get(path.stem, ())]
    counted = COUNTED.get(path.stem, ())
    counted = names if counted is None else [name for name in names if name in counted]
    quick = [name for name in names if name not in slow + counted]
    yield path.stem, quick, False, [pytest.mark.slow] if path.stem in OTHERS else []
    yield path.stem + " (counted)", counted, True, []
    yield path.stem + " (slow)", slow, False, [pytest.mark.slow]


def units():
    """All that run, a file at a time."""
    files = [*DEVICE.glob("test_*.py"), DEVICE / "littlefs_store.py", *VM.glob("*_32.py")]
    return [
        pytest.param(path, names, counting, id=name, marks=marks)
        for path in sorted(files)
        for name, names, counting, marks in parts(path)
        if names
    ]


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
    path = image.write(tmp_path_factory.mktemp("frozen") / "flash.img")
    folders = [folder for folder in machine.PATH if not folder.endswith("firmware")]
    return machine.Machine(built, path, folders, images.frozen(built))


def test_what_is_named_above_exists():
    for named in (SLOW, COUNTED, {"littlefs_store": LITTLEFS}, dict.fromkeys(OTHERS)):
        for stem, names in named.items():
            (path,) = [*DEVICE.glob(f"{stem}.py"), *VM.glob(f"{stem}.py")]
            assert set(names or ()) <= set(names_in(path))


@pytest.mark.parametrize(("path", "names", "counting"), units())
def test_device_code_on_rv32(path, names, counting, rv32):
    run_device_tests(rv32, path, names, counting)


def frozen_units():
    """All that run, FROZEN in any case and the rest with the campaigns."""
    for unit in units():
        marks = [] if unit.id in FROZEN else [pytest.mark.slow]
        yield pytest.param(*unit.values, id=unit.id, marks=marks)


@pytest.mark.parametrize(("path", "names", "counting"), list(frozen_units()))
def test_device_code_frozen_on_rv32(path, names, counting, frozen):
    run_device_tests(frozen, path, names, counting)


def run_device_tests(board, path, names, counting):
    heap = HEAP.get(path.stem, MB)
    script = f"rv32.add_heap({heap})\n" if heap else ""
    target = "/packlog/" + str(path.relative_to(TESTS.parent))
    script += "import fakes\nfakes.like_unix()\n"
    script += f"import run\nprint('failed:', run.run({target!r}, {names!r}))"
    said = board.run(script, counting)
    assert said.splitlines()[-1] == "failed: 0", said
    assert [f"ok {name}" for name in names] == re.findall("ok test_.*", said)


def encoded(command, path, *arguments):
    """What the encoder makes of the rows on a port of this machine."""
    done = subprocess.run(
        [command, ENCODER, *map(str, arguments)],
        env={**os.environ, path: f"{FIRMWARE}:{DEVICE}:.frozen"},
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
    script = f"rv32.add_heap({MB})\nimport encoder_rows as e\ne.use_{kind}()\ne.show{sizes}"
    return board.run(script)


def test_the_encoder_gives_the_same_bytes_on_rv32_x64_and_cpython(rv32):
    sizes = (5037, 300)  # a whole segment of 64 KB, and some rows of other kinds
    judged = on_cpython(*sizes)
    assert len(judged.splitlines()) == 9
    assert on_x64("native", *sizes) == judged
    assert on_rv32(rv32, "native", *sizes) == judged


def test_so_do_the_plain_twins_on_rv32(rv32):
    judged = on_cpython(200, 40)
    assert on_rv32(rv32, "plain", 200, 40) == judged
    assert on_x64("plain", 200, 40) == judged


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


def test_readings_mqtt_display_compaction_and_collection_take_less_than_50_ms_each(built):
    """What takes longer, and how often: docs/rv32.md."""
    found = instructions.measure(built)
    longest = found["mhz"] * 50000 / found["cycles_an_instruction"]
    assert set(found["readings"]) == {"chargery", "jk", "bluenova"}
    for kind, counts in found["readings"].items():
        for name in ("a reading, all of it", "decoding alone", "hub alone"):
            assert 10000 < counts[name]["most"] < longest, (kind, name, counts[name])
        for name, turns in counts["mqtt"].items():
            assert 10000 < turns["most"] < longest, (kind, name, turns)
            own = turns["most"] - found["collection"]  # a collection may fall into the longest turn
            assert turns["times"] > 5 and turns["all"] > 2 * own
    assert 10000 < found["display"]["most"] < longest
    assert found["compaction"]["steps"] > 5000 and 10000 < found["compaction"]["most"] < longest
    assert 10000 < found["collection"] < longest


def test_the_heap_that_modules_take_is_measured(built):
    sizes = dict(heap_modules.measure(built))
    assert list(sizes) == heap_modules.modules()
    assert {"store.history", "bms.jk", "packlog"} <= {name for name in sizes if sizes[name] > 1000}
    assert 100000 < sum(sizes.values()) < 200000


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
