"""The questions of a first install: Enter to all of them is a config that fits the board."""

import contextlib
import json
import os
import pty
import select
import signal
import subprocess
import termios
import time

import pytest
import typer
from host_tools.board import networks, timezones
from host_tools.board.bluetooth import Heard
from host_tools.board.device import Device
from host_tools.board.networks import Network
from host_tools.board.port import Restarted
from host_tools.ground.errors import PacklogError
from host_tools.ground.firmware import FIRMWARE
from host_tools.install import families, questions
from host_tools.install.answers import OLDEST_S, Answers, file_for
from host_tools.install.families import FAMILIES, WIRES, chip_of, family_of
from host_tools.install.install import Options, install
from host_tools.install.questions import Senses
from host_tools.sim.network.wifi import AccessPoint
from tests.helpers.command_line import PACKLOG
from tests.helpers.installing import MINI, board_on, mini, on_flash
from typer.testing import CliRunner

import config

HEARD = [
    Heard("11:22:33:44:55:66", "Phone", -40, []),
    Heard("c8:47:8c:00:00:01", "JK-B2A24S", -70, ["jk"]),
    Heard("c8:47:8c:00:00:02", "JK-B2A24S", -80, ["jk"]),
    Heard("c8:47:8c:00:00:03", "JK-VAN", -90, ["jk"]),
    Heard("c8:47:8c:00:00:04", "Boat", -30, ["jbd", "seplos_v2"], False),
    Heard("c8:47:8c:00:00:05", "JBD-1", -95, ["jbd"], True, "JBD, 16 cells, 53.2 V"),
]


NETWORKS = [
    Network("home", -52, False),
    Network("guests", -60, True),
    Network("12345678", -80, False),
]


@pytest.fixture(autouse=True)
def in_berlin(monkeypatch):
    monkeypatch.setattr(timezones, "of_this_pc", lambda: "Europe/Berlin")


BERLIN = {"timezone": "Europe/Berlin", "timezone_rule": "CET-1CEST,M3.5.0,M10.5.0/3"}


def answer(*lines, family=FAMILIES[0], hear=None, networks=None, answers=None, zone=""):
    """The config that these answers give, without its timezone; an answer of "" is Enter."""
    text = "".join(line + "\n" for line in (*lines, zone))
    senses = Senses(hear, networks)
    given = Answers() if answers is None else answers
    with CliRunner().isolation(input=text) as streams:
        found = config.parse(made := questions.ask(family, senses, given))
        shown = streams[0].getvalue().decode() + streams[1].getvalue().decode()
    given = json.loads(made)
    assert {key: given.pop(key) for key in (timezones.NAME, timezones.RULE)} == {
        key: found[key] for key in (timezones.NAME, timezones.RULE)
    }
    return given, found, shown


ONE = ("", "", "", "", "", "")  # a pack by wire with every default, and no other one
NO_LCD = ("none",)


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.chip)
@pytest.mark.parametrize("display", ["i2c", "gpio", "none"])
def test_enter_to_everything_is_a_config_for_each_family(family, display):
    pins = {"i2c": 2, "gpio": 6, "none": -1}[display]
    given, found, _ = answer(*ONE, display, *[""] * (pins + 1), "", family=family)
    pack = found["packs"][0]
    assert (pack["bms"], pack["rx"], pack["tx"]) == ("chargery", family.rx, family.tx)
    assert pack["uart"] == family.uart
    assert given["lcd"]["kind"] == display and "wifi" not in given
    if display == "gpio":
        assert [found["lcd"][key] for key in WIRES] == list(family.wires)


def test_everything_asked_for_is_in_it_and_no_password_is_shown():
    given, _, shown = answer(
        *("chargery", "garage", "100", "4", "5", "n", "i2c", "16x2", "", ""),
        *("home", "hush-hush", "10.0.0.9", "me", "secret", "y", "barn-door"),
    )
    assert (
        given["packs"][0] | {"name": "garage", "capacity_ah": 100, "rx": 4, "tx": 5}
        == (given["packs"][0])
    )
    assert (given["lcd"]["columns"], given["lcd"]["rows"]) == (16, 2)
    assert given["wifi"] == {"networks": [{"ssid": "home", "password": "hush-hush"}]}
    assert given["mqtt"] == {"host": "10.0.0.9", "user": "me", "password": "secret"}
    assert given["http"] == {"port": 80, "password": "barn-door"}
    assert not [word for word in ("hush-hush", "secret", "barn-door") if word in shown]


