"""Shards back to the records of the segment, with numpy: the inverse of firmware/store/shard.py.

What is damaged or cut short is refused with a ShardError; a record comes back bit for bit.
"""

import struct
import zlib

import numpy as np

from store import columns, frame, marks, planes, plans, segment, shard
from store.columns import BITS, EARLIER, HALF, KIND, OF_HALF, OFFSET, RAW, SHIFT
from store.planes_plain import DIGITS, NARROW, WIDE
from store.plans_plain import LARGEST_STEP

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
    residuals = _split(reader, all_plans, rows - count * apart)
    records = np.zeros((len(residuals[0]) + 1, record_size), np.uint8)  # zeros before the first row
    rest_of = dict(zip(rests, residuals[len(found) :], strict=True))
    for i, plan in enumerate(found):
        _restore(records, plan, residuals[i], rest_of.get(i))
    records = _with_marks(records[1:], reader, count, head) if apart else records[1:]
    if not apart:
        _put_whole_marks(records, reader, count)
    if len(reader.left):
        raise ShardError("its data are more than its rows")
    return head, records


def _put_whole_marks(records, reader, count):
    """Version 1: marks stand in full, each behind its row's number."""
    width = 2 + records.shape[1]
    for mark in reader.take(count * width).reshape(count, width):
        row = mark[0] | mark[1] << 8
        if row >= len(records):
            raise ShardError("it has a mark beyond its rows")
        records[row] = mark[2:]


def _with_marks(others, reader, count, head):
    """All records: of each mark stand apart its row, a head, and what is not as expected of it."""
    before = [reader.take_varint() for _ in range(count)]  # records, since the mark before
    heads = reader.take(count).tolist()
    gaps = heads.count(marks.PLAIN_GAP)
    steps = iter(zip(*(reader.take(gaps).tolist() for _ in range(2)), strict=True))
    stamps = (others[:, 0] | others[:, 1].astype(np.int64) << 8).tolist()
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
            expected.before = stamps[taken - 1]
        if place is None:
            found.append(_mark(reader, bits, expected, others.shape[1]))
        else:
            found.append(_gap(expected, stamp, length, others.shape[1]))
    records = np.zeros((len(others) + count, others.shape[1]), np.uint8)
    records[np.delete(np.arange(len(records)), rows)] = others
    if found:
        records[rows] = np.frombuffer(b"".join(found), np.uint8).reshape(count, -1)
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
        _unzigzag(reader.take_varint()) if bits & bit else 0
        for bit in (marks.OFF_TIME, marks.OFF_A, marks.OFF_B)
    )
    timestamp = expected.of(kind, None)[0] + time_off & 0xFFFF
    said = expected.of(kind, timestamp)[1:]
    a, b = (value + each & _LONG for value, each in zip(said, off, strict=True))
    expected.follow(kind, timestamp, a, b)
    mark = bytearray(size)
    frame.mark_into(mark, 0, timestamp, kind, a, b)
    if bits & marks.HAS_TAIL:
        mark[frame.SIZE :] = reader.take(size - frame.SIZE).astype(np.uint8).tobytes()
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
        return out.astype(np.int64)

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


def _split(reader, all_plans, rows):
    """The residuals of each column, from the planes in their order."""
    out = {}
    for i, how in planes.in_order(all_plans):
        if how == DIGITS:
            out[i] = _digits(reader, rows)
        elif how == WIDE:
            wide = out[i] == NARROW
            pairs = reader.take(2 * int(wide.sum()))
            out[i][wide] = pairs[0::2] | pairs[1::2] << 8
        elif how:
            out[i] |= reader.take(rows) << how
        else:
            out[i] = reader.take(rows)
    return [out[i] for i in range(len(all_plans))]


def _digits(reader, rows):
    pairs = reader.take((rows + 1) // 2)
    return np.stack([pairs & 15, pairs >> 4], axis=1).reshape(-1)[:rows]


def _restore(records, plan, residuals, rests):
    """Fill a column into the records; the columns before it are there already."""
    column, unit = plan.column, plan.unit
    kind, offset, shift, bits = column[KIND], column[OFFSET], column[SHIFT], column[BITS]
    if kind == RAW:
        values = residuals
    else:
        first = _numbers(np.zeros(1, np.int64), unit)[0] if kind == HALF else 0
        steps = _unzigzag(residuals) + _predict(records, column[EARLIER:], plan.weights)
        values = first + np.cumsum(steps) & (1 << bits) - 1
    if kind == HALF:
        values = _halves(values, unit, rests)
    values = values << shift
    records[1:, offset] |= (values & 255).astype(np.uint8)
    if shift + bits > 8:
        records[1:, offset + 1] |= (values >> 8).astype(np.uint8)


def _predict(records, earlier, weights):
    total = np.full(len(records) - 1, 512, np.int64)
    for each, weight in zip(earlier, weights, strict=True):
        offset = each & ~OF_HALF
        values = records[:, offset] | records[:, offset + 1].astype(np.int64) << 8
        if each & OF_HALF:
            values = _numbers(values, plans.STEPS)
        steps = _signed(np.diff(values))
        total += np.where(np.abs(steps) <= LARGEST_STEP, weight * steps, 0)
    return total >> 10


def _unzigzag(values):
    """0, 1, 2, 3 ... to 0, -1, 1, -2 ..."""
    return values >> 1 ^ -(values & 1)


def _signed(values):
    """16 bits with a sign."""
    return (values + 0x8000 & 0xFFFF) - 0x8000


def _order(bits):
    """Halves' bits to numbers in the order of what they mean."""
    return np.where(bits & 0x8000, 0xFFFF - bits, bits | 0x8000)


def _numbers(bits, unit):
    """What a column of halves holds: places in their order (unit 0), or multiples of 1 / unit."""
    if not unit:
        return _order(bits)
    exponent = bits >> 10 & 31
    mantissa = (bits & 1023) + np.where(exponent, 1024, 0)
    shift = 25 - np.maximum(exponent, 1)  # of a half's last bit, below 1; negative above
    down = np.maximum(shift, 0)
    value = (mantissa * unit << np.maximum(-shift, 0)) + (1 << down >> 1) >> down
    value[(exponent == 31) | (value > 32767)] = 0
    return np.where(bits & 0x8000, -value, value)


def _halves(numbers, unit, rests):
    """The bits of what _numbers gave, and of what it left."""
    if unit:
        near = (_signed(numbers) / unit).astype(np.float16).view(np.uint16).astype(np.int64)
        numbers = _order(near) + _unzigzag(rests) & 0xFFFF
    return np.where(numbers & 0x8000, numbers & 0x7FFF, 0xFFFF - numbers)
