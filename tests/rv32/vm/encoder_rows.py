"""Shards of many kinds of rows, for comparing encoders: all ports and twins give the same bytes.

Runs on CPython and on every MicroPython; prints a line a set: name, size, CRC-32.
"""

import binascii
import io
import struct
import sys

from chance import Chance
from test_shard import household

import store
from store import compaction, frame, half, kernels, segment

_FRAME = "<6HB"
_EDGES = (0, 1, 2, 1023, 1024, 1025, 2047, 2048, 15360, 0x7BFF, 0x7C00, 0x7E00, 0x7FFF)


def use_plain():
    """Let the encoder use the plain twins; what has been imported would go on with the others."""
    compaction.forget_encoder()
    for name in kernels.TWINS:
        __import__("store." + name + "_plain")
        twin = sys.modules["store." + name + "_plain"]
        sys.modules["store." + name + "_viper"] = twin
        setattr(store, name + "_viper", twin)


def use_native():
    """Let the encoder use what it takes on a board."""


def edges(count):
    """Halves at the edges of their exponents, unknown values, numbers that wrap."""
    halves = [bits | sign for bits in _EDGES for sign in (0, 0x8000)]
    halves += [exponent << 10 | low for exponent in range(31) for low in (0, 1023)]
    numbers = (0, 1, 0x7FFF, 0x8000, 0xFFFE, 0xFFFF)
    rows = b""
    for i in range(count):
        row = (0xFFF0 + 3 * i & 0xFFFF, halves[i % len(halves)], halves[i * 7 % len(halves)])
        row += (0xFFFF * (i & 1), numbers[i % 6], numbers[i * 5 % 6], 255 * (i % 3 == 0))
        rows += struct.pack(_FRAME, *row)
    return rows.replace(b"\xff\xff\xff\xff", b"\xff\xff\xff\x7b")


def still(count):
    """The same frame again and again."""
    return household(1) * count


def anything(count):
    """Bytes without any order, layout 2."""
    return Chance(5).data(frame.SIZE * count)


def marked(count):
    """Frames with marks among them."""
    rows = bytearray(household(count, 3))
    for i in range(0, count, 37):
        kind = frame.RUN if i & 1 else frame.ANCHOR
        frame.mark_into(rows, i * frame.SIZE, i, kind, i * 65537, 0xFFFFFFFF - i)
    return bytes(rows)


def measured(count):
    """Frames as the board's own half.py makes them of mV and mA, over the whole range."""
    chance = Chance(8)
    rows = b""
    for i in range(count):
        mv = 44000 + chance.below(14000)
        ma = (chance.below(65536) - 32768) << (i & 15)
        row = (7 * i & 0xFFFF, half.from_milli(mv), half.from_milli(ma), chance.below(65536))
        rows += struct.pack(_FRAME, *row, mv // 16 - 5, mv // 16 + 9, chance.below(256))
    return rows


def cells(count, number):
    """Cell records of so many cells."""
    chance = Chance(number)
    size = 2 + 2 * number
    mv = [3300 + chance.below(40) for _ in range(number)]
    rows = bytearray()
    for i in range(count):
        load = chance.below(60)
        values = [x - load + chance.below(4) for x in mv]
        rows += struct.pack(f"<{size // 2}H", 300 * i & 0xFFFF, *values)
    return bytes(rows)


def sets(frames, scale):
    """(name, series, layout, cell count, record size, rows): so many frames of a house, and of the
    others scale rows, about.
    """
    yield "household", segment.PACK, 1, 16, 13, household(frames)
    yield "edges", segment.PACK, 1, 16, 13, edges(scale)
    yield "still", segment.PACK, 1, 16, 13, still(5 * scale)
    yield "anything", segment.PACK, 2, 32, 13, anything(scale)
    yield "marked", segment.PACK, 1, 16, 13, marked(scale)
    yield "measured", segment.PACK, 1, 16, 13, measured(scale)
    yield "16 cells", segment.CELLS, 1, 16, 34, cells(scale // 2, 16)
    yield "32 cells", segment.CELLS, 2, 32, 66, cells(scale // 4, 32)
    yield "events", segment.EVENTS, 1, 16, 13, anything(scale // 2)


def encode(series, layout, cell_count, size, rows):
    """The shard of the rows."""
    header = segment.Header(series, layout, cell_count, "house", 1, size)
    out = bytearray()
    file = io.BytesIO(header.pack() + rows)
    from store import columns, encoder  # whichever kernels are to be used

    described = columns.columns_of(header)
    for _ in encoder.write_shard(file, len(rows) // size, size, described, out.extend):
        pass
    return bytes(out)


def show(frames, scale):
    """Print what each set gives."""
    for name, *what in sets(frames, scale):
        made = encode(*what)
        print(f"{name}: {len(made)} bytes, {binascii.crc32(made):08x}")


if __name__ == "__main__":
    if sys.argv[1] == "plain":
        use_plain()
    show(int(sys.argv[2]), int(sys.argv[3]))
