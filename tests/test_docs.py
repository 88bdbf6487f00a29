"""What the documents promise exists: every config key, command, option and linked file."""

import re
from pathlib import Path

import pytest
import typer
from host_tools import cli

import config

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = sorted([ROOT / "README.md", *(ROOT / "docs").glob("*.md")])


def documented_keys():
    """(key, takes, default) of each row of docs/config.md's tables."""
    found = {}
    for line in (ROOT / "docs/config.md").read_text().splitlines():
        if line.startswith("| `"):
            keys, takes, default, _ = (cell.strip() for cell in line.strip("|").split("|", 3))
            for key in re.findall(r"`(\w+)`", keys):
                found[key] = (takes, default)
    return found


def keys_of_the_program():
    tables = [config.PACK, *config.BMS.values(), config.PANEL, *config.LCD.values()]
    tables += [config.STORE, config.TOP]
    return {key: bounds for table in tables for key, bounds in table.items()}


def test_every_config_key_is_documented_and_no_other():
    assert set(documented_keys()) == set(keys_of_the_program())


def test_the_documented_bounds_and_defaults_are_the_programs():
    for key, bounds in keys_of_the_program().items():
        takes, default = documented_keys()[key]
        if bounds is None or bounds[-1] is config.REQUIRED:
            assert default == "*needed*", key
        if bounds and len(bounds) == 3:
            if key not in ("columns", "rows", "uart"):  # these take two values each
                assert takes == f"{bounds[0]} to {bounds[1]}", key
            if bounds[-1] is not config.REQUIRED:
                assert str(bounds[2]) in default.split(", "), key


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
