"""Writes shards, store/shard.py says of what, in many small steps.

In memory only while a segment is being compacted, and what only one of its two phases needs only in
that: first the columns are gone over to find how to put them, then they are written.
"""

import binascii
import struct

from store import columns, kernels
from store.columns import fast
from store.rows import Rows
from store.shard import HEADER, MAGIC, VERSION

FITTING = ("fit",)
WRITING = ("huffman", "deflate")


def write_shard(file, count, record_size, described, write):
    """Generator: compress a segment, an open file, with count whole records after its header.

    described is their columns; write(buffer) takes the shard in pieces of up to 1 KB. Yields after
    each step of a few milliseconds.
    """
    head = _read_head(file)
    rows = Rows(file, len(head), count, record_size)
    yield from rows.find_marks()
    plans = yield from _fit(rows, described)
    head = _pack_header(len(head), len(plans.params), rows, head) + head + plans.params
    write(head)
    write(struct.pack("<I", binascii.crc32(head)))
    head = None
    yield
    deflater = yield from _deflater(write)
    for shift in (0, 8):
        for i in range(len(plans)):
            plan = plans.get(i)
            if not shift or (plan.wide == columns.AS_BYTES and plan.column[4] > 8):
                yield from deflater.put_block(_Plane(rows, plan, shift))
            else:
                yield
    wide = plans.wide()
    if wide:
        yield from deflater.put_block(_WidePlane(rows, plans, wide))
    if rows.marks:
        yield from deflater.put_block(_MarkPlane(rows))
    deflater.finish()
    deflater = None
    kernels.forget(WRITING)


def _fit(rows, described):
    """Generator: the Plans of the columns."""
    yield from kernels.load(FITTING)
    from store import fit

    try:
        return (yield from fit.fit_all(described, rows))
    finally:
        kernels.forget(FITTING)


def _deflater(write):
    """Generator: a Deflater."""
    yield from kernels.load(WRITING)
    from store.deflate import Deflater

    return Deflater(write)


def _pack_header(head_size, params_size, rows, head):
    boot = max(rows.last_boot, struct.unpack_from("<I", head, 16)[0])
    return struct.pack(
        HEADER, MAGIC, VERSION, head_size, params_size, rows.count, len(rows.marks), boot
    )


def _read_head(file):
    """The segment's header; its own length stands in it."""
    file.seek(0)
    head = file.read(12)
    return head + file.read(struct.unpack_from("<H", head, 8)[0] - 12)


class _Plane:
    """A column's residuals in bytes (from bit shift on) or in digits, as a Deflater reads them."""

    def __init__(self, rows, plan, shift):
        self._rows = rows
        self._plan = plan
        self._shift = shift

    def rewind(self):
        """Go back to the start."""
        self._rows.rewind()

    def readinto(self, out):
        """Fill in the plane's bytes of the next chunk of rows; how many, -1 at the end."""
        count = self._rows.next()
        if not count:
            return -1
        residuals = columns.find_residuals(self._plan, self._rows, count)
        if self._plan.wide == columns.AS_BYTES:
            return fast.put_bytes(residuals, count, self._shift, out)
        return fast.put_digits(residuals, count, out)


class _WidePlane:
    """What digits do not hold, column by column, as a Deflater reads it."""

    def __init__(self, rows, plans, wide):
        self._rows = rows
        self._plans = plans
        self._wide = wide  # which of them
        self.rewind()

    def rewind(self):
        """Go back to the start."""
        self._at = 0
        self._plan = self._plans.get(self._wide[0])
        self._rows.rewind()

    def readinto(self, out):
        """Fill in the plane's bytes of the next chunk of rows; how many, -1 at the end."""
        count = self._rows.next()
        if not count:
            self._at += 1
            if self._at == len(self._wide):
                return -1
            self._plan = self._plans.get(self._wide[self._at])
            self._rows.rewind()
            count = self._rows.next()
        return fast.put_wide(columns.find_residuals(self._plan, self._rows, count), count, out)


class _MarkPlane:
    """The marks in full, as a Deflater reads them."""

    def __init__(self, rows):
        self._rows = rows
        self._at = 0

    def rewind(self):
        """Go back to the first."""
        self._at = 0

    def readinto(self, out):
        """Fill in the next mark's bytes; how many, -1 at the end."""
        self._at += 1
        if self._at > len(self._rows.marks):
            return -1
        return self._rows.read_mark(self._at - 1, out)
