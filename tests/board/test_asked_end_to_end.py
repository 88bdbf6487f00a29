"""The BMSs that answer questions, by Bluetooth and on a wire, on the virtual board."""

import json

import pytest
from host_tools.ground.firmware import declared
from host_tools.sim.rig import unit_module
from tests.bench import damaged_answers
from tests.helpers.boards import example

import config

ASKED = {name: declared("bms", name)["LINKS"] for name in (*damaged_answers.KINDS, "jk_pb")}
BY_RADIO = [name for name, links in ASKED.items() if "ble" in links]
BY_WIRE = [name for name, links in ASKED.items() if "serial" in links]
RESUME_S = 30  # board time within which readings resume


def with_packs(*packs):
    """A config with these packs."""
    return example() | {"packs": [{"name": f"p{i}", **pack} for i, pack in enumerate(packs)]}


def joined(made, lines):
    """What is done to a rig: a unit for each pack of the config, which lines keeps."""

    def join(rig):
        rig.wiring.wires.clear()
        plan = type("Plan", (), {"capture": None, "seed": 1, "jk_layout": "32S"})
        for section in config.parse(json.dumps(made))["packs"]:
            lines.append(unit_module(section["bms"]).join_pack(rig, plan, section))

    return join


def check_readings(board, seconds, packs=1):
    """Readings come, of a simulated pack's values, and nothing is damaged."""
    before = {name: each.number("readings") for name, each in board.statuses().items()}
    board.board.run(seconds)
    found = board.statuses()
    assert len(found) == packs
    for name, status in found.items():
        assert status.number("readings") - before.get(name, 0) > 0.4 * seconds, (name, status)
        assert status.number("age") <= 3
        # What jumps comes twice: now and then that happens, too
        assert status.number("rejected") <= 4 + status.number("readings") // 200
        assert 40 < status.number("voltage") < 60 and 0 <= status.number("soc") <= 100
    assert " failed: " not in board.console()


def silence(board, unit, name="p0"):
    """It goes off and comes back; the others go on."""
    before = {each: status.number("readings") for each, status in board.statuses().items()}
    unit.silent = True
    board.board.run(60)
    found = board.statuses()
    assert found[name].number("age") > 40
    for each, status in found.items():
        assert each == name or status.number("readings") > before[each] + 20, each
    unit.silent = False
    board.board.run(RESUME_S)
    assert board.statuses()[name].number("age") <= 3


MIXED = (
    {"bms": "jbd", "device": "JBD-1"},
    {"bms": "daly", "device": "DL-2"},
    {"bms": "jk_pb", "unit": 1, "direction": 13},
    {"bms": "jk_pb", "unit": 15, "direction": 13},
    {"bms": "daly_old", "uart": 1, "rx": 4, "tx": 5},
)
OTHERS = (
    {"bms": "redodo", "device": "R-12-1"},
    {"bms": "ant", "device": "ANT-2"},
    {"bms": "pace", "device": "PC-3"},
    {"bms": "seplos_v2", "device": "BP04"},
    {"bms": "seplos_v3", "link": "serial", "unit": 0, "direction": 13},
    {"bms": "seplos_v3", "link": "serial", "unit": 16, "direction": 13},
    {"bms": "ant_old", "link": "serial", "uart": 1, "rx": 4, "tx": 5},
)


LATER = (
    {"bms": "eg4", "unit": 3, "direction": 13},
    {"bms": "eg4", "unit": 16, "direction": 13},
    {"bms": "sok", "device": "SOK-24V1127"},
    {"bms": "cbt", "device": "170R000121"},
    {"bms": "renogy", "link": "ble", "device": "BT-TH-66EDFC11", "unit": 48},
    {"bms": "tdt", "device": "XDZN_001_EF2F"},
    {"bms": "renogy", "uart": 1, "rx": 4, "tx": 5, "unit": 247},
)


@pytest.mark.parametrize("hours", [0, pytest.param(1, marks=pytest.mark.slow)])
def test_packs_of_different_kinds_and_links(bench, hours):
    """By radio and on two lines, one of which two units share; each fails in turn."""
    lines = []
    made = with_packs(*MIXED)
    board = bench(made, ahead=joined(made, lines), settings={"heap": "1M"})  # as with PSRAM
    board.board.run(20)
    check_readings(board, 40, len(MIXED))
    silence(board, lines[0], "p0")  # a first time takes what stays
    if hours:
        check_readings(board, 3600, len(MIXED))  # as does the end of a first hour
    heap = board.count("heap")
    for i, unit in enumerate(lines) if hours else [(3, lines[3])]:
        silence(board, unit, f"p{i}")
        check_readings(board, max(20, 3600 * hours // len(lines) - 90), len(MIXED))
    assert abs(board.count("heap") - heap) <= 2048
    assert board.board.watchdog_resets == 0 and board.board.starts == 1


@pytest.mark.parametrize("others", [OTHERS, LATER])
def test_others_of_different_kinds_and_links(bench, others):
    """The rest of those that are asked: up to four by radio, and on two lines."""
    lines = []
    made = with_packs(*others)
    board = bench(made, ahead=joined(made, lines), settings={"heap": "1M"})
    board.board.run(25)
    check_readings(board, 30, len(others))


@pytest.mark.slow
@pytest.mark.parametrize("kind", BY_RADIO)
def test_by_radio(bench, kind):
    lines = []
    made = with_packs({"bms": kind, "link": "ble", "device": "UNIT-1"})
    board = bench(made, ahead=joined(made, lines))
    board.board.run(10)
    check_readings(board, 60)
    silence(board, lines[0])


@pytest.mark.slow
@pytest.mark.parametrize("kind", BY_WIRE)
def test_by_wire(bench, kind):
    lines = []
    made = with_packs({"bms": kind, "link": "serial", "direction": 13})
    board = bench(made, ahead=joined(made, lines))
    board.board.run(10)
    check_readings(board, 60)
    lines[0].damage(0.001)
    board.board.run(120)
    lines[0].damage(0)
    assert board.status().number("age") <= 10
    silence(board, lines[0])
