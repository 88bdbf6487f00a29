"""packlog replay --bms bluenova: a capture is one console line a line, the CSV is everybody's."""

import csv
import io

import pytest
from host_tools.capture.replay import COLUMNS, open_decoder, replay
from host_tools.ground.errors import PacklogError
from host_tools.sim.units.bluenova import Unit
from host_tools.sim.units.pack import Pack

CAPTURE = """\
2.1 rev B console
MCU ID: 00C0FFEE
CellCount: 4
C01) T: 23, V: 3325
C02) T: 24, V: 3331
C03) T: 23, V: 3319
C04) T: 22, V: 3330
Vpack: 13305
Current: -12.34
Temp: 23
SOC: 87
INFO: heartbeat
C01) T: 23, V: 3324
C02) T: 24, V: 3330
Current: 0.5
Vpack: nan
SOC: 86
C01) T: 23, V: 3326
Vpack: 13310
"""
ROWS = [
    ["1", "13.305", "-12.34", "23.0", "87", "3.319", "3.331", "3", "2", "3.325 3.331 3.319 3.330"],
    ["2", "", "0.5", "", "86", "3.324", "3.330", "1", "2", "3.324 3.330"],
    ["3", "13.310", "", "", "", "3.326", "3.326", "1", "1", "3.326"],
]


def csv_of(capsys, capture, **options):
    count = replay("bluenova", capture, **options)
    rows = list(csv.reader(io.StringIO(capsys.readouterr().out)))
    assert rows[0] == list(COLUMNS) and len(rows) == count + 1
    return rows[1:]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_capture(capsys, tmp_path, end):
    capture = tmp_path / "console.txt"
    capture.write_bytes(CAPTURE.replace("\n", end).encode())
    assert csv_of(capsys, capture) == ROWS
    capture.write_bytes(CAPTURE.replace("\n", end).encode().rstrip())
    assert csv_of(capsys, capture) == ROWS


def test_statistics():
    readings = []
    decoder = open_decoder("bluenova", readings.append)
    decoder.feed((CAPTURE + "x" * 300 + "\n").encode())
    decoder.finish()
    stats = decoder.stats
    assert len(readings) == 3
    assert stats["accepted"]["cells"] == 7 and stats["accepted"]["voltage"] == 2
    assert (stats["rejected"], stats["too_long"]) == (1, 1)
    skipped = ("2.1 rev B console", "INFO: heartbeat", "Vpack: nan", "x" * 300)
    assert stats["bytes_skipped"] == sum(len(line) + 1 for line in skipped)


def test_a_simulated_console(capsys, tmp_path):
    unit = Unit(Pack(seed=9), seed=9)
    capture = tmp_path / "console.txt"
    text = "".join(text + "\n" for _, text in unit.messages(0, 600))
    capture.write_text(text, encoding="utf-8", newline="")
    rows = csv_of(capsys, capture)
    assert 280 < len(rows) < 360
    whole = [row for row in rows if len(row[-1].split()) == 16 and all(row[1:5])]
    assert len(whole) > 200
    for row in whole:
        cells = [float(volts) for volts in row[-1].split()]
        assert all(3.1 < volts < 3.4 for volts in cells if volts)
        low, high = (int(number) for number in row[7:9])
        assert cells[low - 1] == float(row[5]) == min(volts for volts in cells if volts)
        assert cells[high - 1] == float(row[6]) == max(cells)


def test_nothing_in_it(capsys, tmp_path):
    capture = tmp_path / "console.txt"
    capture.write_text("INFO: heartbeat\n")
    with pytest.raises(PacklogError, match="no bluenova reading"):
        replay("bluenova", capture)
    assert capsys.readouterr().out == ""
