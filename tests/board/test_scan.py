"""packlog scan on the virtual board: what is in reach is named, and asked for a reading."""

from pathlib import Path

import pytest
from host_tools.board import bluetooth
from host_tools.sim.rig import Plan, unit_module
from host_tools.sim.units import jbd
from host_tools.sim.units.pack import Pack
from host_tools.sim.workshop import port_of
from tests.helpers.boards import example

NAMES = {  # by kind: what the unit calls itself, as its maker's apps expect it
    "jbd": "JBD-SP16S020",
    "daly": "DL-40D2120",
    "daly_old": "DL-OLD",
    "redodo": "R-12100BNNA70-A02402",
    "ant": "ANT-BLE24C-001",
    "ant_old": "ANT-BLE16S",
    "seplos_v2": "BP02",
    "seplos_v3": "SP05B2312190075",
    "pace": "PC-9662",
    "eg4": "Z122002264",
    "tdt": "XDZN_001_EF2F",
    "sok": "SOK-24V1127",
    "renogy": "BT-TH-66EDFC11",
    "renogy_pro": "RNGRBP1228000830",
    "jk": "JK-B2A24S",
    "cbt": "170R000121",
}


@pytest.fixture(autouse=True)
def wide(monkeypatch):
    monkeypatch.setenv("COLUMNS", "120")


def around(*kinds, strangers=(), pin=""):
    """What is done to a rig: a unit of each kind within reach, and devices that are no BMS. pin:
    that the units want.
    """

    def join(rig):
        plan = Plan(Path("unused"))
        for kind in kinds:
            section = {"device": NAMES[kind], "address": "", "pin": pin}
            unit_module(kind).join_pack(rig, plan, section)
        for name, service in strangers:
            unit = jbd.Unit(Pack(16, 100))
            unit.silent = True
            module = jbd.LINKS["ble"] | {"maker": 0xFFFF, "service": service}
            rig.put_within_reach(name, unit, 1, module)
            rig.strangers = [*getattr(rig, "strangers", []), unit]

    return join


def scanned(board, capsys):
    """The table's rows by device."""
    with port_of(board.board) as port:
        bluetooth.scan(port, 5, lambda line: None)
    rows = [line.split("│") for line in capsys.readouterr().out.splitlines()]
    return {row[1].strip(): row[4].strip() for row in rows if len(row) > 5}


@pytest.mark.parametrize(
    "kinds", [("jk", "jbd", "daly_old"), ("ant", "ant_old", "redodo"), ("seplos_v2", "pace", "tdt"),
              ("daly", "seplos_v3", "eg4"), ("renogy", "renogy_pro", "sok"),
              ("cbt",)]
)  # fmt: skip
def test_units_in_reach_are_named_and_asked(bench, capsys, kinds):
    board = bench(example(), ahead=around(*kinds, strangers=(("Lamp", 0xFF00),)))
    board.board.run(10)
    found = scanned(board, capsys)
    for kind in kinds:
        words = found[NAMES[kind]]
        assert words.startswith(f"{kind.upper()}, 16 cells, 5") and words.endswith(" V"), found
    assert found["Lamp"] == "perhaps JBD or SEPLOS_V2"
    assert board.rig.strangers[0].asked == []  # nothing is written to what is not recognised
    board.board.run(20)
    assert board.status().number("age") <= 3  # the logger goes on


def test_a_unit_that_does_not_answer_is_named_all_the_same(bench, capsys):
    board = bench(example(), ahead=around("jbd", "ant"))
    board.board.run(10)
    board.rig.bluetooth.units[NAMES["jbd"]].unit.silent = True
    found = scanned(board, capsys)
    assert found[NAMES["jbd"]] == "JBD, does not answer (Link up, no data)"
    assert found[NAMES["ant"]].startswith("ANT, 16 cells")


def test_a_unit_that_wants_a_pin_is_named_with_that(bench, capsys):
    board = bench(example(), ahead=around("jbd", pin="042317"))
    board.board.run(10)
    assert scanned(board, capsys)[NAMES["jbd"]] == "JBD, does not answer (Wants a PIN)"
