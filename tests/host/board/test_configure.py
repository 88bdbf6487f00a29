"""What the PC can ask and change on a board that runs: its config, its state, its radio."""

import io
import json

import pytest
from host_tools.board import bluetooth, config_file, configure, keys, reconfigure, status
from host_tools.board import live as live_module
from host_tools.board.device import Device
from host_tools.board.live import listen, live
from host_tools.board.readable import in_words
from host_tools.ground.errors import PacklogError
from host_tools.sim.workshop import port_of, wait_for_start
from tests.helpers.boards import Files, example


def put(key, value, data=None):
    data = {"packs": [{"name": "a"}]} if data is None else data
    keys.put(data, key, value)
    return data


def test_keys_lead_into_sections_and_lists():
    assert put("lcd.columns", 16)["lcd"] == {"columns": 16}
    assert put("packs[0].cells", 8)["packs"] == [{"name": "a", "cells": 8}]
    assert put("packs[1].name", "b")["packs"][1] == {"name": "b"}
    wifi = put("wifi.networks[0].ssid", "home")["wifi"]
    assert wifi == {"networks": [{"ssid": "home"}]}


@pytest.mark.parametrize("key", ["", "a b", "packs.cells", "packs[5].name", "x..y!"])
def test_what_is_no_key_is_refused(key):
    with pytest.raises(PacklogError):
        put(key, 1)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("8", 8),
        ("true", True),
        ("house", "house"),
        ("2.5", 2.5),
        ("-3", -3),
        ('{"a": [1]}', {"a": [1]}),
        ('"8"', "8"),
    ],
)
def test_values(text, value):
    assert keys.value_of(text) == value
    assert type(keys.value_of(text)) is type(value)


def test_the_pc_knows_more_of_what_cannot_work():
    wifi = {"networks": [{"ssid": "home", "password": "correct horse"}], "country": "DE"}
    mine = {"address": "192.168.1.77", "gateway": "192.168.1.1", "dns": "9.9.9.9"}
    good = example() | {"wifi": wifi | mine}
    assert config_file.parse(json.dumps(good), "it")["wifi"]["gateway"] == "192.168.1.1"
    for changes, line in (
        ({"address": "192.168.1.777"}, "it: wifi.address: '192.168.1.777' is not like 192.168.1"),
        ({"dns": "router"}, "it: wifi.dns: 'router' is not like"),
        ({"netmask": "255.0.255.0"}, "it: wifi.netmask: '255.0.255.0' is not like 255.255.255.0"),
        ({"gateway": "192.168.2.1"}, r"gateway: .* network of wifi.address, 192.168.1.0/24"),
        ({"country": "Germany"[:2]}, "it: wifi.country: 'Ge' is not two letters like DE"),
    ):
        with pytest.raises(PacklogError, match=line):
            config_file.parse(json.dumps(good | {"wifi": wifi | mine | changes}), "it")
    many = [{"name": f"p{i}", "bms": "jk", "device": f"JK-{i}"} for i in range(5)]
    with pytest.raises(PacklogError, match="it: packs: an ESP32 connects to 4 jk at most"):
        config_file.parse(json.dumps({"packs": many}), "it")
    assert config_file.parse(json.dumps({"packs": many[:4]}), "it")


def bluenova(name, **more):
    return {"name": name, "bms": "bluenova", **more}


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"packs": [{"name": "health"}]}, r"packs\[0\].name: 'health' is what the logger calls"),
        ({"packs": [{"name": "a"}, {"name": "extra"}]}, r"packs\[1\].name: 'extra' is what"),
        ({"packs": [bluenova("a"), bluenova("b")]}, r"packs\[1\]: is the battery of packs\[0\]"),
        ({"mqtt": {"host": "mqtt://broker"}}, "mqtt.host: .* write it without mqtt://"),
        ({"mqtt": {"base": ""}}, "mqtt.base: is empty"),
        ({"mqtt": {"base": "/home"}}, "mqtt.base: '/home' begins or ends with a /"),
        ({"mqtt": {"chargery_base": "old/"}}, "mqtt.chargery_base: 'old/' begins or ends"),
        ({"mqtt": {"discovery_prefix": "ha/"}}, "mqtt.discovery_prefix: 'ha/' begins or ends"),
    ],
)
def test_what_two_things_cannot_share_and_topics_cannot_be(changes, line):
    network = {"wifi": {"networks": [{"ssid": "home"}]}}
    for i, pack in enumerate(changes.get("packs", ())):
        pack.update({} if "bms" in pack else {"bms": "chargery", "uart": 1 + i, "rx": 12 + i})
        pack.update({} if pack["bms"] == "bluenova" else {"tx": 32 + i})
    with pytest.raises(PacklogError, match=line):
        config_file.parse(json.dumps(example() | network | changes), "it")


