"""Sums that reach the ends of 31 and 32 bits: checksums, and the encoder's native arithmetic."""

import binascii
import struct
from array import array

from store import deflate, emit, emit_plain, emit_viper, plans_plain, plans_viper


def test_crc_32():
    assert binascii.crc32(b"123456789") == 0xCBF43926
    assert struct.pack("<I", binascii.crc32(b"123456789")) == b"\x26\x39\xf4\xcb"
    data = bytes(range(256)) * 8
    crc = 0
    for at in range(0, len(data), 72):
        crc = binascii.crc32(data[at : at + 72], crc)
    assert crc == binascii.crc32(data) == 0x9F5EDD58


def test_adler_32_of_the_largest_bytes():
    data = b"\xff" * 72
    for kernels in (emit_plain, emit_viper):
        state = array("I", [0] * deflate.STATE_SIZE)
        state[deflate.ADLER_LOW] = 1
        for size in [72] * 555 + [40]:  # 40000
            kernels.add_adler(data, size, state)
        assert (state[deflate.ADLER_HIGH], state[deflate.ADLER_LOW]) == (0x0AB0, 0xACD6)


def predictions(kernels, weight):
    """The sums, and what is left of a column, with three predictions of the largest steps."""
    values = array("H", [0, 2047] * 18)
    sums = array("I", [kernels.SUM_ZERO] * 34)
    out = array("H", [0] * 34)
    for _ in range(3):
        kernels.add_products(values, 34, weight, sums)
    predicted = list(sums)
    kernels.put_residuals(values, 34, 16, sums, out)
    assert list(sums) == [kernels.SUM_ZERO] * 34
    return predicted, list(out)


def test_the_largest_predictions():
    zero = plans_plain.SUM_ZERO
    for weight in (32767, -32767):
        sums, left = predictions(plans_viper, weight)
        assert sums[:2] == [zero + 3 * 2047 * weight, zero - 3 * 2047 * weight]
        assert (sums, left) == predictions(plans_plain, weight)


def test_bits_at_the_top_of_a_word():
    deflater = deflate.Deflater(None)
    for value, width in ((1, 7), (0xFFFF, 16), (0, 1), (0x5555, 16), (0, 8)):
        emit._put(value, width, deflater)
    written = deflater.out[: deflater.state[deflate.SIZE]]
    assert written == b"\x08\x1d\x81\xff\x7f\x55\x55\x00"
