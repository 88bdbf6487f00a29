"""The questions of a first install: Enter to all of them is a config that fits the board."""

import json
import os
import pty
import select
import subprocess
import termios
import time

import pytest
from host_tools.ground.firmware import FIRMWARE
from host_tools.install import families, questions
from host_tools.install.families import FAMILIES, WIRES, chip_of, family_of
from tests.helpers.command_line import PACKLOG
from tests.helpers.installing import board_on, on_flash
from typer.testing import CliRunner

import config

HEARD = [
    ("11:22:33:44:55:66", "Phone", -40, ""),
    ("c8:47:8c:00:00:01", "JK-B2A24S", -70, "jk"),
    ("c8:47:8c:00:00:02", "JK-B2A24S", -80, "jk"),
    ("c8:47:8c:00:00:03", "JK-VAN", -90, "jk"),
]


def answer(*lines, family=FAMILIES[0], hear=None):
    """The config that these answers give; an answer of "" is Enter."""
    text = "".join(line + "\n" for line in lines)
    with CliRunner().isolation(input=text) as streams:
        found = config.parse(made := questions.ask(family, hear))
        shown = streams[0].getvalue().decode() + streams[1].getvalue().decode()
    return json.loads(made), found, shown


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.chip)
@pytest.mark.parametrize("display", ["i2c", "gpio", "none"])
def test_enter_to_everything_is_a_config_for_each_family(family, display):
    pins = {"i2c": 2, "gpio": 6, "none": -1}[display]
    given, found, _ = answer(*[""] * 5, display, *[""] * (pins + 1), "", family=family)
    pack = found["packs"][0]
    assert (pack["bms"], pack["rx"], pack["tx"]) == ("chargery", family.rx, family.tx)
    assert pack["uart"] == family.uart
    assert given["lcd"]["kind"] == display and "wifi" not in given
    if display == "gpio":
        assert [found["lcd"][key] for key in WIRES] == list(family.wires)


def test_everything_asked_for_is_in_it_and_no_password_is_shown():
    given, _, shown = answer(
        *("chargery", "garage", "100", "4", "5", "i2c", "16x2", "", ""),
        *("home", "hush-hush", "10.0.0.9", "me", "secret"),
    )
    assert (
        given["packs"][0] | {"name": "garage", "capacity_ah": 100, "rx": 4, "tx": 5}
        == (given["packs"][0])
    )
    assert (given["lcd"]["columns"], given["lcd"]["rows"]) == (16, 2)
    assert given["wifi"] == {"networks": [{"ssid": "home", "password": "hush-hush"}]}
    assert given["mqtt"] == {"host": "10.0.0.9", "user": "me", "password": "secret"}
    assert "hush-hush" not in shown and "secret" not in shown


def test_a_wrong_answer_is_asked_again():
    _, found, shown = answer("daly", "jk", "van", "0", "50", "JK-VAN", "none", "")
    assert found["packs"][0]["capacity_ah"] == 50
    assert "'daly' is not one of chargery, jk" in shown


def test_what_config_refuses_starts_the_questions_over():
    twice = ("chargery", "a", "", "16", "16", "none", "")
    right = ("chargery", "a", "", "16", "17", "none", "")
    _, found, _ = answer(*twice, *right)
    assert found["packs"][0]["tx"] == 17


@pytest.mark.parametrize(
    ("number", "pack"),
    [
        ("1", {"address": "c8:47:8c:00:00:01"}),  # two have that name
        ("3", {"device": "JK-VAN"}),
        ("", {"address": "c8:47:8c:00:00:01"}),
    ],
)
def test_a_jk_is_picked_from_what_is_heard(number, pack):
    given, _, _ = answer("jk", "", "", "y", number, "none", "", hear=lambda s: list(HEARD))
    assert given["packs"][0] == {"name": "house", "bms": "jk", "capacity_ah": 280} | pack


@pytest.mark.parametrize(
    ("answers", "pack"),
    [
        (("y", "C8:47:8C:00:00:09"), {"address": "c8:47:8c:00:00:09"}),  # nothing heard
        (("n", "JK-OTHER"), {"device": "JK-OTHER"}),
    ],
)
def test_a_jk_can_be_named_without_being_heard(answers, pack):
    given, _, _ = answer("jk", "", "", *answers, "none", "", hear=lambda s: [])
    assert given["packs"][0].items() >= pack.items()


def test_a_bluenova_needs_its_network():
    given, _, _ = answer("bluenova", "", "", "", "none", "", "home", "", "")
    assert given["packs"][0]["host"] == "10.0.0.2"
    assert given["wifi"]["networks"][0]["ssid"] == "home"


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
            command, stdin=slave, stdout=slave, stderr=slave, start_new_session=True
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

    def close(self) -> int:
        os.close(self.master)
        return self.process.wait(60)


def test_a_first_install_at_a_terminal_asks(tmp_path):
    """The command itself, on a terminal, to a new board."""
    image = tmp_path / "flash.img"
    with board_on(image) as (_, port):
        terminal = Terminal(*PACKLOG, "install", "--port", port)
        for question, said in (
            ("Kind of BMS", ""),
            ("Name of the pack", "shed"),
            *((text, "") for text in ("capacity", "RX", "TX", "Display", "size", "SCL", "SDA")),
            ("WiFi network", "home"),
            ("password", "hush-hush"),
            ("MQTT", ""),
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
