"""A pack with "bms": "auto" on the virtual board: its kind is found once, and kept."""

import itertools
import json
from pathlib import Path

import pytest
from host_tools.board import reconfigure
from host_tools.board.device import Device
from host_tools.ground.firmware import all_things
from host_tools.sim.radio.ble_security import AUTHENTICATED
from host_tools.sim.rig import Plan, unit_module
from host_tools.sim.workshop import port_of
from tests.board.test_scan import NAMES, around
from tests.helpers.boards import Files, example, put_files

PIN = "042317"
FOUND_S = 90  # board time within which a kind is found and the first readings come


def auto(device="", **more):
    """A config with one pack whose kind is to be found."""
    return example() | {"packs": [{"name": "van", "bms": "auto", "device": device, **more}]}


def kept(board):
    board.board.power_off()
    with Files(board.image) as files:
        with files.open("/config.json", "rb") as file:
            assert json.load(file)["packs"][0]["bms"] == "auto"  # the user's stays the user's
        if "auto.json" not in files.listdir("/"):
            return None
        with files.open("/auto.json", "rb") as file:
            return json.load(file)


@pytest.mark.parametrize("kind", ["jbd", "ant", "jk", "daly_old"])
def test_the_kind_is_found_once_and_kept(bench, kind):
    board = bench(auto(NAMES[kind]), ahead=around(kind))
    board.board.run(FOUND_S)
    status = board.status()
    assert status.values["bms"] == kind and status.number("age") <= 3
    assert board.board.starts == 2 and f"Restarting: van is a {kind}" in board.console()
    assert "cause=planned" in board.console()
    board.board.run(5)
    board.board.power_off()
    board.board.power_on()
    before = board.console().count("packlog starting")
    board.board.run(30)
    assert board.status().number("age") <= 3
    assert board.console().count("packlog starting") == before + 1  # it goes straight
    assert kept(board) == {NAMES[kind]: kind}


def test_only_the_decoder_of_the_kind_that_was_found_is_loaded_afterwards(bench):
    board = bench(auto(NAMES["ant_old"]), ahead=around("ant_old"))
    board.board.run(FOUND_S)
    assert board.status().values["bms"] == "ant_old"
    with port_of(board.board) as port, Device(port) as device, device.stopped():
        loaded = device.run("import sys; print(*sys.modules)").split()
    kinds = {name for name in loaded if name.startswith("bms.") and name in all_things()}
    assert kinds == {"bms.ant_old"}
    assert not {"finder", "recognise", "seen_as", "kinds_found"} & {*loaded}


def test_what_is_wrong_is_said_until_it_is_right(bench):
    """Nobody there, then one that does not answer, then one that does."""
    board = bench(auto("Boat"), ahead=around(strangers=(("Boat", 0xFF00),)))
    module, unit = board.rig.bluetooth.units["Boat"], board.rig.strangers[0]
    module.in_range = False
    board.board.run(40)
    assert "van_link=Not_heard:_app_open?" in board.console()
    assert "Not heard: app open?" in board.lcd() and "packlog! " not in board.console()
    module.in_range = True
    board.board.run(90)
    words = "van: Boat does not answer as jbd, seplos_v2: set its bms, or its pin"
    assert f"packlog! {words}" in board.console()
    unit.silent = False
    board.board.run(120)
    assert board.status().values["bms"] == "jbd" and board.status().number("age") <= 3
    assert kept(board) == {"Boat": "jbd"}


def test_config_set_and_the_kind(bench, capsys):
    """It sees the logger start, find the kind, restart with it, and send readings."""
    board = bench(example(), ahead=around("jbd"))
    board.board.run(10)
    pairs = [("packs[0].bms", "auto"), ("packs[0].device", NAMES["jbd"])]
    said = []
    with port_of(board.board) as port:
        reconfigure.change(port, pairs, said.append)
    assert "packs[0].bms and packs[0].device are set" in said[-3], said
    board.board.run(60)
    assert board.status().values["bms"] == "jbd" and board.status().number("age") <= 3