@pytest.mark.parametrize(
    ("answers", "line", "values"),
    [
        (("tesla", "", "", "", "", "", ""), "'tesla' is not one of chargery, jk", {}),
        (("", "a b", "shed", "", "", "", ""), "'a b' is not 1 to 16 letters", {"name": "shed"}),
        (("", "mqtt", "shed", "", "", "", ""), "'mqtt' is taken", {"name": "shed"}),
        (("", "", "0", "50", "", "", ""), "0 is not a whole number from 1 to 10000",
         {"capacity_ah": 50}),
        (("", "", "", "49", "4", "", ""), "49 is not a whole number from 0 to 48", {"rx": 4}),
        (("", "", "", "16", "16", "17", ""), "16 is taken by packs[0].rx", {"tx": 17}),
        (("", "", "", "", "x", "18", ""), "'x' is not a whole number from 0 to 48", {"tx": 18}),
    ],
)  # fmt: skip
def test_a_wrong_answer_is_asked_again_at_once(answers, line, values):
    given, _, shown = answer(*answers, *NO_LCD, "")
    assert given["packs"][0].items() >= values.items()
    assert shown.count(line) == 1


def test_a_display_cannot_have_the_pins_of_a_pack():
    given, _, shown = answer(*ONE, "i2c", "", "16", "5", "5", "6", "")
    assert "16 is taken by packs[0].rx" in shown and "5 is taken by lcd.scl" in shown
    assert (given["lcd"]["scl"], given["lcd"]["sda"]) == (5, 6)


@pytest.mark.parametrize(
    ("answers", "line", "section"),
    [
        (("home", "short", "hush-hush", "", ""), "has fewer than the 8 characters",
         {"networks": [{"ssid": "home", "password": "hush-hush"}]}),
        (("home", "*" * 8, "hush-hush", "", ""), "that is what packlog shows instead of",
         {"networks": [{"ssid": "home", "password": "hush-hush"}]}),
        (("x" * 33, "home", "", "", ""), "is not a text of 1 to 32|is not a text",
         {"networks": [{"ssid": "home", "password": ""}]}),
        (("home", "", "mqtt://b", "b", "", "", ""), "write it without mqtt://",
         {"networks": [{"ssid": "home", "password": ""}]}),
    ],
)  # fmt: skip
def test_the_network_is_checked_when_it_is_given(answers, line, section):
    given, _, shown = answer(*ONE, *NO_LCD, *answers)
    assert given["wifi"] == section
    assert any(words in shown for words in line.split("|"))


def test_a_second_pack_gets_a_uart_and_pins_of_its_own():
    given, _, _ = answer(*ONE[:5], "y", *("", "", "", "", "", "n"), "gpio", *[""] * 7, "")
    first, second = given["packs"]
    assert (first["name"], second["name"]) == ("house", "pack2")
    assert (first["uart"], second["uart"]) == (2, 1)
    pins = [first["rx"], first["tx"], second["rx"], second["tx"]]
    pins += [given["lcd"][key] for key in WIRES]
    assert len(set(pins)) == 10


def test_what_a_second_pack_cannot_have_of_the_first_is_refused():
    jk = ("jk", "", "", "JK-1")
    given, _, shown = answer(
        *jk, "y", *("jk", "HOUSE", "van", "", "JK-1"), *("", "", "", "JK-2"), "n", *NO_LCD, ""
    )
    assert "'HOUSE' is taken: choose another" in shown
    assert "packs[1].device: 'JK-1' is taken by packs[0].device. Please answer again." in shown
    assert [pack["device"] for pack in given["packs"]] == ["JK-1", "JK-2"]
    assert given["packs"][1]["name"] == "van"  # as it was answered before


def test_a_chip_with_one_uart_has_one_pack_by_wire():
    family = next(family for family in FAMILIES if family.chip == "esp32c3")
    given, _, shown = answer(
        *ONE[:5], "y", "chargery", "jk", "", "", "JK-1", "n", *NO_LCD, "", family=family
    )
    assert "An ESP32-C3 SuperMini has no UART left" in shown
    assert "'chargery' is not one of jk, bluenova, jbd" in shown
    assert [pack["bms"] for pack in given["packs"]] == ["chargery", "jk"]


