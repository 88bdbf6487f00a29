"""docs/chargery.md and docs/jk.md say what the decoders do: fields, errors, counters, words."""

import ast
import re

import pytest
from host_tools.ground.firmware import declared, names
from tests.helpers.documents import DOCS, README, ROOT, cells_of

import sample
from bms import chargery, framed, jk, jk_frame


def table_after(name, heading):
    """The rows of the first table after that heading of a page of docs/, its head left out."""
    part = re.split(rf"^#+ {re.escape(heading)}.*$", (DOCS / name).read_text(), flags=re.M)[1]
    rows = re.search(r"(?:^\|.*\n)+", part, re.M)[0].splitlines()
    return [cells_of(line) for line in rows[2:]]


def type_of(size):
    return f"{'i' if size < 0 else 'u'}{8 * abs(size)}"


def place(number):
    return str(number) if number else "-"


def rows_of(tables):
    """(name, row) of all rows; tables: (rows, what the documents call them or None) pairs."""
    for rows, called in tables:
        for i, row in enumerate(rows):
            yield called[i] if called else row[framed.NAME], row


def test_a_chargerys_reading_is_documented_as_it_is_decoded():
    tables = (
        (chargery.READING_FIELDS + chargery.SOC, None),
        (chargery.TEMPERATURES, ("t1", "t2")),
        (chargery.STOPPED, ("charge_stopped", "discharge_stopped")),
    )
    expected = [
        [
            f"`{name}`",
            type_of(row[framed.SIZE]),
            *map(place, row[framed.PLACE : framed.LOWEST]),
            f"{row[framed.LOWEST]} to {row[framed.HIGHEST]}",
        ]
        for name, row in rows_of(tables)
    ]
    assert sorted(row[:6] for row in table_after("chargery.md", "0x57")) == sorted(expected)
    text = (DOCS / "chargery.md").read_text()
    head = [f"in 0x{length:02X}" for length in chargery.READING_LENGTHS]
    assert f"| field | type | {' | '.join(head)} | takes | |" in text
    for others in (chargery.WITH_SOC, chargery.WITH_COUNTERS, chargery.WITH_MODE):
        most = others + 2 * chargery.MAX_CELLS
        sizes = f"{others} + 2n ({others + 2} to {most}, 0x{others + 32:02X} with 16 cells)"
        assert sizes in text
    assert f"below {sample.UNWIRED_BELOW} mV" in text
    assert f"{chargery.CELLS_KEPT} readings" in text


def test_a_jks_frame_is_documented_as_it_is_decoded():
    tables = (
        (jk_frame.FIELDS + jk_frame.EXTRAS + (jk_frame.PRESENT, jk_frame.SENSORS), None),
        (jk_frame.SWITCHES, ("charge_on", "discharge_on", "balancing")),
        (jk_frame.TEMPERATURES, ("T1", "T2", "T3", "T4", "T5", "MOSFET")),
    )
    found = [
        (name, type_of(row[framed.SIZE]), row[framed.PLACE : framed.LOWEST])
        for name, row in rows_of(tables)
    ]
    for row in (jk_frame.MEAN, jk_frame.POWER):
        found.append((row[framed.NAME], type_of(row[framed.SIZE]), row[framed.PLACE :]))
    found.append(("cells", "u16 each", (jk_frame.CELLS_AT, jk_frame.CELLS_AT)))
    found.append((jk_frame.WIRES[framed.NAME], "u16 each", jk_frame.WIRES[framed.PLACE :]))
    expected = [[f"`{name}`", kind, *map(place, at)] for name, kind, at in found]
    assert sorted(row[:4] for row in table_after("jk.md", "0x02")) == sorted(expected)
    texts = [[f"`{name}`", str(at), str(size)] for name, at, size in jk.TEXTS]
    assert table_after("jk.md", "0x03") == texts


def test_the_errors_of_a_jk_are_documented_with_what_they_stop():
    stops = (("charge", jk.STOP_CHARGE), ("discharge", jk.STOP_DISCHARGE))
    expected = [
        [str(bit), name, ", ".join(what for what, bits in stops if bits >> bit & 1)]
        for bit, name in enumerate(jk.ALARMS)
    ]
    assert table_after("jk.md", "The errors") == expected


def test_the_counters_of_the_decoders_are_documented():
    for module, page, heading in (
        (chargery, "chargery.md", "Damaged packets"),
        (jk, "jk.md", "Counters"),
    ):
        counted = [row[0].strip("`") for row in table_after(page, heading)]
        assert counted == list(module.Decoder(print).stats), page


def link_texts():
    """(text, timeout in ms or None) of all that firmware/transport/ble.py has for the display."""
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
    assert sum(ms is not None for ms in said.values()) == 6
    rows = table_after("jk.md", "Messages on the display")
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


@pytest.mark.parametrize("kind", names("bms"))
def test_the_hints_of_a_silent_bms_are_documented(kind):
    text = (DOCS / f"{kind}.md").read_text()
    assert ", ".join(f"`{hint}`" for hint in declared("bms", kind)["HINTS"]) in text


def test_every_bms_has_a_page_that_the_readme_links():
    for kind in names("bms"):
        assert README.count(f"(docs/{kind}.md)") == 2, kind
