"""Values in a row of the display: numbers, ages, bars, text; integers in, characters out."""

from a_screen import garage, rows_of

from sample import Sample
from screen import draw
from screen.draw import GLYPHS, lcd_text, wrap
from screen.pages import Screen


def field(width, put, *args):
    row = bytearray(b" " * width)
    put(row, 0, width, *args)
    return row.decode()


def test_fixed():
    for value, decimals, text in (
        (0, 1, "   0.0"),
        (49, 1, "   0.0"),
        (-49, 1, "   0.0"),
        (50, 1, "  +0.1"),
        (-50, 1, "  -0.1"),
        (-1234, 1, "  -1.2"),
        (9999, 3, "+9.999"),
        (99999, 3, "+100.0"),
        (999949, 1, "+999.9"),
        (999950, 1, " +1000"),
        (-99999499, 1, "-99999"),
        (99999500, 1, "******"),
    ):
        assert field(6, draw.put_fixed, value, 3, decimals, b"", True) == text
    assert field(6, draw.put_fixed, 5, 3, 2, b"V") == " 0.01V"
    assert field(6, draw.put_fixed, 102400, 3, 2, b"V") == "102.4V"


def test_counts_and_ages():
    for value, text in (
        (0, "    0"),
        (99999, "99999"),
        (100000, " 100k"),
        (9999999, "9999k"),
        (10000000, "  10M"),
        (None, "   --"),
    ):
        assert field(5, draw.put_count, value) == text
    for ms, text in ((-5, " 0s"), (999, " 0s"), (99999, "99s"), (100000, " 1m"), (6000000, " 1h")):
        assert field(3, draw.put_age, ms) == text


def test_bar_has_five_steps_a_character():
    lengths = []
    for percent in (None, 0, 1, 10, 50, 99, 100, 120, -3):
        row = bytearray(12)
        draw.put_bar(row, 1, 11, percent)
        assert row[1] == ord("[") and row[11] == ord("]")
        dots = 0
        for code in row[2:11]:
            dots += 0 if code == 0x20 else code + 1
        lengths.append(dots)
    assert lengths == [0, 0, 0, 5, 23, 45, 45, 45, 0]
    for i in range(5):  # and the character of n dots has n columns
        assert GLYPHS[8 * i] == (0x1F << (4 - i)) & 0x1F


def test_power_is_exact_in_small_integers():
    sample = Sample()
    for voltage, current, power in (
        (53120, 12300, 6534),
        (53120, -12300, -6534),
        (13280, 50, 7),
        (13280, 38, 5),
        (13280, -38, -5),
        (99990, 999900, 999800),
        (99990, 99999, 99989),
        (1, 1, 0),
        (53120, 0, 0),
        (None, 5, None),
        (5, None, None),
    ):
        sample.voltage, sample.current = voltage, current
        assert sample.power == power, (voltage, current)
        if power is not None:
            assert power == (voltage * current + 50000) // 100000


def test_power_on_the_display_is_in_watts_then_in_kilowatts():
    for voltage, current, text in (
        (53120, 12300, "+653W"),
        (53120, -12300, "-653W"),
        (13280, 50, "+1W"),
        (99990, 99999, "+9999W"),
        (99990, 100049, "+10kW"),
        (99990, -999900, "-100kW"),
        (None, 1, "--W"),
    ):
        pack = garage()
        pack.sample.voltage, pack.sample.current = voltage, current
        row = rows_of(Screen(20, 4), [pack])[1]
        assert row.split()[-1].endswith(text), row


def test_text_in_the_display_s_own_codes():
    assert lcd_text("Bad\\Hütte ~5°") == b"Bad/H\xf5tte -5\x05"
    assert lcd_text("汉\n") == b"??"


def test_wrap():
    assert wrap("", 16) == []
    assert wrap("one two  three", 7) == [b"one two", b"three"]
    assert wrap("abcdefghij k", 4) == [b"abcd", b"efgh", b"ij k"]
