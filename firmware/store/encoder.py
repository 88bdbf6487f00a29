"""From a segment to the planes of its shard, store/shard.py says of what, in many small steps.

In memory only while a segment is compacted, and the module of each pass over the rows only in that.
The planes go to a file, which store/deflate.py compresses: what is kept from pass to pass is small.
"""

import binascii
import struct
import sys

from store import kernels, segment
from store.shard import HEADER, MAGIC, VERSION

PASSING = True


def write_shard(file, count, record_size, described, write):
    """Generator: compress a segment, an open file, with count whole records after its header.

    described is their columns; write(buffer) takes the shard in pieces of up to 512 bytes. Yields
    after each step of a few milliseconds. Holds the planes in memory: a board has no room for that.
    """
    import io  # on a board this would be looked for on the flash

    planes = io.BytesIO()
    head, sizes, _ = yield from find_planes(file, count, (record_size, described), planes)
    planes.seek(0)
    yield from kernels.work("deflate", head, sizes, planes, write)


def work(file, count, header, planes):
    """Generator: write the planes of a segment, an open file, to another one.

    header: its segment.Header. Returns the shard's header in bytes, the sizes of the planes and how
    many records were damaged: those are left out.
    """
    described = yield from kernels.work("columns", header)
    return (yield from find_planes(file, count, (header.record_size, described), planes))


def find_planes(file, count, shape, planes):
    """The same by the size of the records and their columns."""
    yield from kernels.load(("plans", "rows"))
    head = _read_head(file)
    rows = sys.modules["store.rows"].Rows(file, len(head), count, shape[0])
    plans = sys.modules["store.plans"].Plans(shape[1])
    run = struct.unpack_from("<II", head, segment.BOOT_AT)
    damaged = yield from kernels.work("checks", rows, *run)
    boot = yield from kernels.work("marks", rows, run)
    yield from kernels.work("units", plans, rows)
    yield from kernels.work("weights", plans, rows)
    sizes = yield from kernels.work("planes", plans, rows, planes)
    for size in (yield from kernels.work("marks", rows, run, planes)):
        sizes.append(size)
    fields = len(head), len(plans.params), rows.count, rows.marked, max(boot, run[0])
    head = struct.pack(HEADER, MAGIC, VERSION, *fields) + head + plans.params
    rows = plans = None
    kernels.forget(("plans", "rows"))
    return head + struct.pack("<I", binascii.crc32(head)), sizes, damaged


def _read_head(file):
    """The segment's header; its own length is a field of it."""
    file.seek(0)
    head = file.read(segment.SIZE_AT + 2)
    return head + file.read(struct.unpack_from("<H", head, segment.SIZE_AT)[0] - len(head))
