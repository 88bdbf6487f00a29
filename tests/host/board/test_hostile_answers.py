"""A board that answers every command with what hurts: the PC says a line, and nothing else happens.

Each run lies at one question of a command, the rest is as a board would answer it.
"""

import base64
import contextlib
import io
import json
import random
import re
import shutil
import zlib

import pytest
from host_tools.board import bluetooth, configure, listing, reconfigure
from host_tools.board.pull import pull
from host_tools.cli import edge
from host_tools.ground.errors import PacklogError
from host_tools.ground.progress import say
from host_tools.install.install import Options, install
from tests.helpers.boards import example
from tests.helpers.installing import X64, mini
from tests.helpers.segment_bytes import frames, header
from tests.helpers.strange_board import Board, Clock, called, plugged_in
from tests.helpers.talking_board import Logger

SEGMENT = header() + frames(0, 10, 3600)
DEEP = "[" * 60_000
NASTY = (
    *("", "\r\n", " ", "x", "-", "yes", "null", "[]", "{}", "[null]", "1e999", "NaN", "-1", "0"),
    *(
        "9" * 6000,
        "[[[]]]",
        DEEP,
        '{"a":' * 60_000,
        '"\\ud800"',
        "\x1b[2J\x1b]0;x\x07",
        "[/b][red]",
    ),
    *("x" * 300_000, "\ud800", "\x00", "é\u202ex", "../../x", "/etc/x", '["file"]', '["stray"]'),
    *('["file", "..", "pack", "00000001.seg", 1, "x", ""]', "heard", "heard []", "heard [1,2,3,4]"),
    *('heard ["a", "[/x]", 1, [1]]', "missing \x1b[2J", "radio\r\n" * 10, "=1+1", "{1: 2}"),
)
VALUES = (None, True, -1, 0, 1.5, 10**30, "", "../x", "/x", "a/b", "\x00", "\x1b[2J", [], {}, [[]])
PROBE = {
    **{"name": "micropython", "version": [1, 28], "machine": "ESP32 module with ESP32"},
    **{"mpy": X64, "kind": "VfsLfs2", "flash": 4 << 20, "ram": 300_000, "block": 4096},
    **{"blocks": 512, "free": 400},
}
STATE = {
    **{"old": -1, "new": -1, "loose": -1, "json": 10, "trial": "", "readings": True},
    "bundle": {"identity": "0" * 16, "whole": True, "about": {"version": "1", "paths": ["a.mpy"]}},
}
FILE = ["file", "house", "pack", "00000001.seg", len(SEGMENT), zlib.crc32(SEGMENT[:48])]
HEARD = ["c8:47:8c:00:00:01", "JK-1", -60, [0xFFE0]]
HONEST = {
    **{"is_starting": "no", "set_clock": "logger", "release": "yes", "is_frozen": "no"},
    **{"has_bluetooth": "yes", "can_import": "yes", "is_there": "no"},
    "history": json.dumps([*FILE, SEGMENT[-4:].hex()]) + "\r\n" + json.dumps(["stray", "/data/x"]),
    **{"text": json.dumps(example()), "probe": json.dumps(PROBE)},
    **{"firmware_state": json.dumps(STATE), "scan": "heard " + json.dumps(HEARD)},
}
HASH = re.compile(r"hashes\((\[.*\])\)")


def honest(code: str) -> str:
    """What a board would answer."""
    if found := HASH.search(code):
        return "- 0\r\n" * (found[1].count("', '") + 1)
    if found := re.search(r"crc\('[^']*', (\d+)\)\)", code):
        return str(zlib.crc32(SEGMENT[: int(found[1])]))
    if found := re.search(r"piece\('[^']*', (\d+), (\d+)\)", code):
        at, count = map(int, found.groups())
        data = SEGMENT[at : at + count]
        return f"{base64.b64encode(data).decode()}\r\n{zlib.crc32(data)}\r\n"
    return HONEST.get(called(code), "")


def twisted(chance: random.Random, said: str) -> str:
    """An answer with something else in its place, or a JSON of which one value is another."""
    head, _, text = said.rpartition("heard ")
    head += "heard " * ("heard " in said)
    try:
        data = json.loads(text)
    except ValueError:
        data = None
    if not isinstance(data, list | dict) or chance.random() < 0.5:
        return chance.choice(NASTY)
    inner = data
    while True:
        key = chance.choice(list(inner) if isinstance(inner, dict) else range(len(inner)))
        if isinstance(inner[key], list | dict) and inner[key] and chance.random() < 0.7:
            inner = inner[key]
            continue
        inner[key] = chance.choice(VALUES)
        return head + json.dumps(data)


class Liar(Board):
    """Lies at the question of that number; told: which one that was, and what was said."""

    def __init__(self, clock: Clock, number: int, chance: random.Random):
        super().__init__(clock, self.reply)
        self.number, self.chance = number, chance
        self.told = ("", "")

    def reply(self, code: str):
        if len(self.codes) - 1 != self.number:
            return honest(code)
        lie = twisted(self.chance, honest(code))
        self.told = (called(code), lie)
        return ("", lie) if self.chance.random() < 0.1 else lie


