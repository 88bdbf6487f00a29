"""A new firmware that does not work on a board: within two minutes of board time the board goes
back to the one before, and says so. Bundles that are damaged are never started.
"""

import json
import re

import pytest
from host_tools.build import bundle
from host_tools.install.deploy import Trial
from tests.helpers.boards import Bench, copy_of, example
from tests.helpers.installing import MINI, add, board_on, bundle_of, mini, on_flash, put

BACK = "packlog: the new firmware does not work here: back to the one before"
OLD, NEW = "readings=10", "readings=9"  # what the two versions of a small firmware print
IMPORT_ERROR = "import nonesuch\n"
SILENT = MINI["packlog.py"].replace("    if", "    time.sleep(100000)\n    if")
CRASH = "import machine, time\ntime.sleep(3)\nmachine.reset()\n"
CONFIG = {"status_s": 5}


@pytest.fixture
def switched_on(tmp_path):
    """switched_on(files): a board with these files on its flash."""
    made = []

    def make(files, image=None, **plan):
        image = image or tmp_path / "flash.img"
        if not image.exists():
            with board_on(image):
                pass
        add(image, files)
        made.append(Bench(image, **plan).start())
        return made[-1]

    yield make
    for each in made:
        each.close()


def starters(firmware):
    """boot.py and main.py."""
    return {f"/{name}": (firmware / name).read_bytes() for name in ("boot.py", "main.py")}


def updated(new, old, had_readings=True, version="1.1"):
    """The files as an update leaves them, right before the restart."""
    trial = Trial(bundle.identity_of(new), version, had_readings, 0)
    return {"/packlog.bundle": new, "/packlog.old": old, "/packlog.try": trial.text().encode()}


def runs_until(bench, text, limit_s):
    """Board seconds until the console has the text."""
    begun = bench.board.now
    while text not in bench.console():
        assert bench.board.now - begun < limit_s * 1e6, bench.console()[-2000:]
        step = bench.board.now
        bench.board.run(1)
        if bench.board.now == step:  # at the REPL board time is real time: not waited for
            bench.board.now += 1_000_000
            bench.board._pace.begin()
            bench.board.run(0.01)
    return (bench.board.now - begun) / 1e6


