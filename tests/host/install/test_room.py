"""What `packlog install` says of a board's memory, and the documents' table of it."""

import json

import pytest
from host_tools.install import room
from host_tools.install.probe import Board
from tests.bench import heap_docs

import config

WIFI = {"networks": [{"ssid": "harbour", "password": "12345678"}]}


def board(machine="Generic ESP32 module with ESP32", version=(1, 28), ram=300000):
    return Board("micropython", version, machine, 0, "VfsLfs2", 4096, 512, 400, 4 << 20, ram)


def settings(*kinds, wifi=False, mqtt=False):
    packs = [{"name": f"p{i}", "bms": kind} for i, kind in enumerate(kinds)]
    for i, pack in enumerate(packs):
        if pack["bms"] == "jk":
            pack["device"] = f"JK{i}"
        if pack["bms"] == "chargery":
            pack |= {"uart": 1 + i, "rx": 16 + i, "tx": 25 + i}
    found = {"packs": packs} | ({"wifi": WIFI} if wifi else {})
    if mqtt:
        found["mqtt"] = {"host": "10.0.0.1"}
    return config.parse(json.dumps(found))


def test_a_config_needs_what_was_measured():
    need = room.TABLE["heap_kb"]
    assert room.needs(["chargery"]) == need["Chargery+LCD"]
    assert room.needs(["chargery", "wifi"]) == need["Chargery+LCD+WiFi+MQTT"]
    assert room.needs(["jk", "bluenova", "wifi"]) == need["three-packs"]
    one, two = room.needs(["jk"]), room.needs(["jk", "jk"])
    assert two == {kind: one[kind] + room.PACK_KB for kind in one}
    with pytest.raises(ValueError, match="seplos"):
        room.needs(["seplos"])


@pytest.mark.parametrize("chip", room.TABLE["free_kb"])
def test_a_radio_takes_memory_and_two_take_more(chip):
    free = room.TABLE["free_kb"][chip]
    assert free["no radio"] > max(free["WiFi"], free["Bluetooth"])
    assert min(free["WiFi"], free["Bluetooth"]) > free["both"]
    assert room.free(chip, "WiFi", (1, 25)) == free["WiFi"] - 15


def test_the_verdicts():
    need = {"start": 100, "compaction": 112}
    assert room.verdict(need, 112) == "fits"
    assert room.verdict(need, 111) == "marginal"
    assert room.verdict(need, 99) == "take PSRAM"


def test_the_words_of_a_board():
    need, free = room.TABLE["heap_kb"]["Chargery+LCD"], room.TABLE["free_kb"]["esp32"]
    said = room.words(board(), settings("chargery"))
    assert f"needs {need['start']} KB of heap, {need['compaction']} KB to compact" in said
    assert f"has about {free['no radio']} KB: it fits" in said
    said = room.words(board(), settings("jk", wifi=True, mqtt=True))
    assert f"has about {free['both']} KB beside WiFi and Bluetooth: it does not fit" in said
    said = room.words(board(version=(1, 25)), settings("jk"))
    assert f"has about {free['Bluetooth'] - 15} KB beside Bluetooth: " in said


def test_psram_makes_it_moot():
    said = room.words(board(ram=4 << 20), settings("jk", wifi=True, mqtt=True))
    assert said == "memory: the board has PSRAM, any config fits"


def test_what_is_not_known_is_not_said():
    assert room.words(board("Generic ESP32C6 module with ESP32C6"), settings("jk")) == ""
    assert room.words(board("linux"), settings("jk")) == ""
    assert room.words(board(), None) == ""


def test_the_table_of_the_documents_is_that_of_an_install():
    text = (heap_docs.DOCS / "hardware.md").read_text()
    assert "\n".join(heap_docs.boards()) in text, "run python tests/bench/heap_docs.py"
