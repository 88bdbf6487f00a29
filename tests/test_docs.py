"""What the documents promise exists, and what exists is in them: config keys, commands, options,
pins, messages, modules, linked files and the figures.
"""

import ast
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
from bms import chargery, jk
from display.state import HINTS

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


# What a BMS says


def table_after(name, heading):
    """The rows of the first table after that heading of a page of docs/, its head left out."""
    part = re.split(rf"^#+ {re.escape(heading)}.*$", (DOCS / name).read_text(), flags=re.M)[1]
    rows = re.search(r"(?:^\|.*\n)+", part, re.M)[0].splitlines()
    return [cells_of(line) for line in rows[2:]]


def type_of(size, signed):
    return f"{'i' if signed else 'u'}{8 * size}"


def place(number):
    return str(number) if number else "-"


def test_a_chargerys_reading_is_documented_as_it_is_decoded():
    expected = [
        [f"`{name}`", type_of(size, low < 0), *map(place, places), f"{low} to {high}"]
        for name, size, low, high, *places in chargery.READING_FIELDS
    ]
    assert [row[:6] for row in table_after("chargery.md", "0x57")] == expected
    text = (DOCS / "chargery.md").read_text()
    head = [f"in 0x{length:02X}" for length in chargery.READING_LENGTHS]
    assert f"| field | type | {' | '.join(head)} | takes | |" in text
    for others in (chargery.WITH_SOC, chargery.WITH_COUNTERS, chargery.WITH_MODE):
        most = others + 2 * chargery.MAX_CELLS
        sizes = f"{others} + 2n ({others + 2} to {most}, 0x{others + 32:02X} with 16 cells)"
        assert sizes in text
    assert f"below {chargery.UNWIRED_BELOW} mV" in text
    assert f"{chargery.CELLS_KEPT} readings" in text


def test_a_jks_frame_is_documented_as_it_is_decoded():
    layouts = jk.LAYOUT_32S, jk.LAYOUT_24S
    present, wires, sensors, temperatures, _ = zip(*(each[1:] for each in layouts), strict=True)
    fields = [*jk.FIELDS, *jk.EXTRAS]
    rows = [(name, type_of(abs(size), size < 0), *at) for name, size, _, *at in fields]
    switches = ("charge_on", "discharge_on", "balancing")
    rows += [
        (name, type_of(size, False), *at)
        for name, (_, size, _, *at) in zip(switches, jk.SWITCHES, strict=True)
    ]
    rows += [("cells", "u16 each", 6, 6), ("impedances", "u16 each", *wires)]
    rows += [("present", "u32", *present), ("sensors", "u16", *sensors)]
    names = ("T1", "T2", "T3", "T4", "T5", "MOSFET")
    rows += [(name, "i16", *at) for name, *at in zip(names, *temperatures, strict=True)]
    expected = [[f"`{name}`", kind, place(a), place(b)] for name, kind, a, b in rows]
    assert sorted(row[:4] for row in table_after("jk.md", "0x02")) == sorted(expected)
    texts = [[f"`{name}`", str(at), str(size)] for name, at, size in jk.TEXTS]
    assert table_after("jk.md", "0x03") == texts


def test_the_errors_of_a_jk_are_documented_with_what_they_stop():
    stops = (("charge", jk.STOP_CHARGE), ("discharge", jk.STOP_DISCHARGE))
    expected = [
        [str(bit), name, ", ".join(what for what, bits in stops if bits >> bit & 1)]
        for bit, name in enumerate(jk.ERRORS)
    ]
    assert table_after("jk.md", "The errors") == expected


def test_the_counters_of_the_decoders_are_documented():
    for module, page, heading in (
        (chargery, "chargery.md", "Damaged packets"),
        (jk, "jk.md", "What does not fit"),
    ):
        counted = [row[0].strip("`") for row in table_after(page, heading)]
        assert counted == list(module.Decoder(print).stats), page


def link_texts():
    """(text, time-out in ms or None) of all that firmware/transport/ble.py has for the display."""
    tree = ast.parse((ROOT / "firmware/transport/ble.py").read_text())
    for node in ast.walk(tree):
        if not isinstance(node, ast.Assign):
            continue
        named = [each.attr for t in node.targets for each in ast.walk(t) if hasattr(each, "attr")]
        texts = [each.value for each in ast.walk(node.value) if isinstance(each, ast.Constant)]
        kinds = [type(each) for each in texts]
        if kinds == [str, int, str]:  # a stage
            yield texts[0], texts[1]
            yield texts[2], None
        elif {"state", "_trouble"} & set(named):
            yield from ((each, None) for each in texts if isinstance(each, str))


def test_what_the_display_says_of_a_jks_link_is_documented_and_nothing_else():
    said = dict(link_texts())
    assert sum(ms is not None for ms in said.values()) == 5
    rows = table_after("jk.md", "What the display says")
    listed = {
        piece.strip()
        for row in rows
        for piece in re.split(r"\.\.\.|, |\bN\b", row[0])
        if piece.strip()
    }
    assert listed == {text.strip() for text in said}
    for text, ms in said.items():
        if ms:
            meaning = next(row[1] for row in rows if row[0].split(" ...")[0] == text.strip())
            assert f"{ms // 1000} s" in meaning, text


@pytest.mark.parametrize("kind", ["chargery", "jk"])
def test_the_hints_of_a_silent_bms_are_documented(kind):
    text = (DOCS / f"{kind}.md").read_text()
    assert ", ".join(f"`{hint}`" for hint in HINTS[kind]) in text


def test_every_bms_has_a_page_that_the_readme_links():
    for kind in config.BMS:
        assert README.count(f"(docs/{kind}.md)") == 2, kind


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