def test_a_unit_that_wants_a_pin(bench):
    """It is said; with the PIN in the config, the kind is found."""
    board = bench(auto(NAMES["jbd"]), ahead=around("jbd", pin=PIN))
    board.board.run(30)
    assert "Wants a PIN" in board.lcd()
    board.board.run(60)
    assert "packlog! van: Wants a PIN: set its pin" in board.console()
    board.board.power_off()
    put_files(board.image, {"/config.json": json.dumps(auto(NAMES["jbd"], pin=PIN)).encode()})
    board.board.power_on()
    board.board.run(FOUND_S)
    assert board.status().values["bms"] == "jbd" and board.status().number("age") <= 3


@pytest.mark.parametrize(("pin", "said"), [("", "Wants a PIN"), ("000000", "Wrong PIN")])
def test_without_its_pin_a_unit_is_taken_for_no_kind_and_left_in_peace(bench, pin, said):
    """Two kinds look like that: it is not asked as the other one, nor paired with again at once."""
    board = bench(auto(NAMES["daly"], pin=pin), ahead=around("daly", pin=PIN))
    [unit] = board.rig.bluetooth.units.values()
    paired_s = pairings(unit)
    board.board.run(150)
    assert f"packlog! van: {said}: set its pin" in board.console()
    assert len(paired_s) in (2, 3), paired_s
    assert all(later - earlier > 60 for earlier, later in itertools.pairwise(paired_s))
    assert unit.unit.asked == [] and kept(board) is None and board.board.starts == 1


def pairings(unit):
    """The times at which a unit is paired with without success, in s, as they come."""
    times = []
    encrypt = unit.encrypt

    def noting(level):
        if level != AUTHENTICATED:
            times.append(unit.air.world.time())
        encrypt(level)

    unit.encrypt = noting
    return times


def test_a_unit_that_says_nothing_before_it_is_bonded_with(bench):
    """After some silent links the radio pairs with it: the finder has the patience."""

    def join(rig):
        plan = Plan(Path("unused"), jk_module={"wants": "bond", "lets_subscribe": True})
        unit_module("jk").join_pack(rig, plan, {"device": NAMES["jk"], "address": ""})

    board = bench(auto(NAMES["jk"]), ahead=join)
    board.board.run(120)
    assert board.status().values["bms"] == "jk" and board.status().number("age") <= 3
    [unit] = board.rig.bluetooth.units.values()
    assert unit.bond and kept(board) == {NAMES["jk"]: "jk"}


def test_one_that_looks_like_no_bms_is_not_written_to(bench):
    board = bench(auto("Lamp"), ahead=around(strangers=(("Lamp", 0x180F),)))
    board.board.run(60)
    assert "packlog! van: Lamp is of no kind that is known: set its bms" in board.console()
    assert board.rig.strangers[0].asked == [] and kept(board) is None


def test_other_packs_are_logged_meanwhile_and_the_config_may_not_fit(bench):
    """A second pack goes on; a key that the kind that is found does not take is complained of."""
    config = auto(NAMES["redodo"], cells=20)
    config["packs"].append({"name": "shed", "bms": "jbd", "device": "JBD-1"})

    def join(rig):
        around("redodo")(rig)
        plan = type("Plan", (), {"capture": None, "seed": 1})
        unit_module("jbd").join_pack(rig, plan, {"device": "JBD-1", "address": ""})

    board = bench(config, ahead=join)
    board.board.run(40)
    assert board.statuses()["shed"].number("age") <= 3
    board.board.run(80)
    assert board.board.starts == 2
    said = "packlog! config.json: packs[0].cells: 20 is not a whole number from 0 to 16"
    assert said in board.console().rpartition("packlog starting")[2]
    assert board.statuses()["shed"].number("age") <= 3
    assert board.statuses()["van"].number("readings") == 0
