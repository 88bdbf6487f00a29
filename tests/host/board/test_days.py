"""packlog info --days without files: of a board that goes on meanwhile."""

import json

import pytest
from host_tools.board.days import days, needed
from host_tools.board.device import Device
from host_tools.board.listing import Remote
from host_tools.board.talk import Unanswered
from host_tools.ground.errors import PacklogError
from host_tools.sim.workshop import port_of
from tests.helpers.boards import every_reading, example

SPEED = 50  # times real time


def test_the_days_of_a_board_that_is_not_interrupted(bench, capsys):
    board = bench(every_reading(example()))
    board.board.run(300)
    board.board.go_at(SPEED)
    try:
        with port_of(board.board) as port:
            days(port, as_json=True)
    finally:
        board.board.go_at(0)
    (pack,) = json.loads(capsys.readouterr().out)["packs"]
    assert pack["pack"] == "house" and board.board.starts == 1
    assert len(pack["days"]) in (1, 2) and pack["zone"] == "UTC"
    assert sum(day["logged_s"] for day in pack["days"]) > 250


def test_a_board_with_an_older_packlog_is_left_alone(bench, monkeypatch):
    def unanswered(device):
        raise Unanswered("nobody answers")

    monkeypatch.setattr(Device, "talk", unanswered)
    board = bench(every_reading(example()))
    with port_of(board.board) as port, pytest.raises(PacklogError, match="of an older packlog"):
        days(port)
    assert board.board.starts == 1


def remote(pack, series, number):
    return Remote(pack, series, f"{number:08d}.shard", 100, 0, b"")


def test_little_is_copied_for_it():
    listed = [remote("house", "pack", number) for number in (3, 1, 2)]
    listed += [remote("house", series, 1) for series in ("cells", "events", "hours", "days")]
    listed += [remote("old", "pack", number) for number in (1, 2, 3)]
    assert sorted(each.path[:-14] + each.name[7] for each in needed(listed)) == [
        *("house/days/1", "house/hours/1", "house/pack/2", "house/pack/3"),
        *("old/pack/1", "old/pack/2", "old/pack/3"),
    ]
