"""The LCD driver against a bus that writes down what comes over it: start-up, changes, wires."""

from lcd_fake import START, Bench, data, lost

from display.gpio import FourBit
from display.i2c import Backpack
from drivers.hd44780 import Lcd

# Start-up


def test_start_sends_the_data_sheet_s_sequence():
    bench = Bench()
    bench.do(bench.lcd.start)
    assert bench.log == ["sleep 50"] + START
    assert bench.lcd.online


def test_everything_is_written_after_the_start():
    bench = Bench()
    bench.do(bench.lcd.start)
    assert bench.wrote(b"Hello") == ["c80"] + data("Hello" + " " * 11) + ["cc0"] + data(" " * 16)


def test_a_20x4_has_its_rows_where_they_are():
    bench = Bench(20, 4, b"").started()
    assert bench.wrote(b"a", b"b", b"c", b"d") == (
        ["c80", "d61", "cc0", "d62", "c94", "d63", "cd4", "d64"]
    )


def test_no_transfer_is_longer_than_a_row():
    bench = Bench(20, 4, bytes(64))
    bench.do(bench.lcd.start)
    bench.do(bench.lcd.refresh)
    assert max(bench.i2c.transfers) == 5 * 21  # 106 bytes with the address: 9.6 ms at 100 kHz
    assert sum(bench.i2c.transfers) < 1000


def test_what_is_not_a_display_is_refused():
    for columns, rows, glyphs in ((16, 4, b""), (16, 2, bytes(7)), (16, 2, bytes(72))):
        try:
            Lcd(None, columns, rows, glyphs)
        except ValueError:
            continue
        raise AssertionError("accepted")


# Only what changed


def test_an_unchanged_screen_costs_nothing():
    bench = Bench().started()
    bench.wrote(b"53.12V", b"100%")
    assert bench.wrote(b"53.12V", bytearray(b"100%            ")) == []
    assert bench.i2c.transfers == []


def test_one_digit_costs_ten_bytes():
    bench = Bench().started()
    bench.wrote(b"53.12V")
    assert bench.wrote(b"53.13V") == ["c84", "d33"]
    assert bench.i2c.transfers == [10]


def test_near_changes_share_a_transfer():
    bench = Bench().started()
    bench.wrote(b"0000000000000000")
    assert bench.wrote(b"0101000000000010") == ["c81", "d31", "d30", "d31", "c8e", "d31"]
    assert bench.i2c.transfers == [20, 10]


def test_shorter_lines_leave_no_rest():
    bench = Bench().started()
    bench.wrote(b"long", b"two")
    assert bench.wrote(b"lo") == ["c82", "d20", "d20", "cc0", "d20", "d20", "d20"]


def test_a_longer_line_is_cut():
    bench = Bench().started()
    assert len(bench.wrote(b"x" * 40, b"", b"third")) == 17


def test_step_by_step():
    bench = Bench().started()
    bench.lcd.show((b"a", b"b"))
    assert bench.lcd.step() and bench.log == ["c80", "d61"]
    bench.lcd.show((b"c", b"b"))  # changes its mind before the second row is written
    assert bench.lcd.step() and bench.log[2:] == ["c80", "d63"]
    assert bench.lcd.step() and bench.log[4:] == ["cc0", "d62"]
    assert not bench.lcd.step()


# Finding it


def test_the_common_addresses_are_tried_first():
    bench = Bench(address=0x3A)
    bench.do(bench.lcd.start)
    probed = bench.i2c.probed
    assert probed[:3] == [0x27, 0x3F, 0x20] and probed[-1] == 0x3A
    everywhere = Bench(address=None)
    assert lost(everywhere) == 19
    assert sorted(everywhere.i2c.probed) == list(range(0x20, 0x28)) + list(range(0x38, 0x40))


def test_a_fixed_address_is_the_only_one():
    bench = Bench(address=0x3F)
    bench.lcd = Lcd(Backpack(bench.i2c, 0x20), 16, 2)
    assert lost(bench) == 19
    assert bench.i2c.probed == [0x20]


def test_a_hanging_bus_is_not_searched():
    bench = Bench(address=None)
    bench.i2c.errno = 116
    assert lost(bench) == 116
    assert bench.i2c.probed == [0x27]


# Six pins


class Pins:
    """Six pins that latch a nibble when E falls."""

    def __init__(self):
        self.levels = dict.fromkeys(("rs", "e", "d4", "d5", "d6", "d7"), 1)
        self.log = []

    def pin(self, name):
        def set_level(level):
            assert level in (0, 1)
            fell = name == "e" and self.levels["e"] and not level
            self.levels[name] = level
            if fell:
                nibble = sum([self.levels["d%d" % (4 + i)] << i for i in range(4)])
                self.log.append("%d%x" % (self.levels["rs"], nibble))

        return set_level

    def sleep_us(self, us):
        self.log.append(us)


def test_four_bit_wires():
    pins = Pins()
    lines = [pins.pin(name) for name in ("rs", "e", "d4", "d5", "d6", "d7")]
    lcd = Lcd(FourBit(lines[0], lines[1], lines[2:], pins.sleep_us), 16, 2)
    bench = Bench()
    bench.do(lcd.start)
    at = pins.log.index("03")
    assert pins.log[at : at + 8] == ["03", 135, "03", 135, "03", 135, "02", 135]
    assert pins.log[at + 8 :] == (
        ["02", "08", 50, "00", "08", 50, "00", "01", 50, "00", "06", 50, "00", "0c", 50]
    )
    del pins.log[:]
    lcd.show((b"A",))
    bench.do(lcd.refresh)
    assert pins.log[:6] == ["08", "00", 50, "14", "11", 50]
    assert len(pins.log) == 2 * 17 * 3
