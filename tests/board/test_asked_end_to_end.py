"""The BMSs that answer questions, by Bluetooth and on a wire, on the virtual board."""

import json

import pytest
from host_tools.sim.rig import unit_module
from tests.helpers.boards import example

import config

BY_RADIO = ("jbd",)
BY_WIRE = ("jbd",)
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
        assert status.number("rejected") == 0 and status.number("age") <= 3
        assert 40 < status.number("voltage") < 60 and 0 <= status.number("soc") <= 100
    assert " failed: " not in board.console()


def silence(board, unit):
    """It goes off and comes back."""
    unit.silent = True
    board.board.run(60)
    assert "No data" in board.lcd()
    unit.silent = False
    board.board.run(RESUME_S)
    assert board.status().number("age") <= 3


@pytest.mark.parametrize("kind", BY_RADIO)
def test_by_radio(bench, kind):
    lines = []
    made = with_packs({"bms": kind, **unit_module(kind).pack_config(None)})
    board = bench(made, ahead=joined(made, lines))
    board.board.run(10)
    check_readings(board, 40)
    silence(board, lines[0])


@pytest.mark.parametrize("kind", BY_WIRE)
def test_by_wire(bench, kind):
    lines = []
    made = with_packs({"bms": kind, "link": "serial", "direction": 13})
    board = bench(made, ahead=joined(made, lines))
    board.board.run(10)
    check_readings(board, 40)
    silence(board, lines[0])