@pytest.mark.parametrize(
    ("number", "pack"),
    [
        ("1", {"address": "c8:47:8c:00:00:01"}),  # two have that name
        ("3", {"device": "JK-VAN"}),
        ("", {"address": "c8:47:8c:00:00:01"}),
    ],
)
def test_a_jk_is_picked_from_what_is_heard(number, pack):
    given, _, _ = answer("y", number, *("",) * 4, "none", "", hear=lambda s: list(HEARD))
    assert given["packs"][0] == {"name": "house", "bms": "jk", "capacity_ah": 280} | pack


@pytest.mark.parametrize(
    ("number", "kind", "pack"),
    [
        ("4", "", {"bms": "jbd", "device": "JBD-1"}),
        ("5", "", {"bms": "auto", "device": "Boat"}),  # the logger finds out which it is
        ("5", "jbd", {"bms": "jbd", "device": "Boat"}),
        ("6", "jk", {"bms": "jk", "device": "Phone"}),
    ],
)
def test_the_kind_of_what_is_picked_is_there_to_accept(number, kind, pack):
    link = ["ble"] if pack["bms"] == "jbd" else []
    given, _, shown = answer(
        "y", number, kind, "", "", *link, "", "none", "", hear=lambda s: list(HEARD)
    )
    assert "  4 JBD-1  c8:47:8c:00:00:05  -95 dBm  JBD, 16 cells, 53.2 V\n" in shown
    assert "  5 Boat  c8:47:8c:00:00:04  -30 dBm  perhaps JBD or SEPLOS_V2\n" in shown
    assert given["packs"][0] == {"name": "house", "capacity_ah": 280} | pack


WANTING = [
    Heard("c8:47:8c:00:00:06", "JK-NEW", -50, ["jk"], True, "", "Wants a PIN"),
    Heard("c8:47:8c:00:00:07", "JK-MUTE", -60, ["jk"], True, "", "Link up, no data"),
    Heard("c8:47:8c:00:00:08", "DL-NEW", -70, ["daly", "daly_old"], True, "", "Wants a PIN"),
    Heard("c8:47:8c:00:00:09", "JK-OLD", -80, ["jk"], True, "JK, 16 cells, 53.2 V"),
]


@pytest.mark.parametrize(
    ("number", "typed", "prompts", "pack"),
    [
        ("1", ("012345",), 1, {"bms": "jk", "device": "JK-NEW", "pin": "012345"}),
        ("1", ("",), 1, {"bms": "jk", "device": "JK-NEW"}),
        ("1", ("01234x", "1234567", "7"), 3, {"bms": "jk", "device": "JK-NEW", "pin": "7"}),
        ("2", ("y", "012345"), 1, {"bms": "jk", "device": "JK-MUTE", "pin": "012345"}),
        ("2", ("",), 0, {"bms": "jk", "device": "JK-MUTE"}),
        ("3", ("012345",), 1, {"bms": "auto", "device": "DL-NEW", "pin": "012345"}),
        ("4", (), 0, {"bms": "jk", "device": "JK-OLD"}),
    ],
)
def test_a_pin_is_asked_for_where_a_unit_wants_one(number, typed, prompts, pack, tmp_path):
    answers = Answers(tmp_path / "answers.json")
    given, _, shown = answer(
        *("y", number, "", "", "", *typed, "", "none", ""),
        hear=lambda s: list(WANTING),
        answers=answers,
    )
    assert given["packs"][0] == {"name": "house", "capacity_ah": 280} | pack
    assert shown.count("pairing PIN, not the app's password") == prompts
    assert shown.count("a PIN has up to 6 digits") == max(0, len(typed) - 1) * (number == "1")
    assert "012345" not in shown + (tmp_path / "answers.json").read_text()


@pytest.mark.parametrize(
    ("answers", "pack"),
    [
        (("y", "n", "C8:47:8C:00:00:09"), {"address": "c8:47:8c:00:00:09"}),  # nothing heard
        (("n", "JK-OTHER"), {"device": "JK-OTHER"}),
        (("n", "x" * 21, "JK-OTHER"), {"device": "JK-OTHER"}),
        (("n", "C8:47:8C:00:00:0X", "JK-OTHER"), {"device": "JK-OTHER"}),
    ],
)
def test_a_jk_can_be_named_without_being_heard(answers, pack):
    *looked, unit = answers
    first, *refused = looked[: looked.index("n") + 1], *looked[looked.index("n") + 1 :]
    given, _, _ = answer(*first, "jk", "", "", *refused, unit, "", "none", "", hear=lambda s: [])
    assert given["packs"][0].items() >= pack.items()


