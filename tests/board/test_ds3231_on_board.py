"""A board with a clock chip: its power is cut, there is no network, and every frame is dated."""

import time

import pytest
from host_tools.board.pull import pull
from host_tools.export.decode import How, decode
from host_tools.history import events
from host_tools.history.frames import load
from host_tools.history.timeline import UNKNOWN
from host_tools.sim.board.ds3231 import ADDRESS
from host_tools.sim.rig import WIRES
from host_tools.sim.workshop import port_of
from tests.helpers.boards import Bench, copy_of, example

NOON = 1780315200  # 2026-06-01T12:00:00Z
ON_I2C = {"kind": "i2c", "columns": 20, "rows": 4, "scl": 22, "sda": 21}
ON_WIRES = {"kind": "gpio", "columns": 20, "rows": 4, **WIRES}


@pytest.mark.parametrize(
    ("lcd", "section"), [(ON_I2C, {}), (ON_WIRES, {"scl": 22, "sda": 21})], ids=["i2c", "wires"]
)
def test_after_a_power_cut_the_frames_are_dated_by_the_chip(installed, tmp_path, lcd, section):
    config = example() | {"lcd": lcd, "ds3231": section}
    bench = Bench(copy_of(installed, tmp_path), config, ds3231=True, wired_lcd=lcd is ON_WIRES)
    try:
        bench.rig.ds3231.set_to(NOON)
        bench.start()
        bench.board.run(120)
        bench.board.power_off()
        bench.board.now += 7200 * 1000000  # two hours without power
        bench.start()
        bench.board.run(120)
        assert "clock=DS3231" in bench.console() and "ds3231=ok" in bench.console()
        assert "packlog!" not in bench.console()
        assert "SoC" in bench.lcd() or "Logger" in bench.lcd() or "Uptime" in bench.lcd()
        folder = bench.history(tmp_path / "history")
    finally:
        bench.close()
    found = load([folder])
    assert not (found.time == UNKNOWN).any() and set(found.boot.tolist()) == {1, 2}
    first, second = (found.time[(found.boot == boot) & ~found.hole] for boot in (1, 2))
    assert abs(first[0] - NOON) <= 4 and first[-1] <= NOON + 121
    assert NOON + 7320 <= second[0] <= NOON + 7326
    said = [text.decode() for text in events.load([folder]).details]
    assert sum(text.startswith("by a DS3231 to 2026-06-01T") for text in said) == 2


def test_without_the_chip_the_second_boot_has_bounds_at_most(installed, tmp_path):
    """The same cut on a board that has none: what the chip is for."""
    bench = Bench(copy_of(installed, tmp_path), example())
    try:
        bench.start()
        bench.board.run(60)
        folder = bench.history(tmp_path / "history")
    finally:
        bench.close()
    assert (load([folder]).time == UNKNOWN).all()
    assert decode([folder], tmp_path / "out.csv", how=How(guess=True)) > 0
    assert "guessed" not in (tmp_path / "out.csv").read_text()


def test_a_chip_that_is_missing_is_said_and_changes_nothing_else(installed, tmp_path):
    bench = Bench(copy_of(installed, tmp_path), example() | {"ds3231": {}})
    try:
        bench.start()
        bench.board.run(60)
        assert "ds3231=Clock chip missing" in bench.console().replace("_", " ")
        assert bench.count("readings") > 20
    finally:
        bench.close()


def test_a_pc_that_pulls_sets_the_chip(installed, tmp_path):
    """The clock is set at the REPL, where no task of the logger runs."""
    bench = Bench(copy_of(installed, tmp_path), example() | {"ds3231": {}}, ds3231=True)
    try:
        assert bench.rig.ds3231.stopped
        bench.start()
        bench.board.run(20)
        assert "ds3231=Clock" in bench.console()
        with port_of(bench.board) as port:
            pull(port, tmp_path / "history", lambda line: None)
        bench.board.run(20)
        chip = bench.rig.ds3231
        assert not chip.stopped and abs(chip.unix() - bench.count("unix")) <= 7
        assert bench.count("unix") > NOON
    finally:
        bench.close()


def test_between_two_runs_its_time_is_kept_in_a_file(installed, tmp_path):
    image = copy_of(installed, tmp_path)
    bench = Bench(image, ds3231=True)
    bench.rig.ds3231.set_to(NOON)
    before = time.time()
    bench.rig.close()
    again = Bench(image, ds3231=True)
    try:
        assert not again.rig.ds3231.stopped
        assert 0 <= again.rig.ds3231.unix() - NOON <= time.time() - before + 1
        again.rig.ds3231.lose_battery()
        assert again.rig.ds3231.stopped
        assert ADDRESS in again.rig.bus.devices
    finally:
        again.close()
