"""A JK over Bluetooth LE on the virtual board, with everything that goes wrong with such links.

With the real aioble where PACKLOG_AIOBLE names it.
"""

import re

import pytest
from host_tools.board import bluetooth
from host_tools.board.device import Device
from host_tools.sim.units import jk, jk_wire
from host_tools.sim.workshop import port_of
from tests.helpers import home_bench
from tests.helpers.bluetooth_bench import Sent
from tests.helpers.boards import Files, every_reading, example

START_S = 30
FAULT_S = 90
RESUME_S = 30  # board time within which readings resume
AN_HOUR = 180  # s between two faults: so long do all of them take then


def jk_config(name="JK-SIM", **more):
    config = example()
    config["packs"] = [{"name": "van", "bms": "jk", "device": name, **more}]
    return config


class Link:
    """The bench's first JK, and the faults that can be switched on for it."""

    def __init__(self, bench):
        self.bench = bench
        self.unit = bench.rig.line
        self.module = bench.rig.bluetooth.units["JK-SIM"]

    def readings(self):
        return self.bench.count("readings")

    def run(self, seconds):
        self.bench.board.run(seconds)

    def drop(self, on):
        if on:
            self.module.drop()

    def silent(self, on):
        self.unit.silent = on

    def frozen(self, on):
        self.unit.frozen = on

    def hung(self, on):
        self.module.hung = on

    def out_of_range(self, on):
        self.module.in_range = not on

    def taken(self, on):
        self.module.taken = on
        self.drop(on)

    def refused(self, on):
        self.module.refuses = "drops" if on else ""
        self.drop(on)

    def half_open(self, on):
        self.module.refuses = "half-open" if on else ""
        self.drop(on)

    def deaf(self, on):
        self.module.refuses = "deaf" if on else ""
        self.drop(on)

    # Those that a good link lives through

    def small_mtu(self, on):
        self.module.refuses_mtu = on
        self.drop(on)

    def junk(self, on):
        self.unit.junk = self.unit.cut = 0.3 if on else 0.0

    def forgetful(self, on):
        self.unit.forgets_after_s = 40 if on else None


FAILS = ("No such service", "Connecting failed")  # it depends on what is asked for first
SILENCING = {  # and what the display says of the link
    "silent": ("Link up, no data",),
    "frozen": ("Link up, no data",),
    "hung": FAILS,
    "out_of_range": ("Not heard: app open?",),
    "taken": ("Not heard: app open?",),
    "refused": FAILS,
    "half_open": FAILS,
    "deaf": FAILS,
}
HARMLESS = ("drop", "small_mtu", "junk", "forgetful")


def silence(link, fault):
    """Switch a fault on: no reading comes, and the display says what is going on. And off."""
    getattr(link, fault)(True)
    link.run(40)
    before = link.readings()
    shown = set()
    while link.bench.board.now / 1e6 < link.until:
        link.run(4)
        shown.add(link.bench.lcd())
    assert link.readings() == before, fault
    assert any("No data for" in text for text in shown), (fault, shown)
    assert any(words in text for text in shown for words in SILENCING[fault]), (fault, shown)
    assert not any("%" in text and "V" in text for text in shown), (fault, shown)
    getattr(link, fault)(False)
    return before


@pytest.mark.parametrize(
    ("layout", "sizes", "rest_s"),
    [
        ("24S", 20, 5),
        pytest.param("24S", 20, AN_HOUR, marks=pytest.mark.slow),
        pytest.param("32S", None, AN_HOUR, marks=pytest.mark.slow),
    ],
)
def test_every_fault(bench, layout, sizes, rest_s):
    """sizes: of the notifications; None: as many bytes as fit. rest_s: between two faults, with
    readings.
    """
    link = Link(bench(jk_config(), bms="jk", jk_layout=layout, jk_module={"sizes": sizes}))
    link.run(START_S)
    assert link.readings() > 10
    link.silent(True)  # what a link keeps of the one before is there from the first rebuild on
    link.run(rest_s)
    link.silent(False)
    link.run(rest_s)
    heap = link.bench.count("heap")
    for fault in SILENCING:
        link.until = link.bench.board.now / 1e6 + FAULT_S
        before = silence(link, fault)
        link.run(RESUME_S)
        assert link.readings() > before, f"no reading after {fault}"
        link.run(rest_s)
        assert link.bench.status().number("age") < 2, fault
    for fault in HARMLESS:
        before = link.readings()
        getattr(link, fault)(True)
        link.run(FAULT_S)
        getattr(link, fault)(False)
        assert link.readings() - before > FAULT_S / 2, fault
        link.run(rest_s)
    assert " failed: " not in link.bench.console()
    assert link.bench.board.watchdog_resets == 0 and link.bench.board.starts == 1
    assert abs(link.bench.count("heap") - heap) <= 2048


@pytest.mark.parametrize(
    ("layout", "sizes"),
    [
        ("24S", 20),
        ("32S", (20, 244)),
        *(
            pytest.param(*each, marks=pytest.mark.slow)
            for each in (("24S", 244), ("24S", (20, 244)), ("32S", 20), ("32S", 244))
        ),
    ],
)
def test_every_frame_arrives(bench, layout, sizes):
    board = bench(jk_config(), bms="jk", jk_layout=layout, jk_module={"sizes": sizes})
    board.board.run(300)
    status = board.status()
    assert status.number("rejected") == 0
    assert status.number("readings") > 500  # two a second
    assert 40 < status.number("voltage") < 60


