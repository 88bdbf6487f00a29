"""What the board makes of an advertisement; tests/host/board/test_kind_of.py has real ones."""

import recognise

TABLE = (
    ("one", {"service": 0xFFE0}, ({"service": 0xFFE0, "maker": (1, 2)},)),
    ("two", {"service": 0xFFE0}, ({"name": ("T-[0-3]?x*",)}, {"address": ("aa:bb",)})),
    ("three", {"service": 0xFF00}, ()),
)


def kinds(name="", uuids=(), maker=None, address=""):
    return recognise.kinds(TABLE, name, uuids, maker, address)


def test_all_that_a_row_names_has_to_fit():
    assert kinds(uuids=[0xFFE0], maker=2) == (["one"], True)
    assert kinds(uuids=[0xFFE0], maker=3) == (["one", "two"], False)
    assert kinds(maker=2) == ([], False)


def test_one_row_is_enough():
    assert kinds("T-09x") == kinds("T-3?x and more") == (["two"], True)
    assert kinds("T-49x") == kinds("T-0x") == kinds("t-09x") == ([], False)
    assert kinds(address="AA:BB:CC:00:00:00") == (["two"], True)
    assert kinds(address="bb:aa:bb:00:00:00") == ([], False)


def test_several_kinds_can_fit():
    assert kinds("T-09x", [0xFFE0], 1) == (["one", "two"], True)


def test_without_any_the_service_says_which_are_possible():
    assert kinds(uuids=[0x1800, 0xFF00]) == (["three"], False)
    assert kinds(uuids=[0x1800]) == ([], False)
