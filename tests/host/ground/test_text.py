"""What strangers say, as text: escapes for what a terminal obeys, no markup, no reordering."""

import pytest
from host_tools.board import bluetooth, readable, watch
from host_tools.ground import text
from host_tools.ground.progress import say
from host_tools.history import info
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("Haus ä 電池 ☀", "Haus ä 電池 ☀"),
        ("[/x] JK[i]x :smile:", "[/x] JK[i]x :smile:"),
        ("\x1b[2J\x1b]0;title\x07", r"\x1b[2J\x1b]0;title\x07"),
        ("a\r\nb\tc", r"a\r\nb\tc"),
        ("\x9b31m", r"\x9b31m"),  # CSI in one character
        ("abc\u202edcba\u2066", r"abc\u202edcba\u2066"),
        ("\ud800", r"\ud800"),
        ("=1+1", "=1+1"),
    ],
)
def test_plain(said, shown):
    assert text.plain(said) == shown


@given(st.text(st.characters()))
def test_whatever_is_shown_is_printable(said):
    assert text.plain(said).isprintable()
    assert all(map(str.isprintable, text.lines(said).split("\n")))


def test_lines_stay_lines_and_carriage_returns_are_seen():
    assert text.lines("a\x1b\nb\r") == "a\\x1b\nb\\r"


STRANGE = "[/x][red]\x1b[2J:smile:\u202e"
SEEN = r"[/x][red]\x1b[2J:smile:\u202e"


@pytest.mark.parametrize(
    "print_it",
    [
        lambda: text.console().print(
            bluetooth._table([bluetooth.Heard("c8:47", STRANGE, -60, [])])
        ),
        lambda: text.console().print(watch._table({STRANGE: _status()}, STRANGE)),
        lambda: text.console().print(info._table(info.Summary(STRANGE, events={STRANGE: 1}))),
        lambda: text.show(STRANGE),
        lambda: say(STRANGE),
    ],
)
def test_everything_that_prints_prints_plainly(print_it, capsys):
    print_it()
    out, err = capsys.readouterr()
    assert SEEN in "".join((out + err).split("\n")).replace(" ", "")
    assert all(c.isprintable() or c == "\n" for c in out + err)


def _status():
    return watch.status.Status(STRANGE, {"soc": STRANGE})


@pytest.mark.parametrize(
    ("key", "value"),
    [
        *(("switches", "abc"), ("switches", "9" * 5000), ("errors", "²"), ("voltage", STRANGE)),
        *(("charge", "1.5e"), ("soh", "--1"), ("min", "#"), ("energy", "9" * 5000)),
        ("charge", "\u0663"),
    ],
)
def test_a_value_that_is_none_stays_the_text_that_it_is(key, value):
    assert readable.in_words(key, value).startswith(value.partition("#")[0][:20])


def test_what_a_user_is_told_is_one_line(capsys):
    say("passed over: /data/x\nthe logger runs: house sends readings")
    assert capsys.readouterr().err.count("\n") == 1


def test_json_of_ours_is_parsed():
    assert text.parse_json('{"a": [[1, {"b": null}]]}') == {"a": [[1, {"b": None}]]}


# What json takes and what then goes through it may not: by the level, and by the version of Python
DEEP = [nest * depth for depth in (100, 500, 900, 100_000) for nest in ("[", '{"a":')]
CLOSED = ["[" * 600 + "]" * 600, '{"a":' * 600 + "1" + "}" * 600, '{"a":[' * 300 + "]}" * 300]


@pytest.mark.parametrize("said", [*DEEP, *CLOSED, "", "nonsense", "{1: 2}"])
def test_json_that_is_none_is_one_kind_of_error(said):
    with pytest.raises(ValueError):
        text.parse_json(said)
