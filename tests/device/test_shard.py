import binascii
import io
import struct

import plain_shard
from chance import Chance

from store import columns, encoder, shard

try:
    from zlib import decompress
except ImportError:
    from deflate import ZLIB, DeflateIO

    def decompress(data):
        return DeflateIO(io.BytesIO(data), ZLIB).read()


HEAD = struct.pack("<4sBBBBHH", b"PKLG", 1, 1, 1, 16, 52, 13) + bytes(40)
ROW = "<6HB"


def make(records, described=None, size=13):
    """A shard of the records, which are bytes."""
    file = io.BytesIO(HEAD + records)
    out = bytearray()
    steps = encoder.write_shard(
        file, len(records) // size, size, described or columns.pack_columns(1), out.extend
    )
    for _ in steps:
        pass
    return bytes(out)


def parts(data):
    """Header fields, parameters and planes, by the format's own words."""
    magic, version, head, params, rows = struct.unpack_from("<4sBBHH", data)
    end = 16 + head + params
    assert magic == b"PKLS" and version == 2
    assert data[16 : 16 + head] == HEAD
    assert struct.unpack_from("<I", data, end)[0] == binascii.crc32(data[:end])
    return rows, data[16 + head : end], decompress(data[end + 4 :])


def household(count, seed=1):
    """Frames like a house's: a load that steps, cells that follow, a second in every ten lost."""
    chance = Chance(seed)
    records = b""
    current, t = -30, 0
    for i in range(count):
        t = t + 10 + (chance.below(10) == 0) & 0xFFFF
        if chance.below(12) == 0:
            current = chance.below(400) - 200
        # tenths of an ampere from 3.2 to 6.3 A as halves, or 0
        half = 0x4266 + abs(current) * 20 if current else 0
        low = 3300 + current // 20 + chance.below(3)
        high = low + 5 + chance.below(3)
        records += struct.pack(
            ROW, t, 0x529A + current // 64, half, 128 | (160 - i // 64) << 8, low, high, 0x3A
        )
    return records


def test_no_records():
    rows, params, planes = parts(make(b""))
    assert rows == 0
    assert planes == b""
    assert len(params) == 8 + 2 + 12


def test_one_record():
    # 60 s, 52.8125 V, -3.5 A, 24 degC, 80 %, 3300 to 3305 mV, cells 10 and 3
    record = struct.pack(ROW, 60, 0x529A, 0xC300, 128 | 160 << 8, 3300, 3305, 0xA3)
    rows, _, planes = parts(make(record))
    assert rows == 1
    # All wide as bytes: in zigzag 120, 6600, 6610, 42292 from the row of zeros on, and so on.
    assert planes[0] == 120
    assert planes[2] == 6600 & 255


def test_equal_records_cost_next_to_nothing():
    record = struct.pack(ROW, 60, 0x529A, 0xC300, 128 | 160 << 8, 3300, 3305, 0xA3)
    assert len(make(record * 2000)) < 300


def test_the_parameters_of_a_house():
    rows, params, _ = parts(make(household(1500)))
    assert rows == 1500
    weight = struct.unpack_from("<h", params, 4)[0]
    assert 0 < weight  # the lowest cell rises with the current


def test_it_is_done_in_many_steps_and_written_in_pieces():
    sizes = []
    file = io.BytesIO(HEAD + household(500))
    steps = encoder.write_shard(
        file, 500, 13, columns.pack_columns(1), lambda piece: sizes.append(len(piece))
    )
    assert len(list(steps)) > 300
    assert max(sizes) <= 512


def test_a_mark_stands_apart():
    frames = household(100)
    mark = struct.pack("<HHBII", 60, 0xFFFF, 1, 0x11223344, 0x55667788)
    data = make(frames[: 13 * 60] + mark + frames[13 * 60 :])
    assert struct.unpack_from("<HHI", data, 8) == (101, 1, 0x11223344)  # boots up to the mark's
    _, _, planes = parts(data)
    # Row 60; a RUN with time, a and b not as expected: zigzag of 60, 0x11223344, and of 0x55667788
    # less the timestamp of the row before, in seven bits a byte
    base = 0x55667788 - struct.unpack_from("<H", frames, 13 * 59)[0]
    assert planes.endswith(b"\x3c\x17" + number(120) + number(2 * 0x11223344) + number(2 * base))
    assert len(data) < len(make(frames)) + 24
    assert plain_shard.read(data) == HEAD + frames[: 13 * 60] + mark + frames[13 * 60 :]


