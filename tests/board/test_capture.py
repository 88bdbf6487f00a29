"""packlog capture on the virtual board: what BMSs say becomes a file that replay makes the same
readings of, while the logger goes on.
"""

import csv
import json
import os
import signal
import subprocess
import sys
import threading
import time

import pytest
from host_tools.board import capture as capturing
from host_tools.capture.replay import replay
from host_tools.ground.errors import PacklogError, UsageError
from host_tools.sim.rig import Plan, unit_module
from host_tools.sim.units import jk_wire
from host_tools.sim.workshop import port_of
from tests.helpers import home_bench
from tests.helpers.boards import example

import config

SECONDS = 12


def with_packs(*packs):
    return example() | {"packs": list(packs)}


def joined(made, tmp_path, units):
    """What is done to a rig: the unit of each pack, of which units keeps what it has sent."""

    def join(rig):
        rig.wiring.wires.clear()
        for section in config.parse(json.dumps(made))["packs"]:
            unit = unit_module(section["bms"]).join_pack(rig, Plan(tmp_path), section)
            units.append(Sent(unit))

    return join


class Sent:
    """Keeps what a unit sends, by wire or by radio. all: its bytes."""

    def __init__(self, unit):
        self.all = bytearray()
        for name in ("bursts", "replies", "messages"):
            if hasattr(unit, name):
                setattr(unit, name, self._kept(getattr(unit, name)))

    def _kept(self, method):
        def kept(*arguments):
            for at_s, data in method(*arguments):
                self.all += data if isinstance(data, bytes) else data.encode() + b"\n"
                yield at_s, data

        return kept


def captured(board, out, monkeypatch, seconds=SECONDS, pack=None):
    """The capture's lines."""
    monkeypatch.setattr(capturing, "MINUTE_S", seconds)
    said = []
    with port_of(board.board) as port:
        capturing.capture(port, out, capturing.Wanted(1, pack), said.append)
    return out.read_text().splitlines()


def readings(path, tmp_path, bms=None):
    """What replay makes of a file, without the readings' numbers."""
    out = tmp_path / "replayed.csv"
    replay(bms, path, out=out)
    rows = list(csv.reader(out.open()))
    return [row[1:] for row in rows[1:]]


def check_replay(found, sent, kind, tmp_path):
    """The readings that were captured stand in this order in what the unit has sent."""
    raw = tmp_path / "raw.bin"
    raw.write_bytes(bytes(sent.all))
    expected = iter(readings(raw, tmp_path, kind))
    assert len(found) >= SECONDS // 2
    assert all(row in expected for row in found)


JK = {"name": "van", "bms": "jk", "device": "JK-1"}
JBD = {"name": "shed", "bms": "jbd", "link": "serial", "rx": 16, "tx": 17}


@pytest.mark.parametrize("pack", [JK, JBD], ids=["jk", "jbd"])
def test_a_capture_replays_to_the_same_readings(bench, tmp_path, monkeypatch, pack):
    units = []
    made = with_packs(pack)
    board = bench(made, ahead=joined(made, tmp_path, units))
    board.board.run(15)
    out = tmp_path / "capture.txt"
    lines = captured(board, out, monkeypatch)
    assert lines[0].startswith("# packlog capture 1, 20") and f"is a {pack['bms']}" in lines[0]
    assert {line.split()[2] for line in lines[1:]} >= {"<", ">"}
    check_replay(readings(out, tmp_path), units[0], pack["bms"], tmp_path)
    board.board.run(20)
    assert board.status().number("age") <= 3 and board.board.starts == 1
    assert " failed: " not in board.console()


