"""The documents, and how the tests of them read their tables, commands and words."""

import re
from pathlib import Path

import typer
from host_tools.cli import cli

import config

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
DOCUMENTS = sorted([*ROOT.glob("*.md"), *DOCS.glob("*.md")])
README = (ROOT / "README.md").read_text()

SECTIONS = {  # heading of docs/config.md: the program's tables
    "packs": [config.PACK, *config.BMS.values()],
    "lcd": [config.PANEL, *config.LCD.values()],
    "store": [config.STORE],
    "wifi": [config.WIFI],
    "wifi.networks": [config.NETWORK],
    "ntp": [config.NTP],
    "mqtt": [config.MQTT],
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


def commands():
    """{name, with its group's: command} of all that can be run."""
    found = {}
    for name, command in typer.main.get_command(cli.app).commands.items():
        if hasattr(command, "commands"):
            found |= {f"{name} {sub}": each for sub, each in command.commands.items()}
        else:
            found[name] = command
    return found


def options_of(command):
    return {name for p in command.params if p.param_type_name == "option" for name in p.opts}