def test_what_two_batteries_and_topics_can_be():
    network = {"wifi": {"networks": [{"ssid": "home"}]}}
    packs = [bluenova("a"), bluenova("b", port=9001), bluenova("c", path="/other/")]
    mqtt = {"host": "broker", "base": "home/cellar", "chargery_base": ""}
    assert config_file.parse(json.dumps({"packs": packs, "mqtt": mqtt, **network}), "it")


def test_secrets_are_masked():
    data = {"wifi": {"networks": [{"ssid": "home", "password": "hush-hush"}]}}
    shown = keys.masked(data)
    assert "hush" not in json.dumps(shown)
    assert shown["wifi"]["networks"][0] == {"ssid": "home", "password": keys.HIDDEN}


def test_the_config_of_a_board(bench, capsys):
    config = example()
    config["mqtt"] = {"password": "hush-hush"}
    board = bench(config)
    said = []
    with port_of(board.board) as port:
        configure.show(port)
        shown = capsys.readouterr().out
        assert 'packs[0].name = "house"' in shown and "store.window_s = 30" in shown
        assert "hush" not in shown and f'mqtt.password = "{keys.HIDDEN}"' in shown
        assert "lcd.columns = 20\nlcd.frequency = 100000  (default)\n" in shown
        for key, value in (("lcd.page_s", "4"), ("packs[0].name", "house")):
            configure.get(port, key)
            assert capsys.readouterr().out == f"{value}\n"
        configure.get(port, "mqtt")
        shown = json.loads(capsys.readouterr().out)
        assert (shown["password"], shown["port"]) == (keys.HIDDEN, 0)
        with pytest.raises(PacklogError, match=r"no lcd.colums: known there: address, columns, fr"):
            configure.get(port, "lcd.colums")
        configure.check(port, None, said.append)
        assert said.pop() == "the board's config.json is valid"
        reconfigure.change(port, [("packs[0].cells", "8")], said.append)
        assert said == [
            "packs[0].cells is set; the logger starts again with it",
            "the history goes on in new files",
        ]
        with pytest.raises(PacklogError, match=r"with that: lcd: a display has 16 columns"):
            reconfigure.change(port, [("lcd.columns", "17")], said.append)
    board.board.power_off()
    with Files(board.image) as files:
        with files.open("/config.json", "rb") as file:
            text = file.read()
        with files.open("/config.ready", "rb") as file:
            finished = file.read()
    # The board took the PC's form: its own would have the keys in another order
    assert finished == config_file.finished(text)
    saved = json.loads(text)
    assert saved["packs"][0]["cells"] == 8 and saved["mqtt"] == {"password": "hush-hush"}
    assert "columns" not in saved["lcd"] or saved["lcd"]["columns"] == 20


def config_of(board):
    board.board.power_off()
    with Files(board.image) as files, files.open("/config.json", "rb") as file:
        return json.loads(file.read())


OLDER = b"""
import time
while True:
    print("packlog house age=0.4 voltage=53.2 readings=3 frames=1")
    time.sleep(1)
"""


def test_a_logger_that_does_not_listen_is_asked_by_the_repl(bench, capsys):
    """What it was asked before is still in its buffer then, and does no harm there."""
    board = bench(files={"/main.py": OLDER})
    with port_of(board.board) as port:
        configure.show(port)
        wait_for_start(board.board)
    assert 'packs[0].name = "house"' in capsys.readouterr().out
    board.board.run(5)
    assert board.board.starts == 2 and "SyntaxError" in board.console()


def test_a_value_of_which_the_logger_complains_is_taken_back(bench):
    said = []
    board = bench()
    with port_of(board.board) as port:
        line = r"rx: GPIO 20 does not exist on this board; the board has its old config.json again"
        with pytest.raises(PacklogError, match=line):
            reconfigure.change(port, [("packs[0].rx", "20")], said.append)
        wait_for_start(board.board)
    assert said == []
    board.board.run(20)
    assert board.count("readings") > 5
    assert config_of(board) == example()


def test_of_what_the_logger_complained_before_nothing_is_said(bench):
    said = []
    config = example()
    config["lcd"]["sda"] = 28
    board = bench(config)
    board.board.run(20)
    with port_of(board.board) as port:
        reconfigure.change(port, [("packs[0].cells", "8")], said.append)
        assert said[0] == "packs[0].cells is set; the logger starts again with it"
        with pytest.raises(PacklogError, match=r"lcd\.scl: GPIO 20 does not"):
            reconfigure.change(port, [("lcd.scl", "20")], said.append)
    config["packs"][0]["cells"] = 8
    assert config_of(board) == config


def test_a_value_that_the_board_lacks_a_module_for_stays(bench):
    board = bench({**example(), "wifi": {"networks": [{"ssid": "home"}]}})
    board.board.power_off()
    with Files(board.image) as files:
        files.remove("/lib/umqtt", recursive=True)
    board.start()
    with port_of(board.board) as port, pytest.raises(PacklogError, match="packlog install brings"):
        reconfigure.change(port, [("mqtt.host", "broker")], print)
    assert config_of(board)["mqtt"] == {"host": "broker"}


