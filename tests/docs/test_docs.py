"""What the documents promise exists, and what exists is in them: config keys, commands, options,
messages, modules and linked files.
"""

import fnmatch
import json
import re

import pytest
from host_tools.export import csv as csv_export
from host_tools.sim import demo
from tests.helpers.documents import (
    DOCS,
    DOCUMENTS,
    README,
    ROOT,
    SECTIONS,
    blocks,
    cells_of,
    commands,
    options_of,
    spans,
)

import config
import config_rules

by_name = pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)


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
    assert set(documented_keys(section)) == expected - {"networks", "access_point"}


@pytest.mark.parametrize("section", SECTIONS)
def test_the_documented_bounds_and_defaults_are_the_programs(section):
    for table in SECTIONS[section]:
        for key, (kind, limits, *standard) in table.items():
            if kind.startswith("section"):
                continue
            takes, default = documented_keys(section)[key]
            assert says(kind, limits, takes) or key in ("columns", "rows", "uart"), key
            words = default.replace("`", "").split(", ")
            words = [word.split(" (")[0] for word in words]
            assert in_words(*standard) in words, key


def says(kind, limits, takes):
    """Does the column of what a key takes say what it takes?"""
    if kind in ("choice", "thing"):
        named = {name for name, _ in config.things(limits[0])} | {*limits[1:]}
        return (named if kind == "thing" else {*limits}) <= set(re.findall(r"`(\w+)`", takes))
    if kind in ("number", "dbm", "optional_number"):
        return f"{limits[0]} to {limits[1]}" in takes
    words = {
        "pin": f"0 to {config_rules.MAX_PIN}",
        "optional_pin": f"-1 to {config_rules.MAX_PIN}",
        "switch": "true or false",
        "mac": "an address",
    }
    if kind == "decimal":
        return takes == f"{limits[0]} to {limits[1]}, in steps of 0.1"
    words["passkey"] = f"text in quotes, up to {limits} digits"
    words["name"] = "1 to 16 letters, digits, `-`, `_`"
    longest = limits[1] if kind == "secret" else limits
    return takes == words.get(kind, f"text, up to {longest}")


def in_words(standard="*needed*"):
    """A default as the table has it."""
    return (str(standard).lower() if standard in (True, False) else str(standard)) or "empty"


def shell_lines():
    """The packlog commands in the documents' code blocks and in backquotes."""
    for path in DOCUMENTS:
        text = path.read_text()
        shell = [lines for language, lines in blocks(text) if not language]
        for block in shell + spans(text):
            for line in block.splitlines():
                line = line.replace("./install.sh demo", "packlog demo")
                line = re.sub(r"^\./install\.sh( /dev/\S+)?", "packlog install", line)
                if match := re.match(r"(?:\.venv/bin/)?packlog (.*)", line):
                    yield path.name, match[1]


@pytest.mark.parametrize(("document", "line"), sorted(set(shell_lines())))
def test_every_command_and_option_in_the_documents_exists(document, line):
    words = re.split(r"\s{2,}|#", line)[0].split()
    if words[0].startswith("-"):
        return
    groups = {name.split()[0] for name in commands() if " " in name}
    if words == [words[0]] and words[0] in groups:
        return
    length = 2 if words[0] in groups else 1
    name = " ".join(words[:length])
    assert name in commands(), line
    options = options_of(commands()[name]) | {"--help"}
    for word in words[length:]:
        if re.match(r"--?[a-z]", word):
            assert word in options, line


def test_every_command_is_in_the_readme_with_all_its_options():
    rows = [cells_of(line) for line in README.splitlines() if line.startswith("| `packlog ")]
    listed = {row[0].strip("`").removeprefix("packlog "): row[2] for row in rows}
    assert set(listed) == set(commands())
    for name, command in commands().items():
        assert set(re.findall(r"`(-[^`]+)`", listed[name])) == options_of(command), name


def test_the_columns_of_the_csv_are_those_of_decode():
    part = README.split("## Read the history")[1].split("\n## ")[0]
    rows = [line for line in part.splitlines() if line.startswith("| `")]
    names = [name for row in rows for name in re.findall(r"`(\w+)`", cells_of(row)[0])]
    assert names == csv_export.HEADER.split(",")


