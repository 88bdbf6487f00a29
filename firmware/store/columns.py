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

# Of the hours and days: offsets of 16-bit columns with what predicts each
_COARSE = (
    b"\0",  # timestamp
    b"\2",  # s covered, or local day
    b"\4",  # UTC
    b"\6",
    b"\x24",  # charge in
    b"\x28",  # charge out
    b"\x2c\x24",  # energy in, by the charge
    b"\x30\x28",  # energy out
    b"\x26",  # the high halves of all four
    b"\x2a",
    b"\x2e",
    b"\x32",
    b"\x10\x24\x28",  # current: highest, lowest
    b"\x0e\x10\x24\x28",
    b"\x0a\x24\x28",  # voltage: mean, lowest, highest
    b"\x08\x0a\x0e",
    b"\x0c\x0a\x10",
    b"\x14\x0a\x24\x28",  # mean of the lowest cell, of the highest, by the voltage and each other
    b"\x1a\x14\x0a",
    b"\x12\x14\x08",  # lowest cell: lowest, highest
    b"\x16\x14\x0c",
    b"\x18\x1a\x12",  # highest cell: lowest, highest
    b"\x1c\x1a\x16\x0c",
)
_DAYS = b"\x36", b"\x38", b"\x3a", b"\x3c", b"\x3e\x24\x28"  # cycles, by the charge
# Temperature and SoC, mean first: 8-bit columns
_BYTES = b"\x1f", b"\x1e\x1f", b"\x20\x1f", b"\x22", b"\x21\x22", b"\x23\x22"
_RAW = b"\x34\x35"  # numbers of the cells
_HOURS_RAW = b"\x36\x37\x38\x39"  # when SoC was at its highest, lowest


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
        return _coarse(header.series == segment.DAYS)
    count = min(header.cell_count, size // 2 - 1) if header.series == segment.CELLS else 0
    return CellColumns(2, count, size)


def pack_columns(layout):
    """The columns of the pack's frames."""
    return (_COMMON + _OF_LAYOUT[layout - 1]).split(_END)


def _coarse(is_days):
    """The columns of days, or of hours."""
    found = [_number(each, 16) for each in _COARSE + (_DAYS if is_days else ())]
    found += [_number(each, 8) for each in _BYTES]
    raw = _RAW if is_days else _RAW + _HOURS_RAW
    return found + [bytes((RAW, at, 0, 8)) for at in raw]


def _number(offsets, bits):
    """A column at the first offset, predicted from those at the others."""
    return bytes((FIELD, offsets[0], 0, bits)) + offsets[1:]


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
