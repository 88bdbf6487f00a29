"""What goes wrong in a shed: plugs, power, cables, configs. The logger goes on or says why."""

import json
import random

import pytest
from host_tools.board.pull import pull
from host_tools.ground.errors import PacklogError
from host_tools.history.frames import load
from host_tools.install import probe
from host_tools.install.install import install
from host_tools.sim.vm import ops
from host_tools.sim.workshop import port_of
from tests.helpers.boards import Bench, Files, copy_of, example
from tests.helpers.home_bench import wait_for
from tests.helpers.installing import board_on

WATCHDOG_PAUSE_US = 600_000_000


def test_the_display_can_be_unplugged_at_any_time(bench):
    board = bench()
    for start in range(20, 220, 40):  # at another moment of the display's work each time
        board.board.at(start + start / 97, board.rig.unplug_lcd)
        board.board.at(start + 15 + start / 89, board.rig.replug_lcd)
    board.board.run_until(240)
    assert "SoC" in board.lcd()
    assert board.rig.lcd.violations == []
    assert board.count("readings") >= 232
    assert board.count("rejected") == 0
    assert board.count("lcd") == 1


def test_without_a_display_the_logger_logs(bench):
    board = bench()
    board.rig.unplug_lcd()
    board.board.run(120)
    assert board.count("lcd") == 0
    assert board.count("readings") >= 113


def test_a_stuck_bus_hurts_nobody_else(bench):
    board = bench()
    board.board.run_until(20)
    board.rig.bus.stuck = True
    board.board.run_until(80)
    assert board.count("readings") >= 70
    assert board.count("rejected") == 0
    board.rig.bus.stuck = False
    board.board.run_until(95)
    assert "SoC" in board.lcd()


def test_a_silent_bms_is_named_with_how_long_and_leaves_a_gap(bench, tmp_path):
    board = bench()
    board.board.run_until(100)
    board.rig.line.silent = True
    board.board.run_until(100 + 95)
    assert "No data for 1m3" in board.lcd()
    assert "BMS LCD unit on?" in board.lcd()
    assert board.status().values["voltage"] == "--"
    board.rig.line.silent = False
    board.board.run_until(300)
    assert "SoC" in board.lcd()
    assert board.status().values["voltage"] != "--"
    frames = load([board.history(tmp_path / "out")])
    (hole,) = frames.hole.nonzero()[0]
    assert str(frames.voltage[hole]) == "nan" and 95 < frames.uptime[hole] < 105
    assert frames.uptime[hole + 1] > 190


def test_power_cuts_lose_no_more_than_the_window(bench, tmp_path):
    board = bench()
    chance = random.Random(1)
    last_seen = []
    for _ in range(6):
        board.board.run(60 + 60 * chance.random())
        last_seen.append((board.count("boot"), board.count("durable"), board.count("uptime")))
        board.board.power_off()
        board.start()
    board.board.run(3)  # it takes up where it was
    frames = load([board.history(tmp_path / "out")])
    assert not frames.problems
    for boot, durable, uptime in last_seen:
        mine = frames.uptime[(frames.boot == boot) & (frames.current == frames.current)]
        assert len(mine) >= durable
        assert mine.max() >= uptime - 45  # the window, and a frame in the making
    assert len(list((tmp_path / "out/house/pack").glob("*.seg"))) == 1  # the same segment all along


def test_the_power_goes_in_the_middle_of_a_flash_operation(bench, tmp_path):
    board = bench()
    durable = 0
    for n in (3, 10, 17, 24):
        board.board.run(40)
        board.board.flash.cut_at = board.board.flash.operations + n
        while board.board.powered:
            board.board.run(10)
            durable = max(durable, board.count("durable"))
        board.board.flash.cut_at = None
        board.start()
        board.board.run(5)
    frames = load([board.history(tmp_path / "out")])
    assert not frames.problems
    assert set(frames.boot) == {1, 2, 3, 4} or set(frames.boot) == {1, 2, 3, 4, 5}


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"rx": 20}, "config.json: packs[0].rx: GPIO 20 does not exist on this board"),
        ({"rx": 99}, "config.json: packs[0].rx: 99 is not a whole number from 0 to 48"),
        ({"colour": 1}, "config.json: packs[0].colour: unknown key"),
    ],
)
def test_a_wrong_pack_is_complained_of_on_console_and_display(bench, change, complaint):
    config = example()
    config["packs"][0].update(change)
    board = bench(config)
    board.board.run(10)
    # The pin is one of this chip's; a wrong key is found before, and the last right config runs
    said = complaint if "GPIO" in complaint else f"Old config in use: {complaint}"
    assert f"packlog! {said}" in board.console()
    shown = ""
    for _ in range(60):
        board.board.run(1)
        shown += " ".join(board.lcd().split()) + " "
    assert "config.json:" in shown


def test_a_display_on_a_pin_that_does_not_exist_does_not_stop_the_log(bench):
    config = example()
    config["lcd"]["sda"] = 28
    board = bench(config)
    board.board.run(60)
    assert "packlog! config.json: lcd.sda: GPIO 28 does not exist on this board" in board.console()
    assert board.count("readings") > 50


