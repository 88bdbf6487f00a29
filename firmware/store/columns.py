"""What the columns of a record are, and how a shard predicts each from the ones before it.

One description serves the board, which encodes by it, and the PC, which decodes by it. A column is
a field of the record, little-endian, as bytes: KIND, OFFSET, SHIFT, BITS, and from EARLIER on the
columns whose change since the row before predicts this one's: their offsets, with OF_HALF if they
are halves. See docs/format.md.
"""

from store import segment

PASSING = True

KIND, OFFSET, SHIFT, BITS, EARLIER = 0, 1, 2, 3, 4  # in a column's description
FIELD, HALF, REST, RAW = 0, 1, 2, 3  # kinds
OF_HALF = 128

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

# Of the hours and days: the offset of each column, its bits, the offsets of what predicts it
_COARSE = (
    b"\0\x10\xff"  # timestamp
    b"\2\x10\xff"  # s covered, or the local day
    b"\4\x10\xff\6\x10\xff"  # UTC
    b"\x24\x10\xff\x28\x10\xff"  # charge in and out
    b"\x2c\x10\x24\xff\x30\x10\x28\xff"  # energy in and out, by the charge
    b"\x26\x10\xff\x2a\x10\xff\x2e\x10\xff\x32\x10\xff"  # the high halves of all four
    b"\x10\x10\x24\x28\xff\x0e\x10\x10\x24\x28\xff"  # current: highest, lowest
    b"\x0a\x10\x24\x28\xff\x08\x10\x0a\x0e\xff\x0c\x10\x0a\x10\xff"  # voltage, mean first
    b"\x14\x10\x0a\x24\x28\xff\x1a\x10\x14\x0a\xff"  # means of lowest and highest cell
    b"\x12\x10\x14\x08\xff\x16\x10\x14\x0c\xff"  # lowest cell: lowest, highest
    b"\x18\x10\x1a\x12\xff\x1c\x10\x1a\x16\x0c\xff"  # highest cell: lowest, highest
    b"\x1e\x08\xff\x1f\x08\xff\x20\x08\xff"  # temperature
    b"\x21\x08\xff\x22\x08\xff\x23\x08"  # SoC
)
_DAYS = (
    b"\xff\x36\x10\xff\x38\x10\xff"  # s covered
    b"\x3a\x10\xff\x3c\x10\xff\x3e\x10\x24\x28"  # minutes, cycles
)
_RAW_FROM, _RAW_TO = 52, (58, 54)  # numbers of the cells; of hours also when SoC was at its ends


def work(header):
    """Generator: columns_of() in a step."""
    yield
    return columns_of(header)


def columns_of(header):
    """The columns of the records of a segment, by its segment.Header."""
    if header.series == segment.PACK:
        return pack_columns(header.layout)
    size = header.record_size
    if header.series in (segment.HOURS, segment.DAYS):
        return CoarseColumns(header.series == segment.DAYS)
    count = min(header.cell_count, size // 2 - 1) if header.series == segment.CELLS else 0
    return CellColumns(2, count, size)


def pack_columns(layout):
    """The columns of the pack's frames."""
    return (_COMMON + _OF_LAYOUT[layout - 1]).split(_END)


class CoarseColumns:
    """Those of hours, or of days. Each is made when it is asked for."""

    def __init__(self, is_days):
        self._numbers = (_COARSE + _DAYS if is_days else _COARSE).split(_END)
        self._raw = _RAW_TO[is_days] - _RAW_FROM

    def __len__(self):
        return len(self._numbers) + self._raw

    def __getitem__(self, i):
        count = len(self._numbers)
        if i < count:
            at = self._numbers[i]
            return bytes((FIELD, at[0], 0, at[1])) + at[2:]
        if i - count >= self._raw:
            raise IndexError
        return bytes((RAW, _RAW_FROM + i - count, 0, 8))


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
