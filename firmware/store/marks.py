"""The marks among a segment's records: finds them, and writes what a shard has of them.

A mark would upset every column, so the columns are without (store.rows). What is not as expected
of a mark goes into planes behind all others: rows, heads, and values; a GAP as the sampler puts it
has a byte for its place and one for its length instead of a row and values.
"""

from store import frame

PASSING = True

OFF_TIME, OFF_A, OFF_B, HAS_TAIL = 1, 2, 4, 8  # bits of a head: what is among the values
KIND_SHIFT, OTHER_KIND = 4, 15  # the kind is in the upper half of the head, others are a value
ROWS, HEADS, PLACES, LENGTHS, VALUES = range(5)  # planes
PLAIN_GAP = frame.GAP << KIND_SHIFT  # the head of one that has a place and a length
MOST_STEPS = 255  # that either counts
_LONG = 1 << 31


def work(rows, run, out=None):
    """Generator, a chunk a step. run: boot and uptime at timestamp 0 in the header.

    Finds the marks, has rows pass over them and returns the highest boot they name. With out, an
    open file: appends their planes to it and returns the sizes of these, none of those that would
    be empty without GAPs.
    """
    if out is None:
        return (yield from _find(rows))
    marks, rows.marks = rows.marks, b""
    sizes = []
    for plane in range(VALUES + 1 if marks else 0):
        size = yield from _write(rows, marks, Expected(*run), plane, out)
        if size or not PLACES <= plane <= LENGTHS:
            sizes.append(size)
    return sizes


def _find(rows):
    last_boot = 0
    found = bytearray(rows.count + 7 >> 3)
    gaps = _Gaps(rows.odd)
    top = -1  # the highest timestamp since the mark before
    rows.rewind()
    count = rows.next()
    while count:
        row = rows.count - rows.left - count
        for at in range(rows.size, (count + 1) * rows.size, rows.size):
            stamp = rows.buffer[at] | rows.buffer[at + 1] << 8
            if rows.buffer[at + 2] == rows.buffer[at + 3] == 255:
                kind = rows.buffer[at + 4]
                if kind == frame.RUN:
                    last_boot = max(last_boot, frame.mark_values(rows.buffer, at)[0])
                    gaps.end(-1)
                elif kind == frame.GAP:
                    gaps.put(row, stamp, top)
                top = -1
                found[row >> 3] |= 1 << (row & 7)
                rows.marked += 1
            else:
                if stamp > top:
                    top = stamp
                if gaps.any:
                    gaps.end(stamp)
            row += 1
        yield
        count = rows.next()
    gaps.end(-1)
    if rows.marked:
        rows.marks = found
    return last_boot


class _Gaps:
    """Finds the GAPs whose row does not follow from their time: odd gets these rows."""

    def __init__(self, odd):
        self.any = False
        self._odd = odd
        self._waiting = []  # row and timestamp of those that no frame has followed yet

    def put(self, row, stamp, top):
        """There is a GAP in that row. top: of the timestamps since the mark before."""
        if stamp <= top:
            self._odd.append(row)
            return
        self.any = True
        self._waiting.append(row)
        self._waiting.append(stamp)

    def end(self, stamp):
        """A frame has followed, with that timestamp; -1: none will."""
        waiting = self._waiting
        for i in range(0, len(waiting), 2):
            if stamp < waiting[i + 1]:
                self._odd.append(waiting[i])
        self._waiting = []
        self.any = False


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
            data = _parts(rows, at, expected, row, last)[plane]
            last = row
            out.write(data)
            size += len(data)
        yield
        count = rows.next()
    return size


def _parts(rows, at, expected, row, last):
    """What the mark that stands there has in each plane."""
    if row not in rows.odd:
        found = expected.take_gap(rows.buffer, at, rows.size)
        if found:
            return b"\0", bytes((PLAIN_GAP,)), bytes(found[:1]), bytes(found[1:]), b""
    head, values = expected.take(rows.buffer, at, rows.size)
    return varint(row - last - 1), bytes((head,)), b"", b"", values


class Expected:
    """What the next mark would say if nothing but time had gone on. s."""

    def __init__(self, boot, base):
        self.boot = boot
        self.base = base  # uptime at timestamp 0
        self.offset = 0  # by how much UTC is more than uptime
        self.clock = 0
        self.before = 0  # timestamp of the record before, 0 behind a RUN
        self.silent = _step_before(base)  # uptime at the end of the GAP before, or of the RUN

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
            self.silent = _step_before(b)
        elif kind == frame.GAP:
            self.silent = self.base + timestamp
        elif kind == frame.ANCHOR:
            self.offset = a - self.base - timestamp
            self.clock = b

    def take_gap(self, buffer, at, size):
        """(place, length) in steps of a GAP that stands there; None if it is something else, or
        these do not say it.
        """
        if buffer[at + 4] != frame.GAP or any(buffer[at + 7 : at + size]):
            return None
        timestamp = buffer[at] | buffer[at + 1] << 8
        length = buffer[at + 5] | buffer[at + 6] << 8
        place = self.base + timestamp - self.silent
        if place < 0 or not length or (place | length) % frame.GAP_STEP_S:
            return None
        if max(place, length) > MOST_STEPS * frame.GAP_STEP_S:
            return None
        self.silent += place
        return place // frame.GAP_STEP_S, length // frame.GAP_STEP_S

    def gap(self, place):
        """The timestamp of the next GAP, by its place."""
        return self.silent + place * frame.GAP_STEP_S - self.base & 0xFFFF

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
            if off or (bit == OFF_A and kind == frame.GAP):  # its head is not PLAIN_GAP
                head |= bit
                values += varint(zigzag(off))
        if any(buffer[at + frame.SIZE : at + size]):
            head |= HAS_TAIL
            values += bytes(buffer[at + frame.SIZE : at + size])
        return head, values


def _step_before(uptime):
    return uptime - uptime % frame.GAP_STEP_S


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
