"""What a virtual board is wired for: the config on its flash, or one of the user's."""

import json
import os

import pytest
from host_tools.ground.errors import PacklogError, UsageError
from host_tools.sim import made_for
from host_tools.sim.board.console import Console, check_link
from host_tools.sim.board.flash import Flash, check_free
from host_tools.sim.made_for import Asked, settle
from host_tools.sim.rig import Plan, Rig
from tests.helpers.boards import Files, copy_of, example, new_flash
from tests.helpers.command_line import packlog, packlog_here

HOME = {"wifi": {"networks": [{"ssid": "home", "password": "hush-hush"}]}}
JK = {"name": "van", "bms": "jk", "device": "JK-VAN", "address": "c8:47:8c:00:00:42"}
WIRES = {"rs": 19, "e": 23, "d4": 18, "d5": 25, "d6": 26, "d7": 27}
SMALL = {"kind": "i2c", "columns": 16, "rows": 2, "scl": 32, "sda": 33, "address": 0x3F}
ALL = {
    "packs": [
        *example()["packs"],
        {"name": "barn", "bms": "chargery", "cells": 8, "uart": 1, "rx": 4, "tx": 5},
        JK,
        {"name": "cabin", "bms": "bluenova", "host": "battery.lan", "port": 81, "path": "/ws"},
    ],
    "lcd": {"kind": "gpio", "columns": 16, "rows": 2, **WIRES},
    "wifi": {"networks": [{"ssid": "gone"}, {"ssid": "mine", "password": "open sesame"}]},
    "ntp": {"server": "192.168.1.77"},
}


def flash_with(tmp_path, config=None):
    """A flash of a board that is off, with that config.json."""
    files = {} if config is None else {"/config.json": json.dumps(config).encode()}
    return new_flash(tmp_path / "flash.img", files)


def test_the_config_on_a_flash_is_read(tmp_path, installed):
    flash = copy_of(installed, tmp_path)
    assert json.loads(made_for.read_file(flash, "config.json")) == example()
    assert made_for.read_file(flash, "nonesuch") is None
    before = flash.read_bytes()
    made_for.read_file(flash, "config.json")
    assert flash.read_bytes() == before


@pytest.mark.parametrize("contents", [b"", b"\xff" * 65536, b"no flash"])
def test_what_is_no_flash_has_no_config(tmp_path, contents):
    flash = tmp_path / "flash.img"
    flash.write_bytes(contents)
    assert made_for.read_file(flash, "config.json") is None
    assert made_for.read_file(tmp_path / "none", "config.json") is None


def test_an_empty_flash_gets_what_the_options_say(tmp_path):
    plan = settle(Plan(flash=tmp_path / "new.img"), Asked("jk", "16x2", 1884))
    assert (plan.config, plan.bms, plan.lcd, plan.broker_port) == (None, "jk", "16x2", 1884)
    plan = settle(Plan(flash=flash_with(tmp_path)), Asked())
    assert (plan.config, plan.bms, plan.lcd) == (None, "chargery", "20x4")


def test_a_used_flash_gets_what_its_config_asks_for(tmp_path):
    flash = flash_with(tmp_path, {"packs": [JK], "lcd": SMALL})
    for asked in (Asked(), Asked("jk", "16x2")):
        rig = Rig(settle(Plan(flash=flash), asked))
        try:
            assert [*rig.bluetooth.units] == ["JK-VAN"]
            assert rig.bluetooth.units["JK-VAN"].module.address == "C8:47:8C:00:00:42"
            assert rig.bus.devices.keys() == {0x3F} and (32, 33) in rig.wiring.buses
            assert rig.wiring.wires == {} and len(rig.lcd.text()) == 2
        finally:
            rig.board.close()


@pytest.mark.parametrize(
    ("config", "asked", "line"),
    [
        ({"packs": [JK]}, Asked(bms="chargery"),
         "--bms chargery: leave it out, or name another file with --flash: {flash} is made for jk"),
        (ALL, Asked(bms="nonesuch"), "no simulated BMS 'nonesuch': there are chargery, jk, bl"),
        ({"packs": [JK], "lcd": SMALL}, Asked(lcd="20x4"),
         "--lcd 20x4: leave it out, or name another file with --flash: {flash} is made for a "
         "display of 16x2"),
        ({"packs": [JK], "lcd": {"kind": "none"}}, Asked(lcd="20x4"), "is made for no display"),
        ({"packs": [JK]} | HOME, Asked(mqtt=1883), "--mqtt 1883: leave it out, or name another "
         "file with --flash: {flash} is made for no broker (mqtt.host)"),
    ],
)  # fmt: skip
def test_options_that_a_used_flash_contradicts_are_refused(tmp_path, config, asked, line):
    flash = flash_with(tmp_path, config)
    with pytest.raises(PacklogError) as error:
        settle(Plan(flash=flash), asked)
    assert line.format(flash=flash) in str(error.value)


def test_on_the_command_line(tmp_path):
    done = packlog_here(
        "sim", "--flash", flash_with(tmp_path, {"packs": [JK]}), "--bms", "chargery"
    )
    assert done.returncode == 1 and done.stderr.endswith("is made for jk\n")