def test_a_bluenova_in_the_network(at_home, tmp_path, monkeypatch):
    pack = {"name": "cabin", "bms": "bluenova", "host": "10.0.0.2"}
    seen = at_home(home_bench.config() | {"packs": [pack]}, bms="bluenova")
    sent = Sent(seen.bench.rig.line)
    out = tmp_path / "capture.txt"
    captured(seen.bench, out, monkeypatch, 50)
    lines = [line.split() for line in out.read_text().splitlines()]
    text = b"".join(bytes.fromhex(line[3]) for line in lines if line[2:3] == ["<"])
    said = iter(bytes(sent.all).split(b"\n"))
    assert text.count(b"\n") > 50 and all(line in said for line in text.split(b"\n")[:-1])
    console = tmp_path / "console.txt"
    console.write_bytes(text)
    found = readings(out, tmp_path)
    assert found == readings(console, tmp_path, "bluenova") and len(found) > 5
    assert (
        abs(float([row[0] for row in found if row[0]][-1]) - seen.bench.status().number("voltage"))
        < 0.2
    )


def test_several_packs_are_streams_and_one_can_be_chosen(bench, tmp_path, monkeypatch):
    made = with_packs(JK, JBD)
    units = []
    board = bench(made, ahead=joined(made, tmp_path, units), settings={"heap": "1M"})
    board.board.run(15)
    out = tmp_path / "capture.txt"
    lines = captured(board, out, monkeypatch)
    assert {line.split()[1] for line in lines[1:]} == {"van", "shed"}
    for bms, sent in (("jk", units[0]), ("jbd", units[1])):
        check_replay(readings(out, tmp_path, bms), sent, bms, tmp_path)
    before = len(lines)
    lines = captured(board, out, monkeypatch, 6, "shed")  # the file is added to
    assert lines[before].startswith("# packlog capture 1, ")
    assert {line.split()[1] for line in lines[before + 1 :]} == {"shed"}
    with pytest.raises(UsageError, match="no pack is called 'attic'"):
        captured(board, out, monkeypatch, 6, "attic")


def test_no_passcode_is_in_it(bench, tmp_path, monkeypatch):
    units = []
    made = with_packs(JK)
    board = bench(made, ahead=joined(made, tmp_path, units))
    board.board.run(15)
    begun = len(board.console())
    out = tmp_path / "capture.txt"
    text = "\n".join(captured(board, out, monkeypatch))
    for passcode in (jk_wire.PASSCODE, jk_wire.SETUP_PASSCODE):
        assert passcode.encode() in units[0].all
        for said in (text, board.console()[begun:]):
            assert passcode not in said and passcode.encode().hex() not in said
    assert jk_wire.HEADER.hex() + "03" in text  # the device is there: its software tells the layout


def test_a_file_of_something_else_is_not_touched(tmp_path):
    other = tmp_path / "notes.txt"
    other.write_text("mine\n")
    with pytest.raises(PacklogError, match="no capture of packlog's: name another file"):
        capturing.capture("/dev/null", other, capturing.Wanted(1), print)
    assert other.read_text() == "mine\n"


def test_ctrl_c_ends_it_and_the_board_stops_sending(bench, tmp_path):
    units = []
    made = with_packs(JBD)
    board = bench(made, ahead=joined(made, tmp_path, units))
    board.board.run(10)
    out = tmp_path / "capture.txt"
    with port_of(board.board) as port:
        command = [sys.executable, "-m", "host_tools.cli.cli", "capture", "--port", port]
        command = [
            sys.executable,
            "-c",
            "from host_tools.cli.cli import main; main()",
            *command[3:],
        ]
        with subprocess.Popen([*command, "-o", out], stderr=subprocess.PIPE, text=True) as done:
            end = time.monotonic() + 120
            while not (out.exists() and out.read_text().count(" < ") > 5):
                assert time.monotonic() < end and done.poll() is None
                time.sleep(0.1)
            threading.Timer(0, os.kill, (done.pid, signal.SIGINT)).start()
            said = done.communicate(timeout=60)[1]
        assert done.returncode == 0, said
        assert "lines; packlog replay" in said
    board.board.run(5)
    begun = len(board.console())
    board.board.run(20)
    assert "~." not in board.console()[begun:] and board.status().number("age") <= 3
