"""Writes shards, store/shard.py says of what, in many small steps.

In memory only while a segment is compacted, and the modules of each pass only in that. Three passes
over the columns settle how to put them and write their planes to a file; the last one reads that
file and compresses it. What is kept from pass to pass is small.
"""

import binascii
import io
import struct
import sys

from store import kernels, segment
from store.shard import HEADER, MAGIC, VERSION

COLUMNS = ("columns", "rows")
DEFLATE = ("huffman", "deflate")


def write_shard(file, count, record_size, described, write):
    """Generator: compress a segment, an open file, with count whole records after its header.

    described is their columns; write(buffer) takes the shard in pieces of up to 512 bytes. Yields
    after each step of a few milliseconds. Holds the planes in memory: a board has no room for that.
    """
    planes = io.BytesIO()
    head, sizes = yield from find_planes(file, count, (record_size, described), planes)
    planes.seek(0)
    yield from compress(head, sizes, planes, write)


def shape_of(header):
    """Generator: the size of the records and their columns, by the segment.Header."""
    yield from kernels.load(COLUMNS)
    return header.record_size, sys.modules["store.columns"].columns_of(header)


def find_planes(file, count, shape, planes):
    """Generator: write the planes of a segment's records, of that shape, to another open file.

    Returns the shard's header in bytes and the sizes of the planes.
    """
    yield from kernels.load(COLUMNS)
    head = _read_head(file)
    rows = sys.modules["store.rows"].Rows(file, len(head), count, shape[0])
    yield from rows.find_marks()
    plans = sys.modules["store.columns"].Plans(shape[1])
    yield from _pass("units", plans, rows, None)
    yield from _pass("weights", plans, rows, None)
    sizes = yield from _pass("planes", plans, rows, planes)
    return _pack_header(head, plans.params, rows), sizes


def _pass(name, plans, rows, out):
    """Generator: a pass over the rows, its module in memory only for that; returns its result."""
    yield from kernels.load((name,))
    try:
        return (yield from sys.modules["store." + name].work(plans, rows, out))
    finally:
        kernels.forget((name,))


def compress(head, sizes, planes, write):
    """Generator: the shard of a header and of planes, which are read from an open file."""
    kernels.forget(COLUMNS)
    write(head)
    yield
    yield from kernels.load(DEFLATE)
    deflater = sys.modules["store.deflate"].Deflater(write)
    end = 0
    for size in sizes:
        yield from deflater.put_block(_Plane(planes, end, size))
        end += size
    deflater.finish()
    kernels.forget(DEFLATE)


def _pack_header(head, params, rows):
    boot = max(rows.last_boot, struct.unpack_from("<I", head, segment.BOOT_AT)[0])
    sizes = len(head), len(params), rows.count, len(rows.marks)
    packed = struct.pack(HEADER, MAGIC, VERSION, *sizes, boot) + head + params
    return packed + struct.pack("<I", binascii.crc32(packed))


def _read_head(file):
    """The segment's header; its own length is a field of it."""
    file.seek(0)
    head = file.read(segment.SIZE_AT + 2)
    return head + file.read(struct.unpack_from("<H", head, segment.SIZE_AT)[0] - len(head))


class _Plane:
    """size bytes of an open file, as a Deflater reads them."""

    def __init__(self, file, start, size):
        self._file = file
        self._start = start
        self._size = size

    def rewind(self):
        """Go back to the start."""
        self._file.seek(self._start)
        self._left = self._size

    def readinto(self, out):
        """Fill in the next bytes; returns how many, -1 at the end."""
        count = min(self._left, len(out))
        if not count:
            return -1
        if self._file.readinto(memoryview(out)[:count]) != count:
            raise OSError("the planes end early")
        self._left -= count
        return count
