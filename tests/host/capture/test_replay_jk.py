"""packlog replay --bms jk: the CSV and the statistics of captured notification bytes."""

import csv
import io
import json
from pathlib import Path

import pytest
from host_tools.capture.replay import COLUMNS, replay
from host_tools.ground.errors import PacklogError
from host_tools.ground.firmware import names
from host_tools.sim.units import jk_wire as wire
from host_tools.sim.units.jk import Unit
from host_tools.sim.units.pack import Pack
from tests.helpers.command_line import packlog_here

DATA = Path(__file__).resolve().parents[2] / "data" / "jk"
CELLS_32S = "3.246 3.230 3.226 3.231 3.233 3.231 3.232 3.232"
CELLS_32S += " 3.225 3.232 3.216 3.225 3.237 3.231 3.225 3.242"
ROW_32S = ["51.689", "0.0", "17.7", "52", "3.216", "3.246", "11", "1", CELLS_32S]
EMPTY = {"rejected": 0, "repeated": 0, "mismatched": 0, "bytes_skipped": 0}


def captured(name: str) -> bytes:
    return bytes.fromhex((DATA / f"{name}.hex").read_text())


def rows_of(capsys, capture: Path, **options) -> list[list[str]]:
    replay("jk", capture, **options)
    return list(csv.reader(io.StringIO(capsys.readouterr().out)))


def test_notifications_as_they_came(capsys, tmp_path):
    capture = tmp_path / "capture"
    frame = captured("cells_32s")
    capture.write_bytes(
        captured("device_32s")
        + wire.ACKNOWLEDGEMENT
        + wire.AT
        + wire.settings_frame()
        + frame
        + frame[:77]
        + frame
        + bytes(20)
        + frame[:50]
    )
    assert replay("jk", capture, stats=True) == 2
    out, err = capsys.readouterr()
    rows = list(csv.reader(io.StringIO(out)))
    assert rows == [list(COLUMNS), ["1", *ROW_32S], ["2", *ROW_32S]]
    skipped = 20 + 4 + 77 + 20 + 50
    assert json.loads(err) == {
        **EMPTY,
        "accepted": {"0x01": 1, "0x02": 2, "0x03": 1},
        "rejected": 2,
        "repeated": 1,
        "bytes_skipped": skipped,
    }


def test_hex_of_a_24s_unit(capsys):
    rows = rows_of(capsys, DATA / "cells_24s.hex", hex=True)
    assert len(rows) == 2
    row = dict(zip(rows[0], rows[1], strict=True))
    cells = row.pop("cell_voltages").split()
    assert len(cells) == 24 and (cells[0], cells[2], cells[22]) == ("3.284", "3.279", "3.285")
    assert list(row.values()) == ["1", "78.735", "0.0", "20.7", "85", "3.279", "3.285", "3", "23"]


def test_currents_and_temperatures_below_zero(capsys, tmp_path):
    capture = tmp_path / "capture"
    capture.write_bytes(wire.cell_frame("32S", [3300] * 4, current=-12684, t1=-105, soc=7))
    cells = "3.300 3.300 3.300 3.300"
    row = ["1", "13.200", "-12.684", "-10.5", "7", "3.300", "3.300", "1", "1", cells]
    assert rows_of(capsys, capture)[1:] == [row]


def test_a_layout_that_does_not_fit_is_said_not_shown(capsys, tmp_path):
    capture = tmp_path / "capture"
    capture.write_bytes(captured("device_24s") + captured("cells_32s"))
    with pytest.raises(PacklogError, match="their layout is not that of the unit's software"):
        replay("jk", capture, stats=True)
    out, err = capsys.readouterr()
    assert out == ""
    accepted = {"0x01": 0, "0x02": 0, "0x03": 1}
    expected = {**EMPTY, "accepted": accepted, "mismatched": 1, "bytes_skipped": 300}
    assert json.loads(err) == expected


def test_an_hour_of_the_simulated_unit(capsys, tmp_path):
    unit = Unit(Pack(cells=8, seed=5), seed=5)
    unit.write(wire.command(wire.ASKS_DEVICE) + wire.command(wire.ASKS_CELLS), 0)
    unit.junk, unit.cut = 0.3, 0.05
    capture = tmp_path / "capture"
    capture.write_bytes(b"".join(data for _, data in unit.bursts(0, 3600)))
    assert replay("jk", capture, out=tmp_path / "out.csv", stats=True) > 6900
    stats = json.loads(capsys.readouterr().err)
    text = (tmp_path / "out.csv").read_text()
    assert stats["accepted"]["0x02"] == text.count("\n") - 1
    assert stats["accepted"]["0x03"] == stats["accepted"]["0x01"] == 1
    for secret in (wire.PASSCODE, wire.SETUP_PASSCODE):
        assert secret not in json.dumps(stats)
        assert secret not in text


def test_the_command():
    done = packlog_here("replay", "--bms", "jk", "--hex", "--stats", DATA / "cells_32s.hex")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[1] == "1," + ",".join(ROW_32S)
    assert json.loads(done.stderr)["accepted"] == {"0x01": 0, "0x02": 1, "0x03": 0}


def test_a_kind_that_nobody_knows(tmp_path):
    *others, last = sorted(names("bms"))
    with pytest.raises(PacklogError, match=rf"there are {', '.join(others)} and {last}$"):
        replay("tesla", tmp_path / "capture")
