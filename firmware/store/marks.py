"""The marks among a segment's records: finds them, and writes what a shard has of them.

A mark would upset every column, so the columns are without (store.rows). What is not as expected
of a mark goes into three planes behind all others: rows, heads, values. A RUN of a link that comes
and goes costs three bytes in them, before they are compressed.
"""

from store import frame

PASSING = True

OFF_TIME, OFF_A, OFF_B, HAS_TAIL = 1, 2, 4, 8  # bits of a head: what is among the values
KIND_SHIFT, OTHER_KIND = 4, 15  # the kind is in the upper half of the head, others are a value
_PLANES = 3
_LONG = 1 << 31


def work(rows, run, out=None):
    """Generator, a chunk a step. run: boot and uptime at timestamp 0 in the header.

    Finds the marks, has rows pass over them and returns the highest boot they name. With out, an
    open file: appends their planes to it and returns the sizes of these.
    """
    if out is None:
        return (yield from _find(rows))
    marks, rows.marks = rows.marks, b""
    sizes = []
    for plane in range(_PLANES if marks else 0):
        sizes.append((yield from _write(rows, marks, Expected(*run), plane, out)))
    return sizes


def _find(rows):
    last_boot = 0
    found = bytearray(rows.count + 7 >> 3)
    rows.rewind()
    count = rows.next()
    while count:
        row = rows.count - rows.left - count
        for at in range(rows.size, (count + 1) * rows.size, rows.size):
            kind = frame.mark_kind(rows.buffer, at)
            if kind == frame.RUN:
                last_boot = max(last_boot, frame.mark_values(rows.buffer, at)[0])
            if rows.buffer[at + 2] == rows.buffer[at + 3] == 255:
                found[row >> 3] |= 1 << (row & 7)
                rows.marked += 1
            row += 1
        yield
        count = rows.next()
    if rows.marked:
        rows.marks = found
    return last_boot


def _write(rows, marks, expected, plane, out):
    size = 0
    last = -1  # row of the mark before
    rows.rewind()
    count = rows.next()
    while count:
        first = rows.count - rows.left - count
        for row in range(first, first + count):
            if not marks[row >> 3] >> (row & 7) & 1:
                continue
            at = (row - first + 1) * rows.size
            if row - last > 1:
                at -= rows.size
                expected.before = rows.buffer[at] | rows.buffer[at + 1] << 8
                at += rows.size
            head, values = expected.take(rows.buffer, at, rows.size)
            if plane == 0:
                data = varint(row - last - 1)
            else:
                data = bytes((head,)) if plane == 1 else values
            last = row
            out.write(data)
            size += len(data)
        yield
        count = rows.next()
    return size


class Expected:
    """What the next mark would say if nothing but time had gone on. s."""

    def __init__(self, boot, base):
        self.boot = boot
        self.base = base  # uptime at timestamp 0
        self.offset = 0  # by how much UTC is more than uptime
        self.clock = 0
        self.before = 0  # timestamp of the record before, 0 behind a RUN

    def of(self, kind, timestamp):
        """(timestamp, a, b) of a mark of that kind; timestamp: what it has, None if not known."""
        if kind == frame.RUN:
            return 0, self.boot, self.base + self.before
        if kind == frame.ANCHOR:
            now = self.before if timestamp is None else timestamp
            return self.before, self.base + now + self.offset, self.clock
        return self.before, 0, 0

    def follow(self, kind, timestamp, a, b):
        """This is what it said."""
        if kind == frame.RUN:
            self.boot = a
            self.base = b
            self.before = 0
        elif kind == frame.ANCHOR:
            self.offset = a - self.base - timestamp
            self.clock = b

    def take(self, buffer, at, size):
        """(head, values in bytes) of the mark that stands there."""
        kind = buffer[at + 4]
        timestamp = buffer[at] | buffer[at + 1] << 8
        a, b = frame.mark_values(buffer, at)
        expected = self.of(kind, timestamp)
        self.follow(kind, timestamp, a, b)
        head = min(kind, OTHER_KIND) << KIND_SHIFT
        values = b"" if kind < OTHER_KIND else bytes((kind,))
        for bit, off in (
            (OFF_TIME, timestamp - expected[0]),
            (OFF_A, a - expected[1]),
            (OFF_B, b - expected[2]),
        ):
            if off:
                head |= bit
                values += varint(zigzag(off))
        if any(buffer[at + frame.SIZE : at + size]):
            head |= HAS_TAIL
            values += bytes(buffer[at + frame.SIZE : at + size])
        return head, values


def zigzag(value):
    """0, -1, 1, -2 ... to 0, 1, 2, 3 ..., of the nearest number modulo 2**32."""
    value = (value + _LONG) % (2 * _LONG) - _LONG
    return 2 * value if value >= 0 else -2 * value - 1


def varint(value):
    """Seven bits a byte, the lowest first; the highest bit says that more follow."""
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return out
