"""What a first install asks of the network: the WiFi, a broker in it, and a web server."""

from host_tools.board.networks import Network
from host_tools.ground import asking
from host_tools.ground.firmware import declared
from host_tools.ground.progress import say
from host_tools.install import room
from host_tools.install.asker import Asker, checked
from host_tools.install.pack_questions import links_of

import config

HTTP_PORT = 80


def wifi(asker: Asker, packs: list[dict], heard: list[Network]) -> dict:
    """The section wifi, {} without a network. heard: what there is in reach."""
    needed_by = next((pack["bms"] for pack in packs if _needs_wifi(pack)), None)
    for i, each in enumerate(heard, 1):
        say(f"{i:3} {each.ssid}  {each.rssi} dBm{', no password' if each.is_open else ''}")
    by_number = {str(i): each.ssid for i, each in enumerate(heard, 1)}
    row = _rows("wifi")["networks"][1]["ssid"]

    def take(typed: str) -> str:
        typed = typed.strip()
        ssid = typed if typed in by_number.values() else by_number.get(typed, typed)
        if ssid or needed_by:
            checked(ssid, row, "wifi.networks[0].ssid")
        asker.answers.note("wifi.networks[0].ssid", ssid)
        return ssid

    what = "a number of the list, or a name" if heard else "its name"
    hint = f"a {needed_by} needs it" if needed_by else "empty: none"
    before = asker.answers.get("wifi.networks[0].ssid", None if needed_by else "")
    ssid = asking.prompt(f"WiFi network ({what}; {hint})", before, take, bool(before))
    return {"networks": [_network(asker, ssid, heard)]} if ssid else {}


def _network(asker: Asker, ssid: str, heard: list[Network]) -> dict:
    network = {"ssid": ssid, "password": ""}
    found = next((each for each in heard if each.ssid == ssid), None)
    if not (found and found.is_open):
        row = _rows("wifi")["networks"][1]["password"]
        network["password"] = asker.secret(f"wifi {ssid}", row, found is not None)
    if heard and not found:
        question = "It is not in reach now. Does it hide its name?"
        network["hidden"] = asker.confirm("wifi.networks[0].hidden", question, False)
    return network


def mqtt(asker: Asker) -> dict:
    """The section mqtt, {} without a broker."""
    rows = _rows("mqtt")
    found = {}
    for key, words in (("host", "MQTT broker"), ("user", "Its user")):
        said = asker.value(
            f"mqtt.{key}", f"{words} (empty: none)", rows[key], "", show_default=False
        )
        if not said:
            return found
        found[key] = said
    return found | {"password": asker.secret("mqtt", rows["password"], False)}


def http(asker: Asker, settings: dict) -> dict:
    """The section http, {} without a web server. settings: what there is besides; asks nothing
    where the board has surely no room for it.
    """
    rows = _rows("http")
    words = f"Show it in the browser, and pull by WiFi? {_room(settings)}"
    if not asker.confirm("http", words, False):
        return {}
    password = asker.secret("http", rows["password"], False)
    return {"port": HTTP_PORT} | ({"password": password} if password else {})


def _room(settings: dict) -> str:
    """What it takes of the memory, in brackets."""
    try:
        parts = [*room.parts_of(settings), "http"]
        return f"(needs {room.needs(parts)['start']} KB of heap in all)"
    except ValueError:
        return "(needs memory: docs/http.md)"


def _rows(part: str) -> dict:
    return dict(config.things("parts"))[part]["KEYS"]


def _needs_wifi(pack: dict) -> bool:
    """Is the pack's link one that needs the network?"""
    link = pack.get("link", next(iter(links_of(pack["bms"]))))
    rules = declared("transport", link).get("RULES", ())
    return any(rule["rule"] == "needs" and rule["key"] == "wifi.networks" for rule in rules)
