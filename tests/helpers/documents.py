"""The documents, and how the tests of them read their tables, commands and words."""

import functools
import re
from pathlib import Path

import typer
from host_tools.cli import cli

import config

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
DOCUMENTS = sorted([*ROOT.glob("*.md"), *DOCS.glob("*.md")])
README = (ROOT / "README.md").read_text()

PARTS = dict(config.things("parts"))


def keys_of(wing):
    """What the things of a wing say of their keys."""
    return [thing.get("KEYS", {}) for _, thing in config.things(wing)]


def link_keys():
    """The keys by which a BMS's link is chosen, and those of a link whose default is the BMS's."""
    for _, bms in config.things("bms"):
        links = tuple(name for name, _ in bms["LINKS"])
        yield {"link": ("choice", links, links[0])}
        for name, parameters in bms["LINKS"]:
            keys = dict(config.things("transport"))[name]["KEYS"]
            yield {
                key: (*row[:2], parameters[key]) if key in parameters else row
                for key, row in keys.items()
            }


SECTIONS = {  # heading of docs/config.md: the program's tables
    "packs": [config.PACK["KEYS"], *keys_of("bms"), *link_keys()],
    "lcd": [PARTS["lcd"]["KEYS"], *keys_of("display")],
    "store": [config.STORE],
    "wifi": [PARTS["wifi"]["KEYS"]],
    "wifi.networks": [PARTS["wifi"]["KEYS"]["networks"][1]],
    "wifi.access_point": [PARTS["wifi"]["KEYS"]["access_point"][1]],
    "http": [PARTS["http"]["KEYS"]],
    "ntp": [PARTS["ntp"]["KEYS"]],
    "ds3231": [PARTS["ds3231"]["KEYS"]],
    "mqtt": [PARTS["mqtt"]["KEYS"]],
    "The rest": [config.TOP],
}


def cells_of(line):
    """The cells of a row of a table."""
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


def blocks(text):
    """(language, lines) of the fenced blocks of a text."""
    return re.findall(r"^```(\w*)\n(.*?)^```$", text, re.S | re.M)


def spans(text):
    """What stands in backquotes outside fenced blocks, each on one line."""
    running = re.sub(r"^```.*?^```$", "", text, flags=re.S | re.M)
    return [re.sub(r"\s+", " ", span) for span in re.findall(r"`([^`]+)`", running)]


@functools.cache
def commands():
    """{name, with its group's: command} of all that can be run."""
    found = {}
    for name, command in typer.main.get_command(cli.application()).commands.items():
        if hasattr(command, "commands"):
            found |= {f"{name} {sub}": each for sub, each in command.commands.items()}
        else:
            found[name] = command
    return found


@functools.cache
def own_options():
    """Of packlog itself: --version."""
    return options_of(typer.main.get_command(cli.application()))


def options_of(command):
    return {name for p in command.params if p.param_type_name == "option" for name in p.opts}
