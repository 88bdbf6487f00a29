"""What the columns of a record are, and how a shard predicts each from the ones before it.

One description serves the board, which encodes by it, and the PC, which decodes by it. A column is
a field of the record, little-endian, as bytes: KIND, OFFSET, SHIFT, BITS, and from EARLIER on the
columns whose change since the row before predicts this one's: their offsets, with OF_HALF if they
are halves. See docs/format.md.
"""

import struct
from array import array

from store import segment

try:
    from store import columns_viper as fast
except (ImportError, SyntaxError, AttributeError):  # CPython, or a port without native code
    from store import columns_plain as fast

KIND, OFFSET, SHIFT, BITS, EARLIER = 0, 1, 2, 3, 4  # in a column's description
FIELD, HALF, REST, RAW = 0, 1, 2, 3  # kinds
OF_HALF = 128
SUM_ZERO = (1 << 29) + 512  # of a prediction, see columns_plain.py
STEPS = 8  # a half predicts as a multiple of 1 / STEPS
IN_DIGITS, AS_BYTES = 0, 1  # how a plane holds residuals: of four bits, the wide ones apart

_END = b"\xff"  # of a column
_COMMON = (
    b"\0\0\0\x10\xff"  # timestamp
    b"\1\4\0\x10\xff"  # current, a half
    b"\0\x08\0\x10\x84\xff"  # lowest cell voltage: a load pulls the cells down
    b"\0\x0a\0\x10\x84\x08\xff"  # highest cell voltage, by the current and the lowest
    b"\1\2\0\x10\x84\x08\x0a\xff"  # voltage, a half, by all three
)
_OF_LAYOUT = (
    b"\0\6\0\x08\xff"  # temperature
    b"\0\7\0\x08\xff"  # SoC
    b"\3\x0c\0\x08",  # numbers of the cells, raw
    b"\0\6\0\7\xff"  # temperature
    b"\0\6\7\7\xff"  # SoC
    b"\3\6\x0e\2\xff"  # numbers of the cells, raw: low bits
    b"\3\x0c\0\x08",  # high bits
)


def columns_of(header):
    """The columns of the records of a segment, by its segment.Header."""
    if header.series == segment.PACK:
        return pack_columns(header.layout)
    size = header.record_size
    count = min(header.cell_count, size // 2 - 1) if header.series == segment.CELLS else 0
    return CellColumns(2, count, size)


def pack_columns(layout):
    """The columns of the pack's frames."""
    return (_COMMON + _OF_LAYOUT[layout - 1]).split(_END)


class CellColumns:
    """The columns of count cell voltages of 16 bits from offset first on, 16-bit columns before and
    bytes after them. Each is made when it is asked for.
    """

    def __init__(self, first, count, record_size):
        self._before = first // 2
        self._cells = self._before + count
        self._count = self._cells + record_size - 2 * self._cells

    def __len__(self):
        return self._count

    def __getitem__(self, i):
        if i >= self._count:
            raise IndexError
        if i >= self._cells:
            return bytes((RAW, self._cells + i, 0, 8))
        earlier = range(2 * i - 2, max(2 * i - 8, 2 * self._before - 2), -2)
        return bytes((FIELD, 2 * i, 0, 16)) + bytes(earlier)


class Plan:
    """How a shard puts a column: its unit, its weights, in bytes or in digits."""

    def __init__(self, column, unit=0):
        self.column = column
        self.unit = unit  # of a half: multiples of 1 / unit; 0: its place in the order of halves
        self.weights = (0,) * len(column[EARLIER:])  # in 1/1024
        self.how = AS_BYTES if column[KIND] == RAW else IN_DIGITS

    def params(self):
        """What a decoder needs to know: a byte that says how, the unit, the weights."""
        out = bytearray([self.how])
        if self.column[KIND] == HALF:
            out.append(self.unit)
        for weight in self.weights:
            out.append(weight & 255)
            out.append(weight >> 8 & 255)
        return out

    def read(self, params, at):
        """Take from params at offset at what params() made; returns where the next Plan's begin."""
        self.how = AS_BYTES if params[at] else IN_DIGITS
        at += 1
        if self.column[KIND] == HALF:
            self.unit = params[at]
            at += 1
        count = len(self.weights)
        self.weights = struct.unpack_from("<" + str(count) + "h", params, at)
        return at + 2 * count


class Plans:
    """The Plans of all columns and, behind them, of the rests that the units of halves leave. Put
    away small, for there are 33 of them in a pack of 32 cells; made again when they are asked for.
    """

    def __init__(self, described):
        self.params = bytearray()
        self.columns = len(described)
        self._described = described
        self._starts = array("H")
        self._rests = []
        for column in described:
            self._starts.append(len(self.params))
            self.params.extend(Plan(column).params())

    def __len__(self):
        return self.columns + len(self._rests)

    def get(self, i):
        """The Plan number i."""
        if i >= self.columns:
            return self._rests[i - self.columns]
        plan = Plan(self._described[i])
        plan.read(self.params, self._starts[i])
        return plan

    def put(self, i, plan):
        """Keep the Plan of column i."""
        params = plan.params()
        self.params[self._starts[i] : self._starts[i] + len(params)] = params

    def add_rests(self, plan):
        """Append the Plan of what a column's unit leaves of its halves."""
        self._rests.append(rests_of(plan))


def rests_of(plan):
    """The Plan of what a column's unit leaves of its halves."""
    return Plan(bytes((REST, plan.column[OFFSET], 0, 16)), plan.unit)


def find_residuals(plan, rows, count):
    """Fill rows.residuals for the chunk of count rows; returns it."""
    column = plan.column
    earlier = EARLIER
    for weight in plan.weights:
        load_earlier(column[earlier], rows, rows.others, count)
        fast.add_products(rows.others, count, weight, rows.sums)
        earlier += 1
    load_own(plan, rows, count)
    if column[KIND] == RAW:
        rows.residuals[:count] = rows.values[1 : count + 1]
    else:
        fast.put_residuals(rows.values, count, column[BITS], rows.sums, rows.residuals)
    return rows.residuals


def load_own(plan, rows, count):
    """Fill rows.values with the column's."""
    kind, at, shift, bits = plan.column[:EARLIER]
    if kind in (FIELD, RAW):
        fast.load_bits(rows.buffer, count + 1, rows.size, at, shift, bits, rows.values)
        return
    _load_halves(rows, count, at, plan.unit, rows.values)
    if kind == REST:
        fast.load_rests(rows.buffer, count + 1, rows.size, at, plan.unit, rows.values)


def load_earlier(offset, rows, out, count):
    """Fill out with the values of a column that predicts others, as EARLIER names it."""
    if offset & OF_HALF:
        _load_halves(rows, count, offset - OF_HALF, STEPS, out)
    else:
        fast.load_bits(rows.buffer, count + 1, rows.size, offset, 0, 16, out)


def _load_halves(rows, count, offset, unit, out):
    fast.load_halves(rows.buffer, count + 1, rows.size, offset, unit, out)
