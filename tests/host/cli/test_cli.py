"""The commands as a user types them: help, exit codes, one clear line when something is wrong."""

import importlib.metadata
import json
import re
import shlex
import subprocess
import threading

import pytest
from host_tools.board.device import Device
from host_tools.ground.firmware import names
from host_tools.sim.workshop import port_of
from host_tools.trial import plan
from tests.helpers.boards import copy_of, example, put_files
from tests.helpers.command_line import PACKLOG, ROOT, packlog, packlog_here

from version import VERSION

CAPTURE = ROOT / "tests/data/chargery/pdf_v1.26_capture.hex"
TOY = f"'toy': there are {', '.join(sorted(names('bms'))[:-1])} and "
COMMANDS = ("install", "pull", "decode", "encode", "info", "replay", "watch", "sim", "demo")


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command):
    done = packlog_here(command, "--help")
    assert done.returncode == 0
    assert "Usage" in done.stdout and len(done.stdout.splitlines()) > 8


def test_wrong_usage_is_exit_code_2():
    assert packlog("decode").returncode == 2
    assert packlog_here("nonesuch").returncode == 2
    assert packlog_here("sim", "--speed", "fast").returncode == 2


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("install", "--port", "/dev/nonesuch"), "/dev/nonesuch does not exist"),
        (("pull", "--port", "/dev/nonesuch", "x"), "/dev/nonesuch does not exist"),
        (("watch", "--port", "/dev/null"), "/dev/null is not a serial port"),
        (("decode", "nonesuch"), "nonesuch"),
        (("decode", "README.md"), "README.md"),
        (("decode", "/dev/zero"), "/dev/zero"),
        (("replay", "--bms", "chargery", "nonesuch"), "nonesuch"),
        (("replay", "--bms", "chargery", "--hex", "README.md"), "README.md"),
        (("replay", "--bms", "chargery", "--hex", CAPTURE, "-o", "/dev/full"), "disk is full"),
        (("sim", "--flash", "/nonesuch/f.img"), "/nonesuch/f.img"),
        (("sim", "--link", "/nope/d/b", "--flash", "/tmp/none.img"), "/nope/d/b: the folder does"),
        (("sim", "--link", "README.md", "--flash", "/tmp/none.img"), "README.md exists and is no"),
        (("sim", "--png", "/nope/x.png", "--flash", "/tmp/none.img"), "/nope/x.png: the folder"),
        (("sim", "--png", "docs", "--flash", "/tmp/none.img"), "docs: that is a folder"),
        (("sim", "--flash", "README.md"), "README.md is not a flash image"),
        (("sim", "--input", "nonesuch", "--flash", "/tmp/none.img"), "nonesuch"),
    ],
)
def test_one_clear_line_and_exit_code_1(arguments, line):
    done = packlog_here(*arguments)
    assert done.returncode == 1
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith("packlog: ") and line in last
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("install", "--erase"), "--erase goes with --micropython FILE"),
        (("replay", "--bms", "toy", CAPTURE), TOY),
        (("sim", "--bms", "toy"), "no simulated BMS 'toy': there are chargery, jk, bluenova, "),
        (("sim", "--lcd", "40x2"), "no display '40x2': there are 20x4 and 16x2"),
        (("sim", "--chip", "z80"), "no chip 'z80': there are wroom, c3 and s3"),
        (("decode", "--series", "volts", "x"), "no series 'volts': there are pack, cells, ev"),
        (("decode", "--format", "xml", "x"), "no format 'xml': there are csv and png"),
        (("encode", "x.csv", "-o", "y", "--set", "volts=3"), "--set 'volts=3': KEY=VALUE with one"),
        (("encode", "x.csv", "-o", "y", "--set", "gap_s=3"), "--set gap_s: that is --gap-s"),
        (("encode", "x.csv", "-o", "y", "--name", "a b"), "the pack's name"),
        (("encode", "x.csv", "-o", "y", "--gap-s", "2"), "Invalid value for '--gap-s'"),
        (
            ("encode", "x.csv", "-o", "y", "--budget-kb", "2000000"),
            "Invalid value for '--budget-kb'",
        ),
    ],
)
def test_what_cannot_be_right_whatever_is_there_is_wrong_usage(arguments, line, tmp_path):
    done = packlog_here(
        *arguments, *(("--flash", tmp_path / "f.img") if "sim" in arguments else ())
    )
    said = " ".join(done.stderr.replace("│", " ").split())
    assert (done.returncode, line in said) == (2, True), done.stderr
    assert "Traceback" not in done.stderr