@pytest.fixture
def commands(tmp_path):
    firmware = mini(tmp_path / "firmware")
    return {
        "pull": lambda: pull("port", tmp_path / "history", say),
        "config show": lambda: configure.show("port"),
        "config check": lambda: configure.check("port", None, say),
        "config set": lambda: reconfigure.change("port", [("lcd.page_s", "5")], say),
        "scan": lambda: bluetooth.scan("port", 1, say),
        "release": lambda: bluetooth.release("port", 5, say),
        "install": lambda: install("port", None, say, Options(firmware=firmware, version="1.0")),
    }


def run(command, monkeypatch, board: Board) -> str:
    """What a command says, on stdout and stderr, as the command line ends it."""
    said = io.StringIO()
    with (
        plugged_in(monkeypatch, board),
        contextlib.redirect_stdout(said),
        contextlib.redirect_stderr(said),
    ):
        try:
            command()
        except PacklogError as error:
            with contextlib.suppress(SystemExit):
                edge._fail(str(error))
    return said.getvalue()


def campaign(commands, monkeypatch, tmp_path, lies: int) -> int:
    tried = 0
    (tmp_path / "outside").write_text("as it was")
    for name, command in commands.items():
        chance = random.Random(name)
        questions = Liar(Clock(), -1, chance)
        run(command, monkeypatch, questions)
        assert len(questions.codes) > 1, name
        for _ in range(lies):
            board = Liar(Clock(), chance.randrange(1, len(questions.codes)), chance)
            said = run(command, monkeypatch, board)
            told = f"{name}: {board.told[0]} answered {board.told[1][:80]!r}"
            assert all(c.isprintable() or c == "\n" for c in said), told
            assert board.clock.now - 1000 < 600, told
            assert {path.name for path in tmp_path.iterdir()} <= {"firmware", "history", "outside"}
            pulled = (path for path in (tmp_path / "history").rglob("*") if path.is_file())
            assert {path.name for path in pulled} <= {"00000001.seg", "00000001.seg.part"}, told
            tried += 1
    return tried


def test_a_lie_at_some_questions_of_every_command(commands, monkeypatch, tmp_path):
    assert campaign(commands, monkeypatch, tmp_path, 25) == 25 * len(commands)


@pytest.mark.parametrize(
    "name", ["00000001-0123abcd.seg", "00000001-0123abcd.shard", "1.seg", "00000001.seg\n"]
)
def test_a_name_that_no_board_gives_is_passed_over(name):
    """Such as that of a twin, which a pull gives where two files of one name meet."""
    said = json.dumps(["file", "house", "pack", name, 10, 0, "00"])
    assert listing.listed(said) == ([], [f"/data/house/pack/{name}"])


class LyingLogger(Logger):
    """Answers while it runs, and lies at the question of that number."""

    def __init__(self, clock: Clock, number: int, chance: random.Random):
        super().__init__(clock)
        self.number, self.chance = number, chance
        self.told = ""

    def said(self, verb, *words):
        if verb == b"hello":
            return (b"packlog 1 3",)
        if verb in (b"read", b"crc"):
            at, count = [0, *map(int, words[1:])][-2:]
            data = SEGMENT[at : at + count]
            honest = data if verb == b"read" else b"%08x" % zlib.crc32(data)
        else:
            honest = HONEST_TALK.get(verb, b"")
        if len(self.asked) - 1 != self.number:
            return (honest,)
        lie = twisted(self.chance, honest.decode("latin-1")).encode("utf8", "replace")
        self.told = f"{verb} answered {lie[:80]!r}"
        return (lie[:100_000], self.chance.choice([b"=", b"!"]))


HONEST_TALK = {
    b"files": (json.dumps([*FILE, SEGMENT[-4:].hex()]) + '\n["stray", "/data/x"]\n').encode(),
    b"flush": b"house 7\n",
    b"release": b"1",
    b"config": json.dumps(example()).encode(),
}


@pytest.mark.parametrize("name", ["pull", "config show", "config check", "release"])
def test_a_lie_at_each_question_of_a_logger_that_runs(commands, monkeypatch, tmp_path, name):
    chance = random.Random(name)
    honest = LyingLogger(Clock(), -1, chance)
    run(commands[name], monkeypatch, honest)
    assert len(honest.asked) > 1 and honest.running and not honest.codes
    for number in [*range(1, len(honest.asked))] * 6:
        board = LyingLogger(Clock(), number, chance)
        said = run(commands[name], monkeypatch, board)
        assert all(c.isprintable() or c == "\n" for c in said), board.told
        assert board.clock.now - 1000 < 600, board.told
        pulled = (path for path in (tmp_path / "history").rglob("*") if path.is_file())
        assert {path.name for path in pulled} <= {"00000001.seg", "00000001.seg.part"}, board.told
        shutil.rmtree(tmp_path / "history", ignore_errors=True)


@pytest.mark.slow
def test_lies_at_all_questions_of_every_command(commands, monkeypatch, tmp_path):
    print(campaign(commands, monkeypatch, tmp_path, 500), "lies")
