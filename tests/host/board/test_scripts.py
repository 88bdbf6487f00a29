"""The scripts that the PC runs on a board, on MicroPython for this machine."""

import ast
import hashlib
import json
import subprocess
import zlib

import pytest
from host_tools.board.script import FOLDER, script
from host_tools.ground import micropython

SCRIPTS = sorted(FOLDER.glob("*.py"))


def run(code: str, before: str = "", folder=None) -> str:
    """What MicroPython prints for code, with a board's globals set before it."""
    command = [micropython.find(), "-c", before + "\n" + code]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=60, check=False, cwd=folder
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_a_script_defines_a_function_of_its_own_name(path):
    functions = [n for n in ast.parse(path.read_text()).body if isinstance(n, ast.FunctionDef)]
    mine = next(function for function in functions if function.name == path.stem)
    sent = script(path.stem, *range(len(mine.args.args) - len(mine.args.defaults)))
    assert '"""' not in sent and "#" not in sent.replace('"#', "")
    run(sent.rsplit("\n", 2)[0])  # MicroPython takes its definitions


def test_hashes_names_each_file_once(tmp_path):
    (tmp_path / "a").write_bytes(b"x" * 1300)
    said = run(script("hashes", ["a", "missing"]), folder=tmp_path)
    assert said.splitlines() == [hashlib.sha256(b"x" * 1300).hexdigest()[:32] + " 1300", "- 0"]


def test_text_prints_a_file_as_it_is_and_nothing_for_a_missing_one(tmp_path):
    (tmp_path / "config.json").write_text('{"a": "' + "ä" * 600 + '"}\n')
    assert run(script("text", "config.json"), folder=tmp_path) == '{"a": "' + "ä" * 600 + '"}\n'
    assert run(script("text", "missing"), folder=tmp_path) == ""


def test_history_lists_segments_and_shards_and_brings_pieces(tmp_path):
    (tmp_path / "house/pack").mkdir(parents=True)
    (tmp_path / "house/pack/00000001.seg").write_bytes(b"0123456789")
    (tmp_path / "house/pack/other.txt").write_bytes(b"x")
    (tmp_path / "house/pack/draft").write_bytes(b"x")  # the logger's own: not worth a word
    (tmp_path / "house/pack/00000002.tmp").write_bytes(b"x")
    (tmp_path / "house/pack/00000003.seg").mkdir()
    (tmp_path / "a note").write_bytes(b"x")
    (tmp_path / "house/old notes").mkdir()
    listed = script("history", str(tmp_path))
    found = [json.loads(line) for line in run(listed).splitlines()]
    file = ["file", "house", "pack", "00000001.seg", 10, 0xA684C7C6, b"6789".hex()]
    assert [it for it in found if it[0] == "file"] == [file]
    strays = ["a note", "house/pack/00000003.seg", "house/pack/other.txt"]
    assert [it for it in found if it[0] == "stray"] == [
        ["stray", f"{tmp_path}/{it}"] for it in strays
    ]
    path = "house/pack/00000001.seg"
    more = f"piece({path!r}, 3, 4)\nprint(crc({path!r}, 4))"
    said = run(listed + more).splitlines()[-3:]
    assert said == ["MzQ1Ng==", str(zlib.crc32(b"3456")), str(zlib.crc32(b"0123"))]


def test_history_of_a_board_without_one_is_empty(tmp_path):
    assert run(script("history", str(tmp_path / "missing"))) == ""


def test_complaints_are_a_line_each_and_none_without_a_logger():
    logger = "class logger:\n    complaints = ['lcd: no answer', 'wifi: no network']\n"
    assert run(script("complaints"), logger) == "lcd: no answer\nwifi: no network\n"
    assert run(script("complaints")).strip() == ""


def test_a_logger_is_told_the_time():
    logger = "class logger:\n    set_clock = print\n"
    assert run(script("set_clock", 1_780_000_000, 250), logger) == "1780000000 2 250\nlogger\n"


def test_a_board_that_was_stopped_in_its_start_says_so():
    code = script("is_starting").replace('os.listdir("/")', '["main.py"]')
    assert run(code.replace("os.listdir('/')", "['main.py']")) == "yes\n"
    assert run(script("is_starting"), "logger = 1") == "no\n"


def test_scan_says_what_is_missing_on_a_board_without_bluetooth():
    assert run(script("scan", 1)).startswith("missing ")


def test_release_asks_the_logger_for_a_link_that_can(tmp_path):
    code = script("release", 300).replace("'/release'", repr(str(tmp_path / "release")))
    logger = "class P:\n    link = {}\nclass logger:\n    packs = [P]\n"
    assert run(code, logger.format("type('L', (), {'release': 1})")) == "yes\n"
    assert (tmp_path / "release").read_text() == "300"
    assert run(code, logger.format("0")) == "" == run(code)


@pytest.mark.parametrize(
    ("files", "before", "fed"),
    [
        ({}, "", False),  # no packlog at all
        ({"config.ready": '1 2 3\n{"watchdog_s": 60}'}, "logger = 1", True),
        ({"config.ready": '1 2 3\n{"watchdog_s": 0, "x": 1}'}, "logger = 1", False),
        ({"config.json": '{"watchdog_s":0}'}, "logger = 1", False),
        ({"config.json": "{}"}, "logger = 1", True),
        ({"config.json": "{}"}, "logger = None", False),
        ({"crashes": "safe"}, "safe_mode = True", True),
        ({"crashes": "2"}, "safe_mode = True", False),  # the button
        ({"packlog.try": "0123456789abcdef 1.0 1 1"}, "", True),  # an update on trial
        ({"packlog.try": "0123456789abcdef 1.0 1 0"}, "", False),  # not started yet
    ],
)
def test_the_watchdog_is_fed_where_there_is_one_and_none_is_started(tmp_path, files, before, fed):
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    code = script("hold_off").replace("'/", f"'{tmp_path}/")
    machine = "class machine:\n    WDT = print\nimport sys\nsys.modules['machine'] = machine\n"
    said = run(code.replace("machine.WDT(timeout=600000)", "machine.WDT(600000)"), machine + before)
    assert said == ("600000\n" if fed else "")
