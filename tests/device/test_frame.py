"""The 13 bytes of a frame and of a mark, checked against bytes worked out by hand."""

import struct

from plain_reader import values_of

from store import frame, half


def encoded(layout, *values, offset=0):
    buf = bytearray(offset + frame.SIZE)
    frame.encode_into(buf, offset, layout, *values)
    return bytes(buf[offset:])


def volts(mv):
    return half.from_milli(mv)


def test_layout_1():
    data = encoded(1, 600, volts(53250), volts(-20000), 231, 91, 3318, 3341, 3, 11)
    # 600 s | 53.25 V | -20 A | (23.1 + 40) * 2 = 126 | 182 | 3318 | 3341 | 11 * 16 + 3
    assert data == bytes.fromhex("5802 a852 00cd 7e b6 f60c 0d0d b3".replace(" ", ""))


def test_layout_2():
    data = encoded(2, 600, volts(53250), volts(-20000), 231, 91, 3318, 3341, 3, 23)
    bits = 63 | 91 << 7 | (23 * 32 + 3) << 14
    assert data[:6] == bytes.fromhex("5802a85200cd")
    assert data[6] | data[7] << 8 | data[12] << 16 == bits
    assert values_of(data, 2) == (53.25, -20.0, 23, 91, 3318, 3341, 3, 23)


def test_everything_unknown():
    nothing = [None] * 6
    data = encoded(1, 0, half.UNKNOWN, half.UNKNOWN, *nothing)
    assert data == bytes.fromhex("0000007e007effffffffffffff")
    assert values_of(data, 1) == (None,) * 8
    assert encoded(2, 0, half.UNKNOWN, half.UNKNOWN, *nothing) == data


def test_every_temperature_goes_to_the_nearest_step():
    for t in range(-450, 950):
        one = encoded(1, 0, 0, 0, t, None, None, None, None, None)[6]
        assert abs(one * 5 - 400 - min(max(t, -400), 870)) <= 2, t
        two = encoded(2, 0, 0, 0, t, None, None, None, None, None)[6] & 127
        assert -5 < (two * 10 - 400) - min(max(t, -400), 860) <= 5, t


def test_every_soc():
    for soc in range(101):
        one = encoded(1, 0, 0, 0, None, soc, None, None, None, None)
        two = encoded(2, 0, 0, 0, None, soc, None, None, None, None)
        assert values_of(one, 1)[3] == soc and values_of(two, 2)[3] == soc
    for soc, said in ((-3, 0), (120, 100)):
        assert values_of(encoded(1, 0, 0, 0, None, soc, None, None, None, None), 1)[3] == said
        assert values_of(encoded(2, 0, 0, 0, None, soc, None, None, None, None), 2)[3] == said


def test_every_pair_of_cells():
    for layout, cells in frame.CELLS.items():
        for high in range(cells):
            for low in range(cells):
                data = encoded(layout, 0, 0, 0, None, None, 3300, 3301, low, high)
                said = values_of(data, layout)[6:]
                # the last cell as both is what unknown looks like
                assert said == ((None, None) if low == high == cells - 1 else (low, high))


def test_cells_that_a_layout_cannot_hold_are_unknown():
    for low, high in ((16, 3), (3, 16), (None, 3), (3, None)):
        data = encoded(1, 0, 0, 0, None, None, 3300, 3301, low, high)
        assert values_of(data, 1)[4:] == (3300, 3301, None, None)


def test_cell_voltages_are_held_at_the_ends():
    for mv, said in ((0, 0), (65534, 65534), (65535, 65534), (70000, 65534), (-1, 0)):
        data = encoded(1, 0, 0, 0, None, None, mv, mv, 0, 0)
        assert values_of(data, 1)[4:6] == (said, said)


def test_written_at_an_offset():
    values = (1, volts(1000), volts(1), 200, 50, 3000, 3001, 1, 2)
    assert encoded(1, *values, offset=26) == encoded(1, *values)


def test_layout_for():
    assert [frame.layout_for(n) for n in (0, 4, 16, 17, 32)] == [1, 1, 1, 2, 2]


def test_marks():
    buf = bytearray(26)
    frame.mark_into(buf, 13, 7, frame.RUN, 3, 4000000000)
    assert bytes(buf[13:]) == struct.pack("<HHBII", 7, 0xFFFF, 1, 3, 4000000000)
    assert frame.mark_kind(buf, 13) == frame.RUN
    assert frame.mark_kind(buf, 0) == 0
    assert frame.mark_values(buf, 13) == (3, 4000000000)
    frame.set_timestamp(buf, 13, 65535)
    assert bytes(buf[13:17]) == b"\xff\xff\xff\xff"


def test_no_frame_looks_like_a_mark():
    for bits in (half.UNKNOWN, half.LARGEST, half.LARGEST | 0x8000, volts(-1)):
        data = encoded(1, 65535, bits, bits, None, None, None, None, None, None)
        assert frame.mark_kind(data, 0) == 0
