"""Packages of others on the board: from an index as mip has it, or from a folder on the PC."""

import json

import pytest
from host_tools.board.script import script
from host_tools.build import bundle
from host_tools.ground.errors import PacklogError
from host_tools.ground.firmware import FIRMWARE
from host_tools.install import packages
from host_tools.install.packages import AIOBLE, UMQTT
from tests.helpers.installing import X64, add, board_on, mini, modules_of, on_flash, put
from tests.helpers.package_index import STANDIN, aioble_files, index
from typer.testing import CliRunner

import config

JK = '{"packs": [{"name": "van", "bms": "jk", "device": "JK-B2A24S"}]}'
UP_TO_DATE = "everything on the board is up to date"


def check_on_board(image, files):
    """The files are in the bundle, but for what packlog does not need; returns the versions."""
    found = bundle.read(on_flash(image)["/packlog.bundle"])
    wanted = {path: data for path, data in files.items() if "server" not in path}
    assert {path: found.modules[path] for path in wanted} == wanted
    assert "aioble/server.mpy" not in found.modules
    return found.packages


def test_a_jk_gets_aioble_in_the_pinned_version_once(tmp_path):
    firmware, image = mini(tmp_path / "mini"), tmp_path / "flash.img"
    jk = tmp_path / "jk.json"
    jk.write_text(JK)
    packages = {("aioble", AIOBLE.version): aioble_files()}
    with index(packages) as (url, asked), board_on(image) as (_, port):
        said = put(port, firmware, config=jk, index=url)
        assert "getting aioble, for Bluetooth" in said
        assert asked[0] == f"/package/6/aioble/{AIOBLE.version}.json"
        asked.clear()
        assert put(port, firmware, index=url)[0] == UP_TO_DATE
        assert asked == []
    assert check_on_board(image, aioble_files()) == {"aioble": AIOBLE.version}


def test_the_next_version_takes_it_from_the_board(tmp_path):
    """Nobody is asked for it again: there may be no internet where the board is."""
    image, jk = tmp_path / "flash.img", tmp_path / "jk.json"
    jk.write_text(JK)
    nowhere = "http://127.0.0.1:1"
    packages = {("aioble", AIOBLE.version): aioble_files()}
    with index(packages) as (url, _), board_on(image) as (_, port):
        put(port, mini(tmp_path / "mini"), config=jk, index=url)
        newer = mini(tmp_path / "newer", greeting="def text():\n    return 'again'\n")
        put(port, newer, "1.1", index=nowhere)
    assert check_on_board(image, aioble_files()) == {"aioble": AIOBLE.version}
    assert bundle.read(on_flash(image)["/packlog.bundle"]).version == "1.1"


def test_a_version_that_is_not_the_pinned_one_is_replaced(tmp_path):
    firmware, image = mini(tmp_path / "mini"), tmp_path / "flash.img"
    files = aioble_files()
    old_files = {path: data + b"old" for path, data in files.items()}
    modules = {path: data for path, data in old_files.items() if "server" not in path}
    data = bundle.pack(modules_of(firmware), "1.0", modules, {"aioble": "0.5.0"})
    with board_on(image) as (_, port):
        put(port, firmware)
    add(image, {"/packlog.bundle": data})
    with (
        index({("aioble", AIOBLE.version): files}) as (url, asked),
        board_on(image) as (_, port),
    ):
        put(port, firmware, bluetooth=True, index=url)
    assert asked
    assert check_on_board(image, files) == {"aioble": AIOBLE.version}


def test_the_environment_can_name_the_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("PACKLOG_LIB", str(STANDIN))
    image = tmp_path / "flash.img"
    with board_on(image) as (_, port):
        put(port, mini(tmp_path / "mini"), bluetooth=True, index="http://127.0.0.1:1")
    check_on_board(image, aioble_files())


def test_without_internet_it_comes_from_a_folder(tmp_path, monkeypatch):
    monkeypatch.delenv("PACKLOG_LIB", raising=False)
    firmware, image = mini(tmp_path / "mini"), tmp_path / "flash.img"
    with board_on(image) as (_, port):
        said = put(port, firmware, bluetooth=True, lib=STANDIN, index="http://127.0.0.1:1")
        assert said[-1].startswith("the logger runs")
        again = put(port, firmware, bluetooth=True, index="http://127.0.0.1:1")
        assert again[0] == UP_TO_DATE  # and no index is asked
    assert check_on_board(image, aioble_files()) == {"aioble": packages.LOCAL}


