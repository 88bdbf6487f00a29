"""float16 by integers, judged by struct's 'e'."""

import struct

from store import half

SCALE = 1 << 24  # every half is a whole number of 2**-24


def exact(bits):
    """The half's value times 2**24, an integer."""
    return int(struct.unpack("<e", struct.pack("<H", bits))[0] * SCALE)


def test_well_known_values():
    assert half.from_milli(0) == 0x0000
    assert half.from_milli(1000) == 0x3C00
    assert half.from_milli(-2000) == 0xC000
    assert half.from_milli(53250) == 0x52A8
    assert half.from_milli(65504000) == 0x7BFF
    assert half.times(0x52A8, 1000) == 53250
    assert half.times(0xC000, 1000) == -2000


def test_every_half_comes_back():
    for bits in range(0x7C00):
        value = exact(bits)
        assert half.times(bits, SCALE) == value, bits
        assert half.from_ratio(value, SCALE) == bits, bits
        if bits:
            assert half.times(bits | 0x8000, SCALE) == -value, bits
            assert half.from_ratio(-value, SCALE) == bits | 0x8000, bits


def test_between_two_halves_the_nearer_one_and_even_where_none_is():
    for bits in range(0, 0x7BFF, 7):
        twice = exact(bits) + exact(bits + 1)  # the middle, in 2**-25
        assert half.times(bits, SCALE) == exact(bits), bits
        assert half.from_ratio(twice, 2 * SCALE) == bits + (bits & 1), bits
        assert half.from_ratio(4 * twice - 1, 8 * SCALE) == bits, bits
        assert half.from_ratio(4 * twice + 1, 8 * SCALE) == bits + 1, bits


def test_thousandths_go_to_the_nearest_half():
    for m in list(range(0, 3000)) + list(range(3001, 65504000, 65497)):
        bits = half.from_milli(m)
        assert half.from_milli(-m) == (bits | 0x8000 if bits else 0), m
        # twice the distance to either neighbour, in 2**-24 thousandths
        off = 2 * (m * SCALE - 1000 * exact(bits))
        if off > 0 and bits < half.LARGEST:
            assert off <= 1000 * (exact(bits + 1) - exact(bits)), m
        if off < 0:
            assert -off <= 1000 * (exact(bits) - exact(bits - 1)), m


def test_ends_of_the_range():
    assert half.from_milli(65504001) == half.LARGEST
    assert half.from_milli(10**12) == half.LARGEST
    assert half.from_milli(-(10**12)) == half.LARGEST | 0x8000
    assert half.from_ratio(1, 1 << 26) == 0  # less than half of the smallest
    assert half.from_ratio(-1, 1 << 26) == 0  # and no negative zero
    assert half.from_ratio(1, 1 << 24) == 1


def test_times_rounds_to_the_nearest():
    assert half.times(0x0001, 1000) == 0
    assert half.times(0x3555, 1000) == 333  # 0.33325
    assert half.times(0xB555, 1000) == -333
    assert half.times(0x3800, 1) == 1  # 0.5: away from zero
    # A of 100 A for 10 s in mA ms
    assert half.times(half.from_milli(100000), 10 * 1000000) == 100000 * 10000


def test_unknown_is_a_nan_and_no_number_becomes_one():
    value = struct.unpack("<e", struct.pack("<H", half.UNKNOWN))[0]
    assert value != value
    for m in (0, 1, -1, 65504000, -65504000, 10**9):
        assert half.from_milli(m) & 0x7FFF <= half.LARGEST
