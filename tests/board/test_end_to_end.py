"""End to end on the virtual board: BMS in, display, flash, mpremote, pull, CSV against the
input.
"""

import csv
import json
import subprocess
import sys
from pathlib import Path

import pytest
from host_tools.board.pull import pull
from host_tools.export.decode import decode
from host_tools.install.install import install
from host_tools.sim.rig import Plan, Rig
from host_tools.sim.units import chargery
from host_tools.sim.workshop import port_of, wait_for_start
from test_shard import household
from tests.helpers.boards import Recorder, every_reading, example

from bms.chargery import Decoder
from sample import Sample
from store import segment


def mpremote(port, *arguments):
    return subprocess.run(
        [str(Path(sys.executable).with_name("mpremote")), "connect", port, *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def rows_of(path):
    with path.open() as file:
        return list(csv.DictReader(file))


def readings(recorder):
    """(second, Sample) of every reading that the recorded bytes hold, by the firmware's decoder."""
    found = []

    def keep(sample):
        copy = Sample()
        copy.copy_from(sample)
        found.append((at, copy))

    decoder = Decoder(keep, 16)
    for at, data in recorder.sent_bytes:  # noqa: B007 - keep() reads it
        decoder.feed(data)
    return found


def test_install_log_pull_and_decode(tmp_path):
    config = tmp_path / "mine.json"
    config.write_text(json.dumps(every_reading(example())))
    rig = Rig(Plan(flash=tmp_path / "flash.img", speed=0))
    board = rig.board
    wire = rig.wiring.wires[16]
    wire.source = recorder = Recorder(wire.source)
    said = []
    try:
        board.power_on()
        with port_of(board) as port:
            wait_for_start(board)
            install(port, config, said.append)
            assert said[-1] == "the logger runs: house sends readings"
            assert "00000001.seg" in mpremote(port, "ls", ":data/house/pack").stdout.split()
            done = mpremote(port, "exec", "import os; print(os.statvfs('/')[0])")
            assert done.stdout.strip() == "4096"
            assert mpremote(port, "reset").returncode == 0
        board.run(300)
        starts = board.starts
        with port_of(board) as port:
            # The reset has stopped the logger, which ended its hour: a file of the hours, too
            assert pull(port, tmp_path / "out", said.append) == 4
        assert board.starts == starts  # nothing stopped for it
    finally:
        board.close()
    decode([tmp_path / "out"], tmp_path / "pack.csv", True)
    check_rows(rows_of(tmp_path / "pack.csv"), readings(recorder))


def check_rows(rows, sent):
    """The rows of the longest stretch without a hole against the readings that they came from."""
    stretch = longest_stretch(rows)
    assert len(stretch) > 250
    known = {int(row["time"]): row for row in stretch}
    offset = match(known, sent)
    begin = first = min(known)
    charge = 0.0  # As, by the rows
    for second, row in sorted(known.items())[1:-1]:
        amps = float(row["current"])
        near = [s.current / 1000 for at, s in sent if begin - 1.5 < at + offset <= second + 1.5]
        slack = 0.05 + 0.01 * max(map(abs, near))
        assert min(near) - slack <= amps <= max(near) + slack, (row, near)
        charge += amps * (second - begin)
        least, most = charge_between(sent, first - offset, second - offset)
        assert least - 1 <= charge <= most + 1, (row, charge, least, most)
        if row["voltage"]:  # the first readings come before the first cells
            near_end = [s for at, s in sent if abs(at - second + offset) <= 1.5]
            assert any(says_the_same(row, sample) for sample in near_end), row
        begin = second


def charge_between(sent, begin, end):
    """The least and the most As between two seconds: each can be one off.

    A frame's time is its last reading's to the nearest second, and that can come late.
    """
    flowed = [s.current / 1000 for at, s in sent if begin < at <= end]
    around = [s.current / 1000 for at, s in sent if min(abs(at - begin), abs(at - end)) <= 2]
    slack = 2 * max(map(abs, around))
    return sum(flowed) - slack, sum(flowed) + slack


def says_the_same(row, sample):
    """Is this row's last reading that sample?"""
    return (
        float(row["voltage"]) == pytest.approx(sample.voltage / 1000, abs=0.021)
        and row["min_cell_voltage"] == f"{sample.min_cell_voltage / 1000:.3f}"
        and row["max_cell_voltage"] == f"{sample.max_cell_voltage / 1000:.3f}"
        and int(row["min_voltage_cell"]) == sample.min_cell + 1
        and int(row["max_voltage_cell"]) == sample.max_cell + 1
        and float(row["soc"]) == sample.soc
        and float(row["temperature"]) == pytest.approx(sample.temperature / 10, abs=0.25)
    )


def longest_stretch(rows):
    """Of the rows between two empty ones, the most."""
    stretches = [[]]
    for row in rows:
        if row["voltage"] or row["soc"]:
            stretches[-1].append(row)
        else:
            stretches.append([])
    return max(stretches, key=len)


def match(known, sent):
    """What to add to the board's seconds to get the CSV's: where the extreme cells agree."""
    seconds = sorted(known)[1:-1]

    def agreement(offset):
        at = {int(t): s for t, s in sent}
        return sum(
            (sample := at.get(second - offset)) is not None
            and known[second]["min_cell_voltage"] == f"{sample.min_cell_voltage / 1000:.3f}"
            and known[second]["max_cell_voltage"] == f"{sample.max_cell_voltage / 1000:.3f}"
            for second in seconds
        )

    first = seconds[0]
    return max((first - int(t) for t, s in sent if s.min_cell is not None), key=agreement)


def test_the_display_shows_what_the_bms_sends(bench):
    board = bench()
    wire = board.rig.wiring.wires[16]
    wire.source = recorder = Recorder(wire.source)
    board.board.run(120)
    board.board.run(0.9)
    last = [s for at, s in readings(recorder) if at * 1e6 < board.board.now - 400_000][-1]
    text = board.lcd()
    assert f"SoC {last.soc:3}%" in text
    assert f"{last.voltage / 1000:.2f}V" in text
    assert f"{last.current / 1000:+.1f}A" in text
    assert f"{last.min_cell + 1}:{last.min_cell_voltage / 1000:.3f}" in text
    assert f"{last.max_cell + 1}:{last.max_cell_voltage / 1000:.3f}" in text
    assert f"{last.temperature / 10:.1f}°C" in text
    assert board.rig.lcd.violations == []


@pytest.mark.parametrize("lcd", ["16x2", "20x4"])
def test_both_sizes_on_six_wires(bench, lcd):
    config = example()
    columns, rows = map(int, lcd.split("x"))
    wires = {"rs": 19, "e": 23, "d4": 18, "d5": 25, "d6": 5, "d7": 4}
    config["lcd"] = {"kind": "gpio", "columns": columns, "rows": rows, **wires}
    board = bench(config, lcd=lcd, wired_lcd=True)
    board.board.run(15)
    shown = ""
    for _ in range(10):  # a small display's pages take turns
        board.board.run(1)
        shown += board.lcd()
    assert "%" in shown and "°C" in shown and "V" in shown and "▼" in shown
    assert board.rig.lcd.violations == []


def test_a_second_install_copies_nothing_and_keeps_the_history(bench):
    board = bench()
    board.board.run(120)
    said = []
    with port_of(board.board) as port:
        install(port, None, said.append)
        assert said[0] == "everything on the board is up to date"
        assert "00000001.seg" in mpremote(port, "ls", ":data/house/pack").stdout.split()


@pytest.mark.parametrize("cpu_factor", [pytest.param(0, marks=pytest.mark.slow), 40])
def test_every_packet_arrives_whatever_else_goes_on(bench, tmp_path, cpu_factor):
    """The display is written, the flash erases every second or two until the store spares it, a
    segment becomes a shard.

    An ESP32 at 160 MHz takes 20 to 50 times as long for bytecode as a PC.
    """
    files = {}
    for number, count in ((1, 1200), (2, 0)):  # one that is done with, one to go on with
        header = segment.Header(segment.PACK, 1, 16, "house", number)
        files[f"/data/house/pack/{segment.file_name(number)}"] = header.pack() + household(count)
    config = example()
    config["status_s"] = 1
    config["store"] = {"window_s": 1, "interval_s": 1, "budget_kb": 128}
    board = bench(config, files, settings={"cpu_factor": cpu_factor})
    board.board.run(60)  # a start of that many modules takes half of it
    begun = board.count("readings")
    seconds = 0
    while seconds < 200 or not any(".shard" in path for path in board.files()):
        board.board.run(20)
        seconds += 20
        assert seconds < 900
    assert sum(board.board.flash.erases) > 80
    assert board.board.flash.overprogrammed == 0  # nothing was written where nothing was erased
    assert board.rig.bus.bytes > 3_500
    assert board.board.hardware.lost_bytes() == 0
    assert board.count("rejected") == 0
    assert board.count("readings") >= begun + seconds - 5
    assert board.rig.lcd.violations == []
    folder = board.history(tmp_path / "out")
    assert list(folder.glob("house/pack/00000001.shard"))


def test_two_packs_on_two_uarts(bench, tmp_path):
    config = example()
    second = {**config["packs"][0], "name": "van", "uart": 1, "rx": 4, "tx": 5}
    config["packs"].append(second)
    board = bench(config)
    chargery.add(board.rig, 4, seed=1)
    board.board.run(100)
    text = board.console()
    assert "packlog house " in text and "packlog van " in text
    folder = board.history(tmp_path / "out")
    assert sorted(path.name for path in folder.iterdir()) == ["house", "van"]
