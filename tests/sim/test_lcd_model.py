"""The firmware's LCD driver against the model of the display: timing, text, faults."""

import pytest
from host_tools.sim.lcd import hd44780 as model
from tests.helpers.lcd_bench import ADDRESS, LINES, TEXT, Bench

from display.gpio import FourBit
from drivers import hd44780 as driver
from drivers.hd44780 import Lcd
from screen.draw import GLYPHS


def nothing():
    pass


# The text appears, and nothing comes too early


@pytest.mark.parametrize("frequency", [50_000, 100_000, 400_000])
@pytest.mark.parametrize("size", [(20, 4), (16, 2)])
def test_text_appears_without_a_violation(frequency, size):
    bench = Bench(*size, frequency).start()
    assert bench.glass.text() == [row[: size[0]] for row in TEXT[: size[1]]]
    bench.do(bench.lcd.resync(), bench.lcd.refresh())
    assert bench.glass.text() == [row[: size[0]] for row in TEXT[: size[1]]]
    assert bench.glass.violations == []


@pytest.mark.parametrize("address", [0x20, 0x26, 0x3F])
def test_text_appears_wherever_the_backpack_is(address):
    bench = Bench(address=address).start()
    assert bench.glass.text() == TEXT


def test_text_appears_over_six_wires():
    bench = Bench()
    wires = model.Wires(bench.glass, 4, 5, (16, 17, 18, 19))
    pins = [lambda level, n=n: wires(n, level, bench.us) for n in (4, 5, 16, 17, 18, 19)]
    bench.lcd = Lcd(FourBit(pins[0], pins[1], pins[2:], bench.sleep_us), 20, 4, GLYPHS)
    bench.start()
    bench.do(bench.lcd.resync(), bench.lcd.refresh())
    assert bench.glass.text() == TEXT
    assert bench.glass.violations == []


def test_custom_characters_are_ours():
    glass = Bench().start([b"\x00\x01\x02\x03\x04\x05\x06\x07"]).glass
    assert bytes(glass.cgram) == GLYPHS
    assert glass.text()[0] == "▎▍▌▊█°▼▲".ljust(20)
    assert glass.pixels()[0][5] == GLYPHS[40:48]


@pytest.mark.parametrize(
    ("wait", "reason"),
    [
        ("_POWER_UP_MS", "within 40 ms of power-up"),
        ("_WAKE_MS", "command 0x3F while busy"),
        ("_CLEAR_MS", "while busy"),
    ],
)
def test_a_driver_that_does_not_wait_is_caught(monkeypatch, wait, reason):
    monkeypatch.setattr(driver, wait, 0)
    glass = Bench().start().glass
    assert any(reason in violation for violation in glass.violations)


def test_a_bus_that_is_too_fast_is_caught():
    glass = Bench(frequency=1_000_000).start().glass
    assert any("while busy" in violation for violation in glass.violations)
    assert glass.text() != TEXT


# Only what changed


def test_bytes_on_the_bus():
    bench = Bench().start()
    before = bench.bytes
    bench.do(bench.show([bytearray(line) for line in LINES]))
    assert bench.bytes == before
    bench.do(bench.show([*LINES[:3], LINES[3].replace(b"1s", b"2s")]))
    assert bench.bytes == before + 11  # address, command and digit: 5 port bytes for each
    assert bench.glass.text()[3].endswith("2s")


def test_no_step_holds_the_loop_for_long():
    bench = Bench(frequency=50_000)
    bench.do(bench.lcd.start())
    bench.lcd.show(LINES)
    longest = before = bench.ns
    longest = 0
    while bench.lcd.step():
        longest, before = max(longest, bench.ns - before), bench.ns
    assert longest == 106 * 180_000  # a whole row at 50 kHz: 19 ms; 9.5 ms at 100 kHz
    assert bench.glass.text() == TEXT


# It comes back, whatever happens


def bytes_of_a_life():
    """How many bytes go over the bus from the start to the text being there."""
    return Bench().start().bytes


@pytest.mark.parametrize("at", range(0, bytes_of_a_life() + 2, 17))
def test_unplugged_anywhere(at):
    bench = Bench()
    bench.lcd.show(LINES)
    bench.fault_at, bench.fault = at, bench.unplug
    bench.do(bench.run_until((3_000, bench.plug), (9_500, nothing)))
    assert bench.glass.text() == TEXT
    assert bench.lcd.online
    assert all("power-up" in violation for violation in bench.glass.violations)


@pytest.mark.parametrize("at", range(0, bytes_of_a_life() + 2, 37))
def test_bus_away_but_not_the_supply(at):
    def plug():
        bench.address = ADDRESS

    bench = Bench()
    bench.lcd.show(LINES)
    bench.fault_at, bench.fault = at, bench.unplug
    bench.do(bench.run_until((3_000, plug), (9_500, nothing)))
    assert bench.glass.text() == TEXT
    assert all("E falling" in violation for violation in bench.glass.violations)


@pytest.mark.parametrize("at", range(0, bytes_of_a_life() + 2, 37))
def test_power_cycled_without_an_error(at):
    """In the middle of a transfer nothing tells of it but the next re-synchronisation."""
    bench = Bench()
    bench.lcd.show(LINES)
    bench.fault_at, bench.fault = at, lambda: bench.device.power_cycle(bench.us)
    bench.do(bench.run_until((63_000, nothing)))
    assert bench.glass.text() == TEXT


def test_power_cycled_at_rest_is_back_within_seconds():
    bench = Bench()
    bench.lcd.show(LINES)
    seen = []

    def cycle():
        bench.device.power_cycle(bench.us)
        seen.append(bench.glass.text())

    bench.do(bench.run_until((10_000, cycle), (13_000, nothing)))
    assert seen == [[" " * 20] * 4]
    assert bench.glass.text() == TEXT
    assert bench.lcd.losses == 1
    assert bench.glass.violations == []


@pytest.mark.parametrize("byte", [0x00, 0x10, 0x38, 0x80, 0xF0])
def test_a_glitch_on_e_is_healed(byte):
    """A nibble too many: the display takes every byte wrongly from here on."""

    def glitch():
        for lines in (byte, byte | 4, byte):
            bench.device.write(lines | 8, bench.us)

    bench = Bench()
    bench.lcd.show(LINES)
    changed = [*LINES[:3], LINES[3].replace(b"1s", b"2s")]
    steps = (10_000, glitch), (11_000, lambda: bench.lcd.show(changed)), (62_000, nothing)
    bench.do(bench.run_until(*steps))
    assert bench.glass.text() == [*TEXT[:3], TEXT[3].replace("1s", "2s")]
    assert bench.lcd.losses == 0


def test_a_transfer_that_broke_off_leaves_no_trace():
    """E was left high in the second half of "clear": its fall starts 1.52 ms of deafness."""
    bench = Bench().start()
    bench.ns += 1_000_000
    for port in (0x08, 0x0C, 0x08, 0x1C):
        bench.device.write(port, bench.us)
    bench.start()
    assert bench.glass.text() == TEXT
    assert not any("busy" in violation for violation in bench.glass.violations)


def test_resync_does_not_show(monkeypatch):
    """The dots differ for 1 ms of bus time at most, too short to see."""
    bench = Bench().start()
    normal = bench.glass.pixels()
    different = []
    write = bench.device.write

    def watch(byte, us):
        write(byte, us)
        if bench.glass.pixels() != normal:
            different.append(us)

    monkeypatch.setattr(bench.device, "write", watch)
    bench.do(bench.lcd.resync(), bench.lcd.refresh())
    assert bench.glass.pixels() == normal
    assert different and different[-1] - different[0] < 2_500
