"""Hardware and wiring: the pins are those of the program, the figures those that make.py draws."""

import importlib.util
import re
from xml.etree import ElementTree

import pytest
from host_tools.install import families, room
from tests.helpers.documents import DOCS, DOCUMENTS, ROOT, cells_of


def pin_rows():
    part = (DOCS / "hardware.md").read_text().split("\n## Pins")[1]
    head, _, *rows = (line for line in part.splitlines() if line.startswith("|"))
    for row in rows:
        found = dict(zip(cells_of(head), cells_of(row), strict=False))
        if "board" not in found or len(cells_of(row)) != len(cells_of(head)):
            return
        yield found


def test_the_pin_table_is_that_of_the_questions():
    wires = ", ".join(f"`{name}`" for name in families.WIRES)
    expected = [
        {
            "board": family.name,
            "UART": str(family.uart),
            **{f"`{key}`": str(getattr(family, key)) for key in ("rx", "tx", "scl", "sda")},
            wires: ", ".join(map(str, family.wires)),
            "BOOT": str(family.boot_pin),
            "Bluetooth": "yes" if family.bluetooth else "no",
        }
        for family in families.FAMILIES
    ]
    assert sorted(pin_rows(), key=str) == sorted(expected, key=str)


def test_boot_py_looks_at_the_button_of_the_table():
    expression = re.search(r"^BUTTON = (.*)$", (ROOT / "firmware/boot.py").read_text(), re.M)[1]
    for family in families.FAMILIES:
        machine = f"Generic {family.chip} module with {family.chip.upper()}"
        assert eval(expression, {"MACHINE": machine}) == family.boot_pin, family.name


def test_every_family_of_boards_says_whether_it_was_tried():
    part = (DOCS / "hardware.md").read_text().split("## Tried, and not")[1].split("\n## ")[0]
    for family in families.FAMILIES:
        assert re.search(rf"^\| {re.escape(family.name)}\b.*\|", part, re.M), family.name


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


def test_the_blocks_of_flash_are_those_of_the_table():
    """Wherever a document speaks of them: `28 blocks of flash`, `3 more with aioble`."""
    text = " ".join(" ".join(path.read_text().split()) for path in DOCUMENTS)
    said = re.findall(r"(\d+) blocks of flash", text)
    assert len(said) >= 2 and {int(blocks) for blocks in said} == {
        room.TABLE["flash_blocks"]["bundle"]
    }
    more = re.findall(r"(\d+) more with aioble", text)
    assert [int(blocks) for blocks in more] == [room.TABLE["flash_blocks"]["aioble"]]
