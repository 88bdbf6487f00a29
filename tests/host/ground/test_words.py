"""Lists as sentences have them."""

import pytest
from host_tools.ground.words import counted, listed, there_are


@pytest.mark.parametrize(
    ("words", "text", "there"),
    [
        (["a"], "a", "there is only a"),
        (["a", "b"], "a and b", "there are a and b"),
        ({"a": 1, "b": 2, "c": 3}, "a, b and c", "there are a, b and c"),
    ],
)
def test_one_two_and_many(words, text, there):
    assert (listed(words), there_are(words)) == (text, there)


def test_a_count_has_its_plural():
    assert [counted(n, "file") for n in (0, 1, 2)] == ["0 files", "1 file", "2 files"]
    assert [counted(n, "entry", "entries") for n in (1, 2)] == ["1 entry", "2 entries"]
