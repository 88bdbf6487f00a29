"""The one check for names that become a path."""

from pathlib import Path

import pytest
from host_tools.history.place import place
from hypothesis import given
from hypothesis import strategies as st

PARTS = st.one_of(
    st.sampled_from(
        ["..", ".", "", "/", "/etc", "a/b", "..\\x", "x\0y", "\x1b[2J", "C:", "~", "-rf", "a" * 17]
    ),
    st.text(max_size=20),
    st.sampled_from(["house", "pack", "00000001.seg", "00000001-0123abcd.shard"]),
)


def test_the_names_of_a_history():
    found = place(Path("out"), "house", "pack", "00000001.seg")
    assert found == Path("out/house/pack/00000001.seg")
    assert place(Path("out"), "A-b_9", "cells", "00000001-0123abcd.shard")


@given(PARTS, PARTS, PARTS)
def test_no_name_leads_out_of_the_folder(pack, series, name):
    try:
        found = place(Path("/out"), pack, series, name)
    except ValueError:
        return
    assert found.resolve().parts[:2] == ("/", "out") and len(found.parts) == 5
    assert str(found).isprintable()


@pytest.mark.parametrize(
    ("pack", "series", "name"),
    [
        ("../../x", "pack", "00000001.seg"),
        ("house", "../x", "00000001.seg"),
        ("house", "pack", "../../.bashrc"),
        ("house", "pack", "00000001.seg\n"),
        ("house", "pack", "\u0660\u0660\u0660\u0660\u0660\u0660\u0660\u0661.seg"),
        ("house", "PACK", "00000001.seg"),
        ("", "pack", "00000001.seg"),
    ],
)
def test_names_that_are_none(pack, series, name):
    with pytest.raises(ValueError):
        place(Path("out"), pack, series, name)
