import binascii
from array import array

from chance import Chance

from store import (
    planes,
    planes_plain,
    plans,
    plans_plain,
    units,
    units_plain,
    weights,
    weights_plain,
)

fast = plans.fast
PLAIN = plans_plain, units_plain, weights_plain, planes_plain
TWINS = (PLAIN,)
if fast is not plans_plain:
    TWINS += ((fast, units.fast, weights.fast, planes.fast),)


def numbers(values):
    return array("H", values)


def rows_of(values):
    """Rows of one 16-bit field, and the spare byte."""
    data = bytearray()
    for value in values:
        data.append(value & 255)
        data.append(value >> 8)
    return data + b"\0"


def load(kernel, values, *how):
    out = numbers([0] * len(values))
    kernel(rows_of(values), len(values), 2, *how, out)
    return list(out)


def load_rests(k, halves, unit):
    values = numbers(load(k.load_halves, halves, 0, unit))
    k.load_rests(rows_of(halves), len(halves), 2, 0, unit, values)
    before = numbers([0]) + values
    return [values[i] - before[i] & 0xFFFF for i in range(len(values))]


def test_fields_of_any_bits():
    for k, u, w, p in TWINS:
        assert load(k.load_bits, [0xABCD], 0, 0, 16) == [0xABCD]
        assert load(k.load_bits, [0xABCD], 0, 0, 7) == [0x4D]
        assert load(k.load_bits, [0xABCD], 0, 7, 7) == [0x57]
        assert load(k.load_bits, [0xABCD], 0, 14, 2) == [2]
        assert load(k.load_bits, [0xABCD], 1, 0, 8) == [0xAB]


def test_halves_in_their_order():
    minus_two, minus_one, zero, one, two = 0xC000, 0xBC00, 0x0000, 0x3C00, 0x4000
    for k, u, w, p in TWINS:
        order = load(k.load_halves, [minus_two, minus_one, zero, one, two], 0, 0)
        assert order == sorted(order)
        assert order == [0x3FFF, 0x43FF, 0x8000, 0xBC00, 0xC000]


def test_halves_as_multiples():
    # 5.3 A is 0x454D, 5.30078125; -0.25 is 0xB400; NaN, infinity, 65504: no tenths in 16 bits.
    halves = [0x454D, 0xB400, 0x0000, 0x7E00, 0x7C00, 0x7BFF]
    for k, u, w, p in TWINS:
        assert load(k.load_halves, halves, 0, 10) == [53, 0x10000 - 3, 0, 0, 0, 0]
        assert load(k.load_halves, halves, 0, 100) == [530, 0x10000 - 25, 0, 0, 0, 0]
        # 53 tenths are 0x454D again; -3 tenths are 0xB4CD, 0xCD below; then whole halves are left.
        rests = load_rests(k, halves, 10)
        assert rests == [0, 0xCD, 0, 0x7E00, 0x7C00, 0x7BFF]


def crc_of_halves(step):
    """Of what becomes of every step-th half with each unit."""
    crc = 0
    for unit in (0, 8, 10, 20, 50, 100):
        for first in range(0, 65536, 2048 * step):
            halves = list(range(first, first + 2048 * step, step))
            crc = binascii.crc32(numbers(load(fast.load_halves, halves, 0, unit)), crc)
            if unit:
                crc = binascii.crc32(numbers(load_rests(fast, halves, unit)), crc)
    return crc


def test_every_half_with_every_unit_is_pinned():
    assert crc_of_halves(1) == 3947022558


def test_every_16th_half_with_every_unit_is_pinned():
    assert crc_of_halves(16) == 2869395891


def test_a_prediction_of_nothing_is_the_same_everywhere():
    for k, u, w, p in TWINS:
        assert k.SUM_ZERO == plans.SUM_ZERO


def test_differences_larger_than_a_step_predict_nothing():
    for k, u, w, p in TWINS:
        a = numbers([0, 2047, 0, 2048, 65535, 0])  # steps 2047, -2047, beyond, beyond, 1
        b = numbers([5, 6, 8, 9, 9, 12])
        assert w.dot(a, a, 5) == 2047 * 2047 * 2 + 1
        assert w.dot(a, b, 5) == 2047 - 2 * 2047 + 3
        sums = array("I", [k.SUM_ZERO] * 5)
        k.add_products(a, 5, -32767, sums)
        k.add_products(a, 5, -32767, sums)
        k.add_products(a, 5, -32767, sums)
        zero = (1 << 29) + 512
        most = 3 * 32767 * 2047
        assert list(sums) == [zero - most, zero + most, zero, zero, zero - 3 * 32767]


