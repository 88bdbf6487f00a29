"""The model of the HD44780 by itself, driven by hand as its data sheet says; and its characters."""

from host_tools.sim.lcd import font
from host_tools.sim.lcd import hd44780 as model


class Hand:
    """Drives the lines of a running display by hand, 100 us a step, from a blank screen."""

    def __init__(self, columns=16, rows=2):
        self.glass = model.Hd44780(columns, rows)
        self.device = model.Backpack(self.glass)
        self.us = 50_000
        for nibble in (3, 3, 3, 2):
            self.nibble(nibble)
            self.us += 5_000
        for command in (0x28, 0x0C, 0x06, 0x01):
            self.byte(command)
        self.us += 2_000

    def nibble(self, nibble, rs=0):
        for lines in (rs, rs | 4, rs):
            self.us += 100
            self.device.write(nibble << 4 | lines, self.us)

    def byte(self, byte, rs=0):
        self.nibble(byte >> 4, rs)
        self.nibble(byte & 15, rs)
        return self

    def type(self, text):
        for char in text:
            self.byte(ord(char), 1)
        return self

    def read(self, rs=0):
        """One byte with RW high; the data pins are let go."""
        value = 0
        for _ in range(2):
            self.device.write(0xF2 | rs, self.us)
            self.device.write(0xF6 | rs, self.us)
            value = value << 4 | self.device.read(self.us) >> 4
            self.device.write(0xF2 | rs, self.us)
        return value


def test_model_types_and_moves():
    hand = Hand().byte(0x85).type("ab").byte(0x10).type("c").byte(0xC0).type("d")
    assert hand.glass.text() == ["     ac         ", "d               "]
    assert hand.glass.cells() == [b"     ac         ", b"d               "]
    assert hand.glass.violations == []


def test_model_lines_follow_each_other():
    assert Hand().byte(0xA7).type("xy").glass.text()[1][0] == "y"
    assert Hand().byte(0xE7).type("xy").glass.text()[0][0] == "y"
    assert Hand(20, 4).byte(0x80).type("." * 20 + "third").glass.text()[2][:5] == "third"


def test_model_entry_modes_and_shift():
    assert Hand().byte(0x85).byte(0x04).type("abc").glass.text()[0][:6] == "   cba"
    assert Hand().type("abc").byte(0x18).glass.text()[0][:3] == "bc "
    assert Hand().type("abc").byte(0x1C).glass.text()[0][:4] == " abc"
    assert Hand().type("abc").byte(0x18).byte(0x02).glass.text()[0][:3] == "abc"
    assert Hand().byte(0x8F).byte(0x07).type("ab").glass.text()[0][13:15] == "ab"


def test_model_off_shows_nothing_and_forgets_nothing():
    hand = Hand().type("abc").byte(0x08)
    assert hand.glass.text() == [" " * 16] * 2
    assert hand.glass.cells()[0][:3] == b"abc"
    assert hand.byte(0x0C).glass.text()[0][:3] == "abc"


def test_model_cursor_is_a_line_below():
    glass = Hand().type("a").byte(0x0E).glass
    assert [cell[7] for cell in glass.pixels()[0]] == [0, 0x1F] + [0] * 14


def test_model_reads_busy_flag_address_and_data():
    hand = Hand().type("ab")
    hand.us += 100
    assert hand.read() == 2
    hand.byte(0x80)
    hand.us += 100
    assert hand.read(1) == ord("a")
    hand.us += 100
    hand.byte(0x01)
    assert hand.read() >> 7 == 1
    hand.us += 2_000
    assert hand.read() == 0
    assert hand.glass.violations == []


def test_model_ignores_what_comes_while_busy():
    hand = Hand().type("a")
    hand.byte(0x01)
    hand.type("b")
    assert len(hand.glass.violations) == 1
    assert "data 0x62 while busy" in hand.glass.violations[0]
    assert hand.glass.text()[0] == " " * 16


def test_model_notices_careless_lines():
    hand = Hand()
    hand.device.write(0x00, hand.us)
    hand.device.write(0x05, hand.us)
    hand.device.write(0x10, hand.us)
    first, second = hand.glass.violations
    assert "together with E rising" in first and "together with E falling" in second


def test_model_fresh_from_power_up_is_blank_and_eight_bits_wide():
    glass = model.Hd44780(20, 4)
    assert glass.text() == [" " * 20] * 4
    assert not glass.four_bit and not glass.on


def test_font():
    for code in range(0x20, 0x80):
        rows = font.dots(code)
        assert len(rows) == 8 and max(rows) < 32 and rows[7] == 0
        special = {0x5C: "¥", 0x7E: "→", 0x7F: "←"}
        assert font.character(code) == special.get(code, chr(code))
    letters = [font.dots(code) for code in range(0x20, 0x80)]
    assert len(set(letters)) == len(letters)
    assert font.character(0xDF) == "°" and font.character(0xB1) == font.UNKNOWN
    assert font.dots(ord("T")) == bytes([31, 4, 4, 4, 4, 4, 4, 0])
