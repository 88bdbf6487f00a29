"""What the documents promise exists: every config key, command, option and linked file."""

import re
from pathlib import Path

import pytest
import typer
from host_tools import cli

import config

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = sorted([ROOT / "README.md", *(ROOT / "docs").glob("*.md")])


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


def documented_keys(section):
    """{key: (takes, default)} of the rows of a section's tables in docs/config.md."""
    text = (ROOT / "docs/config.md").read_text()
    part = re.split(rf"^#+ {re.escape(section)}(?:[: ].*)?$", text, flags=re.M)[1]
    found = {}
    for line in re.split(r"^#+ ", part, flags=re.M)[0].splitlines():
        if line.startswith("| `"):
            keys, takes, default, _ = (cell.strip() for cell in line.strip("|").split("|", 3))
            for key in re.findall(r"`(\w+)`", keys):
                found[key] = (takes, default)
    return found


@pytest.mark.parametrize("section", SECTIONS)
def test_every_config_key_is_documented_and_no_other(section):
    expected = {key for table in SECTIONS[section] for key in table}
    assert set(documented_keys(section)) == expected - {"networks"}


@pytest.mark.parametrize("section", SECTIONS)
def test_the_documented_bounds_and_defaults_are_the_programs(section):
    for table in SECTIONS[section]:
        for key, bounds in table.items():
            takes, default = documented_keys(section)[key]
            if bounds is None or bounds[-1] is config.REQUIRED:
                assert default == "*needed*", key
                continue
            words = default.replace("`", "").split(", ")
            words = [word.split(" (")[0] for word in words]
            standard = bounds[-1]
            if len(bounds) == 1:
                assert takes == "true or false", key
                standard = str(standard).lower()
            elif len(bounds) == 3 and key not in ("columns", "rows", "uart"):
                assert f"{bounds[0]} to {bounds[1]}" in takes, key
            elif len(bounds) == 2 and isinstance(bounds[0], tuple):
                assert set(re.findall(r"`(\w+)`", takes)) == set(bounds[0]), key
            elif len(bounds) == 2:
                assert takes == f"text, up to {bounds[0]}", key
            assert (str(standard) or "empty") in words, key


def commands():
    return typer.main.get_command(cli.app).commands


def shell_lines():
    """The packlog commands in the documents' code blocks and in backquotes."""
    for path in DOCUMENTS:
        text = path.read_text()
        blocks = re.findall(r"```\n(.*?)```", text, re.S) + re.findall(r"`([^`\n]+)`", text)
        for block in blocks:
            for line in block.splitlines():
                if match := re.match(r"(?:\.venv/bin/)?packlog (.*)", line):
                    yield path.name, match[1]


@pytest.mark.parametrize(("document", "line"), list(shell_lines()))
def test_every_command_and_option_in_the_documents_exists(document, line):
    words = re.split(r"\s{2,}|#", line)[0].split()
    if words[0].startswith("-"):
        return
    assert words[0] in commands(), line
    command = commands()[words[0]]
    if hasattr(command, "commands") and len(words) > 1:
        assert words[1] in command.commands, line
        command = command.commands[words[1]]
    options = {name for p in command.params for name in p.opts} | {"--help"}
    for word in words[1:]:
        if re.match(r"--?[a-z]", word):
            assert word in options, line


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_every_linked_file_exists(path):
    for target in re.findall(r"\]\((?!http)([^)#]+)\)", path.read_text()):
        assert (path.parent / target).exists(), target