NINE = "def text():\n    return 'four'\n"
BROKEN = {
    "import error": ({"greeting": IMPORT_ERROR}, 125),
    "silent": ({"packlog": SILENT}, 125),
    "reset loop": ({"greeting": CRASH}, 25),
    "exception": ({"settings": "def read():\n    raise ValueError('broken')\n"}, 125),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_firmware_that_does_not_work_is_taken_back(kind, switched_on, tmp_path):
    changes, limit_s = BROKEN[kind]
    old, new = mini(tmp_path / "old"), mini(tmp_path / "new", **changes)
    files = updated(bundle_of(new, "1.1"), bundle_of(old)) | starters(old)
    bench = switched_on(files)
    assert runs_until(bench, BACK, limit_s) < limit_s
    assert runs_until(bench, OLD, 5) < 5
    bench.board.run(300)  # no flapping: it stays with the old one
    assert bench.console().count(BACK) == 1
    bench.board.power_off()
    found = on_flash(bench.image)
    assert bundle.read(found["/packlog.bundle"]).version == "1.0" and "/packlog.old" not in found


def test_a_firmware_that_works_stays(switched_on, tmp_path):
    old, new = mini(tmp_path / "old"), mini(tmp_path / "new", greeting=NINE)
    bench = switched_on(updated(bundle_of(new, "1.1"), bundle_of(old)) | starters(old))
    assert runs_until(bench, NEW, 5) < 5
    bench.board.run(300)
    assert BACK not in bench.console() and OLD not in bench.console()


def test_loose_files_of_packlog_0_1_are_a_way_back_too(switched_on, tmp_path):
    new = mini(tmp_path / "new", packlog=SILENT)
    loose = {f"/{path}": text.encode() for path, text in MINI.items() if path.endswith(".py")}
    files = updated(bundle_of(new, "1.1"), b"") | loose
    del files["/packlog.old"]
    bench = switched_on(files)
    runs_until(bench, BACK, 125)
    assert runs_until(bench, OLD, 5) < 5
    bench.board.power_off()
    assert "/packlog.bundle" not in on_flash(bench.image)


def test_power_cuts_do_not_count_as_crashes_but_not_for_ever(switched_on, tmp_path):
    """A supply that is too weak for a new firmware looks like a power cut."""
    old, new = mini(tmp_path / "old"), mini(tmp_path / "new", packlog=SILENT)
    bench = switched_on(updated(bundle_of(new, "1.1"), bundle_of(old)) | starters(old))
    for _ in range(2):
        bench.board.run(10)
        bench.board.power_off()
        assert BACK not in bench.console()
        bench.board.power_on()
    bench.board.run(10)
    bench.board.power_off()
    bench.board.power_on()
    assert runs_until(bench, OLD, 5) < 5
    assert BACK in bench.console()


def test_what_was_counted_before_an_update_is_not_held_against_it(switched_on, tmp_path):
    old, new = mini(tmp_path / "old"), mini(tmp_path / "new", greeting=CRASH)
    files = updated(bundle_of(new, "1.1"), bundle_of(old)) | starters(old)
    bench = switched_on(files | {"/crashes": b"2", "/cuts": b"3"})
    assert runs_until(bench, BACK, 25) < 25
    assert runs_until(bench, OLD, 5) < 5
    assert "safe mode" not in bench.console()


@pytest.fixture(scope="module")
def real(installed, tmp_path_factory):
    """(flash with the real firmware, its bundle, the same as another version)"""
    data = on_flash(installed)["/packlog.bundle"]
    return installed, data, bundle.pack(bundle.read(data).modules, "9.9")


def switch_off(rig):
    """The BMS."""
    rig.line.silent = True


def test_the_logger_goes_back_when_the_readings_stay_away_and_says_so(real, tmp_path, switched_on):
    image, old, new = real
    config = {"/config.json": json.dumps(example() | CONFIG).encode()}
    files = updated(new, old, True, "9.9") | config
    bench = switched_on(files, copy_of(image, tmp_path), ahead=switch_off)
    assert 100 < runs_until(bench, BACK, 125) < 125
    bench.board.run(20)
    words = "packlog 9.9 did not work here: the one before is back"
    assert f"packlog! {words}" in bench.console()
    assert "packlog 9.9 did not" in " ".join(bench.lcd().split())
    bench.board.run(300)
    assert bench.console().count(BACK) == 1


def test_without_readings_before_the_update_running_is_enough(real, tmp_path, switched_on):
    image, old, new = real
    files = updated(new, old, False, "9.9")
    bench = switched_on(files, copy_of(image, tmp_path), ahead=switch_off)
    assert 55 < runs_until(bench, "packlog: the new firmware works", 70) < 70
    bench.board.run(200)
    assert BACK not in bench.console()


def test_the_logger_ends_the_trial_with_its_first_reading(real, tmp_path, switched_on):
    image, old, new = real
    bench = switched_on(updated(new, old, True, "9.9"), copy_of(image, tmp_path))
    assert runs_until(bench, "packlog: the new firmware works", 20) < 20
    bench.board.run(200)
    assert BACK not in bench.console() and bench.count("readings") > 50


DAMAGES = [("/packlog.bundle", place) for place in (0, 5, 9, 21, 40, -1)] + [("/packlog.old", 40)]


@pytest.mark.parametrize(("damaged", "place"), DAMAGES)
def test_a_damaged_bundle_is_never_started(switched_on, tmp_path, damaged, place):
    old, new = mini(tmp_path / "old"), mini(tmp_path / "new", greeting=NINE)
    files = {"/packlog.bundle": bundle_of(new, "1.1"), "/packlog.old": bundle_of(old)}
    files |= starters(old)
    data = bytearray(files[damaged])
    data[place] ^= 0x10
    files[damaged] = bytes(data)
    bench = switched_on(files)
    expected = OLD if damaged == "/packlog.bundle" else NEW
    assert runs_until(bench, expected, 5) < 5
    assert set(re.findall(r"readings=\d+", bench.console())) == {expected}


def test_without_any_whole_bundle_it_is_safe_mode_in_words(switched_on, tmp_path):
    old = mini(tmp_path / "old")
    bench = switched_on({"/packlog.bundle": bundle_of(old)[:-1]} | starters(old))
    said = "packlog: safe mode, damaged firmware: packlog install helps"
    assert runs_until(bench, said, 5) < 5
    assert "Traceback" not in bench.console()


def test_an_install_says_what_was_taken_back(tmp_path):
    image = tmp_path / "flash.img"
    old = mini(tmp_path / "old", packlog=MINI["packlog.py"].replace("os.remove", "str"))
    with board_on(image) as (_, port):
        put(port, old)
    trial = Trial("0123456789abcdef", "1.2", True, 1)
    add(image, {"/packlog.try": trial.text().encode()})
    with board_on(image) as (_, port):
        said = put(port, old, "1.3")
        assert said[0] == (
            "packlog 1.2 did not work on this board: it went back to the one before by itself"
        )