def test_a_scan_that_fails_is_said_and_the_questions_go_on():
    times = []

    def hear(seconds):
        times.append(seconds)
        if len(times) == 1:
            raise PacklogError("the board's Bluetooth does not work: radio 12")
        return list(HEARD)

    def listen():
        raise PacklogError("the board cannot look for WiFi networks (radio 5)")

    given, _, shown = answer(
        *("y", "y", "3", "", "", "", "", "none", "home", "hush-hush", "", ""),
        hear=hear,
        networks=listen,
    )
    assert "Bluetooth does not work: radio 12" in shown and "Look again?" in shown
    assert "cannot look for WiFi networks (radio 5)" in shown
    assert given["packs"][0]["device"] == "JK-VAN" and len(times) == 2
    assert given["wifi"]["networks"][0]["ssid"] == "home"


def test_a_board_that_restarts_under_a_scan_is_asked_for_what_is_left():
    def hear(seconds):
        raise Restarted("the board was reset")

    answers = Answers()
    with CliRunner().isolation(input="y\n"), pytest.raises(Restarted):
        questions.ask(FAMILIES[0], Senses(hear), answers)
    given, _, shown = answer(
        *("", "jk", "van", "100", "JK-1", "", "none", ""), hear=hear, answers=answers
    )
    assert "or what you answered last" in shown
    pack = {"name": "van", "bms": "jk", "capacity_ah": 100, "device": "JK-1"}
    assert given["packs"] == [pack]


def test_answers_are_kept_without_passwords_until_they_are_on_a_board(tmp_path):
    path = tmp_path / "answers.json"
    lines = (
        "",
        "shed",
        "90",
        "4",
        "5",
        "",
        *NO_LCD,
        "home",
        "hush-hush",
        "broker",
        "me",
        "s3cret",
        "y",
        "",
    )
    first, _, _ = answer(*lines, answers=Answers(path))
    kept = path.read_text()
    assert "shed" in kept and "hush" not in kept and "s3cret" not in kept
    enters = ("", "", "", "", "", "", "", "", "hush-hush", "", "", "s3cret", "", "")
    second, _, _ = answer(*enters, answers=Answers(path))
    assert second == first
    again = Answers(path)
    again.forget()
    assert not path.exists() and not again and not Answers(path)


def test_the_timezone_is_this_pcs_or_one_that_is_known():
    _, found, _ = answer(*ONE, *NO_LCD, "")
    assert {key: found[key] for key in BERLIN} == BERLIN
    _, found, shown = answer(*ONE, *NO_LCD, "", "Europe/Lodnon", zone="Europe/London")
    assert "did you mean Europe/London?" in shown
    assert found["timezone_rule"] == "GMT0BST,M3.5.0/1,M10.5.0"
    _, found, _ = answer(*ONE, *NO_LCD, "", zone="UTC")
    assert found["local"] == [0]


def test_answers_for_another_chip_are_none():
    answers = Answers()
    answer("", "", "", "4", "5", "", *NO_LCD, "", answers=answers)
    given, _, shown = answer(*ONE, *NO_LCD, "", answers=answers, family=FAMILIES[2])
    assert (given["packs"][0]["rx"], given["packs"][0]["tx"]) == (18, 17)
    assert "answered last" not in shown


@pytest.mark.parametrize("text", ["", "[1]", "{", '{"a": 1}'])
def test_kept_answers_that_are_none_are_no_harm(tmp_path, text):
    path = tmp_path / "answers.json"
    path.write_text(text)
    assert not Answers(path)
    path.write_text('{"packs[0].name": "shed"}')
    assert Answers(path).get("packs[0].name") == "shed"
    os.utime(path, (time.time() - 2 * OLDEST_S,) * 2)
    assert not Answers(path)


@pytest.mark.parametrize(
    ("answers", "network"),
    [
        (("1", "hush-hush"), {"ssid": "home", "password": "hush-hush"}),
        (("home", "", "hush-hush"), {"ssid": "home", "password": "hush-hush"}),  # it is not open
        (("2",), {"ssid": "guests", "password": ""}),
        (("12345678", "hush-hush"), {"ssid": "12345678", "password": "hush-hush"}),
        (("cellar", "hush-hush", "y"),
         {"ssid": "cellar", "password": "hush-hush", "hidden": True}),
        (("9", "", "n"), {"ssid": "9", "password": "", "hidden": False}),
    ],
)  # fmt: skip
def test_a_network_is_chosen_from_those_in_reach(answers, network):
    given, _, shown = answer(*ONE, *NO_LCD, *answers, "", "", networks=lambda: NETWORKS)
    assert given["wifi"] == {"networks": [network]}
    assert "  1 home  -52 dBm\n" in shown and "  2 guests  -60 dBm, no password\n" in shown


