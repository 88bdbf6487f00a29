"""The edge of the command line: an exit code, and one line for whatever went wrong."""

import subprocess
import sys

import pytest
from host_tools.board import configure
from host_tools.cli import edge
from host_tools.ground.errors import PacklogError
from tests.helpers.command_line import ROOT, packlog


def ends(error: BaseException, monkeypatch, *arguments):
    """(exit code, what edge.run prints on stderr) of a command that ends with that."""
    monkeypatch.setattr(sys, "argv", ["packlog", *arguments])

    def command():
        raise error

    with pytest.raises(SystemExit) as ended:
        edge.run(command)
    return ended.value.code


@pytest.fixture(autouse=True)
def signals(monkeypatch):
    monkeypatch.setattr(edge.signal, "signal", lambda number, handler: None)


def test_an_error_of_the_user_s_is_one_line(monkeypatch, capsys):
    assert ends(PacklogError("plug it\x1b[2J\nin"), monkeypatch) == 1
    assert capsys.readouterr().err == "packlog: plug it\\x1b[2J\\nin\n"


@pytest.mark.parametrize(
    "error", [ValueError("[/x]"), RecursionError("deep"), MemoryError(), KeyError("switches")]
)
def test_an_unexpected_error_is_one_line_that_says_how_to_report_it(monkeypatch, capsys, error):
    assert ends(error, monkeypatch) == 1
    said = capsys.readouterr().err
    assert said.startswith(f"packlog: unexpected {type(error).__name__}: ")
    assert "please report it" in said and "--debug" in said and said.count("\n") == 1


def test_with_debug_its_traceback_comes_first(monkeypatch, capsys):
    assert ends(ValueError("x"), monkeypatch, "info", "--debug") == 1
    said = capsys.readouterr().err.splitlines()
    assert said[0] == "Traceback (most recent call last):"
    assert said[-1].startswith("packlog: unexpected ValueError: x")


def test_debug_is_an_option_of_every_command_and_of_none(monkeypatch):
    for given, left in (
        (["packlog", "info", "x", "--debug"], ["packlog", "info", "x"]),
        (["packlog", "--debug", "info"], ["packlog", "info"]),
    ):
        assert edge._take_debug(given) and given == left
    given = ["packlog", "info", "--", "--debug"]
    assert not edge._take_debug(given) and given[-1] == "--debug"


def test_ctrl_c_is_no_error(monkeypatch, capsys):
    assert ends(KeyboardInterrupt(), monkeypatch) == 130
    assert capsys.readouterr().err == ""


DEEP = "[" * 100_000


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (DEEP, "is larger than 65536 bytes"),
        (DEEP[:60_000], "is longer than 8192 bytes"),
        ('{"packs":' + DEEP[:8_000], "has more than 100 opening brackets"),
        ("[" * 600 + "]" * 600, "has more than 100 opening brackets"),
        ('{"packs": [{"name": "house", "bms": "chargery"}], "wifi": {"networks": '
         '[{"ssid": "\\ud800"}]}}', r"networks\[0\].ssid has a character that is not text"),
        ("\x00", "not JSON"),
    ],
)  # fmt: skip
def test_a_config_that_is_none_is_one_line(tmp_path, text, line):
    path = tmp_path / "own.json"
    path.write_text(text)
    with pytest.raises(PacklogError, match=line) as error:
        configure.check(None, path, print)
    assert len(str(error.value)) < 300


def test_a_file_s_name_is_shown_and_not_obeyed(tmp_path):
    done = packlog("decode", f"{tmp_path}/\x1b[2J[/x]\udcff")
    assert done.returncode == 1
    assert "/\\x1b[2J[/x]\\udcff does not exist" in done.stderr


def test_a_full_disk_at_stdout_is_one_line():
    command = [sys.executable, "-c", "from host_tools.cli.cli import main; main()", "--help"]
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            command, cwd=ROOT, stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert "Traceback" not in done.stderr
