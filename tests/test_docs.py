"""What the documents promise exists, and what exists is in them: config keys, commands, options,
pins, messages, modules, linked files and the figures.
"""

import fnmatch
import importlib.util
import json
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest
import typer
from host_tools import boards, cli, decode

import config

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
README = (ROOT / "README.md").read_text()
DOCUMENTS = sorted([*ROOT.glob("*.md"), *DOCS.glob("*.md")])
by_name = pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)


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


def cells_of(line):
    """The cells of a row of a table."""
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


def options_of(command):
    return {name for p in command.params if p.param_type_name == "option" for name in p.opts}


def commands():
    """{name, with its group's: command} of all that can be run."""
    found = {}
    for name, command in typer.main.get_command(cli.app).commands.items():
        if hasattr(command, "commands"):
            found |= {f"{name} {sub}": each for sub, each in command.commands.items()}
        else:
            found[name] = command
    return found


def shell_lines():
    """The packlog commands in the documents' code blocks and in backquotes."""
    for path in DOCUMENTS:
        text = path.read_text()
        blocks = re.findall(r"```\n(.*?)```", text, re.S) + re.findall(r"`([^`\n]+)`", text)
        for block in blocks:
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
    assert names == decode.HEADER.split(",")


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


CONFIG_KEYS = {*config.TOP, *config.SECTIONS, "packs", "lcd", "wifi"}
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
    config.parse(filled_in(data))


def test_the_readme_shows_a_whole_config_for_each_kind_of_bms():
    shown = {
        pack["bms"] for name, data in examples() if name == "README.md" for pack in data["packs"]
    }
    assert shown == set(config.BMS)


# Hardware


def pin_rows():
    part = (DOCS / "hardware.md").read_text().split("\n## Pins")[1]
    head, _, *rows = (line for line in part.splitlines() if line.startswith("|"))
    for row in rows:
        found = dict(zip(cells_of(head), cells_of(row), strict=False))
        if "board" not in found or len(cells_of(row)) != len(cells_of(head)):
            return
        yield found


def test_the_pin_table_is_that_of_the_questions():
    wires = ", ".join(f"`{name}`" for name in boards.WIRES)
    expected = [
        {
            "board": family.name,
            "UART": str(family.uart),
            **{f"`{key}`": str(getattr(family, key)) for key in ("rx", "tx", "scl", "sda")},
            wires: ", ".join(map(str, family.wires)),
            "BOOT": str(family.boot_pin),
            "Bluetooth": "yes" if family.bluetooth else "no",
        }
        for family in boards.FAMILIES
    ]
    assert sorted(pin_rows(), key=str) == sorted(expected, key=str)


def test_boot_py_looks_at_the_button_of_the_table():
    expression = re.search(r"^BUTTON = (.*)$", (ROOT / "firmware/boot.py").read_text(), re.M)[1]
    for family in boards.FAMILIES:
        machine = f"Generic {family.chip} module with {family.chip.upper()}"
        assert eval(expression, {"MACHINE": machine}) == family.boot_pin, family.name


def test_every_family_of_boards_says_whether_it_was_tried():
    part = (DOCS / "hardware.md").read_text().split("## Tried, and not")[1].split("\n## ")[0]
    for family in boards.FAMILIES:
        assert re.search(rf"^\| {re.escape(family.name)}\b.*\|", part, re.M), family.name


# Figures


def drawn():
    """{name: SVG text} as docs/figures/make.py makes them now."""
    spec = importlib.util.spec_from_file_location("make", DOCS / "figures/make.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.make()


def test_the_figures_are_what_make_draws_and_all_are_shown():
    files = {path.name: path.read_text() for path in (DOCS / "figures").glob("*.svg")}
    assert files == drawn()
    shown = re.findall(r"\(figures/(\S+\.svg)\)", (DOCS / "wiring.md").read_text())
    assert sorted(shown) == sorted(files)


def box_of(text):
    """(left, top, right, bottom) of an SVG text, by the width of a letter on the mean."""
    size = float(text.get("font-size"))
    width = len(text.text) * size * (0.6 if text.get("font-weight") else 0.55)
    x, y = float(text.get("x")), float(text.get("y"))
    left = x - {"start": 0, "middle": width / 2, "end": width}[text.get("text-anchor")]
    return left, y - 0.75 * size, left + width, y + 0.2 * size


@pytest.mark.parametrize("name", sorted(drawn()))
def test_texts_of_a_figure_are_inside_and_do_not_overlap(name):
    svg = ElementTree.fromstring(drawn()[name])
    kind = "{http://www.w3.org/2000/svg}"
    width, height = float(svg.get("width")), float(svg.get("height"))
    ground = svg.find(kind + "rect")
    assert ground.get("fill") == "#ffffff" and float(ground.get("width")) == width
    boxes = [(text.text, box_of(text)) for text in svg.iter(kind + "text")]
    for i, (words, box) in enumerate(boxes):
        assert box[0] >= 0 and box[1] >= 0 and box[2] <= width and box[3] <= height, words
        for others, other in boxes[i + 1 :]:
            apart = (
                box[2] <= other[0] or other[2] <= box[0] or box[3] <= other[1] or other[3] <= box[1]
            )
            assert apart, f"{words!r} on {others!r}"


# Architecture


def test_the_architecture_names_modules_that_exist_and_all_of_the_firmwares_root():
    text = (DOCS / "architecture.md").read_text()
    tree = [
        path.relative_to(ROOT).as_posix()
        for folder in ("firmware", "host_tools", "docs/figures")
        for path in (ROOT / folder).rglob("*.py")
    ]
    for name in set(re.findall(r"[\w/*]+\.py\b", text)):
        if "NAME" not in name:
            assert fnmatch.filter(["/" + path for path in tree], "*/" + name), name
    for path in tree:
        room, name, *below = path.split("/")
        if room == "firmware":
            assert re.search(rf"^  {re.escape(name)}{'/' if below else ''} ", text, re.M), path
