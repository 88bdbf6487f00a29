"""Shards back to the records of the segment, with numpy: the inverse of firmware/store/shard.py.

What is damaged or cut short is refused with a ShardError; a record comes back bit for bit.
"""

import struct
import zlib

import numpy as np
from host_tools.history import residuals
from host_tools.history.residuals import Restored, unzigzag

from store import columns, frame, marks, plans, segment, shard

ShardError = shard.ShardError
_LONG = 0xFFFFFFFF


def read(data):
    """(segment.Header, records as an array of bytes, shape (rows, record_size)) of a shard."""
    head, _, (rows, count), _ = parse(data)
    try:
        header = segment.parse_header(head)
    except segment.SegmentError as error:
        raise ShardError(f"made of a segment that is {error}") from None
    # Before anything is inflated: 1 MB of zeros compress to 1 KB
    if header.header_size + rows * header.record_size > segment.MAX_SIZE or count > rows:
        raise ShardError("of more records than a segment holds")
    return header, decode(data, columns.columns_of(header), header.record_size)[1]


def read_head(data):
    """(the segment's header in bytes, rows): what a shard was made of."""
    head, _, (rows, _), _ = parse(data)
    return head, rows


def parse(data):
    """(segment header, parameters, (rows, marks), zlib stream) of a shard's bytes."""
    size = struct.calcsize(shard.HEADER)
    if data[:4] != shard.MAGIC[: len(data)] or not data:
        raise ShardError("not a packlog shard")
    if len(data) < size:
        raise ShardError("cut off in its header")
    fields = struct.unpack_from(shard.HEADER, data)
    version, head_size, params_size, rows, count = fields[1:6]
    if version not in shard.VERSIONS:
        raise ShardError(f"of format version {version}: a newer packlog reads it")
    end = size + head_size + params_size
    if len(data) < end + 4:
        raise ShardError("cut off in its header")
    if zlib.crc32(data[:end]) != struct.unpack_from("<I", data, end)[0]:
        raise ShardError("its header is damaged (the checksum is wrong)")
    params = data[size + head_size : end]
    return data[size : size + head_size], params, (rows, count), data[end + 4 :]


def decode(data, described, record_size):
    """(segment header, records as an array of bytes, shape (rows, record_size)).

    described is the columns the board wrote by.
    """
    head, params, (rows, count), stream = parse(data)
    found, rests = _read_params(params, described)
    all_plans = _Plans([*found, *(plans.rests_of(found[i]) for i in rests)])
    reader = _Reader(_inflate(stream, 1 + 3 * rows * len(all_plans) + count * (20 + record_size)))
    apart = data[4] == shard.VERSION  # version 1 has the record before in a mark's row
    left_over = residuals.split(reader, all_plans, rows - count * apart)
    rest_of = dict(zip(rests, left_over[len(found) :], strict=True))
    restored = Restored(rows - count * apart, record_size)
    for i, plan in enumerate(found):
        restored.add(plan, left_over[i], rest_of.get(i))
    records = restored.records
    if not apart:
        _put_whole_marks(records, reader, count)
    elif count:
        records = _with_marks(records, reader, count, head)
    if len(reader.left):
        raise ShardError("its data are more than its rows")
    return head, records


def _put_whole_marks(records, reader, count):
    """Version 1: marks stand in full, each behind its row's number."""
    width = 2 + records.shape[1]
    for mark in reader.take(count * width).reshape(count, width):
        row = int(mark[0]) | int(mark[1]) << 8
        if row >= len(records):
            raise ShardError("it has a mark beyond its rows")
        records[row] = mark[2:]


