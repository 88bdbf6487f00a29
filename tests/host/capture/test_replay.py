"""packlog replay as a library: the CSV and the statistics of a capture, and what can go wrong."""

import csv
import io
import json
import random
from pathlib import Path

import pytest
from host_tools.capture import captures
from host_tools.capture.replay import COLUMNS, columns, replay
from host_tools.ground import units
from host_tools.ground.errors import PacklogError
from host_tools.sim.units import chargery_wire as wire

from bms.chargery import Decoder

DATA = Path(__file__).resolve().parents[2] / "data" / "chargery"
V126 = DATA / "pdf_v1.26_capture.hex"
CELLS = "3.325 3.332 3.332 3.330 3.331 3.332 3.334 3.329"
CELLS += " 3.336 3.330 3.333 3.326 3.334 3.323 3.343 3.324"


def csv_of(capsys, capture: Path, **options) -> list[list[str]]:
    replay("chargery", capture, **options)
    return list(csv.reader(io.StringIO(capsys.readouterr().out)))


def reading(mode=wire.CHARGE, current=228, soc=91):
    return wire.reading_packet(3650, mode, current, 131, 132, soc)


def test_the_capture_of_the_v1_26_paper(capsys):
    assert replay("chargery", V126, hex=True, stats=True) == 4
    out, err = capsys.readouterr()
    lines = out.splitlines()
    assert lines[0] == (
        "reading,voltage,current,temperature,soc,min_cell_voltage,max_cell_voltage,"
        "min_voltage_cell,max_voltage_cell,cell_voltages"
    )
    assert lines[1] == "1,,23.0,12.9,91,,,,,"
    assert lines[4] == f"4,53.294,22.8,13.1,91,3.323,3.343,14,15,{CELLS}"
    assert len(lines) == 5
    assert json.loads(err) == {
        "accepted": {"0x56": 1, "0x57": 4, "0x58": 1},
        "rejected": 1,
        "bytes_skipped": 47,
    }


def test_the_capture_of_the_v1_22_paper(capsys):
    rows = csv_of(capsys, DATA / "pdf_v1.22_capture.hex", hex=True)
    assert len(rows) == 29 and rows[0] == list(COLUMNS)
    assert [row[0] for row in rows[1:]] == [str(n) for n in range(1, 29)]
    cells = "3.932 3.948 3.940"
    assert rows[28] == ["28", "11.820", "-1.0", "-22.3", "0", "3.932", "3.948", "1", "2", cells]


def test_bytes_and_hex_give_the_same(capsys, tmp_path):
    raw = tmp_path / "capture.bin"
    raw.write_bytes(bytes.fromhex(V126.read_text()))
    assert csv_of(capsys, raw) == csv_of(capsys, V126, hex=True)


def test_a_file_gets_the_same_as_standard_output(capsys, tmp_path):
    out = tmp_path / "out.csv"
    assert replay("chargery", V126, hex=True, out=out) == 4
    replay("chargery", V126, hex=True)
    assert out.read_text() == capsys.readouterr().out
    assert [path.name for path in tmp_path.iterdir()] == ["out.csv"]


def test_numbers_as_text():
    assert [units.amps(ma) for ma in (22800, -1200, 0, -100, 1250, -25)] == [
        "22.8",
        "-1.2",
        "0.0",
        "-0.1",
        "1.25",
        "-0.025",
    ]
    assert [units.volts(mv) for mv in (53294, 3300, 1, 0)] == ["53.294", "3.300", "0.001", "0.000"]
    assert [units.celsius(t) for t in (131, -223, -5, 0)] == ["13.1", "-22.3", "-0.5", "0.0"]
    assert [units.whole(91), units.cell(0)] == ["91", "1"]
    unknown = [f(None) for f in (units.amps, units.volts, units.celsius, units.whole, units.cell)]
    assert unknown == [""] * 5


def test_unwired_cells_and_unknown_values():
    samples = []
    decoder = Decoder(samples.append)
    decoder.feed(wire.cells_packet([3300, 40, 3310, 20], soc=1))
    decoder.feed(wire.reading_packet(3650, None, 5, 131, 132, None))
    row = dict(zip(COLUMNS[1:], columns(samples[0]), strict=True))
    assert row["cell_voltages"] == "3.300 0.000 3.310"
    assert (row["min_voltage_cell"], row["max_voltage_cell"]) == ("1", "3")
    assert (row["voltage"], row["current"], row["soc"]) == ("6.610", "", "1")