def test_a_broken_config_leaves_the_repl_reachable(bench, installed, tmp_path):
    image = copy_of(installed, tmp_path)
    with Files(image) as files:
        files.remove("/config.ready")  # there never was a right one
        with files.open("/config.json", "wb") as file:
            file.write(b'{"packs": [')
    board = Bench(image).start()
    try:
        board.board.run(5)
        assert "packlog! config.json: not JSON" in board.console()
        with port_of(board.board) as port, pytest.raises(PacklogError, match="not JSON"):
            install(port, None, lambda line: None)
        good = tmp_path / "good.json"
        good.write_text(json.dumps({"packs": [{"name": "house", "bms": "chargery"}]}))
        said = []
        with port_of(board.board) as port:
            install(port, good, said.append)
        assert said[-1] == "the logger runs: house sends readings"
    finally:
        board.close()


def test_a_wrong_config_never_reaches_the_board(tmp_path):
    bad = tmp_path / "mine.json"
    bad.write_text('{"packs": [{"name": "house", "bms": "chargery", "rx": 99}]}')
    with pytest.raises(PacklogError, match=r"mine.json: packs\[0\].rx: 99 is not"):
        install("/dev/null", bad, lambda line: None)
    bad.write_text("{\n oops")
    with pytest.raises(PacklogError, match="line 2 column 2"):
        install("/dev/null", bad, lambda line: None)


def test_a_pin_that_the_board_does_not_have_is_said_by_the_install(bench, tmp_path):
    board = bench()
    config = example()
    config["packs"][0]["rx"] = 20
    (tmp_path / "mine.json").write_text(json.dumps(config))
    with (
        port_of(board.board) as port,
        pytest.raises(PacklogError, match=r"packs\[0\].rx: GPIO 20 does not exist on this board"),
    ):
        install(port, tmp_path / "mine.json", lambda line: None)


def test_a_board_with_a_fat_file_system_is_refused(tmp_path):
    with (
        board_on(tmp_path / "f.img", settings={"file_system": "fat"}) as (_, port),
        pytest.raises(PacklogError, match=r"file system is FAT.*needs littlefs"),
    ):
        install(port, None, lambda line: None)


def test_a_board_with_too_small_a_flash_is_refused(tmp_path):
    with (
        board_on(tmp_path / "f.img", settings={"blocks": 64}) as (_, port),
        pytest.raises(PacklogError, match="has 256 KB: packlog needs at least"),
    ):
        install(port, None, lambda line: None)


def test_a_file_takes_whole_blocks_however_small_it_is():
    """Of 66 blocks 64 stay free for the history: two are left, for two files."""
    board = probe.Board("micropython", (1, 28), "", 1, "VfsLfs2", 4096, 66, 66, 0)
    probe.check(board, [100, 4096])
    with pytest.raises(PacklogError, match="has 264 KB: packlog needs at least 268 KB"):
        probe.check(board, [100, 4097])


@pytest.mark.parametrize(
    ("port", "why"),
    [("/dev/nonesuch", "does not exist"), ("/dev/null", "is not a serial port")],
)
def test_a_wrong_port(port, why):
    with pytest.raises(PacklogError, match=f"{port} {why}"):
        install(port, None, lambda line: None)


def test_a_board_without_packlog_has_nothing_to_pull(tmp_path):
    with (
        board_on(tmp_path / "f.img") as (_, port),
        pytest.raises(PacklogError, match="has no history yet"),
    ):
        pull(port, tmp_path / "out", lambda line: None)


def test_the_watchdog_starts_the_logger_again_when_the_pc_goes_away(bench):
    board = bench()
    board.board.run(60)
    with port_of(board.board) as port, open(port, "wb", buffering=0) as terminal:
        terminal.write(b"\x03")
        wait_for(lambda: board.board.state == ops.REPL)
    assert "packlog stopped, everything is on flash" in board.console()
    assert board.board.watchdog_resets == 0
    board.board.now += WATCHDOG_PAUSE_US  # at the REPL board time is real time: not waited for
    board.board.run(1)
    assert board.board.watchdog_resets == 1
    board.board.run(60)
    assert board.count("boot") == 2
    assert board.count("readings") > 50


HANG = b"""
import asyncio, time
_sleep_ms = asyncio.sleep_ms
def hang(ms):
    if ms == 250:  # the display's
        time.sleep(1000)
    return _sleep_ms(ms)
asyncio.sleep_ms = hang
"""


def test_a_task_that_hangs_is_ended_by_the_watchdog(bench, installed, tmp_path):
    image = copy_of(installed, tmp_path)
    with Files(image) as files:
        with files.open("/main.py", "rb") as file:
            main = file.read()
        with files.open("/main.py", "wb") as file:  # a task that does not let go of the loop
            file.write(HANG + main)
    board = Bench(image).start()
    try:
        board.board.run(130)
        assert board.board.watchdog_resets >= 1
    finally:
        board.close()
