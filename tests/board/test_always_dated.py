"""A board without WiFi never learns the time but from a PC: each command tells it, one way or the
other, and in the end every row of its life has a date.
"""

import contextlib

import pytest
from host_tools.board import bluetooth, configure, reconfigure
from host_tools.board.device import Device
from host_tools.board.live import live
from host_tools.board.pull import pull
from host_tools.board.talk import Unanswered
from host_tools.ground.errors import PacklogError
from host_tools.history import cells, events, frames
from host_tools.install.install import install
from host_tools.sim.workshop import port_of, wait_for_start
from tests.helpers.boards import every_reading, example

RUNS_ON = {
    "config show": lambda port: configure.show(port),
    "config check": lambda port: configure.check(port, None, quiet),
    "info": lambda port: live(port),
    "release": lambda port: bluetooth.release(port, 1, quiet),
}
RESTARTS = {
    "scan": lambda port: bluetooth.scan(port, 1, quiet),
    "config set": lambda port: reconfigure.change(port, [("lcd.page_s", "5")], quiet),
    "config set, refused": lambda port: reconfigure.change(port, [("lcd.columns", "17")], quiet),
    "install, up to date": lambda port: install(port, None, quiet),
}


def quiet(line):
    pass


def give(board, command):
    """A command at the board's port. What it cannot do without Bluetooth, it says."""
    with port_of(board) as port:
        with contextlib.suppress(PacklogError):
            command(port)
        wait_for_start(board)


def check_dates(folder):
    for series in (frames, cells, events):
        found = series.load([folder])
        rows = ~found.hole if hasattr(found, "hole") else slice(None)
        assert (found.time[rows] > 1_700_000_000).all(), series.__name__
    boots = set(frames.load([folder]).boot.tolist())
    return boots


def test_no_command_leaves_a_row_without_a_date(bench, tmp_path):
    made = bench(every_reading(example()))
    board = made.board
    for command in RUNS_ON.values():
        board.run(20)
        give(board, command)
    board.run(20)
    assert board.starts == 1  # those do not stop the logger
    for number, command in enumerate(RESTARTS.values(), 2):
        give(board, command)
        board.run(40)
        assert board.starts == number
    board.power_off()  # it forgets the time
    made.start()
    board.run(20)
    give(board, RUNS_ON["info"])
    board.run(40)
    board.power_off()
    made.start()
    board.run(20)
    with port_of(board) as port:
        pull(port, tmp_path, quiet)
    assert check_dates(tmp_path) == set(range(1, len(RESTARTS) + 4))


@pytest.mark.parametrize("name", ["config show", "release", "config set, refused"])
def test_an_older_packlog_is_told_the_time_before_it_starts_again(
    bench, tmp_path, monkeypatch, name
):
    """Its boot ends with the command: nobody could date it afterwards."""

    def unanswered(device):
        raise Unanswered("nobody answers")

    monkeypatch.setattr(Device, "talk", unanswered)
    made = bench(every_reading(example()))
    made.board.run(20)
    give(made.board, (RUNS_ON | RESTARTS)[name])
    made.board.run(40)
    assert made.count("boot") == 2
    assert check_dates(made.history(tmp_path)) == {1, 2}
