"""The clock chip: what the board takes from it, and when the chip is set."""

import sys
import time

import board_fake
from board_fake import FakeRtc, FakeTime, Wall

from lib.uptime import DS3231, KEPT, NO_CLOCK, NTP, PC

with board_fake.modules():
    for name in ("net.clock", "parts.ds3231"):
        sys.modules.pop(name, None)
    from net import clock
    from parts import ds3231

    for name in ("net.clock", "parts.ds3231"):
        sys.modules.pop(name, None)  # what others import is for their machine

NOON = 1780315200  # 2026-06-01T12:00:00Z, a Monday
TIME = 0x00, 0x00, 0x12, 0x01, 0x01, 0x06, 0x26  # what the registers say then
STOPPED = 0x80


class Chip:
    """A DS3231 on a bus: its time is true time plus what it is ahead, in ms. there: it answers."""

    def __init__(self, true, ahead_ms=None):
        self._time = true
        self.there = True
        self.ahead_ms = NOON * 1000 if ahead_ms is None else NOON * 1000 + ahead_ms
        self.status = STOPPED if ahead_ms is None else 0
        self.control = 0
        self.writes = 0
        self._pointer = 0
        self._taken = [0] * 7

    def ms(self):
        """Of unix time, that it says."""
        return self.ahead_ms + self._time.now

    def writeto(self, address, data):
        self._check(address)
        self._pointer = data[0]
        for byte in data[1:]:
            if self._pointer < 7:
                self._taken[self._pointer] = byte
            elif self._pointer == 14:
                self.control = byte
            elif self._pointer == 15:
                self.status &= byte
            self._pointer += 1
        if len(data) > 7:
            self.writes += 1
            self._take_over()

    def _take_over(self):
        s, mi, h, _, d, mo, y = [(byte >> 4) * 10 + (byte & 15) for byte in self._taken]
        self.ahead_ms = board_fake._unix(2000 + y, mo, d, h, mi, s) * 1000 - self._time.now

    def readfrom_into(self, address, buffer):
        self._check(address)
        y, mo, d, h, mi, s, weekday = time.gmtime(self.ms() // 1000 - board_fake.EPOCH)[:7]
        for i, number in enumerate((s, mi, h, weekday + 1, d, mo, y % 100)):
            buffer[i] = number // 10 << 4 | number % 10
        buffer[14], buffer[15] = self.control, self.status

    def _check(self, address):
        assert address == 0x68
        if not self.there:
            raise OSError(19)


class Bench:
    """A board of a crystal that loses `slow` ms in 10**6 s, with a chip that is so far ahead of
    true time, or has never been set. known: the board's clock is right when it starts.
    """

    def __init__(self, ahead_ms=None, slow=0, known=None):
        self.time = FakeTime()
        FakeRtc.now = lambda rtc: self.time.now
        FakeRtc.slow = 1000 * slow
        FakeRtc.offset = 0 if known is None else NOON * 1000
        self.rtc = FakeRtc()
        clock.time = ds3231.time = Wall(self.rtc)
        clock._TO_UNIX = 0
        ds3231.asyncio = self.time
        self.clock = clock.Clock()
        self.clock.source = NO_CLOCK if known is None else known
        self.uptime = self
        self.sets = []
        self.clock.add_listener(lambda *said: self.sets.append(said[1]))
        self.sets.clear()
        self.chip = Chip(self.time, ahead_ms)
        self.part = ds3231.Ds3231(self.chip, self)  # to which this bench is the board

    @property
    def seconds(self):
        """Of uptime."""
        return self.time.now // 1000

    def run(self, seconds):
        self.time.run(self.part.run, seconds)

    def error_ms(self):
        """How far the board's clock is off."""
        return self.rtc.ms() - (NOON * 1000 + self.time.now)


def test_a_board_without_a_clock_takes_the_chips():
    bench = Bench(ahead_ms=300)
    bench.run(5)
    assert bench.sets == [DS3231] and bench.clock.source == DS3231
    assert 280 <= bench.error_ms() <= 320  # what the chip is ahead, and a turn of 20 ms
    assert bench.part.values() == [("ds3231", "ok")] and bench.part.state is None


def test_a_kept_clock_is_worth_less_than_the_chips():
    bench = Bench(ahead_ms=0, known=KEPT)
    bench.run(5)
    assert bench.clock.source == DS3231


def test_the_oscillator_stop_flag_says_that_the_time_is_not_valid():
    bench = Bench(ahead_ms=0)
    bench.chip.status = STOPPED
    bench.run(5)
    assert bench.clock.source == NO_CLOCK and bench.sets == []
    assert bench.part.state == "Clock chip not set" and len(bench.part.state) <= 20


def test_the_time_is_read_as_the_data_sheet_has_it():
    for changed, unix in (
        ({}, NOON),
        ({0: 0x59, 1: 0x58}, NOON + 59 + 58 * 60),
        ({2: 0x52}, NOON - 12 * 3600),  # 12 AM
        ({2: 0x72}, NOON),  # 12 PM
        ({2: 0x61}, NOON + 3600),  # 1 PM
        ({5: 0x86}, NOON),  # the century bit
        ({4: 0x29, 5: 0x02, 6: 0x28}, 1835438400),  # 2028-02-29T12:00:00Z
        ({6: 0x24}, None),  # nobody has set it
        ({5: 0x13}, None),
        ({2: 0x25}, None),
        ({0: 0x60}, None),
    ):
        registers = bytearray(TIME)
        for register, value in changed.items():
            registers[register] = value
        assert ds3231._unix(registers) == unix, changed


def test_a_pc_and_ntp_set_the_chip_to_the_nearest_second():
    for source, ms in ((PC, 400), (NTP, 600)):
        bench = Bench()
        bench.clock.set(NOON + 7, source, ms)  # without an event loop, as for a pull
        assert (bench.chip.writes, bench.chip.status, bench.chip.control) == (1, 0, 0x1C)
        assert bench.chip.ms() == 1000 * (NOON + (7 if ms < 500 else 8))


def test_what_the_chip_says_does_not_set_the_chip():
    bench = Bench(ahead_ms=0)
    bench.run(3 * 3600)
    assert bench.chip.writes == 0


def test_without_a_network_the_board_goes_by_the_chip():
    """A crystal that loses 40 ppm would be off by 100 s after 30 days."""
    bench = Bench(ahead_ms=0, slow=40)
    bench.run(30 * 86400)
    assert abs(bench.error_ms()) < 700
    assert 100 < len(bench.sets) < 260  # each is an anchor of 13 bytes


def test_a_pcs_time_is_carried_on_by_the_chip():
    bench = Bench(slow=40)
    bench.clock.set(NOON, PC, 0)
    bench.run(10 * 86400)
    assert abs(bench.error_ms()) < 1500
    assert bench.sets[0] == PC and set(bench.sets[1:]) == {DS3231}


def test_a_chip_that_cannot_be_right_does_not_move_ntps_clock():
    """It is an hour ahead all at once: no crystal is off by that."""
    bench = Bench(ahead_ms=0)
    bench.clock.set(NOON, NTP, 0)
    bench.run(3600 + 60)
    bench.chip.ahead_ms += 3600000
    bench.run(7200)
    assert abs(bench.error_ms()) < 50 and set(bench.sets) == {NTP}
    assert abs(bench.chip.ms() - NOON * 1000 - bench.time.now) <= 600


def test_a_chip_that_was_away_is_set_when_it_is_back():
    bench = Bench()
    bench.chip.there = False
    bench.clock.set(NOON, NTP, 0)  # nothing is raised
    bench.run(30)
    assert bench.part.state == "Clock chip missing" and bench.chip.writes == 0
    bench.chip.there = True
    bench.run(120)
    assert bench.part.state is None and bench.chip.writes == 1
    assert abs(bench.chip.ms() - NOON * 1000 - bench.time.now) <= 600


def test_a_flat_battery_is_said_and_the_chip_set_again():
    bench = Bench(ahead_ms=0)
    bench.clock.set(NOON, NTP, 0)
    bench.chip.status = STOPPED
    bench.run(200)
    assert bench.part.state is None and bench.chip.status == 0


def test_a_chip_that_stands_still_is_no_clock():
    bench = Bench(ahead_ms=0)
    bench.chip.ms = lambda: NOON * 1000
    bench.run(30)
    assert bench.clock.source == NO_CLOCK and bench.part.state == "Clock chip missing"


class Settings:
    """A board of these settings, for make()."""

    def __init__(self, **settings):
        self.settings = settings


def test_without_a_display_on_i2c_it_needs_pins():
    nothing = {"scl": -1, "sda": -1}
    for board in (Settings(), Settings(lcd={"kind": "gpio"})):
        with_fakes = board_fake.modules()
        with_fakes.__enter__()
        try:
            sys.modules["machine"].I2C = sys.modules["machine"].SoftI2C = None
            sys.modules["machine"].Pin = None
            ds3231.make(nothing, board)
        except ValueError as error:
            assert "ds3231: needs scl and sda" in str(error)
        else:
            raise AssertionError("made")
        finally:
            with_fakes.__exit__()