def test_the_longest_gap_is_that_of_a_frame():
    for gap, code in ((plan.LONGEST_GAP_S + 1, 2), (plan.LONGEST_GAP_S, 1)):
        done = packlog_here("encode", "nonesuch.csv", "-o", "nonesuch", "--gap-s", gap)
        assert done.returncode == code, done.stderr


def test_a_file_that_is_missing_is_named_once(tmp_path):
    missing = tmp_path / "none.json"
    for words in (
        ("config", "check", missing),
        ("install", "--config", missing, "--port", "/dev/nonesuch"),
        ("explain", "--map", missing, CAPTURE),
    ):
        done = packlog_here(*words)
        line = f"packlog: {missing} cannot be read: No such file or directory\n"
        assert (done.returncode, done.stderr) == (1, line), words


def test_without_a_board_it_says_what_to_do():
    done = packlog_here("install")
    assert done.returncode == 1
    assert "board" in done.stderr and "port" in done.stderr


def test_the_help_says_what_files_are_to_be():
    said = " ".join(packlog_here("replay", "--help").stdout.replace("│", " ").split())
    assert "Bluetooth: of its notifications" in said and "the console's lines as text" in said
    said = " ".join(packlog_here("encode", "--help").stdout.replace("│", " ").split())
    assert "the output of replay has no time" in said


def test_replay_as_in_the_readme():
    done = packlog("replay", "--bms", "chargery", "--hex", CAPTURE, "--stats")
    assert done.returncode == 0
    lines = done.stdout.splitlines()
    assert lines[0].startswith("reading,voltage,current,temperature,soc,")
    assert len(lines) == 5
    assert '"0x57": 4' in done.stderr


def with_the_packs_page(installed, folder):
    """A flash whose logger shows the pack's page only, not its own."""
    image = copy_of(installed, folder)
    config = example()
    config["health_page"] = False
    put_files(image, {"/config.json": json.dumps(config).encode()})
    return image


def test_sim_runs_for_its_duration_and_shows_the_display(installed, tmp_path):
    flash = with_the_packs_page(installed, tmp_path)
    png = tmp_path / "lcd.png"
    done = packlog("sim", "--flash", flash, "--speed", 0, "--duration", 60, "--png", png)
    assert done.returncode == 0, done.stderr
    assert "SoC" in done.stdout
    assert png.read_bytes().startswith(b"\x89PNG")


def test_sim_plays_a_capture(installed, tmp_path):
    flash = with_the_packs_page(installed, tmp_path)
    arguments = ("--flash", flash, "--speed", 0, "--duration", 30, "--input", CAPTURE)
    done = packlog("sim", *arguments)
    assert done.returncode == 0, done.stderr
    assert "91%" in done.stdout
    assert "53.29V" in done.stdout


def test_watch_follows_without_interrupting(bench):
    board = bench()
    with port_of(board.board) as port:
        done = packlog("watch", "--port", port, "--count", 3)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert len(lines) == 3
    assert re.match(r"house age=\S+ voltage=5\d\.\d+ current=", lines[-1])
    assert board.count("boot") == 1


def test_a_port_in_use_is_named(bench):
    import serial

    board = bench()
    with port_of(board.board) as port, serial.Serial(port, exclusive=True):
        done = packlog("pull", "--port", port, "x")
    assert done.returncode == 1
    assert "is in use by another program" in done.stderr


def test_a_port_that_is_in_use_for_a_moment_is_waited_for(bench):
    import serial

    board = bench()
    with port_of(board.board) as port, serial.Serial(port, exclusive=True) as other:
        threading.Timer(0.5, other.close).start()
        with Device(port) as device, device.stopped():
            assert device.run("print(6 * 7)").strip() == "42"


def test_install_sh_passes_the_port_on():
    done = subprocess.run(
        [str(ROOT / "install.sh"), "--help"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0 and "./install.sh demo" in done.stdout


def test_a_reader_that_leaves_early_is_no_error(tmp_path):
    command = f"{shlex.join(PACKLOG)} replay --bms chargery --hex {CAPTURE} | head -n 1"
    done = subprocess.run(
        command, shell=True, cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.stderr == ""


def test_the_version():
    done = packlog("--version")
    assert (done.returncode, done.stdout, done.stderr) == (0, f"packlog {VERSION}\n", "")
    assert importlib.metadata.version("packlog") == VERSION
