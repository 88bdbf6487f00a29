"""The bars: at a terminal, of what takes longer than a second, and never among the data."""

import io
import os
import pty
import re
import subprocess
from contextlib import redirect_stderr

import pytest
from host_tools.ground import progress
from host_tools.ground.progress import Progress
from host_tools.sim.units import chargery_wire as wire
from tests.helpers.command_line import PACKLOG, ROOT
from tests.helpers.segment_bytes import NOON, frames, header, put

# The command as if everything took long
SLOW = "from host_tools.ground import progress; progress.AFTER_S = 0; "
NO_HURRY = "from host_tools.ground import progress; progress.AFTER_S = 60; "  # on a slow PC, too
READING = wire.reading_packet(3650, wire.CHARGE, 228, 131, 132, 91)


def plain(text):
    """What is written to a terminal, without its colours and movements."""
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text)


class Terminal(io.StringIO):
    def isatty(self):
        return True

    @property
    def shown(self):
        return plain(self.getvalue())


class Clock:
    now = 100.0

    def monotonic(self):
        return self.now


@pytest.fixture
def clock(monkeypatch):
    """The time passes only as a test sets it."""
    made = Clock()
    monkeypatch.setattr(progress, "time", made)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "100")
    return made


def test_the_bar_comes_after_a_second_and_reaches_the_end(clock):
    with redirect_stderr(Terminal()) as terminal, Progress("counting", 3, "sheep") as bar:
        clock.now += 0.9
        bar.at(1)
        assert terminal.shown == ""
        clock.now += 0.2
        bar.at(2)
        assert "counting" in terminal.shown and "2/3 sheep" in terminal.shown
        bar.at(3)
    assert "3/3 sheep" in terminal.shown


def test_what_is_done_within_a_second_shows_nothing(clock):
    with redirect_stderr(Terminal()) as terminal, Progress("counting", 3, "sheep") as bar:
        for done in range(4):
            clock.now += 0.2
            bar.at(done)
    assert terminal.shown == ""


def test_a_total_that_is_not_known(clock):
    with redirect_stderr(Terminal()) as terminal, Progress("counting", 0, "sheep") as bar:
        clock.now += 2
        bar.at(7)
    assert "7/? sheep" in terminal.shown


def test_percent_of_calls(clock):
    with redirect_stderr(Terminal()) as terminal, Progress("counting", 8, unit=None) as bar:
        clock.now += 2
        assert [bar.each(abs)(n) for n in (-1, 1)] == [1, 1]
    assert " 25% " in terminal.shown and "2/8" not in terminal.shown


def test_no_bar_where_it_is_not_wanted_or_there_is_no_terminal(clock):
    for stderr, shown in ((Terminal(), False), (io.StringIO(), True)):
        with redirect_stderr(stderr), Progress("counting", 3, shown=shown) as bar:
            clock.now += 2
            bar.at(3)
        assert stderr.getvalue() == ""


def test_what_is_printed_beside_the_bar_stays_on_stdout(clock, capsys):
    with redirect_stderr(Terminal()) as terminal, Progress("counting", 3) as bar:
        clock.now += 2
        bar.at(1)
        print("a row")
    assert capsys.readouterr().out == "a row\n"
    assert "counting" in terminal.shown and "a row" not in terminal.shown


def at_a_terminal(out, *arguments, before=SLOW, **options):
    """What the command shows on a terminal; out, a file or the terminal (None), has the data."""
    master, slave = pty.openpty()
    command = [*PACKLOG[:2], before + PACKLOG[2], *map(str, arguments)]
    env = {**os.environ, "TERM": "xterm", "COLUMNS": "100"}
    stdout = slave if out is None else out
    with subprocess.Popen(command, cwd=ROOT, env=env, stdout=stdout, stderr=slave, **options) as it:
        os.close(slave)
        shown = "".join(iter(lambda: _read(master), ""))
    os.close(master)
    assert it.returncode == 0, shown
    return plain(shown)


def _read(master):
    try:
        return os.read(master, 4096).decode("utf8", "replace")
    except OSError:  # the command has ended
        return ""


FIRST = {"decode": [b"house, frames: "], "info": [], "replay": []}  # how lines begin on stderr


def piped(*arguments):
    """What the command writes to stdout without a terminal; stderr has one line of decode's."""
    command = [*PACKLOG[:2], SLOW + PACKLOG[2], *map(str, arguments)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
    assert [line[:15] for line in done.stderr.splitlines()] == FIRST[arguments[0]]
    return done.stdout


@pytest.fixture
def verbs(tmp_path):
    """{verb: (arguments, what its bars end with)}; silence between two boots is a row."""
    house = put(tmp_path, *(header(i, i, utc=NOON, clock=3) + frames(0, 10) for i in (1, 2)))
    capture = tmp_path / "capture.bin"
    capture.write_bytes(READING * 3)
    size = capture.stat().st_size
    return {
        "decode": (("decode", house), ["2/2 files", "5/5 rows"]),
        "info": (("info", house), ["100%"]),
        "replay": (("replay", "--bms", "chargery", capture), [f"{size}/{size} bytes"]),
    }


@pytest.mark.parametrize("verb", ["decode", "info", "replay"])
def test_at_a_terminal_the_bar_reaches_its_end_and_stdout_has_only_data(verbs, tmp_path, verb):
    arguments, ends = verbs[verb]
    data = piped(*arguments)
    with open(tmp_path / "out", "wb") as out:
        shown = at_a_terminal(out, *arguments)
    assert (tmp_path / "out").read_bytes() == data
    assert [end for end in ends if end not in shown] == []


def test_rows_that_go_to_the_terminal_have_no_bar_among_them(verbs):
    for verb in ("decode", "replay"):
        arguments, ends = verbs[verb]
        shown = at_a_terminal(None, *arguments)
        assert piped(*arguments).decode().replace("\n", "\r\n") in shown
        assert ends[-1] not in shown


def test_small_inputs_show_no_bar(verbs, tmp_path):
    for arguments, _ in verbs.values():
        with open(tmp_path / "out", "wb") as out:
            shown = at_a_terminal(out, *arguments, before=NO_HURRY)
        assert [line[:15].encode() for line in shown.splitlines()] == FIRST[arguments[0]]