def test_the_cells_are_those_of_the_last_packet_however_long_ago(capsys, tmp_path):
    raw = tmp_path / "capture.bin"
    reading = wire.reading_packet(3650, None, 5, 131, 132, None)
    raw.write_bytes(wire.cells_packet([3300, 3310], soc=1) + 100 * reading)
    rows = csv_of(capsys, raw)[1:]
    assert len(rows) == 100 and {row[-1] for row in rows} == {"3.300 3.310"}


def test_a_capture_longer_than_a_piece(capsys, tmp_path, monkeypatch):
    monkeypatch.setattr(captures, "PIECE", 101)
    data = b"".join(reading(current=n) for n in range(500))
    raw, text = tmp_path / "raw", tmp_path / "text"
    raw.write_bytes(data)
    text.write_text(data.hex())
    rows = csv_of(capsys, raw)
    assert [row[2] for row in rows[1:]] == [units.amps(100 * n) for n in range(500)]
    assert csv_of(capsys, text, hex=True) == rows
    seen = []
    assert b"".join(captures.read_capture(raw, False, seen.append)) == data
    assert seen[-1] == len(data) and seen == sorted(seen) and len(seen) == -(-len(data) // 101)


@pytest.mark.parametrize("piece", [1, 2, 3, 5, 64, 4096])
def test_hex_text_with_any_white_space(tmp_path, monkeypatch, piece):
    monkeypatch.setattr(captures, "PIECE", piece)
    chance = random.Random(piece)
    data = chance.randbytes(300)
    blanks = ("", " ", "\n", "\r\n", "\t", "  \n\n ", "\v\f")
    text = "\n" + "".join(f"{byte:02x}" + chance.choice(blanks) for byte in data)
    path = tmp_path / "capture"
    path.write_bytes(text.encode())
    assert b"".join(captures.read_capture(path, hex=True)) == data
    path.write_bytes(b"\xef\xbb\xbf" + data.hex(" ").upper().encode())
    if piece >= 3:
        assert b"".join(captures.read_capture(path, hex=True)) == data


@pytest.mark.parametrize("piece", [1, 3, 4096])
@pytest.mark.parametrize(
    ("text", "line", "word"),
    [
        ("24 24 57\n0F xx 01\n", 2, "'xx'"),
        ("24\n24\n\n0z57", 4, "'z'"),
        ("24 24 5\n70", 1, "'5' has an odd"),
        ("24 24\n575", 2, "an odd number of digits"),
        ("24 24 é", 1, "not hex"),
    ],
)
def test_a_bad_digit_is_named(tmp_path, monkeypatch, piece, text, line, word):
    monkeypatch.setattr(captures, "PIECE", piece)
    path = tmp_path / "capture.hex"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(PacklogError) as error:
        list(captures.read_capture(path, hex=True))
    assert f"{path}, line {line}: " in str(error.value) and "\n" not in str(error.value)
    if piece > 4:
        assert word in str(error.value)


def no_reading(capture, **options):
    with pytest.raises(PacklogError) as error:
        replay("chargery", capture, **options)
    return str(error.value)


def test_nothing_in_it(capsys, tmp_path):
    path = tmp_path / "empty"
    path.write_bytes(b"")
    expected = f"no chargery reading in {path}: is it from that BMS?"
    assert no_reading(path) == expected
    assert capsys.readouterr() == ("", "")

    assert no_reading(path, stats=True) == expected
    assert json.loads(capsys.readouterr().err)["accepted"] == {"0x56": 0, "0x57": 0, "0x58": 0}

    out = tmp_path / "out.csv"
    out.write_text("what was there\n")
    assert no_reading(path, out=out) == expected
    assert out.read_text() == "what was there\n"


def test_what_a_user_can_get_wrong(capsys, tmp_path):
    capture = tmp_path / "capture"
    capture.write_bytes(reading())
    for arguments, words in (
        (("tesla", capture), "chargery"),
        (("chargery", tmp_path / "nothing"), "nothing"),
        (("chargery", tmp_path), "folder"),
        (("chargery", capture, True), "line 1"),
        (("chargery", capture, False, capture), "itself what is to be read"),
        (("chargery", capture, False, tmp_path / "no" / "out.csv"), "create it"),
    ):
        with pytest.raises(PacklogError, match=words) as error:
            replay(*arguments)
        assert "\n" not in str(error.value)
    assert capture.read_bytes() == reading()
    assert list(tmp_path.iterdir()) == [capture]


def test_a_bad_digit_leaves_the_old_csv(tmp_path):
    capture, out = tmp_path / "capture", tmp_path / "out.csv"
    capture.write_text(reading().hex() + " oops")
    out.write_text("what was there\n")
    with pytest.raises(PacklogError):
        replay("chargery", capture, hex=True, out=out)
    assert out.read_text() == "what was there\n"
    assert sorted(tmp_path.iterdir()) == [capture, out]