def test_what_somebody_else_put_there_is_left_alone(tmp_path):
    firmware, image = mini(tmp_path / "mini"), tmp_path / "flash.img"
    with board_on(image) as (_, port):
        put(port, firmware)
    add(image, {"/lib/aioble/__init__.py": b"OWN = 1\n"})
    with board_on(image) as (_, port):
        said = put(port, firmware, bluetooth=True, index="http://127.0.0.1:1")
        assert said[0] == UP_TO_DATE
    assert on_flash(image)["/lib/aioble/__init__.py"] == b"OWN = 1\n"


def test_no_network_and_no_such_package_are_one_line_and_change_nothing(tmp_path):
    firmware, image = mini(tmp_path / "mini"), tmp_path / "flash.img"
    steps = []
    with board_on(image) as (_, port):
        with pytest.raises(
            PacklogError, match=r"aioble \(for Bluetooth\) could not.*PACKLOG_LIB=FOLDER"
        ):
            put(port, firmware, bluetooth=True, index="http://127.0.0.1:1", on_step=steps.append)
        with (
            index({("aioble", "0.0.1"): {}}) as (url, _),
            pytest.raises(PacklogError, match=r"could not be downloaded: Package not found: http"),
        ):
            put(port, firmware, bluetooth=True, index=url, on_step=steps.append)
        with pytest.raises(PacklogError, match=r"has no aioble/__init__.py: put aioble there"):
            put(port, firmware, bluetooth=True, lib=tmp_path, on_step=steps.append)
    assert steps == []


def test_mqtt_gets_umqtt_and_of_it_only_that():
    settings = config.parse(
        '{"packs": [{"name": "a", "bms": "chargery"}], "mqtt": {"host": "broker"},'
        ' "wifi": {"networks": [{"ssid": "home"}]}}'
    )
    assert packages.needed(settings, False) == [UMQTT]
    assert packages.needed(settings, True) == [AIOBLE, UMQTT]
    files = {"umqtt/simple.mpy": b"M\x06...", "ssl.mpy": b"M\x06 shadows the board's own"}
    with index({(UMQTT.name, UMQTT.version): files}) as (url, _):
        assert packages.get(UMQTT, X64, None, url + "/") == {"umqtt/simple.mpy": b"M\x06..."}


def test_a_scan_for_the_questions_has_what_it_needs_and_nothing_that_starts(tmp_path, monkeypatch):
    firmware, image = mini(tmp_path / "mini"), tmp_path / "flash.img"
    seen = []

    def heard(device, seconds):
        seen.append(device.run("import os, aioble, packlog; print(os.listdir('/'))"))
        return []

    def ask(family, senses, answers):
        assert senses.bluetooth(8) == []
        return JK

    monkeypatch.setattr("host_tools.board.bluetooth.heard", heard)
    monkeypatch.setattr("host_tools.install.questions.ask", ask)
    with board_on(image) as (_, port):
        said = put(port, firmware, terminal=True, lib=STANDIN)
    assert "main.py" not in seen[0] and "config.json" not in seen[0]
    assert said[-2].startswith("copied 3 files")  # the config, its finished form, main.py
    assert on_flash(image)["/config.json"] == JK.encode()


def test_a_jk_in_reach_is_found_and_logged_by_a_first_install(tmp_path):
    """The firmware itself: the scan, the pick, the config, and readings over Bluetooth."""
    image = tmp_path / "flash.img"
    answers = "\n".join(("y", "1", "", "van", "100", "n", "none", "", "", ""))
    with (
        board_on(image, bms="jk", jk_name="JK-B2A24S") as (_, port),
        CliRunner().isolation(input=answers) as streams,
    ):
        said = put(port, FIRMWARE, terminal=True, lib=STANDIN)
        shown = streams[1].getvalue().decode()
    assert "JK-B2A24S" in shown and "dBm  JK, 16 cells, 5" in shown
    assert said[-1] == "the logger runs: van sends readings"
    pack = json.loads(on_flash(image)["/config.json"])["packs"][0]
    assert pack == {"name": "van", "bms": "jk", "capacity_ah": 100, "device": "JK-B2A24S"}


def test_a_board_without_bluetooth_says_so(tmp_path, monkeypatch):
    from host_tools.install import install

    without = {"has_bluetooth": "print('no')"}
    monkeypatch.setattr(install, "script", lambda name: without.get(name) or script(name))
    with (
        board_on(tmp_path / "flash.img") as (_, port),
        pytest.raises(PacklogError, match="has no Bluetooth: for a BMS by Bluetooth take an ESP32"),
    ):
        put(port, mini(tmp_path / "mini"), bluetooth=True)