def number(value):
    out = b""
    while value > 127:
        out += bytes((value & 127 | 128,))
        value >>= 7
    return out + bytes((value,))


def gaps(count):
    """A house whose link is lost every few frames, and a clock that is asked now and then."""
    records, base = b"", 0
    for i in range(count):
        frames = household(3 + i % 4, seed=i + 1)
        records += frames
        base += struct.unpack_from("<H", frames, len(frames) - 13)[0] + 20 + i % 7
        records += struct.pack("<HHBII", 0, 0xFFFF, 1, 0, base)
        if not i % 9:
            records += struct.pack("<HHBII", 2, 0xFFFF, 2, 1780300800 + base + 2, 3)
    return records


def test_marks_cost_little_however_many_they_are():
    records = gaps(290)
    marks = [records[at : at + 13] for at in range(0, len(records), 13)]
    others = b"".join([mark for mark in marks if mark[2:4] != b"\xff\xff"])
    count = len(marks) - len(others) // 13
    assert count > 300
    data = make(records)
    assert struct.unpack_from("<HH", data, 8) == (len(marks), count)
    assert plain_shard.read(data) == HEAD + records
    assert len(data) - len(make(others)) < 2 * count


def test_marks_of_any_kind_and_size_come_back():
    chance = Chance(3)
    for size in (13, 34):
        head = bytearray(HEAD)
        head[5], head[7], head[10] = 2, 0, size
        records = b""
        for _ in range(100):
            record = bytearray(chance.data(size))
            if chance.below(2):
                record[2:4] = b"\xff\xff"
                record[4] = (1, 2, 3, 7, 200)[chance.below(5)]
                if chance.below(2):
                    record[13:] = bytes(size - 13)
            records += record
        file, out = io.BytesIO(bytes(head) + records), bytearray()
        described = columns.CellColumns(2, 0, size)
        for _ in encoder.write_shard(file, 100, size, described, out.extend):
            pass
        assert plain_shard.read(bytes(out)) == bytes(head) + records


def test_a_segment_that_ends_early_is_an_error():
    file = io.BytesIO(HEAD + household(50))
    try:
        for _ in encoder.write_shard(file, 51, 13, columns.pack_columns(1), lambda b: None):
            pass
        raise AssertionError("no error")
    except OSError as error:
        assert "early" in str(error)


def test_it_can_be_read_back():
    data = make(household(300))
    file = io.BytesIO(data)
    assert shard.read_info(file) == (HEAD, 300, 0)
    assert file.read() == data[16 + 52 + 22 + 4 :]
    assert len(list(shard.check(io.BytesIO(data)))) >= 1
    assert plain_shard.read(data) == HEAD + household(300)


def test_a_shard_that_does_not_read_back():
    data = make(household(300))
    for at in range(0, len(data), 7):
        if shard.DeflateIO is None and at >= 94:
            break  # no way to inflate here
        damaged = bytearray(data)
        damaged[at] ^= 0x10
        assert refused(damaged), at
        assert refused(data[:at]), at
    assert refused(data + b"\0") or shard.DeflateIO is None


def refused(data):
    try:
        list(shard.check(io.BytesIO(data)))
        return False
    except (shard.ShardError, OSError, EOFError):
        return True


def test_the_bytes_are_pinned():
    # The plain and the native kernels, on every port, give these bytes.
    chance = Chance(7)
    found = []
    for records, described, size in (
        (household(700) + b"\xff" * 13, columns.pack_columns(1), 13),
        (chance.data(13 * 300), columns.pack_columns(1), 13),
        (chance.data(13 * 99), columns.pack_columns(2), 13),
        (chance.data(20 * 61), columns.CellColumns(2, 8, 20), 20),
        (gaps(120), columns.pack_columns(1), 13),
    ):
        data = make(records, described, size)
        found.append((len(data), binascii.crc32(data)))
    assert found == [
        (1071, 3455307921),
        (4067, 832407353),
        (1488, 2639028523),
        (1437, 1084891846),
        (1195, 539613850),
    ]
