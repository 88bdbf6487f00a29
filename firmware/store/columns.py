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


def work(header):
    """Generator: columns_of() in a step."""
    yield
    return columns_of(header)


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
