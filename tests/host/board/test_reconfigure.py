"""packlog config set and edit: what becomes of a config, and what a board has then."""

import json
import sys
import time

import pytest
import typer
from host_tools.board import configure, keys, reconfigure
from host_tools.cli.cli_config import _pairs
from host_tools.ground import asking, editor
from host_tools.ground.errors import PacklogError
from host_tools.sim.workshop import port_of, wait_for_start
from tests.helpers.boards import Files, example
from tests.helpers.command_line import packlog

WIRES = {"rs": 19, "e": 23, "d4": 18, "d5": 25, "d6": 26, "d7": 27}


def changed(*pairs, old=None):
    """(the config after these keys are set, the keys that went)."""
    settings = [reconfigure._setting(key, typed) for key, typed in pairs]
    said, gone = reconfigure._with(json.dumps(old or example()), settings)
    return json.loads(said), gone


def test_a_display_of_another_size_is_two_keys_at_once():
    with pytest.raises(PacklogError, match="a display has 16 columns and 2 rows"):
        changed(("lcd.rows", "2"))
    made, gone = changed(("lcd.rows", "2"), ("lcd.columns", "16"))
    assert (made["lcd"]["columns"], made["lcd"]["rows"], gone) == (16, 2, [])


def test_what_only_the_kind_before_had_goes_with_it():
    wires = [(f"lcd.{key}", str(pin)) for key, pin in WIRES.items()]
    made, gone = changed(("lcd.kind", "gpio"), *wires)
    assert made["lcd"] == {"kind": "gpio", "columns": 20, "rows": 4, **WIRES}
    assert gone == ["lcd.scl", "lcd.sda"]
    made, gone = changed(("packs[0].bms", "jk"), ("packs[0].device", "JK-1"))
    assert made["packs"][0].keys().isdisjoint({"rx", "uart"})
    assert gone == ["packs[0].rx", "packs[0].uart"]


def test_a_key_that_is_being_set_or_was_wrong_before_does_not_go():
    with pytest.raises(PacklogError, match=r"lcd.scl: unknown key"):
        changed(("lcd.kind", "none"), ("lcd.scl", "5"))
    with pytest.raises(PacklogError, match=r"lcd.\w+: is missing"):
        changed(("lcd.kind", "gpio"))
    wrong = example() | {"stor": {}}
    with pytest.raises(PacklogError, match="stor: unknown key"):
        changed(("lcd.page_s", "5"), old=wrong)


@pytest.mark.parametrize(
    ("key", "typed", "value"),
    [
        ("wifi.txpower", "8.5", 8.5),
        ("wifi.networks[0].ssid", "12345678", "12345678"),
        ("wifi.networks[0].password", "2.50000000", "2.50000000"),
        ("lcd", '{"kind": "none"}', {"kind": "none"}),
        ("wifi.networks", '[{"ssid": "a"}, {"ssid": "b"}]', [{"ssid": "a"}, {"ssid": "b"}]),
    ],
)
def test_a_value_is_json_or_the_text_where_only_that_is_right(key, typed, value):
    old = example() | {"wifi": {"networks": [{"ssid": "home"}]}}
    assert keys.take(changed((key, typed), old=old)[0], key) == value


def test_the_rule_of_a_timezone_is_written_beside_its_name():
    made, _ = changed(("timezone", "America/New_York"))
    assert made["timezone_rule"] == "EST5EDT,M3.2.0,M11.1.0"
    made, _ = changed(("timezone", ""), old=made)
    assert made["timezone"] == "" and "timezone_rule" not in made
    made, _ = changed(("timezone_rule", "EST5"))
    assert made["timezone_rule"] == "EST5"
    with pytest.raises(PacklogError, match="did you mean Europe/Berlin"):
        changed(("timezone", "Europe/Berlim"))
    with pytest.raises(PacklogError, match="timezone: '5' is not a timezone"):
        changed(("timezone", "5"))


def test_a_value_that_is_wrong_either_way_is_said_as_the_number_that_it_is():
    with pytest.raises(PacklogError, match=r"wifi.txpower: -3 is not a number of dBm from 2 to 20"):
        changed(("wifi.txpower", "-3"))
    with pytest.raises(PacklogError, match=r"lcd.columns: 17\.5 is not a whole number"):
        changed(("lcd.columns", "17.5"))