def test_a_logger_without_readings_is_no_failure(bench, monkeypatch):
    real = Device.lines

    def lines(device, seconds):
        """Until it has said three times how it is: as if the time for a reading were over then."""
        left = 3
        for line in real(device, 60):
            yield line
            left -= status.parse(line) is not None
            if not left:
                return

    monkeypatch.setattr(Device, "lines", lines)
    said = []
    board = bench()
    board.rig.line.silent = True
    with port_of(board.board) as port:
        reconfigure.change(port, [("packs[0].cells", "8")], said.append)
    assert said[0] == "packs[0].cells is set; the logger starts again with it"
    assert config_of(board)["packs"][0]["cells"] == 8


def test_check_of_a_file(tmp_path):
    path = tmp_path / "mine.json"
    path.write_text('{"packs": [{"name": "a", "bms": "tesla"}]}')
    with pytest.raises(PacklogError, match=r"mine.json: packs\[0\].bms: 'tesla' is not one of"):
        configure.check(None, path, print)
    path.write_text('{"packs": [{"name": "a", "bms": "chargery"}]}')
    said = []
    configure.check(None, path, said.append)
    assert said == [f"{path} is valid"]


def test_a_running_board_says_how_it_is(bench, capsys):
    board = bench()
    board.board.run(20)
    with port_of(board.board) as port:
        live(port, as_json=True)
    said = json.loads(capsys.readouterr().out)
    assert set(said) == {"house", "health"}
    assert 40 < said["house"]["voltage"] < 60 and "energy" in said["house"]
    health = said["health"]
    assert health["cause"] == "power on" and health["heap_free"] > 10000
    assert health["flash_free"] > 500_000
    assert health["clock"] == "PC"  # which the board did not know before it was asked
    assert said["house"]["link"] == "up"
    assert board.board.starts == 1  # nothing was interrupted


@pytest.mark.parametrize(
    ("key", "value", "shown"),
    [
        ("voltage", "52.916", "52.916 V"),
        ("min", "3.323#14", "3.323 V (cell 14)"),
        ("current", "--", "--"),
        ("charge", "154171", "154.171 Ah"),
        ("charge_out", "5000", "5.000 Ah"),
        ("balance_current", "-850", "-0.850 A"),
        ("soh", "1000", "100.0 %"),
        ("energy_in", "812", "812 Wh"),
        ("temperatures", "13.1,--", "13.1,-- degC"),
        ("cycles", "12", "12"),
        ("errors", "0", "none"),
        ("errors", "2050", "MOSFET overheated; cell undervoltage"),
        ("errors", "no_errors", "no_errors"),
        ("switches", "5", "charge on; discharge off; balancing on"),
    ],
)
def test_a_value_as_a_person_reads_it(key, value, shown):
    assert in_words(key, value) == shown


def test_a_running_board_is_shown_with_units(monkeypatch, capsys):
    lines = ("health uptime=5", "extra van charge=154171 errors=0", "health rssi=-60")
    said_by_itself = iter([f"packlog {line}" for line in lines])
    monkeypatch.setattr(live_module, "open_port", lambda port: io.BytesIO())
    monkeypatch.setattr(live_module, "_round", lambda transport, port: said_by_itself)
    live("port")
    said = capsys.readouterr().out
    assert "154.171 Ah" in said and "none" in said and "-60 dBm" in said


def test_a_board_that_says_nothing():
    with pytest.raises(PacklogError, match="no packlog is running at"):
        listen(iter([]), "/dev/ttyUSB0")


def test_a_board_without_bluetooth_says_so(bench):
    board = bench()
    with port_of(board.board) as port, pytest.raises(PacklogError, match="Bluetooth does not work"):
        bluetooth.scan(port, 1, lambda line: None)


def test_a_board_without_a_jk_has_nothing_to_release(bench):
    board = bench()
    with (
        port_of(board.board) as port,
        pytest.raises(PacklogError, match="is connected to no BMS by Bluetooth"),
    ):
        bluetooth.release(port, 5, lambda line: None)
    board.board.power_off()
    with Files(board.image) as files:
        assert "release" not in files.listdir("/")


def test_a_saved_config_is_whole_and_only_for_its_owner(bench, tmp_path):
    config = example() | {"mqtt": {"password": "hush-hush"}}
    path, said = tmp_path / "mine.json", []
    path.write_text("{}")
    path.chmod(0o644)
    board = bench(config)
    with port_of(board.board) as port:
        configure.save(port, path, said.append)
    assert json.loads(path.read_text()) == config
    assert path.stat().st_mode & 0o777 == 0o600
    assert said == [f"{path} is the board's config.json, with its passwords: only you can read it"]
