"""CHECKs: where they are, what they cost, and that a damaged block costs only itself."""

import binascii
import io
import os
import struct

import plain_reader
import plain_shard
import temporary
from a_pack import Pack

from store import checks, compaction, events, frame, rows, segment
from store.files import Files

BUDGET = 4 * 16384  # segments of four blocks of flash


def a_history(folder, readings=1500, restart_every=None, **options):
    """A pack with segments of all series, and readings that differ."""
    pack = Pack(folder, cells_mv=1, cells_min_s=0, **options)
    pack.sample.cell_count = options.get("cell_count", 16)
    for n in range(readings):
        if restart_every and n and n % restart_every == 0:
            assert pack.history.flush()
            pack.start()
        pack.sample.voltage = 53000 + n * 7 % 90
        for cell in range(pack.sample.cell_count):
            pack.sample.cells[cell] = 3300 + (n * 7 + cell * 3) % 50
        pack.sample.find_extremes()
        pack.readings(1, current=-20000 + n * 131 % 900 * 40, flush=True)
        pack.history._recorder.put_value(pack.ms // 1000, 1, n)
    return pack


def read(path):
    with open(path, "rb") as file:
        return file.read()


def blocks(data):
    """(first byte, place of its CHECK) of each block, from docs/format.md alone; and what is open.

    Fails if a CHECK says anything but what it should.
    """
    size = data[10] | data[11] << 8
    boot, base = struct.unpack("<II", data[16:24])
    found = []
    begin = 52
    run = boot, base
    for at in range(52, len(data), size):
        stamp, mark, kind, a, b = struct.unpack("<HHBII", data[at : at + 13])
        if mark != 0xFFFF:
            continue
        if kind == 1:
            boot, base = a, b
        elif kind == 0xFC:
            assert (stamp, a) == (run[0] & 0xFFFF, run[1]), at
            assert b == binascii.crc32(data[begin : at + 9]), at
            assert not any(data[at + 13 : at + size])
            found.append((begin, at))
            begin = at + size
            run = boot, base
    return found, begin


def segments(pack):
    """The bytes of all segments of all series."""
    root = pack.folder + "/house/"
    for series in os.listdir(root):
        folder = root + series
        for name in sorted(os.listdir(folder)):
            if name.endswith(".seg"):
                yield read(folder + "/" + name)


def test_each_block_of_flash_has_one_and_so_has_the_end():
    for options in ({}, {"restart_every": 190}, {"cell_count": 32}):
        with temporary.Folder() as folder:
            pack = a_history(folder, **options)
            assert pack.history.close()
            size = taken = 0
            for data in segments(pack):
                width = data[10] | data[11] << 8
                found, begin = blocks(data)
                assert begin == len(data)  # nothing is open
                longest = 4096 if width <= 40 else 8192
                assert all(at + width - first <= longest for first, at in found)
                size += len(data)
                taken += width * len(found)
            assert 0 < taken * 100 <= size, (taken, size)


def test_a_segment_that_is_full_has_one_at_its_end_before_it_is_closed():
    with temporary.Folder() as folder:
        pack = a_history(folder, 1300, budget=BUDGET)
        assert sorted(os.listdir(pack.path)) == ["00000001.seg", "00000002.seg"]
        data = read(pack.path + "/00000001.seg")
        assert blocks(data)[1] == len(data) > 16000


def test_it_goes_on_in_a_block_after_a_restart():
    with temporary.Folder() as folder:
        pack = a_history(folder, 60)  # no CHECK yet
        path = pack.path + "/00000001.seg"
        assert pack.history.flush()
        assert blocks(read(path))[0] == []
        pack.start()
        pack.readings(20)
        assert pack.history.close()
        found, begin = blocks(read(path))
        assert len(found) == 1 and found[0][0] == 52 and begin == len(read(path))
        pack.start()
        pack.readings(20)
        assert pack.history.close()
        assert len(blocks(read(path))[0]) == 2
        assert pack.history.close()  # nothing is open: no CHECK
        assert len(blocks(read(path))[0]) == 2


def test_a_flush_that_fails_leaves_the_sums_as_they_were():
    with temporary.Folder() as folder:
        path = folder + "/1.seg"
        header = segment.Header(segment.PACK, 1, 16, "house", 7)
        header.boot = 3
        writer = segment.Writer(path, 0, 65536, memoryview(bytearray(segment.BUFFER)))
        writer.begin(header)
        writer.put(bytes(13))
        writer.sync()
        for _ in range(40):
            writer.put(b"\1" * 13)
        writer._file.close()  # what writes now raises
        try:
            writer.put_check(3, 0)
        except (OSError, ValueError):
            pass
        writer._file = None
        with open(path, "r+b") as file:
            data = file.read()
        with open(path, "wb") as file:
            file.write(data[: writer.size])
        assert writer.abandon()
        writer.put(b"\2" * 13)
        writer.put_check(3, 0)
        writer.sync()
        writer.close()
        assert blocks(read(path)) == ([(52, 52 + 26)], 52 + 39)


def flipped(data, at, bit=0):
    data = bytearray(data)
    data[at] ^= 1 << bit
    return bytes(data)


def compacted(folder, data):
    """(the records of the shard that the board makes of a segment, how many were damaged)."""
    where = folder + "/made"
    os.mkdir(where)
    for name in ("00000001.seg", "00000002.seg"):
        with open(where + "/" + name, "wb") as file:
            file.write(data)
    files = Files(where)
    files.segments[1] = 8192  # what takes one block of flash is not compacted
    compactor = compaction.Compactor(files, segment.parse_header(data))
    for _ in compactor.run():
        pass
    assert compactor.last_error is None, compactor.last_error
    made = plain_shard.read(read(where + "/00000001.shard"))
    assert sorted(os.listdir(where)) == ["00000001.shard", "00000002.seg"]
    temporary.remove(where)
    size = data[10] | data[11] << 8
    return [made[at : at + size] for at in range(52, len(made), size)], compactor.damaged


def passed(data):
    """The same of the first pass alone."""
    size = data[10] | data[11] << 8
    read = rows.Rows(io.BytesIO(data), 52, (len(data) - 52) // size, size)
    steps = checks.work(read, *struct.unpack("<II", data[16:24]))
    damaged = None
    while damaged is None:
        try:
            next(steps)
        except StopIteration as end:
            damaged = end.value
    found = []
    read.rewind()
    count = read.next()
    while count:
        found += [bytes(read.buffer[i * size : (i + 1) * size]) for i in range(1, count + 1)]
        count = read.next()
    return found, damaged


def records(data):
    size = data[10] | data[11] << 8
    return [data[at : at + size] for at in range(52, len(data), size)]


def run_mark(stamp, boot, base, size=13):
    return struct.pack("<HHBII", stamp, 0xFFFF, 1, boot, base) + bytes(size - 13)


def a_segment(size=13, series=segment.EVENTS):
    """Three blocks of ten records, the second with a RUN; and three records behind them."""
    header = segment.Header(series, 1, 0, "house", 7, size)
    header.boot, header.uptime = 70000, 1000
    data = header.pack()
    boot, base = 70000, 1000
    for number in range(3):
        begin = len(data)
        run = boot, base
        for i in range(10):
            if number == 1 and i == 5:
                boot, base = 70001, 5
                data += run_mark(0, boot, base, size)
            else:
                row = bytes([number * 10 + i, 0, 1, 0, 0, i]) + bytes(7)
                data += row + bytes(size - 13)
        data += struct.pack("<HHBI", run[0] & 0xFFFF, 0xFFFF, frame.CHECK, run[1])
        data += struct.pack("<I", binascii.crc32(data[begin:])) + bytes(size - 13)
    for i in range(3):
        data += bytes([50 + i, 0, 2]) + bytes(size - 3)
    return data


def test_what_is_whole_is_compacted_without_its_checks():
    for size in (13, 34):
        data = a_segment(size)
        assert len(blocks(data)[0]) == 3
        with temporary.Folder() as folder:
            found, damaged = compacted(folder, data)
            assert damaged == 0
            assert found == [row for row in records(data) if row[2:5] != b"\xff\xff\xfc"]


def test_a_damaged_block_is_left_out_and_a_run_says_when_the_next_begins():
    for size in (13, 34):
        data = a_segment(size)
        whole = records(data)
        for row in range(33):
            for at in (0, 2, 3, 4, 7, 9, 12, size - 1):
                found, damaged = passed(flipped(data, 52 + row * size + at, row % 8))
                assert damaged == 10, (row, at)
                assert found == without(whole, row // 11, size), (row, at)
        with temporary.Folder() as folder:
            made = compacted(folder, flipped(data, 52 + 3 * size))
            assert made == (without(whole, 0, size), 10)


def without(whole, block, size):
    """The records of a_segment() that are left if a block is damaged."""
    parts = [whole[0:10], whole[11:21], whole[22:32], whole[33:]]
    begun = (70000, 1000), (70000, 1000), (70001, 5), (70001, 5)
    parts[block] = []
    after = parts[block + 1]
    stamp = after[0][0]
    return (
        sum(parts[:block], [])
        + [run_mark(stamp, *begun[block + 1], size)]
        + sum(parts[block + 1 :], [])
    )


def test_behind_a_block_that_may_have_held_a_run_only_a_run_says_when():
    data = a_segment()
    end = 52 + 22 * 13  # two blocks, the second with a RUN; three records without a CHECK
    open_end = data[-39:]
    with temporary.Folder() as folder:
        found, damaged = compacted(folder, flipped(data[:end] + open_end, 52 + 12 * 13 + 4))
        assert found == records(data)[:10] and damaged == 13
        tail = open_end + run_mark(0, 70002, 9) + open_end
        found, damaged = compacted(folder, flipped(data[:end] + tail, 52 + 12 * 13 + 4))
        assert found == records(data)[:10] + records(data[:52] + tail)[3:] and damaged == 13


def test_all_of_a_segment_can_be_damaged():
    data = a_segment()[:-39]
    for block in range(3):
        data = flipped(data, 52 + block * 11 * 13 + 30)
    with temporary.Folder() as folder:
        assert compacted(folder, data) == ([], 30)


def test_a_segment_without_any_is_believed():
    data = a_segment()[: 52 + 130]
    with temporary.Folder() as folder:
        assert compacted(folder, data) == (records(data), 0)


def test_more_checks_than_can_be_left_out_stay_as_marks():
    header = segment.Header(segment.EVENTS, 1, 0, "house", 7, 13)
    data = header.pack()
    for i in range(400):
        begin = len(data)
        data += bytes([i & 255, i >> 8, 1]) + bytes(10)
        data += struct.pack("<HHBI", 0, 0xFFFF, frame.CHECK, 0)
        data += struct.pack("<I", binascii.crc32(data[begin:]))
    with temporary.Folder() as folder:
        found, damaged = compacted(folder, data)
        assert damaged == 0
        assert [row for row in found if row[2] == 1] == records(data)[::2]


def test_damaged_records_are_an_event():
    with temporary.Folder() as folder:
        pack = a_history(folder, 1300, budget=BUDGET)
        path = pack.path + "/00000001.seg"
        data = read(path)
        first, at = blocks(data)[0][1]
        with open(path, "wb") as file:
            file.write(flipped(data, first + 500))
        before = plain_reader.read(pack.path)
        for _ in pack.history.compact():
            pass
        assert "00000001.shard" in os.listdir(pack.path)
        lost = pack.history._pack.compactor.damaged
        assert lost == (at - first) // 13
        assert len(plain_reader.read(pack.path)) == len(before) - lost
        assert recorded(pack, lost)


def test_those_that_were_left_out_at_the_start_are_one_too():
    with temporary.Folder() as folder:
        pack = a_history(folder, 30, damaged=7)
        assert recorded(pack, 7)


def recorded(pack, damaged):
    """Is there an event with so many damaged records?"""
    assert pack.history.close()
    found = b"".join([data[52:] for data in segments(pack) if data[5] == segment.EVENTS])
    codes = [struct.unpack("<HB2I", found[i + 2 : i + 13]) for i in range(0, len(found), 13)]
    return (events.RECORDS_DAMAGED, 0, damaged, 0) in codes


def test_no_record_of_ours_looks_like_a_check():
    near = 0
    for low in range(256):
        for high in range(256):
            for kind in (frame.RUN, frame.ANCHOR, 3, 4, 5, 6, 7, 8, 0):
                is_check = frame.is_check(bytes([0, 0, low, high, kind]), 0)
                assert not is_check, (low, high, kind)
            near += frame.is_check(bytes([0, 0, low, high, frame.CHECK]), 0)
    assert near == 17  # itself, and where one of 16 bits has fallen over
    for bit in range(8):
        assert frame.is_check(bytes([0, 0, 255, 255, frame.CHECK ^ 1 << bit]), 0)
    for low in range(256):  # voltages of frames, cells, codes of events
        for high in range(0x7F):
            assert not frame.is_check(bytes([0, 0, low, high, frame.CHECK]), 0)