def test_a_further_pack_is_set_at_once():
    pack = {"name": "van", "bms": "jk", "device": "JK-1"}
    made, _ = changed(*((f"packs[1].{key}", value) for key, value in pack.items()))
    assert made["packs"] == [*example()["packs"], pack]


def test_stars_are_no_password():
    old = example() | {"wifi": {"networks": [{"ssid": "home", "password": "hush-hush"}]}}
    with pytest.raises(PacklogError, match=r"wifi.networks\[0\].password is hidden"):
        changed(("wifi.networks[0].password", keys.HIDDEN), old=old)


def test_the_words_of_the_command_line():
    assert _pairs(["lcd.rows", "2"]) == [("lcd.rows", "2")]
    assert _pairs(["mqtt.user", "a=b"]) == [("mqtt.user", "a=b")]
    assert _pairs(["wifi.txpower", "-3"]) == [("wifi.txpower", "-3")]
    two = ["lcd.rows=2", "mqtt.password=a=b"]
    assert _pairs(two) == [("lcd.rows", "2"), ("mqtt.password", "a=b")]
    for wrong in (["lcd.rows"], ["lcd.rows=2", "16"], ["a", "b", "c"], ["--prot", "x=1"]):
        with pytest.raises(typer.BadParameter):
            _pairs(wrong)


@pytest.mark.parametrize("words", [("lcd.rows",), ("a=1", "--prot", "/dev/x")])
def test_wrong_words_are_wrong_usage(words):
    done = packlog("config", "set", *words, "--port", "/dev/nonesuch")
    assert done.returncode == 2 and "Traceback" not in done.stderr
    assert words[-2:][0].split("=")[0] in done.stderr or "--prot" in done.stderr


def test_a_negative_number_reaches_the_board_s_check():
    done = packlog("config", "set", "--port", "/dev/nonesuch", "wifi.txpower", "-3")
    assert (done.returncode, "/dev/nonesuch does not exist" in done.stderr) == (1, True)


def editing(tmp_path, monkeypatch, code: str):
    """$EDITOR is a program that does that with the config, data, and sees its text."""
    path = tmp_path / "editor.py"
    path.write_text(
        "import json, os, sys, time\n"
        "path = sys.argv[1]\ntext = open(path).read()\ndata = json.loads(text)\n"
        f"{code}\n"
        "open(path, 'w').write(json.dumps(data))\n"
    )
    monkeypatch.setenv("EDITOR", f"{sys.executable} {path}")
    monkeypatch.delenv("VISUAL", raising=False)


def on_board(board):
    board.board.power_off()
    with Files(board.image) as files, files.open("/config.json", "rb") as file:
        return json.loads(file.read())


def test_several_keys_at_once_on_a_board(bench):
    said = []
    board = bench()
    with port_of(board.board) as port:
        pairs = [("lcd.kind", "none"), ("packs[0].cells", "8"), ("timezone", "Europe/Berlin")]
        reconfigure.change(port, pairs, said.append)
    assert said == [
        "lcd.kind, packs[0].cells and timezone are set; the logger starts again with them",
        "removed, because nothing uses it now: lcd.scl, lcd.sda",
        "the history goes on in new files",
        "days that are recorded already keep the midnight that they had",
    ]
    made = on_board(board)
    assert made["timezone_rule"] == "CET-1CEST,M3.5.0,M10.5.0/3"
    assert made["lcd"] == {"kind": "none", "columns": 20, "rows": 4}
    assert made["packs"][0]["cells"] == 8


def test_an_edited_config_keeps_the_secrets_that_stayed_hidden(bench, monkeypatch):
    said, seen = [], []
    board = bench(example() | {"mqtt": {"password": "hush-hush"}})

    def edited(text, name):
        while board.board.starts < 2:  # a person takes longer
            time.sleep(0.01)
        wait_for_start(board.board)
        seen.append(text)
        data = json.loads(text)
        return json.dumps(data | {"mqtt": data["mqtt"] | {"user": "me"}, "status_s": 3})

    monkeypatch.setattr(editor, "edited", edited)
    with port_of(board.board) as port:
        reconfigure.edit(port, False, said.append)
    assert said == ["config.json is changed; the logger starts again with it"]
    assert "hush" not in seen[0] and keys.HIDDEN in seen[0]
    made = on_board(board)
    assert (made["mqtt"], made["status_s"]) == ({"password": "hush-hush", "user": "me"}, 3)