def test_nobody_has_to_take_a_network_that_is_in_reach():
    given, _, _ = answer(*ONE, *NO_LCD, "", networks=lambda: NETWORKS)
    assert "wifi" not in given


def test_a_bluenova_needs_its_network():
    given, _, shown = answer("bluenova", "", "", "", "", "none", "", "home", "", "", "")
    assert given["packs"][0]["host"] == "10.0.0.2"
    assert given["wifi"]["networks"][0]["ssid"] == "home"
    assert "a bluenova needs it" in shown


@pytest.mark.parametrize(
    ("said", "found"),
    [
        (["686f6d65", -60, 3], [Network("home", -60, False)]),
        (["", -60, 3], []),  # it hides its name
        (["ff", -60, 3], []),  # no text
    ],
)
def test_what_a_board_hears_of_networks(said, found):
    class Board:
        def run(self, code):
            return f"heard {json.dumps(said)}\nheard {json.dumps(said)}\n"

    assert networks.in_reach(Board()) == found


@pytest.mark.parametrize(
    "said", ["", "x", "{}", "[1,2,3]", '["zz",1,2]', '["61",1e999,2]', "[[],1]"]
)
def test_strange_networks_are_one_line(said):
    class Board:
        port = "port"

        def run(self, code):
            return f"heard {said}\n"

    with pytest.raises(PacklogError, match="answers strangely"):
        networks.in_reach(Board())


def test_a_board_without_any_firmware_hears_the_networks_around_it(tmp_path):
    with board_on(tmp_path / "flash.img", wifi=True) as (rig, port):
        rig.home.network.access_points.append(AccessPoint("barn", "stable door", rssi=-50))
        with Device(port) as device, device.stopped():
            found = networks.in_reach(device)
            assert not device.run("import network; print(network.WLAN(0).active() or '')").strip()
    assert [(each.ssid, each.is_open) for each in found] == [("barn", False), ("home", False)]


@pytest.mark.parametrize("line", ["radio OSError(5)", "heard [1]", "heard [null, 1, 2]"])
def test_a_board_that_cannot_listen_for_networks(line):
    class Board:
        port = "/dev/ttyUSB0"

        def run(self, code):
            return line + "\n"

    with pytest.raises(PacklogError, match=r"cannot look for WiFi|answers strangely"):
        networks.in_reach(Board())


@pytest.mark.parametrize(
    ("machine", "chip"),
    [
        ("Generic ESP32 module with ESP32", "esp32"),
        ("Generic ESP32S3 module with Octal-SPIRAM with ESP32S3", "esp32s3"),
        ("ESP32C3 module with ESP32C3", "esp32c3"),
        ("LOLIN_C3_MINI with ESP32-C3FH4", "esp32c3"),
        ("M5Stick with ESP32-PICO-D4", "esp32"),
        ("linux [GCC 14.2.1] version", None),
    ],
)
def test_a_boards_own_words_name_its_chip(machine, chip):
    assert chip_of(machine) == chip
    assert family_of(machine).chip == (chip or families.USUAL.chip)


@pytest.mark.parametrize("family", families.FAMILIES, ids=lambda family: family.chip)
def test_the_example_takes_the_pins_of_the_board(family):
    given = json.loads(questions.example(family, (FIRMWARE / "config.json").read_text()))
    pack, lcd = config.parse(json.dumps(given))["packs"][0], given["lcd"]
    assert (pack["uart"], pack["rx"], pack["tx"]) == (family.uart, family.rx, family.tx)
    assert (lcd["scl"], lcd["sda"]) == (family.scl, family.sda)
    assert pack["cells"] == 16 and given["store"] == {"window_s": 30}


