"""Segments: the header's bytes, what is refused and with which words, and appending."""

import binascii
import os
import struct

import temporary

from lib.uptime import NTP
from store import frame, resume, segment
from store.files import Files


def a_header(**values):
    header = segment.Header(segment.PACK, 1, 16, "house-1", 0xBEEF)
    header.sequence, header.boot, header.uptime = 7, 3, 86400
    header.utc, header.clock = 1780000000, NTP
    for name, value in values.items():
        setattr(header, name, value)
    return header


def writer_of(path, size, limit, record_size=13):
    buffer = memoryview(bytearray(segment.BUFFER))
    return segment.Writer(path, size, limit, buffer, record_size, segment.new_sums(size, 1, 0))


def refused(data):
    try:
        segment.parse_header(data)
    except segment.SegmentError as error:
        return str(error)
    raise AssertionError("accepted")


def resealed(data, offset, value):
    """The header with one byte changed and the checksum made right."""
    data = bytearray(data)
    data[offset] = value
    struct.pack_into("<I", data, 48, binascii.crc32(data[:48]))
    return bytes(data)


def test_header_bytes():
    data = a_header().pack()
    assert len(data) == 52
    assert data[:12] == b"PKLG" + bytes([2, 1, 1, 16, 52, 0, 13, 0])
    assert struct.unpack("<4IB", data[12:29]) == (7, 3, 86400, 1780000000, 3)
    assert data[29:46] == b"house-1" + bytes(10)
    assert data[46:48] == b"\xef\xbe"
    assert struct.unpack("<I", data[48:])[0] == binascii.crc32(data[:48])


def test_header_comes_back():
    for header in (
        a_header(),
        a_header(name="a" * 16, layout=2, cell_count=24),
        a_header(utc=0, clock=0, boot=2**32 - 1, uptime=2**32 - 1, sequence=99999999),
        a_header(series=segment.CELLS, record_size=34),
    ):
        found = segment.parse_header(header.pack() + b"records")
        for name in ("series", "layout", "cell_count", "name", "log", "record_size", "header_size"):
            assert getattr(found, name) == getattr(header, name), name
        for name in ("sequence", "boot", "uptime", "utc", "clock"):
            assert getattr(found, name) == getattr(header, name), name


def test_every_cut_and_every_flipped_bit_is_refused():
    data = a_header().pack()
    for length in range(52):
        refused(data[:length])
    for bit in range(8 * 52):
        flipped = bytearray(data)
        flipped[bit // 8] ^= 1 << bit % 8
        refused(bytes(flipped))


def test_the_words_say_what_is_wrong():
    data = a_header().pack()
    assert refused(b"") == "empty"
    assert refused(b"time,voltage\n" * 9) == "not a packlog segment"
    assert refused(b"PK") == "cut off in its header, after 2 bytes"
    assert refused(data[:51]) == "cut off in its header, after 51 bytes"
    assert refused(data[:20] + b"\1" + data[21:]) == "its header is damaged (the checksum is wrong)"
    assert refused(resealed(data, 4, 3)) == "of format version 3: a newer packlog reads it"
    assert refused(resealed(data, 6, 3)) == "of the unknown layout 3"
    assert refused(resealed(data, 8, 51)) == "its header contradicts itself (sizes)"
    assert refused(resealed(data, 10, 14)) == "its frames are not of 13 bytes"
    assert refused(resealed(data, 29, 0)) == "'' is not 1 to 16 letters, digits, - and _"


def test_names():
    for name in ("a", "House_2-b", "x" * 16):
        assert segment.check_name(name) == name
    for name in ("", "x" * 17, "a b", "a/b", "..", "caf\u00e9"):
        try:
            segment.check_name(name)
        except segment.SegmentError:
            continue
        raise AssertionError(name)


def test_files_of_a_folder():
    names = ("00000012.seg", "00000002.shard", "00000002.seg", "00000003.tmp")
    others = ("2.seg", "0000000x.seg", "00000004.seg.part", "00000005.sh")
    with temporary.Folder() as folder:
        assert list(segment.scan(folder + "/none")) == []
        for name in names + others:
            with open(folder + "/" + name, "wb") as file:
                file.write(name.encode())
        found = sorted(segment.scan(folder))
        assert found == [(2, ".seg", 12), (2, ".shard", 14), (3, ".tmp", 12), (12, ".seg", 12)]
        files = Files(folder)
        assert (files.newest(), files.newest(12), files.newest(2)) == (12, 2, 0)
        assert files.oldest() == (2, ".seg")
        assert (files.segments, files.shards, files.unfinished) == ({2: 12, 12: 12}, {2: 14}, (3,))
        files.remove(2, ".seg")
        assert files.oldest() == (2, ".shard")
        files.remove(2, ".shard")
        assert files.oldest() is None
        assert len(os.listdir(folder)) == 2 + len(others)
    assert segment.file_name(12) == "00000012.seg"
    assert segment.file_name(12, segment.SHARD) == "00000012.shard"


def record(n):
    return struct.pack("<HHHHHHB", n, 1, 2, 3, 4, 5, 6)


def test_writer_appends_what_was_synced():
    with temporary.Folder() as folder:
        path = folder + "/00000001.seg"
        writer = writer_of(path, 0, segment.MAX_SIZE)
        assert writer.room == 5036
        writer.begin(a_header())
        assert writer.room == 5036
        for n in range(100):
            writer.put(record(n))
        writer.put_mark(5, frame.RUN, 4, 70)
        assert writer.room == 5036 - 101
        writer.sync()
        assert writer.size == 52 + 101 * 13 == os.stat(path)[6]
        writer.put(record(100))
        writer.close()
        writer.sync()  # opens it again
        writer.close()
        with open(path, "rb") as file:
            data = file.read()
        records = b"".join([record(n) for n in range(100)])
        mark = struct.pack("<HHBII", 5, 0xFFFF, 1, 4, 70)
        assert data == a_header().pack() + records + mark + record(100)


def test_writer_fills_up_the_limit_and_no_more():
    writer = writer_of("never/written", 65536 - 13 * 3, segment.MAX_SIZE)
    assert writer.room == 2
    writer.put(record(0))
    writer.put(record(0))
    assert writer.room == 0
    assert writer_of("never/written", 70000, segment.MAX_SIZE).room == 0


def test_marks_in_longer_records_are_filled_up():
    with temporary.Folder() as folder:
        path = folder + "/00000001.seg"
        writer = writer_of(path, 0, segment.MAX_SIZE, 34)
        writer.put(bytes([9]) * 34)
        writer.sync()
        writer.put_mark(5, frame.RUN, 4, 70)
        writer.sync()
        writer.close()
        with open(path, "rb") as file:
            data = file.read()
        assert data == bytes([9]) * 34 + struct.pack("<HHBII", 5, 0xFFFF, 1, 4, 70) + bytes(21)


def test_the_tail_looks_at_every_run():
    with temporary.Folder() as folder:
        path = folder + "/00000001.seg"
        header = a_header(boot=3)
        writer = writer_of(path, 0, segment.MAX_SIZE)
        writer.begin(header)
        writer.sync()
        assert resume.read_tail(path, header)[:4] == (3, 3, header.uptime, header.uptime)
        for boot in (4, 9, 5):
            for n in range(50):
                writer.put(record(n))
            writer.put_mark(0, frame.RUN, boot, 0)
            writer.put_mark(0, frame.ANCHOR, 1780000000, 2)
        writer.sync()
        writer.close()
        assert resume.read_tail(path, header)[:3] == (9, 5, 0)
        assert segment.read_header(path).name == "house-1"
