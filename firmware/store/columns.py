"""What the columns of a record are, and how a shard predicts each from the ones before it.

One description serves the board, which encodes by it, and the PC, which decodes by it. A column is
(name, kind, offset, shift, bits, earlier): a field of the record, little-endian, and the columns
whose change since the row before predicts this one's, as (kind, offset). See docs/format.md.
"""

import struct
from array import array

from store import segment

try:
    from store import columns_viper as fast
except (ImportError, SyntaxError, AttributeError):  # CPython, or a port without native code
    from store import columns_plain as fast

BITS, HALF, REST, RAW = 0, 1, 2, 3
AS_BYTES = -1  # instead of a number of wide residuals: all go as bytes
SUM_ZERO = (1 << 29) + 512  # of a prediction, see columns_plain.py
STEPS = 8  # a half predicts as a multiple of 1 / STEPS

_CURRENT = (HALF, 4)
_MIN_CELL = (BITS, 8)
_MAX_CELL = (BITS, 10)

_COMMON = (
    ("timestamp", BITS, 0, 0, 16, ()),
    ("current", HALF, 4, 0, 16, ()),
    ("min_cell_voltage", BITS, 8, 0, 16, (_CURRENT,)),  # a load pulls the cells down
    ("max_cell_voltage", BITS, 10, 0, 16, (_CURRENT, _MIN_CELL)),
    ("voltage", HALF, 2, 0, 16, (_CURRENT, _MIN_CELL, _MAX_CELL)),
)
_PACK = {
    1: _COMMON
    + (
        ("temperature", BITS, 6, 0, 8, ()),
        ("soc", BITS, 7, 0, 8, ()),
        ("index", RAW, 12, 0, 8, ()),
    ),
    2: _COMMON
    + (
        ("temperature", BITS, 6, 0, 7, ()),
        ("soc", BITS, 6, 7, 7, ()),
        ("index, low bits", RAW, 6, 14, 2, ()),
        ("index, high bits", RAW, 12, 0, 8, ()),
    ),
}


def columns_of(header):
    """The columns of the records of a segment, by its segment.Header."""
    if header.series == segment.PACK:
        return pack_columns(header.layout)
    size = header.record_size
    count = min(header.cell_count, size // 2 - 1) if header.series == segment.CELLS else 0
    return CellColumns(2, count, size)


def pack_columns(layout):
    """The columns of the pack's frames."""
    return _PACK[layout]


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
            return ("", RAW, self._cells + i, 0, 8, ())
        earlier = range(i - 1, max(i - 4, self._before - 1), -1)
        return ("", BITS, 2 * i, 0, 16, tuple([(BITS, 2 * k) for k in earlier]))


class Plan:
    """How a shard puts a column: its unit, its weights, in bytes or in digits."""

    def __init__(self, column, unit=0):
        self.column = column
        self.unit = unit  # of a half: multiples of 1 / unit; 0: its place in the order of halves
        self.weights = (0,) * len(column[5])  # in 1/1024
        # Residuals go as digits of four bits, and apart those that a digit does not hold: so many.
        self.wide = AS_BYTES if column[1] == RAW else 0

    def rests(self):
        """The Plan of what the unit leaves of the halves; None if nothing can be left."""
        if self.unit:
            return Plan(("", REST, self.column[2], 0, 16, ()), self.unit)

    def params(self):
        """What a decoder needs to know: a byte that says how, the unit, the weights."""
        out = bytearray([1 if self.wide == AS_BYTES else 0])
        if self.column[1] == HALF:
            out.append(self.unit)
        for weight in self.weights:
            out.append(weight & 255)
            out.append(weight >> 8 & 255)
        return out

    def read(self, params, at):
        """Take from params at offset at what params() made; returns where the next Plan's begin."""
        if params[at]:
            self.wide = AS_BYTES
        at += 1
        if self.column[1] == HALF:
            self.unit = params[at]
            at += 1
        count = len(self.column[5])
        self.weights = struct.unpack_from("<" + str(count) + "h", params, at)
        return at + 2 * count


class Plans:
    """The Plans of all columns and, behind them, of the rests. Put away small, for there are 33 of
    them in a pack of 32 cells; made again when they are asked for.
    """

    def __init__(self, described):
        self._described = described
        self.params = bytearray()
        self._ends = array("H", [0])
        self._wide = bytearray()
        self._rests = []

    def __len__(self):
        return len(self._wide) + len(self._rests)

    def add(self, plan):
        """Take in the Plan of the next column."""
        self.params.extend(plan.params())
        self._ends.append(len(self.params))
        self._wide.append(1 if plan.wide > 0 else 0)

    def add_rest(self, plan):
        """Take in the Plan of a column of rests."""
        self._rests.append(plan)

    def wide(self):
        """The numbers of those that have residuals of 15 and more apart."""
        found = bytearray()
        for i in range(len(self)):
            rest = i - len(self._wide)
            if (self._wide[i] if rest < 0 else self._rests[rest].wide) > 0:
                found.append(i)
        return found

    def get(self, i):
        """The Plan number i."""
        count = len(self._wide)
        if i >= count:
            return self._rests[i - count]
        plan = Plan(self._described[i])
        plan.wide = self._wide[i]
        plan.read(self.params, self._ends[i])
        return plan


def find_residuals(plan, rows, count):
    """Fill rows.residuals for the chunk of count rows; returns it."""
    _, kind, offset, _, bits, earlier = plan.column
    if kind == REST:
        fast.load_halves(rows.buffer, count + 1, rows.size, offset, plan.unit, rows.values)
        fast.load_rests(rows.buffer, count + 1, rows.size, offset, plan.unit, rows.values)
        fast.put_zigzag(rows.values, count, rows.residuals)
    elif kind == RAW:
        load_own(plan, rows, count)
        rows.residuals[:count] = rows.values[1 : count + 1]
    else:
        for i in range(len(earlier)):
            load_earlier(earlier[i], rows, rows.others, count)
            fast.add_products(rows.others, count, plan.weights[i], rows.sums)
        load_own(plan, rows, count)
        fast.put_residuals(rows.values, count, bits, rows.sums, rows.residuals)
    return rows.residuals


def load_own(plan, rows, count):
    """Fill rows.values with the column's."""
    _, kind, offset, shift, bits, _ = plan.column
    if kind == HALF:
        fast.load_halves(rows.buffer, count + 1, rows.size, offset, plan.unit, rows.values)
    else:
        fast.load_bits(rows.buffer, count + 1, rows.size, offset, shift, bits, rows.values)


def load_earlier(column, rows, out, count):
    """Fill out with the values of (kind, offset), a column that predicts others."""
    kind, offset = column
    if kind == HALF:
        fast.load_halves(rows.buffer, count + 1, rows.size, offset, STEPS, out)
    else:
        fast.load_bits(rows.buffer, count + 1, rows.size, offset, 0, 16, out)