def test_packs_of_different_kinds(bench, tmp_path):
    """A Chargery on a wire and two JKs: each has its history and its page."""
    config = every_reading(example())
    config["packs"][0]["name"] = "house"
    config["packs"] += [
        {"name": "van", "bms": "jk", "device": "JK-VAN"},
        {"name": "boat", "bms": "jk", "address": "C8:47:8C:00:00:02", "cells": 16},
    ]
    board = bench(
        config, ahead=lambda rig: (jk.add(rig, "JK-VAN", 3), jk.add(rig, "JK-BOAT", 4, "24S"))
    )
    board.board.run(120)
    shown = set()
    for _ in range(12):
        board.board.run(2)
        shown.add(board.rig.lcd.text()[0].split()[0])
    assert {"house", "van", "boat"} <= shown
    folder = board.history(tmp_path / "out")
    for name in ("house", "van", "boat"):
        assert list((folder / name / "pack").glob("*.seg"))


def last_rows(board, turns):
    """What the last row says in turn, without counts."""
    shown = set()
    for _ in range(turns):
        board.board.run(4)
        shown.add(board.rig.lcd.text()[3].strip().split("  ")[0].rstrip("0123456789").strip())
    return shown


def test_a_mismatch_is_reported_and_not_logged(bench):
    """A unit whose frames are not of the layout that its software says."""
    board = bench(jk_config(), bms="jk")
    board.rig.line._software = "10.07"
    board.board.run(60)
    assert board.count("readings") == 0
    assert board.count("rejected") > 50
    assert "New layout?" in last_rows(board, 8)
    board.rig.line._software = "11.07"
    board.board.run(60)
    assert board.count("readings") > 5
    board.rig.line._spoil = lambda frame: frame[:-1] + bytes([frame[-1] ^ 1])  # noise now
    board.board.run(40)
    shown = last_rows(board, 12)
    assert "Bad packets" in shown and "New layout?" not in shown


def test_the_passcodes_go_nowhere(at_home, tmp_path):
    """Neither that of the device information nor that of the settings."""
    config = home_bench.config() | {"packs": jk_config()["packs"]}
    seen = at_home(config, bms="jk")
    module = seen.bench.rig.bluetooth.units["JK-SIM"]
    sent = Sent(module)
    module.drop()  # it is asked for all once more, and all is announced once more
    seen.home.broker_route.drop()
    texts = b"".join(seen.bench.lcd().encode() for _ in range(25) if not seen.board.run(4))
    published = [f"{topic} ".encode() + payload for _, topic, payload in seen.published]
    assert {"packlog/van/state", "packlog/health"} <= seen.fresh(home_bench.SETTLED_S)
    folder = seen.bench.history(tmp_path / "out")
    texts += b"".join([seen.board.console.transcript, *published])
    texts += b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
    texts += seen.bench.image.read_bytes()
    for passcode in (jk_wire.PASSCODE.encode(), jk_wire.SETUP_PASSCODE.encode()):
        assert passcode in b"".join(sent.all), "the unit has not sent it"
        assert passcode not in texts


def test_what_the_board_hears(bench, capsys):
    board = bench(jk_config(), bms="jk", ahead=lambda rig: jk.add(rig, "JK-GARAGE", 5))
    board.board.run(20)
    with port_of(board.board) as port:
        bluetooth.scan(port, 5, lambda line: None)
    heard = capsys.readouterr().out
    assert "JK-SIM" in heard and "JK-GARAGE" in heard
    assert "c8:47:8c:00:00:01" in heard.lower()


def looked_at(link):
    """(connected, what the display shows), of each second of board time from now on."""
    board, seen = link.bench.board, []

    def look():
        seen.append((link.module.connected, link.bench.lcd()))
        board.at(board.now / 1e6 + 1, look)

    look()
    return seen


def test_the_bms_is_left_to_the_phone_for_some_minutes(bench):
    link = Link(bench(jk_config(), bms="jk"))
    link.run(START_S)
    seen = looked_at(link)
    with port_of(link.bench.board) as port:
        bluetooth.release(port, 5, lambda line: None)
    assert link.bench.board.starts == 1  # the logger goes on meanwhile
    link.run(300 + RESUME_S)
    assert link.bench.status().number("age") < 2
    connected = "".join("+" if each else "-" for each, _ in seen)
    assert re.fullmatch(r"\++-{300,}\++", connected), connected  # a phone can have it meanwhile
    assert any("Released" in text for each, text in seen if not each)
    link.bench.board.power_off()
    with Files(link.bench.image) as files:  # asked for once, done once
        assert "release" not in files.listdir("/")


def test_ctrl_c_lets_go_of_the_bms(bench):
    link = Link(bench(jk_config(), bms="jk"))
    link.run(START_S)
    with port_of(link.bench.board) as port:
        device = Device(port)
        device.interrupt()
        assert not link.module.connected
        device.restart()
        device.close()
