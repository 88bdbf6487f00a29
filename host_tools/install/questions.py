"""The questions of a first install: what becomes config.json on a board that has none.

Defaults are those of the board's family (families.py) and of config.py. What is asked for is what
there is no sane default for; docs/config.md has the rest.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass

import typer
from host_tools.ground.firmware import declared, names
from host_tools.ground.progress import say
from host_tools.install.families import WIRES, Family

import config
import config_rules

SCAN_S = 8
SIZES = {"20x4": (20, 4), "16x2": (16, 2)}

Heard = list[tuple[str, str | None, int, str]]  # address, name, signal in dBm, kind of BMS or ""


def ask(family: Family, hear: Callable[[int], Heard] | None) -> str:
    """The text of a config.json that config.parse takes. hear(seconds) scans for Bluetooth."""
    say(
        "This board has no config yet. Press Enter to accept the value in [ ] "
        f"(pins of an {family.name})."
    )
    while True:
        settings = _settings(family, hear)
        text = json.dumps(settings, indent=2, ensure_ascii=False) + "\n"
        try:
            config.parse(text)
            return text
        except config.ConfigError as error:
            say(f"{error}. Please answer the questions again.")


def example(family: Family, text: str) -> str:
    """The example config.json with the pins of that family."""
    settings = json.loads(text)
    settings["packs"][0] |= {"uart": family.uart, "rx": family.rx, "tx": family.tx}
    settings["lcd"] |= {"scl": family.scl, "sda": family.sda}
    return json.dumps(settings, indent=2, ensure_ascii=False) + "\n"


def _settings(family: Family, hear) -> dict:
    pack = _pack(family, hear if family.bluetooth else None)
    lcd = _lcd(family)
    wifi = _wifi(pack["bms"] if _needs_wifi(pack) else None)
    settings = {"packs": [pack], "lcd": lcd}
    if wifi:
        settings["wifi"] = {"networks": [wifi]}
        if mqtt := _mqtt():
            settings["mqtt"] = mqtt
    return settings


def _prompt(text: str, default=None, take: Callable[[str], object] = str.strip, **more):
    return typer.prompt(text, default=default, value_proc=take, err=True, **more)


def _choice(text: str, choices, default: str) -> str:
    def take(said: str) -> str:
        said = said.strip().lower()
        if said not in choices:
            raise typer.BadParameter(f"{said!r} is not one of {', '.join(choices)}")
        return said

    return _prompt(f"{text} ({', '.join(choices)})", default, take)


def _number(text: str, default: int, low: int, high: int) -> int:
    def take(said: str) -> int:
        if not said.strip().isdigit() or not low <= int(said) <= high:
            raise typer.BadParameter(f"{said!r} is not a whole number from {low} to {high}")
        return int(said)

    return _prompt(text, str(default), take)


def _pin(text: str, default: int) -> int:
    return _number(f"GPIO of {text}", default, 0, config_rules.MAX_PIN)


def _pack(family: Family, hear) -> dict:
    kinds = names("bms")
    kind = _choice("Kind of BMS", kinds, kinds[0])
    name = _prompt("Name of the pack (letters, digits, - and _)", "house")
    _, limits, usual = config.PACK["KEYS"]["capacity_ah"]
    capacity = _number("Its capacity in Ah", usual, *limits)
    pack = {"name": name, "bms": kind, "capacity_ah": capacity}
    return pack | _link(kind, family, hear)


def _link(kind: str, family: Family, hear) -> dict:
    """What the BMS's link asks for; the pins that it does not ask for are the family's."""
    links = declared("bms", kind)["LINKS"]
    usual = next(iter(links))
    link = _choice("How is it reached?", links, usual) if len(links) > 1 else usual
    said = declared("transport", link)
    found = {} if link == usual else {"link": link}
    for key, (value_kind, limits, *default) in said["KEYS"].items():
        own = getattr(family, key, None)
        if key in said.get("ASK", {}):
            default = links[link].get(key, default[0] if own is None and default else own)
            asked = _Asked(key, said["ASK"][key], default, limits, hear)
            found |= _ASK[value_kind](asked)
        elif own is not None:
            found[key] = own
    return found


@dataclass
class _Asked:
    """A key of a link to ask for."""

    key: str
    words: str
    default: object
    limits: object
    hear: Callable | None


def _look_for(asked: _Asked) -> dict:
    look = "Look for it now? (it must be on, and no phone connected)"
    if asked.hear and typer.confirm(look, True, err=True):
        found = _pick(asked.hear(SCAN_S))
        if found:
            return found
    said = _prompt(asked.words)
    return {"address": said.lower()} if said.count(":") == 5 else {"device": said}


# By the kind of value that a key takes
_ASK = {
    "pin": lambda it: {it.key: _pin(it.words, it.default)},
    "number": lambda it: {it.key: _number(it.words, it.default, *it.limits)},
    "text": lambda it: {it.key: _prompt(it.words, it.default)},
    "host": lambda it: {it.key: _prompt(it.words, it.default)},
    "mac": _look_for,
}


def _pick(heard: Heard) -> dict | None:
    """Let the user choose among what was heard, BMSs first, then the strongest."""
    heard = sorted(heard, key=lambda entry: (not entry[3], -entry[2]))[:15]
    for i, (address, name, rssi, kind) in enumerate(heard, 1):
        shown = f"{i:3} {name or '(no name)'}  {address}  {rssi} dBm  {kind.upper()}"
        say(shown.rstrip())
    if not heard:
        say("Nothing was heard.")
        return None
    default = 1 if heard[0][3] else 0
    number = _number("Which one? 0: none of them", default, 0, len(heard))
    if not number:
        return None
    address, name, _, _ = heard[number - 1]
    # A name that another unit has, too, says nothing; an address may change with some radios.
    alone = name and sum(entry[1] == name for entry in heard) == 1 and len(name) <= 20
    return {"device": name} if alone else {"address": address}


def _lcd(family: Family) -> dict:
    kind = _choice(
        "Display: I2C backpack, six wires, or none",
        [*dict(config.things("display")), "none"],
        "i2c",
    )
    if kind == "none":
        return {"kind": kind}
    columns, rows = SIZES[_choice("Its size", SIZES, "20x4")]
    lcd = {"kind": kind, "columns": columns, "rows": rows}
    if kind == "i2c":
        pins = (("SCL", "scl", family.scl), ("SDA", "sda", family.sda))
    else:
        pins = [(key.upper(), key, pin) for key, pin in zip(WIRES, family.wires, strict=True)]
    for text, key, default in pins:
        lcd[key] = _pin(f"the display's {text}", default)
    return lcd


def _needs_wifi(pack: dict) -> bool:
    """Is the pack's link one that needs the network?"""
    link = pack.get("link", next(iter(declared("bms", pack["bms"])["LINKS"])))
    rules = declared("transport", link).get("RULES", ())
    return any(rule["rule"] == "needs" and rule["key"] == "wifi.networks" for rule in rules)


def _wifi(needed_by: str | None) -> dict | None:
    hint = f"a {needed_by} needs it" if needed_by else "empty: none"
    ssid = _prompt(f"WiFi network ({hint})", None if needed_by else "", show_default=False)
    if not ssid:
        return None
    password = _prompt("Its password (not shown)", "", str, hide_input=True, show_default=False)
    return {"ssid": ssid, "password": password}


def _mqtt() -> dict | None:
    host = _prompt("MQTT broker (empty: none)", "", show_default=False)
    if not host:
        return None
    user = _prompt("Its user (empty: none)", "", show_default=False)
    found = {"host": host}
    if user:
        password = _prompt("Its password (not shown)", "", str, hide_input=True, show_default=False)
        found |= {"user": user, "password": password}
    return found


def which_port(ports: list[tuple[str, str]]) -> str:
    """Let the user choose among several boards: (port, what the system knows of it)."""
    for i, (port, text) in enumerate(ports, 1):
        say(f"{i:3} {port}  {text}")
    return ports[_number("Which board?", 1, 1, len(ports)) - 1][0]