class Terminal:
    """A terminal with a program at it; what it shows is kept."""

    def __init__(self, *command):
        self.master, slave = pty.openpty()
        self.shown = ""
        self.process = subprocess.Popen(
            command,
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
            # what a shell starts in the background ignores it, and what that starts
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )
        os.close(slave)

    def until(self, text: str | None, seconds: float = 60) -> None:
        """Read on until that was shown (since the last time), or to the end."""
        begin, end = len(self.shown), time.monotonic() + seconds
        while text is None or text not in self.shown[begin:]:
            assert time.monotonic() < end, self.shown
            try:
                if select.select([self.master], [], [], 0.1)[0]:
                    self.shown += os.read(self.master, 4096).decode("utf8", "replace")
            except OSError:
                return

    def until_hidden(self, seconds: float = 60) -> None:
        """Wait until what is typed is not shown."""
        end = time.monotonic() + seconds
        while termios.tcgetattr(self.master)[3] & termios.ECHO:
            assert time.monotonic() < end, self.shown
            time.sleep(0.01)

    def type(self, line: str) -> None:
        os.write(self.master, line.encode() + b"\n")

    def interrupt(self, text: str) -> None:
        """What Ctrl-C sends, until that is shown: before input() waits it is lost."""
        for _ in range(20):
            os.kill(self.process.pid, signal.SIGINT)
            with contextlib.suppress(AssertionError):
                return self.until(text, 3)
        raise AssertionError(self.shown)

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.process.kill()  # it has ended, unless the test has failed
        self.process.wait()

    def close(self) -> int:
        os.close(self.master)
        return self.process.wait(60)


def test_a_first_install_at_a_terminal_asks(tmp_path):
    """The command itself, on a terminal, to a new board."""
    image = tmp_path / "flash.img"
    with board_on(image) as (_, port), Terminal(*PACKLOG, "install", "--port", port) as terminal:
        for question, said in (
            ("by Bluetooth now?", "n"),
            ("Kind of BMS", ""),
            ("Name of the pack", "shed"),
            *((text, "") for text in ("capacity", "RX", "TX", "Another pack?")),
            *((text, "") for text in ("Display", "size", "SCL", "SDA")),
            ("WiFi network", "home"),
            ("password", "hush-hush"),
            ("MQTT", ""),
            ("browser", "y"),
            ("password", ""),
            ("Timezone", "Europe/Berlin"),
        ):
            terminal.until(question)
            if question == "password":
                terminal.until_hidden()
            terminal.type(said)
        terminal.until(None)
        assert terminal.close() == 0, terminal.shown
    assert "the logger runs: shed sends readings" in terminal.shown
    assert "hush-hush" not in terminal.shown
    saved = json.loads(on_flash(image)["/config.json"])
    assert saved["packs"][0] == {
        **{"name": "shed", "bms": "chargery", "capacity_ah": 280},
        **{"uart": 2, "rx": 16, "tx": 17},
    }
    assert saved["wifi"]["networks"] == [{"ssid": "home", "password": "hush-hush"}]
    assert saved["http"] == {"port": 80}
    assert saved.items() >= BERLIN.items()
    assert not file_for(port).exists()


def test_answers_are_kept_until_they_are_on_the_board(tmp_path):
    """Also on one whose logger then complains of them: it is not asked again."""
    image, kept, said = tmp_path / "flash.img", tmp_path / "answers.json", []
    complains = MINI["packlog.py"].replace("packlog house readings", "packlog! GPIO 4 it has not ")
    firmware = mini(tmp_path / "mini", packlog=complains)
    options = Options(firmware=firmware, terminal=True, answers=kept)
    with board_on(image) as (_, port):
        with CliRunner().isolation(input="n\nchargery\nshed\n"), pytest.raises(typer.Abort):
            install(port, None, said.append, options)
        assert said[-1] == "your answers are kept for the next try, without the passwords"
        assert json.loads(kept.read_text())["packs[0].name"] == "shed"
        with (
            CliRunner().isolation(input="\n" * 7 + "none\n\n\n"),
            pytest.raises(PacklogError, match="GPIO 4 it has not"),
        ):
            install(port, None, said.append, options)
    assert json.loads(on_flash(image)["/config.json"])["packs"][0]["name"] == "shed"
    assert not kept.exists() and not said[-1].startswith("your answers")


def test_ctrl_c_at_a_question_is_exit_code_130_and_the_answers_stay(tmp_path):
    with (
        board_on(tmp_path / "flash.img") as (rig, port),
        Terminal(*PACKLOG, "install", "--port", port) as terminal,
    ):
        terminal.until("by Bluetooth now?")
        terminal.type("n")
        terminal.until("Kind of BMS")
        terminal.type("jk")
        terminal.until("Name of the pack")
        terminal.interrupt("your answers are kept")
        terminal.until(None)
        assert terminal.close() == 130, terminal.shown
        assert "your answers are kept for the next try" in terminal.shown
        kept = file_for(port)
        assert json.loads(kept.read_text()) == {
            **{"family": "esp32", "packs[0].scan": "n", "packs[0].bms": "jk"}
        }
        kept.unlink()
        assert rig.board.starts > 1  # it was started again
