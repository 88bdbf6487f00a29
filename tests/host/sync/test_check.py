"""packlog check: a line a pack, and an exit code for cron."""

import os

import pytest
from host_tools.board import live
from host_tools.ground.errors import PacklogError, UsageError
from host_tools.ground.lengths import seconds
from host_tools.sync import check
from tests.helpers import export_history
from tests.helpers.command_line import packlog_here
from tests.helpers.export_history import HOUR_S
from tests.helpers.segment_bytes import NOON

LAST = NOON + 8 * HOUR_S + 99 * 60  # of the frames


@pytest.fixture
def history(tmp_path):
    return export_history.write(export_history.write(tmp_path), "van")


@pytest.fixture
def clock(monkeypatch):
    """clock(unix): what this computer's says."""
    return lambda unix: monkeypatch.setattr(check.time, "time", lambda: unix)


def test_a_history_is_as_old_as_its_newest_record(history, clock, capsys):
    clock(LAST + 40)
    assert check.check([str(history)], 60)
    assert capsys.readouterr().out == "OK  house: 40 s\nOK  van: 40 s\n"
    clock(LAST + 61)
    (history / "van/pack/00000003.seg").unlink()
    assert not check.check([str(history)], 61)
    assert capsys.readouterr().out == f"OK  house: 61 s\n!!! van: {LAST + 61 - NOON - 11940} s\n"


def test_a_clock_that_is_wrong_is_not_fresh(history, clock, capsys):
    clock(LAST - 59)
    assert check.check([str(history / "house")], 60)
    clock(LAST - 600)
    assert not check.check([str(history / "house")], 60)
    said = "OK  house: 0 s\n!!! house: 600 s in the future: is this computer's clock right?\n"
    assert capsys.readouterr().out == said


def test_what_has_no_date_is_not_fresh(tmp_path, capsys):
    head = export_history.header(1, "house")
    export_history.put(tmp_path, "house", 1, head + export_history.frames(0, 3))
    assert not check.check([str(tmp_path)], 60)
    assert capsys.readouterr().out == "!!! house: nothing yet that has a date\n"


def test_what_cannot_be_read_is_not_fresh_and_the_rest_is_said(history, clock, tmp_path, capsys):
    clock(LAST)
    torn = tmp_path / "torn.seg"
    torn.write_bytes(b"torn")
    places = ["nonesuch", str(torn), str(history / "van")]
    assert not check.check(places, 60)
    first, second, third = capsys.readouterr().out.splitlines()
    assert first.startswith("!!! nonesuch: nonesuch does not exist: give a pulled folder")
    assert second == f"!!! {torn}: nothing of a history can be read there: pull again"
    assert third == "OK  van: 0 s"


def test_a_board_is_as_old_as_its_readings(monkeypatch, capsys):
    said = {"house": {"age": "3.2"}, "van": {"age": "--"}, "shed": {"age": "77"}, "health": {}}
    monkeypatch.setattr(live, "state", lambda port, troubles: said)
    assert not check.check(["http://packlog.local"], 60)
    assert capsys.readouterr().out == (
        "OK  house: 3 s\n!!! van: nothing yet that has a date\n!!! shed: 77 s\n"
    )
    monkeypatch.setattr(live, "state", lambda port, troubles: {"health": {}})
    with pytest.raises(PacklogError, match="the logger has no pack"):
        check.of_board("http://packlog.local")


def test_a_board_that_does_not_answer(capsys):
    assert not check.check(["http://127.0.0.1:9"], 60)
    assert capsys.readouterr().out.startswith("!!! http://127.0.0.1:9: no board answers at")


@pytest.mark.parametrize("place", ["http://packlog.local", "COM3", os.ctermid(), "/dev/null"])
def test_what_is_a_board(place):
    assert check.is_board(place)


@pytest.mark.parametrize("place", ["history", "COMMON", "README.md", "history/COM3"])
def test_what_is_a_path(place):
    assert not check.is_board(place)


def test_the_command_and_its_exit_codes(history):
    done = packlog_here("check", history, "--grace", "100000d")
    assert done.returncode == 2 and "--grace '100000d': a number with s, min" in done.stderr
    done = packlog_here("check", history, "--grace", "60")
    assert done.returncode == 1 and done.stdout.startswith("!!! house: ")


@pytest.mark.parametrize(("text", "length"), [("60", 60), ("90s", 90), ("5min", 300), ("2h", 7200)])
def test_lengths_of_time(text, length):
    assert seconds("--grace", text) == length
    for wrong in ("", "0", "-1", "5 min", "1y", "99999999999"):
        with pytest.raises(UsageError, match="such as 90s, 5min, 1h"):
            seconds("--grace", wrong)