def test_the_messages_in_the_readme_are_those_of_the_program():
    sources = [*(ROOT / "firmware").rglob("*.py"), *(ROOT / "host_tools").rglob("*.py")]
    text = "".join(path.read_text() for path in sources)
    text = re.sub(r'"\s*\n\s*f?"', "", text)  # a text over several lines
    part = README.split("## When something is wrong")[1].split("\n## ")[0]
    rows = [line for line in part.splitlines() if line.startswith("| ")]
    said = [words for row in rows for words in re.findall(r"`([^`]+)`", cells_of(row)[0])]
    assert len(said) > 12
    for words in said:
        for piece in re.split(r"\.\.\.|\d\S*", words):
            assert piece.strip() in text, words


@by_name
def test_every_linked_file_and_heading_exists(path):
    for target, heading in re.findall(r"\]\((?!http)([^)#]*)(?:#([^)]*))?\)", path.read_text()):
        there = path.parent / target if target else path
        assert there.exists(), target
        if heading:
            titles = re.findall(r"^#+ (.*)$", there.read_text(), re.M)
            slugs = [re.sub(r"[^\w\- ]", "", t).strip().lower().replace(" ", "-") for t in titles]
            assert heading in slugs, f"{target}#{heading}"


# JSON


CONFIG_KEYS = {*config.TOP, "packs", "store", *dict(config.things("parts"))}
CONFIG_ONLY = ("README.md", "config.md", "wiring.md", "hardware.md")


def examples():
    """(document, object) of every JSON example that is a config or a part of one."""
    for path in DOCUMENTS:
        for block in re.findall(r"```(?:json)?\n(\{.*?\})\n```", path.read_text(), re.S):
            data = json.loads(block)
            if path.name in CONFIG_ONLY or CONFIG_KEYS & set(data):
                yield path.name, data


def filled_in(data):
    """The example with what it leaves to the reader ("...", and what belongs to a part)."""
    text = json.dumps(data).replace('"..."', '"left to the reader"')
    data = {"packs": [{"name": "pack", "bms": "chargery"}], **json.loads(text)}
    if "mqtt" in data:
        data.setdefault("wifi", {"networks": [{"ssid": "home"}]})
    return json.dumps(data)


@pytest.mark.parametrize(("document", "data"), list(examples()))
def test_every_example_of_a_config_is_right(document, data):
    assert len(config.parse(filled_in(data))["packs"]) >= 1


def test_the_readme_shows_a_whole_config_for_each_kind_of_bms():
    shown = {
        pack["bms"] for name, data in examples() if name == "README.md" for pack in data["packs"]
    }
    assert shown == {*dict(config.things("bms"))}


# Architecture


def test_the_architecture_names_modules_that_exist_and_all_of_the_firmwares_root():
    text = (DOCS / "architecture.md").read_text()
    tree = [
        path.relative_to(ROOT).as_posix()
        for folder in ("firmware", "host_tools", "docs/figures", "tests/toys")
        for path in (ROOT / folder).rglob("*.py")
    ]
    for name in set(re.findall(r"[\w/*]+\.py\b", text)):
        if "NAME" not in name:
            assert fnmatch.filter(["/" + path for path in tree], "*/" + name), name
    for path in tree:
        room, name, *below = path.split("/")
        if room == "firmware":
            assert re.search(rf"^  {re.escape(name)}{'/' if below else ''} ", text, re.M), path


def test_there_is_one_figure_for_what_a_day_takes():
    said = re.search(
        r"A day of this household takes (\d+) bytes of flash\*\*: (\d+) for the frames, (\d+) for "
        r"the cells, (\d+) for the events",
        README,
    )
    total, *series = map(int, said.groups())
    assert sum(series) == total
    assert f"| bytes a day | {series[0]} | " in README
    text = (DOCS / "config.md").read_text()
    assert re.findall(r"([\d,]+) bytes a day", text) == [str(total)]
    assert "1,071" not in text and "bytes a day, all series" not in text


def test_readme_hardware_and_demo_agree_about_real_boards():
    said = (
        "**packlog has not run on a real board yet**" in README,
        "**Nobody has run packlog on a real board yet.**" in (DOCS / "hardware.md").read_text(),
        "nobody has run it on a real one yet" in demo.NEXT,
    )
    assert len(set(said)) == 1, said