def test_a_broker_that_the_config_names_is_missed_or_put_there(tmp_path, capsys):
    flash = flash_with(tmp_path, {"packs": [JK], "mqtt": {"host": "192.168.7.9"}} | HOME)
    settle(Plan(flash=flash), Asked())
    assert "no broker is at 192.168.7.9: --mqtt PORT puts one" in capsys.readouterr().err
    rig = Rig(settle(Plan(flash=flash), Asked(mqtt=1884)))
    try:
        route = rig.home.network.routes[False, bytes((192, 168, 7, 9)), 1883]
        assert (rig.home.broker_route, route.port, route.external) == (route, 1884, True)
    finally:
        rig.board.close()


def test_a_config_that_is_not_right_is_said(tmp_path, capsys):
    flash = flash_with(tmp_path, {"packs": [JK], "stor": 1})
    assert settle(Plan(flash=flash), Asked()).config is None
    assert "has a config that is not right, so the options say" in capsys.readouterr().err


def test_a_config_of_the_users_is_new_unless_the_flash_has_it(tmp_path, capsys):
    mine, flash = tmp_path / "mine.json", flash_with(tmp_path, {"packs": [JK]})
    mine.write_text(made_for.read_file(flash, "config.json"))
    assert not settle(Plan(flash=flash), Asked(config=mine)).config.is_new
    mine.write_text(json.dumps({"packs": [JK], "status_s": 9}))
    plan = settle(Plan(flash=flash), Asked(config=mine))
    assert plan.config.is_new and plan.config.settings["status_s"] == 9
    with pytest.raises(UsageError, match="leave --bms and --lcd out"):
        settle(Plan(flash=flash), Asked(bms="jk", config=mine))
    hidden = {"networks": [{"ssid": "home", "password": "********"}]}
    mine.write_text(json.dumps({"packs": [JK], "wifi": hidden}))
    plan = settle(Plan(flash=flash), Asked(config=mine))
    assert plan.config.settings["wifi"]["networks"][0]["password"] == made_for.PASSWORD
    assert "so made up: wifi.networks[0].password" in capsys.readouterr().err


def test_every_pack_of_a_config_has_a_unit_that_the_board_reads(tmp_path, installed):
    """Two by wire, one by Bluetooth, one in the second of two networks, by names and addresses."""
    flash = copy_of(installed, tmp_path)
    with Files(flash) as files, files.open("/config.json", "wb") as file:
        file.write(json.dumps(ALL).encode())
    rig = Rig(settle(Plan(flash=flash, speed=0), Asked()))
    try:
        rig.home.wifi.up = False  # the first one
        rig.board.power_on()
        rig.board.run(90)
        console = rig.board.console.transcript.decode()
        rows = rig.lcd.text()
    finally:
        rig.home.close()
        rig.board.close()
    assert "packlog!" not in console, console[-3000:]
    for name in ("house", "barn", "van", "cabin"):
        assert f"packlog {name} age=" in console
        last = [line for line in console.splitlines() if line.startswith(f"packlog {name} ")][-1]
        assert "voltage=--" not in last, last
    assert any(row.strip() for row in rows)


def test_a_config_goes_on_a_used_flash_before_it_runs(tmp_path, installed):
    flash, mine = copy_of(installed, tmp_path), tmp_path / "mine.json"
    config = example() | {"lcd": SMALL}
    config["packs"][0] |= {"name": "shed", "rx": 4}
    mine.write_text(json.dumps(config))
    done = packlog("sim", "--flash", flash, "--config", mine, "--speed", 0, "--duration", 30)
    assert done.returncode == 0 and "the logger runs: shed sends readings" in done.stderr
    assert len(done.stdout.strip().splitlines()) == 2
    assert made_for.read_file(flash, "config.json") == mine.read_text()


def test_two_boards_do_not_share_a_flash(tmp_path):
    image = tmp_path / "flash.img"
    check_free(image)
    first = Flash(image)
    for use in (Flash, check_free, lambda path: settle(Plan(flash=path), Asked())):
        with pytest.raises(PacklogError, match=r"another virtual board runs on .*flash.img: end"):
            use(image)
    done = packlog_here("sim", "--flash", image)
    assert done.returncode == 1 and "name another file with --flash" in done.stderr
    done = packlog_here("demo", tmp_path)
    assert done.returncode == 1 and image.exists()
    first.close()
    Flash(image).close()


def test_two_boards_do_not_share_a_link(tmp_path):
    link = tmp_path / "board"
    first = Console(link)
    for use in (check_link, Console):
        with pytest.raises(PacklogError, match=r"board is the port of another virtual board"):
            use(link)
    first.close()
    assert os.listdir(tmp_path) == []
    second = Console(link)
    assert os.readlink(link) == second.port
    second.close()


def test_a_link_that_a_killed_board_has_left_is_taken_and_no_other_one(tmp_path):
    link = tmp_path / "board"
    link.symlink_to("/dev/pts/nonesuch")
    (tmp_path / "board.ahead").write_text("5.0\n")
    check_link(link)
    link.unlink()
    link.symlink_to(tmp_path / "own.txt")
    with pytest.raises(PacklogError, match="exists and is no link to a port"):
        check_link(link)
