"""packlog config check on what people wrote, and that no host or topic is without the one rule."""

import json
from pathlib import Path

import pytest
from host_tools.board import config_file, configure, hidden, keys
from host_tools.ground.errors import PacklogError
from tests.helpers.command_line import packlog_here

import config

WILD = Path(__file__).resolve().parents[2] / "data" / "wild"
URL = WILD / "config_bluenova_url.json"
HOSTS = {"host", "optional_host"}
TOPICS = {"topic", "optional_topic"}
TABLES = [
    (f"{wing}.{name}", thing.get("KEYS", {}))
    for wing in ("bms", "transport", "parts", "display")
    for name, thing in config.things(wing)
]
FIELDS = [
    (f"{name}.{key}", key, row) for name, keys in TABLES for key, row in keys.items()
]  # of every section


def of_kinds(kinds):
    return [pytest.param(key, row, id=name) for name, key, row in FIELDS if row[0] in kinds]


def test_a_url_as_our_own_page_writes_it(tmp_path):
    with pytest.raises(PacklogError) as error:
        configure.check(None, URL, print)
    assert str(error.value) == (
        f"{URL}: packs[0].host: 'ws://10.0.0.2:9000/ws/' is not a host: write it without ws://, as "
        "10.0.0.2; port and path have keys of their own"
    )
    mended = tmp_path / "config.json"
    mended.write_text(URL.read_text().replace("ws://10.0.0.2:9000/ws/", "10.0.0.2"))
    said = []
    configure.check(None, mended, said.append)
    assert said == [f"{mended} is valid"]


def test_on_the_command_line():
    done = packlog_here("config", "check", URL)
    assert done.returncode == 1 and len(done.stderr.splitlines()) == 1
    assert "write it without ws://, as 10.0.0.2" in done.stderr


@pytest.mark.parametrize(("key", "row"), of_kinds(HOSTS))
@pytest.mark.parametrize(
    "host", ["ws://a", "a:1", "10.0.0.256", "a ", "a b", "::1", "a.", "1.2", "a/b"]
)
def test_every_host_has_the_rule(key, row, host):
    with pytest.raises(config.ConfigError, match="is not a host: "):
        config._value({key: host}, key, row, "here")


@pytest.mark.parametrize(("key", "row"), of_kinds(TOPICS))
@pytest.mark.parametrize("topic", ["$SYS", "/a", "a/", "a ", "a/#", "+"])
def test_every_topic_has_the_rule(key, row, topic):
    with pytest.raises(config.ConfigError, match=r"^config.json: here: "):
        config._value({key: topic}, key, row, "here")


def test_no_host_or_topic_is_just_a_text():
    """By what keys are called: a new part's server gets the rule, too."""
    assert {key for _, key, row in FIELDS if row[0] in HOSTS} == {"host", "server"}
    for name, key, row in FIELDS:
        if any(word in key for word in ("host", "server", "base", "prefix", "topic", "name")):
            assert row[0] not in ("text", "trimmed"), name


ON_WIRES = {"kind": "gpio", "rs": 19, "e": 23, "d4": 18, "d5": 25, "d6": 26, "d7": 27}


@pytest.mark.parametrize(
    ("lcd", "section", "words"),
    [
        ({}, {}, None),  # the display's bus
        (ON_WIRES, {"scl": 22, "sda": 21}, None),
        ({"kind": "none"}, {"scl": 22, "sda": 21}, None),
        (ON_WIRES, {}, "ds3231: needs scl and sda, or a display on I2C whose bus it shares"),
        ({"kind": "none"}, {}, "ds3231: needs scl and sda"),
        ({}, {"scl": 4}, "ds3231: needs scl and sda"),
        ({}, {"scl": 22, "sda": 4}, "lcd.scl: 22 is taken by ds3231.scl"),
        ({}, {"scl": 99, "sda": 4}, "ds3231.scl: 99 is not a whole number from -1 to 48"),
    ],
)
def test_a_clock_chip_is_on_the_displays_bus_or_on_its_own(tmp_path, lcd, section, words):
    path = tmp_path / "config.json"
    pack = {"name": "house", "bms": "chargery"}
    path.write_text(json.dumps({"packs": [pack], "lcd": lcd, "ds3231": section}))
    if not words:
        return configure.check(None, path, lambda line: None)
    with pytest.raises(PacklogError, match=words):
        configure.check(None, path, lambda line: None)


def test_without_a_section_there_is_no_clock_chip(tmp_path):
    found = config.parse('{"packs": [{"name": "a", "bms": "chargery"}], "lcd": {"kind": "none"}}')
    assert "ds3231" not in found["parts"] and "ds3231" not in config.finish(found)


def test_what_is_no_config_takes_no_memory(tmp_path):
    large = tmp_path / "config.json"
    with large.open("wb") as file:
        file.truncate(8 << 30)  # sparse: it takes no room on the disk
    for path, words in ((large, "is larger than 65536 bytes"), (Path("/dev/zero"), "is a device")):
        with pytest.raises(PacklogError, match=words):
            configure.check(None, path, print)


def test_a_pin_is_a_text_of_digits_and_a_secret():
    def of(pin):
        pack = {"name": "van", "bms": "jk", "device": "JK-1", "pin": pin}
        return config.parse(json.dumps({"packs": [pack]}))

    assert of("012345")["packs"][0]["pin"] == "012345" and of("")["packs"][0]["pin"] == ""
    for wrong in (12345, "12345a", "1234567", None, "-12345", " 12345"):
        with pytest.raises(config.ConfigError) as error:
            of(wrong)
        assert "pin: this value is not a text in quotes of at most 6 digits" in str(error.value)
    assert "pin" in config.secrets() and config.secrets("passkey") == {"pin"}
    assert of("012345")["checksum"] == of("1")["checksum"]


def test_a_hidden_pin_is_read_and_never_installed():
    for stars in ("******", "********"):
        pack = {"name": "van", "bms": "jk", "device": "JK-1", "pin": stars}
        text = json.dumps({"packs": [pack]})
        found = keys.masked(config_file.parse(text, "it", with_hidden=True))
        assert found["packs"][0]["pin"] == keys.HIDDEN
        with pytest.raises(PacklogError, match=r"^it: packs\[0\].pin is hidden"):
            config_file.parse(text, "it")
        data = json.loads(text)
        assert hidden.restore(data, {"packs": [pack | {"pin": "0815"}]}, "it") == ["packs[0].pin"]
        assert data["packs"][0]["pin"] == "0815"
