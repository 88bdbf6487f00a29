"""What Windows lacks, taken away here: commands that need no board run without it, those that
cannot say so.
"""

import ast
import importlib.util
import subprocess
import sys

import pytest
import serial
from host_tools.board import port
from host_tools.ground import micropython
from tests.helpers.command_line import ROOT

HISTORY = ROOT / "tests/data/0.1.0/house"
CAPTURE = ROOT / "tests/data/chargery/pdf_v1.26_capture.hex"
# pyserial and others choose by the system: they have what they need by then
WINDOWS = """
import signal, subprocess, sys, tempfile
from mpremote import transport_serial
for name in ("termios", "tty", "pty", "fcntl", "resource"):
    sys.modules[name] = None
for name in ("SIGHUP", "SIGKILL", "SIGUSR1"):
    delattr(signal, name)
from host_tools.cli.cli import main
main()
"""


def packlog(*arguments):
    return subprocess.run(
        [sys.executable, "-c", WINDOWS, *map(str, arguments)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        env={"PATH": ""},
        check=False,
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--version",), "packlog "),
        (("decode", HISTORY), "time,voltage,"),
        (("info", HISTORY), "frames"),
        (("replay", CAPTURE), "reading,voltage,"),
        (("config", "check", ROOT / "firmware/config.json"), ""),
    ],
)
def test_what_needs_no_board_runs_without_what_windows_lacks(arguments, said):
    done = packlog(*arguments)
    assert done.returncode == 0, done.stderr
    assert said in done.stdout


@pytest.mark.parametrize("command", ["install", "pull", "watch", "scan", "release", "info"])
def test_commands_for_a_board_come_as_far_as_the_port(command):
    done = packlog(command, "--port", "COM9", *["x"] * (command == "pull"))
    assert done.returncode == 1
    assert "COM9 does not exist" in done.stderr


@pytest.mark.parametrize("command", ["sim", "demo"])
def test_there_is_no_virtual_board(command):
    done = packlog(command)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("packlog: the virtual board runs on Linux and macOS: ")


def test_a_port_that_is_in_use_is_no_matter_of_permission(monkeypatch):
    def denied(*arguments, **options):
        raise serial.SerialException("could not open port 'COM9': PermissionError(13, 'Access')")

    monkeypatch.setattr(port.serial, "Serial", denied)
    assert "dialout" in port._why_not("COM9")[1]
    monkeypatch.setattr(sys, "platform", "win32")
    assert port._why_not("COM9") == (True, "COM9 is in use by another program: close it first")


def calls(tree):
    return (node for node in ast.walk(tree) if isinstance(node, ast.Call))


def test_no_text_is_read_or_written_in_the_system_s_encoding():
    """Windows' is not UTF-8."""
    wrong = []
    for path in (ROOT / "host_tools").rglob("*.py"):
        if {"vm", "scripts"} & set(path.parts):  # runs on a board
            continue
        for call in calls(ast.parse(path.read_text(encoding="utf8"))):
            name = getattr(call.func, "attr", "")
            named = {keyword.arg for keyword in call.keywords}
            if getattr(getattr(call.func, "value", None), "id", "") == "files":
                continue  # of a board
            if name in ("read_text", "write_text") and "encoding" not in named:
                wrong.append(f"{path.name}:{call.lineno}")
    assert not wrong


def test_without_a_unix_port_it_says_what_to_do(monkeypatch):
    assert "WSL" not in micropython.REMEDY
    monkeypatch.setattr(sys, "platform", "win32")
    spec = importlib.util.spec_from_file_location("on_windows", micropython.__file__)
    on_windows = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(on_windows)
    assert "run packlog in WSL" in on_windows.REMEDY
