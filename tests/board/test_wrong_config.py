"""A config.json that is none: the board says what is wrong with it, and logs if it ever had one."""

import pytest
from tests.helpers.boards import Files, example

SOON = {"status_s": 1}
# What MicroPython's JSON takes, or what takes more memory than a chip has
WRONG = {
    "a key that is no text": (b'{1: 2, "packs": [{}]}', "an object in { } with keys in quotes"),
    "deep": (b'{"packs": ' + b"[" * 3000, "has more than 100 opening brackets"),
    "huge": (b'{"packs": "' + b"x" * 200_000 + b'"}', "is longer than 8192 bytes"),
}


def put(bench, data):
    with Files(bench.image) as files, files.open("/config.json", "wb") as file:
        file.write(data)


def seen(bench, seconds=20):
    """What the display shows over some seconds, as one text."""
    texts = ""
    for _ in range(seconds):
        bench.board.run(1)
        texts += " " + bench.lcd()
    return " ".join(texts.split())


@pytest.mark.parametrize("kind", WRONG)
def test_the_last_config_that_worked_is_run_and_that_is_said(bench, kind, capsys):
    text, words = WRONG[kind]
    board = bench(example() | SOON, settings={"chip": "wroom"})
    board.board.run(5)
    board.board.power_off()
    put(board, text)
    board.board.power_on()
    shown = seen(board)
    assert board.count("readings") > 15 and "%" in shown
    assert "Old config in use:" in shown and "Traceback" not in board.console()
    line = "packlog! Old config in use: config.json: "
    said = [each for each in board.console().splitlines() if each.startswith(line)]
    assert len(said) > 10 and words in said[-1]


def test_without_one_that_worked_the_display_says_what_is_wrong_forever(bench):
    board = bench(settings={"chip": "wroom"})
    board.board.power_off()
    put(board, b"{1: 2}")
    with Files(board.image) as files:
        files.remove("/config.ready")
    board.board.power_on()
    shown = seen(board, 30)
    assert "config.json: packs: a list in [ ] with" in shown and "2/2 needed" in shown
    assert board.console().count("packlog! config.json: packs: ") >= 5
    assert board.board.starts == 2 and "Traceback" not in board.console()


def test_a_config_that_is_mended_is_run_again(bench):
    board = bench(example() | SOON)
    board.board.run(5)
    board.board.power_off()
    put(board, b"")
    board.board.power_on()
    board.board.run(5)
    assert "Old config in use" in board.console()
    board.board.power_off()
    put(board, b'{"packs": [{"name": "shed", "bms": "chargery"}], "status_s": 1}')
    before = len(board.console())
    board.board.power_on()
    board.board.run(7)
    assert board.statuses()["shed"].number("readings") > 2
    assert "Old config" not in board.console()[before:]