@pytest.fixture
def texts(monkeypatch):
    """Without a board: the text that it has, and what is put on it."""
    put = []

    class Changed:
        def __init__(self, make, done):
            self.make = make

        def __call__(self, device):
            put.append(json.loads(self.make(json.dumps(example()))[0]))

        def report(self, say):
            pass

    monkeypatch.setattr(configure, "of_board", lambda port, say: json.dumps(example()))
    monkeypatch.setattr(reconfigure, "persist", lambda port, say, work: work(None))
    monkeypatch.setattr(reconfigure, "_Change", Changed)
    return put


@pytest.mark.parametrize(
    ("code", "line"),
    [
        ("data['lcd']['columns'] = 3", r"^config.json: lcd.columns: 3 is not"),
        ("data['mqtt'] = {'password': '********'}", r"^config.json: mqtt.password is hidden"),
        ("sys.exit(3)", "the editor .* ended with 3: nothing is changed"),
    ],
)
def test_what_is_wrong_does_not_reach_the_board(texts, tmp_path, monkeypatch, code, line):
    editing(tmp_path, monkeypatch, code)
    with pytest.raises(PacklogError, match=line):
        reconfigure.edit("port", False, print)
    assert texts == []


def test_an_editor_that_saves_nothing_changes_nothing(texts, tmp_path, monkeypatch):
    said = []
    editing(tmp_path, monkeypatch, "sys.exit(0)")
    reconfigure.edit("port", False, said.append)
    assert (said, texts) == (["nothing is changed"], [])


def test_at_a_terminal_what_is_wrong_can_be_edited_again(texts, monkeypatch):
    said, shown = [], []
    answers = iter(['{"packs": 1}', json.dumps(example() | {"status_s": 7})])
    monkeypatch.setattr(editor, "edited", lambda text, name: shown.append(text) or next(answers))
    monkeypatch.setattr(asking, "confirm", lambda question, default: True)
    reconfigure.edit("port", True, said.append)
    assert texts == [example() | {"status_s": 7}]
    assert "packs: a list in [ ]" in said[0] and shown[1] == '{"packs": 1}'


def consequences(*pairs, old=None):
    """What is said besides of these keys being set."""
    said = []
    made = reconfigure._Change(None, "")
    made._old = json.dumps(old or example())
    made._new = json.dumps(changed(*pairs, old=old)[0])
    made.report(said.append)
    return " ".join(said)


def test_what_a_change_means_is_said_of_what_it_changes_only():
    assert "under the new name" in consequences(("packs[0].name", "shed"))
    assert "in new files" in consequences(("packs[0].cells", "8"))
    further = ("packs[1].name", "van"), ("packs[1].bms", "jk"), ("packs[1].device", "JK-1")
    assert consequences(*further) == ""  # nothing was renamed
    two = changed(*further)[0]
    assert consequences(("packs", json.dumps(two["packs"][:1])), old=two) == ""
    network = ("wifi.networks[0].ssid", "home")
    assert "gets in" in consequences(network, ("mqtt.host", "broker"))
    assert consequences(("wifi.networks", "[]")) == ""  # there is nothing to get into
    assert consequences(("mqtt.user", "me")) == ""


def test_a_value_that_is_asked_for_needs_a_terminal():
    done = packlog("config", "set", "--port", "/dev/nonesuch", "mqtt.password=-", input="")
    assert done.returncode == 1 and "needs a terminal" in done.stderr
    assert len(done.stderr.splitlines()) <= 2, done.stderr


def test_a_config_that_cannot_be_saved_stops_no_logger(tmp_path, monkeypatch):
    monkeypatch.setattr(configure, "of_board", lambda port, say: pytest.fail("it was stopped"))
    with pytest.raises(PacklogError, match="the folder does not exist"):
        configure.save("port", tmp_path / "none" / "x.json", print)


def test_wrong_words_are_wrong_usage_without_a_board_too():
    done = packlog("config", "set", "a")
    assert done.returncode == 2 and "no board found" not in done.stderr
