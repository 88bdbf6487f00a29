"""The questions of a first install: what becomes config.json on a board that has none.

Defaults are those of the board's family (families.py) and of config.py. What is asked for is what
there is no sane default for; docs/config.md has the rest. Each answer is checked when it is given,
each section when it is complete: what is asked for again has the answers before as defaults.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass

import typer
from host_tools.board import checks, config_file, timezones
from host_tools.board.bluetooth import Heard
from host_tools.board.networks import Network
from host_tools.ground import asking
from host_tools.ground.errors import PacklogError
from host_tools.ground.progress import say
from host_tools.install import network_questions
from host_tools.install.answers import Answers
from host_tools.install.asker import Asker, words_of
from host_tools.install.families import WIRES, Family
from host_tools.install.pack_questions import PackQuestions, tried

import config

SIZES = {"20x4": (20, 4), "16x2": (16, 2)}
LATER = {"wifi": {"networks": [{"ssid": "later"}]}}  # what a pack may need is asked for after it


@dataclass
class Senses:
    """What the board hears: Bluetooth devices within some seconds, WiFi networks. None: nothing."""

    bluetooth: Callable[[int], list[Heard]] | None = None
    wifi: Callable[[], list[Network]] | None = None


def ask(family: Family, senses: Senses, answers: Answers) -> str:
    """The text of a config.json that config.parse takes."""
    if answers.get("family", family.chip) != family.chip:
        answers.forget()  # pins of another chip
    last = ", or what you answered last" if answers else ""
    say(
        "This board has no config yet. Press Enter to accept the value in [ ] "
        f"(pins of an {family.name}{last})."
    )
    answers.note("family", family.chip)
    asker = Asker(family, answers)
    found = _packs(asker, senses)
    found |= _right(asker, "lcd", found | LATER, lambda: {"lcd": _lcd(asker)})
    heard = tried(senses.wifi) if senses.wifi else []
    if wifi := network_questions.wifi(asker, found["packs"], heard):
        found["wifi"] = wifi
        found |= _right(asker, "mqtt", found, lambda: _mqtt(asker))
        found |= _right(asker, "http", found, lambda: _http(asker, found))
    return timezones.with_rule(config_file.as_text(found | _timezone(answers)))


def _right(asker: Asker, section: str, before: dict, ask_it: Callable[[], dict]) -> dict:
    """What a section's questions bring, asked until it goes with what there is before."""
    while True:
        asker.begin(section)
        found = ask_it()
        try:
            checks.check(config.parse(json.dumps(before | found)))
            return found
        except config.ConfigError as error:
            say(f"{words_of(error)}. Please answer again.")


def _packs(asker: Asker, senses: Senses) -> dict:
    found = _with_another(asker, senses, [])
    while asker.confirm(f"packs[{len(found['packs'])}]", "Another pack?", False):
        found = _with_another(asker, senses, found["packs"])
    return found


def _with_another(asker: Asker, senses: Senses, packs: list[dict]) -> dict:
    one = PackQuestions(asker, packs, senses.bluetooth)
    section = f"packs[{len(packs)}]"
    return _right(asker, section, LATER, lambda: {"packs": [*packs, one.ask()]})


def _mqtt(asker: Asker) -> dict:
    found = network_questions.mqtt(asker)
    return {"mqtt": found} if found else {}


def _http(asker: Asker, before: dict) -> dict:
    found = network_questions.http(asker, before)
    return {"http": found} if found else {}


def _timezone(answers: Answers) -> dict:
    def take(typed: str) -> str:
        try:
            timezones.rule_of(typed.strip())
        except PacklogError as error:
            raise typer.BadParameter(str(error)) from None
        answers.note(timezones.NAME, typed.strip())
        return typed.strip()

    before = answers.get(timezones.NAME, timezones.of_this_pc() or "UTC")
    return {timezones.NAME: asking.prompt("Timezone, for whole days", before, take)}


def _lcd(asker: Asker) -> dict:
    kinds = [*dict(config.things("display")), "none"]
    kind = asker.choice("lcd.kind", "Display: I2C backpack, six wires, or none", kinds, "i2c")
    if kind == "none":
        return {"kind": kind}
    columns, rows = SIZES[asker.choice("lcd.size", "Its size", SIZES, "20x4")]
    lcd = {"kind": kind, "columns": columns, "rows": rows}
    wires = dict(zip(WIRES, asker.family.wires, strict=True))
    i2c = {"scl": asker.family.scl, "sda": asker.family.sda}
    for key, usual in (i2c if kind == "i2c" else wires).items():
        lcd[key] = asker.pin(f"lcd.{key}", f"the display's {key.upper()}", usual)
    return lcd


def example(family: Family, text: str) -> str:
    """The example config.json with the pins of that family."""
    settings = json.loads(text)
    settings["packs"][0] |= {"uart": family.uart, "rx": family.rx, "tx": family.tx}
    settings["lcd"] |= {"scl": family.scl, "sda": family.sda}
    return config_file.as_text(settings)


def which_port(ports: list[tuple[str, str]]) -> str:
    """Let the user choose among several boards: (port, what the system knows of it)."""
    for i, (port, text) in enumerate(ports, 1):
        say(f"{i:3} {port}  {text}")
    return ports[asking.number("Which board?", 1, 1, len(ports)) - 1][0]