def test_residuals_are_zigzag_of_what_the_prediction_leaves():
    for k, u, w, p in TWINS:
        sums = array("I", [k.SUM_ZERO] * 4)
        out = numbers([0] * 4)
        values = numbers([10, 12, 9, 9, 0xFFFF])
        k.put_residuals(values, 4, 16, sums, out)
        assert list(out) == [4, 5, 0, 19]  # 2, -3, 0, -10
        k.add_products(numbers([0, 1, 1, 1, 1]), 4, 1536, sums)  # 1.5 rounds to 2
        k.put_residuals(values, 4, 16, sums, out)
        assert list(out) == [0, 5, 0, 19]
        assert list(sums) == [k.SUM_ZERO] * 4
        k.add_products(numbers([0, 1, 1, 1, 1]), 4, 1536, sums)
        k.put_residuals(numbers([0, 255, 127, 0, 128]), 4, 8, sums, out)
        assert list(out) == [5, 255, 254 - 1, 255]  # -1 - 2, -128, -127, -128


def test_digits_and_what_they_do_not_hold():
    for k, u, w, p in TWINS:
        residuals = numbers([1, 14, 15, 0xABCD, 3])
        out = bytearray(10)
        assert p.put(residuals, 5, p.DIGITS, out) == 3
        assert bytes(out[:3]) == b"\xe1\xff\x03"
        assert p.put(residuals, 5, p.WIDE, out) == 4
        assert bytes(out[:4]) == b"\x0f\x00\xcd\xab"
        assert p.put(residuals, 5, 8, out) == 5
        assert bytes(out[:5]) == b"\x00\x00\x00\xab\x00"
        assert u.count_bits(residuals, 5, 0) == 1 + 4 + 4 + 16 + 2
        assert u.count_bits(numbers([0, 1]), 2, 4) == 5


def test_both_twins_make_the_same_of_anything():
    # On CPython there is one twin; the pinned number stands for the other.
    for k, u, w, p in TWINS:
        assert everything(k, u, w, p) == 907073184


def everything(k, u, w, p):
    """A checksum of what all the kernels make of random input."""
    chance = Chance(9)
    crc = 0
    for trial in range(40):
        shift = chance.below(14)
        values = numbers([chance.below(65536) >> shift for _ in range(49)])
        others = numbers([chance.below(65536) >> shift for _ in range(49)])
        sums = array("I", [k.SUM_ZERO] * 48)
        out = numbers([0] * 48)
        data = bytearray(96)
        for source in (values, others, values):
            k.add_products(source, 48, chance.below(65535) - 32767, sums)
        crc = binascii.crc32(sums, crc)
        k.put_residuals(values, 48, (16, 8, 7)[trial % 3], sums, out)
        crc = binascii.crc32(out, crc)
        wide = p.put(out, 48, p.WIDE, data) // 2
        sizes = (
            2 * wide,
            p.put(out, 47, p.DIGITS, data),
            w.dot(values, others, 48) & 0xFFFF,
            wide,
            u.count_bits(out, 48, 4),
        )
        crc = binascii.crc32(numbers(sizes), binascii.crc32(data, crc))
        totals = numbers(running(list(others)))
        k.put_residuals(totals, 48, 16, sums, out)
        crc = binascii.crc32(out, crc)
    return crc


def running(values):
    """Their running totals, in 16 bits."""
    total = 0
    for i, value in enumerate(values):
        values[i] = total = total + value & 0xFFFF
    return values


def test_the_twins_agree_about_how_a_plane_is_put():
    for name in ("DIGITS", "WIDE"):
        assert getattr(planes.fast, name) == getattr(planes_plain, name)


def test_columns_that_say_the_same_are_no_reason_to_stop():
    for rows in ([[0, 0, 5], [0, 0, 5]], [[1, -1, 2], [-1, 1, 2]], [[16, 16, 1], [16, 16, 9]]):
        steps = weights._solve([row[:] for row in rows])
        try:
            while True:
                next(steps)
        except StopIteration as stop:
            assert len(stop.value) == 2