def _with_marks(others, reader, count, head):
    """All records: of each mark stand apart its row, a head, and what is not as expected of it."""
    before = [reader.take_varint() for _ in range(count)]  # records, since the mark before
    heads = reader.take(count).tolist()
    gaps = heads.count(marks.PLAIN_GAP)
    steps = iter(zip(*(reader.take(gaps).tolist() for _ in range(2)), strict=True))
    stamps = others[:, 0] | others[:, 1].astype(np.uint16) << 8
    if gaps:
        stamps = stamps.tolist()  # gone over one by one
    expected = marks.Expected(*struct.unpack_from("<II", head, segment.BOOT_AT))
    rows, found, taken = [], [], 0
    for bits, skipped in zip(heads, before, strict=True):
        place = None
        if bits == marks.PLAIN_GAP:
            place, length = next(steps)
            stamp = expected.gap(place)
            while taken + skipped < len(stamps) and stamps[taken + skipped] < stamp:
                skipped += 1
        taken += skipped
        if taken > len(stamps):
            raise ShardError("it has a mark beyond its rows")
        rows.append(taken + len(rows))
        if skipped:
            expected.before = int(stamps[taken - 1])
        if place is None:
            found.append(_mark(reader, bits, expected, others.shape[1]))
        else:
            found.append(_gap(expected, stamp, length, others.shape[1]))
    records = np.empty((len(others) + count, others.shape[1]), np.uint8)
    records[rows] = np.frombuffer(b"".join(found), np.uint8).reshape(count, -1)
    for i, (row, end) in enumerate(zip([-1, *rows], [*rows, len(records)], strict=True)):
        records[row + 1 : end] = others[row + 1 - i : end - i]
    return records


def _gap(expected, stamp, length, size):
    """The record of a GAP that has a place and a length."""
    expected.follow(frame.GAP, stamp, 0, 0)
    mark = bytearray(size)
    frame.mark_into(mark, 0, stamp, frame.GAP, length * frame.GAP_STEP_S, 0)
    return mark


def _mark(reader, bits, expected, size):
    """The record of a mark with that head."""
    kind = bits >> marks.KIND_SHIFT
    kind = int(reader.take(1)[0]) if kind == marks.OTHER_KIND else kind
    time_off, *off = (
        unzigzag(reader.take_varint()) if bits & bit else 0
        for bit in (marks.OFF_TIME, marks.OFF_A, marks.OFF_B)
    )
    timestamp = expected.of(kind, None)[0] + time_off & 0xFFFF
    said = expected.of(kind, timestamp)[1:]
    a, b = (value + each & _LONG for value, each in zip(said, off, strict=True))
    expected.follow(kind, timestamp, a, b)
    mark = bytearray(size)
    frame.mark_into(mark, 0, timestamp, kind, a, b)
    if bits & marks.HAS_TAIL:
        mark[frame.SIZE :] = reader.take(size - frame.SIZE).tobytes()
    return mark


def _inflate(stream, limit):
    inflater = zlib.decompressobj()
    try:
        planes = inflater.decompress(stream, limit)
    except zlib.error as error:
        raise ShardError(f"its data are damaged ({error})") from None
    if not inflater.eof:
        raise ShardError("its data are cut off")
    if inflater.unused_data:
        raise ShardError("something follows its data")
    return np.frombuffer(planes, np.uint8)


def _read_params(params, described):
    """The plans.Plan of each column, and the numbers of those that have rests."""
    found, at = [], 0
    try:
        for column in described:
            found.append(plans.Plan(column))
            at = found[-1].read(params, at)
    except (IndexError, struct.error):
        at = -1
    if at != len(params):
        raise ShardError("its parameters are not those of its columns")
    return found, [i for i, plan in enumerate(found) if plan.unit]


class _Reader:
    """Takes planes from the front of the inflated data."""

    def __init__(self, data):
        self.left = data

    def take(self, size):
        if size > len(self.left):
            raise ShardError("its data do not fill its rows")
        out, self.left = self.left[:size], self.left[size:]
        return out

    def take_varint(self):
        """Seven bits a byte, the lowest first."""
        value = 0
        for shift in range(0, 35, 7):
            byte = int(self.take(1)[0])
            value |= (byte & 127) << shift
            if byte < 128:
                return value
        raise ShardError("it has a number that is too long")


class _Plans(list):
    """The plans.Plan of each column and of the rests, as the board has them in its Plans."""

    get = list.__getitem__
