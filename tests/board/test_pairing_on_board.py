"""An installed packlog and units that want to be paired with: what it says, and never tells."""

import base64

import pytest

pytest.importorskip("bumble", reason="a simulated radio needs bumble, and Python 3.11")

from host_tools.board import configure
from host_tools.board.pull import pull
from host_tools.sim.workshop import port_of
from tests.helpers.boards import Files, example

PIN = "047110"
KEYS = "ble_secrets.json"
PACKS = {"jk": "JK-B2A24S", "jbd": "JBD-SP16S"}


def a_config(kind, **more):
    pack = {"name": "van", "bms": kind, "device": PACKS[kind], "capacity_ah": 280, **more}
    return example() | {"packs": [pack], "status_s": 1}


def board_with(bench, kind, pin=PIN, **wants):
    """A board beside a unit that wants that: its own PIN, unless wants says otherwise."""

    def join(rig):
        rig.wiring.wires.clear()
        plan = type("Plan", (), {"capture": None, "seed": 1, "jk_layout": "32S", "jk_module": {}})
        plan.jk_module = plan.jk_module | wants
        import json

        from host_tools.sim.rig import unit_module

        import config

        [section] = config.parse(json.dumps(a_config(kind, pin=pin)))["packs"]
        unit_module(kind).join_pack(rig, plan, section)

    return bench(a_config(kind, pin=pin), ahead=join)


def health(board):
    lines = [line for line in board.console().splitlines() if line.startswith("packlog health")]
    return lines[-1]


@pytest.mark.parametrize("kind", PACKS)
def test_with_its_pin_it_reads_and_nobody_is_told_pin_or_keys(bench, kind, tmp_path, capsys):
    board = board_with(bench, kind)
    [unit] = board.rig.bluetooth.units.values()
    board.board.run(30)
    assert board.count("readings") > 5 and unit.bond
    assert b"%d" % int(PIN) not in b"".join(getattr(unit.unit, "asked", []))
    board.board.power_off()
    with Files(board.image) as files, files.open("/" + KEYS, "rb") as file:
        kept = file.read()
    bond = base64.b64encode(unit.bond)
    assert bond in kept
    before = unit.bond
    board.board.power_on()
    board.board.run(30)
    assert unit.bond == before and board.count("readings") > 5
    shown = "".join(board.lcd() for _ in range(5))
    with port_of(board.board) as port:
        pull(port, tmp_path / "history", print)
        configure.show(port, print)
    copied = b"".join(path.read_bytes() for path in tmp_path.rglob("*.seg"))
    copied += b"".join(
        path.read_bytes() for path in (tmp_path / "history").rglob("*") if path.is_file()
    )
    texts = capsys.readouterr().out + board.console() + shown
    assert "pin" in texts and copied
    for secret in (PIN.encode(), bond, unit.bond):
        assert secret not in copied and secret not in texts.encode()
    assert not list(tmp_path.rglob(KEYS))


def test_without_it_the_display_and_the_console_say_what_is_wanted(bench):
    board = board_with(bench, "jk", pin="", wants="pin", passkey=4711)
    board.board.run(40)
    assert board.status().number("readings") == 0
    assert "Wants a PIN" in board.lcd() and "van_link=Wants_a_PIN" in health(board)
    assert " failed: " not in board.console()
