"""The 13-byte frame, in both its layouts, and the marks between frames: see docs/format.md.

FIELDS and LAYOUTS are the one description of the bytes. The board encodes by them, the PC builds
its numpy type and its columns from them.
"""

import struct

SIZE = 13

# (name, offset, type, unit of the number as it stands, the value that says unknown)
FIELDS = (
    ("timestamp", 0, "u2", "s", None),
    ("voltage", 2, "f2", "V", 0x7E00),
    ("current", 4, "f2", "A", 0x7E00),
    ("packed16", 6, "u2", None, None),
    ("min_cell_voltage", 8, "u2", "mV", 65535),
    ("max_cell_voltage", 10, "u2", "mV", 65535),
    ("packed8", 12, "u1", None, None),
)
_FRAME = "<6HB"  # the same fields, the halves as their bits

# What is in the 24 bits packed16 | packed8 << 16: (name, shift, bits, step, zero, highest value).
# value = number * step + zero, in 0.1 degC, 0.1 % and max cell * cells + min cell (cells from 0).
# All bits set: unknown.
LAYOUTS = {
    1: (
        ("temperature", 0, 8, 5, -400, 870),
        ("soc", 8, 8, 5, 0, 1000),
        ("index", 16, 8, 1, 0, 254),
    ),
    2: (
        ("temperature", 0, 7, 10, -400, 860),
        ("soc", 7, 7, 10, 0, 1000),
        ("index", 14, 10, 1, 0, 1022),
    ),
}
CELLS = {1: 16, 2: 32}  # what a layout's index counts in

UNKNOWN_MV = 65535
HIGHEST_MV = 65534

# A mark is a record with this instead of a voltage, a NaN that no frame has.
MARK = 0xFFFF
_MARK = "<HHBII"
MARK_FIELDS = (
    ("timestamp", 0, "u2"),
    ("mark", 2, "u2"),
    ("kind", 4, "u1"),
    ("a", 5, "u4"),
    ("b", 9, "u4"),
)
RUN = 1  # coverage begins at timestamp; from here timestamp 0 is second b of boot a
ANCHOR = 2  # at timestamp UTC was a (unix seconds), says source b
GAP = 3  # a s of silence end at timestamp; the next frame goes on across them
GAP_STEP_S = 4  # uptime at its begin and its end is a multiple of that
CHECK = 0xFC  # ends a block of records; b is a checksum. Six bits and more from the other kinds
CHECKED = 9  # bytes of a CHECK that its own checksum covers, those before b


def layout_for(cell_count):
    """The layout for a pack of that many cells; 0 cells: not known."""
    return 1 if cell_count <= CELLS[1] else 2


def encode_into(
    buf,
    offset,
    layout,
    timestamp,
    voltage,
    current,
    temperature,
    soc,
    min_mv,
    max_mv,
    min_cell,
    max_cell,
):
    """Write a frame. Voltage and current are halves (half.UNKNOWN if not known), the rest is in s,
    0.1 degC, %, mV and cells from 0, None if not known. Rounded to the nearest step, half a step
    up, and held at the ends of the range. A cell number that the layout cannot hold is unknown.
    """
    columns = LAYOUTS[layout]
    index = _index(CELLS[layout], min_cell, max_cell)
    packed = _packed(columns[0], temperature)
    packed |= _packed(columns[1], None if soc is None else soc * 10)
    packed |= _packed(columns[2], index)
    struct.pack_into(
        _FRAME,
        buf,
        offset,
        timestamp,
        voltage,
        current,
        packed & 0xFFFF,
        _mv(min_mv),
        _mv(max_mv),
        packed >> 16,
    )


def mark_into(buf, offset, timestamp, kind, a, b):
    """Write a mark."""
    struct.pack_into(_MARK, buf, offset, timestamp, MARK, kind, a, b)


def mark_kind(buf, offset):
    """The kind of mark that stands there, 0 for a frame."""
    return buf[offset + 4] if buf[offset + 2] == 0xFF and buf[offset + 3] == 0xFF else 0


def is_check(buf, offset):
    """Is that a CHECK, or was it one before a bit fell over? No other record comes near it."""
    bits = buf[offset + 2] ^ 255 | (buf[offset + 3] ^ 255) << 8 | (buf[offset + 4] ^ CHECK) << 16
    return not bits & bits - 1


def mark_values(buf, offset):
    """A mark's a and b."""
    return struct.unpack_from("<II", buf, offset + 5)


def set_timestamp(buf, offset, timestamp):
    """Write a record's timestamp alone."""
    struct.pack_into("<H", buf, offset, timestamp)


def _packed(column, value):
    _, shift, bits, step, zero, highest = column
    if value is None:
        return ((1 << bits) - 1) << shift
    return (min(max(value, zero), highest) - zero + step // 2) // step << shift


def _index(cells, min_cell, max_cell):
    if min_cell is None or max_cell is None or min_cell >= cells or max_cell >= cells:
        return None
    index = max_cell * cells + min_cell
    # The last cell as minimum and maximum at once is what unknown looks like.
    return None if index == cells * cells - 1 else index


def _mv(value):
    return UNKNOWN_MV if value is None else min(max(value, 0), HIGHEST_MV)
