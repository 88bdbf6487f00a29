"""docs/security.md: what it says of files, ports and services is what the sources say."""

import ast
import re

from host_tools.board import files
from host_tools.ground.firmware import CONFIG, FIRMWARE
from tests.helpers.command_line import ROOT

import config_keys
import settings

TEXT = (ROOT / "docs/security.md").read_text()
# What makes a board one that others can connect to
OFFERS = {
    "listen",
    "accept",
    "bind",
    "AP_IF",
    "gatts_register_services",
    "gap_advertise",
    "webrepl",
}


def section(title):
    """The text below a heading."""
    return re.split(r"^#+ ", TEXT.split(f"# {title}\n", 1)[1], maxsplit=1, flags=re.M)[0]


def asked_of_others(tree):
    """Names that a module imports, and attributes that it asks for."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            yield node.attr
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            yield from (alias.name for alias in node.names)


def test_the_files_with_passwords_are_those_that_config_is_written_to():
    rows = [line for line in section("Where secrets are").splitlines() if line.startswith("| `")]
    named = {name for row in rows for name in re.findall("`([^`]+)`", row.split("|")[1])}
    assert named == {CONFIG, settings.FINISHED, settings._NEW, files.PART}


OFFERED = {  # by what, each only if the config asks for it
    "parts/http.py": {"listen", "accept", "bind"},
    "net/access_point.py": {"bind", "AP_IF"},
}


def test_the_board_offers_nothing_else_that_could_be_connected_to():
    for path in sorted(FIRMWARE.rglob("*.py")):
        offered = OFFERS & set(asked_of_others(ast.parse(path.read_text())))
        assert offered == OFFERED.get(path.relative_to(FIRMWARE).as_posix(), set()), path
    assert {"bind", "listen"} <= set(asked_of_others(ast.parse("s.bind(x); s.listen()")))


def test_the_ports_are_those_of_the_firmware():
    said = section("What each port answers").rpartition("Outgoing")[2]
    ports = {int(number) for number in re.findall(r"\d{2,5}", said)}
    code = {path: path.read_text() for path in FIRMWARE.rglob("*.py")}
    bluenova = dict(config_keys.WINGS["bms"])["bluenova"]
    assert ports == {53, 5353, 67, 123, 1883, 8883, dict(bluenova["LINKS"])["websocket"]["port"]}
    asked = {"lib/resolver.py": (53, 5353), "net/sntp.py": (123,), "parts/mqtt.py": (1883, 8883)}
    for name, numbers in asked.items():
        for number in numbers:
            assert re.search(rf"\b{number}\b", code[FIRMWARE / name]), (name, number)


def test_mqtt_is_subscribed_to_one_topic_only():
    mqtt = ast.parse((FIRMWARE / "parts/mqtt.py").read_text())
    found = [
        ast.unparse(node)
        for node in ast.walk(mqtt)
        if isinstance(node, ast.Call) and "subscribe" in ast.unparse(node)
    ]
    assert len(found) == 1 and "/status" in found[0]
    assert "`homeassistant/status`" in TEXT


def test_the_keys_that_it_names_are_keys():
    sections = dict(config_keys.WINGS["parts"])
    for part, key in re.findall(r"`(mqtt|wifi|ntp|http)\.(\w+)`", TEXT):
        assert key in sections[part]["KEYS"], key
