"""A segment becomes a shard: what a store.compaction.Compactor does with one, in small steps.

In memory only while a segment is compacted.
"""

import os

from store import kernels, segment, shard

PASSING = True

_PLANES = 0  # what is between two passes, NUMBER.tmp too: no segment has that number


def work(compactor, sequence):
    """Generator: make a shard of the Compactor's segment of that number, and delete the segment."""
    files = compactor.files
    head, count = _open(compactor, sequence)
    yield
    if not _is_made(files, sequence, head, count):
        damaged = yield from _write(compactor, sequence, segment.parse_header(head), count)
        compactor.target.close()
        yield
        path = compactor.unfinished[-1]
        compactor.target = compactor.opened(path, "rb")
        yield from shard.check(compactor.target)
        size = compactor.target.tell()
        compactor.target.close()
        os.rename(path, files.path(sequence, segment.SHARD))
        compactor.unfinished.pop()
        files.add(sequence, segment.SHARD, size)
        compactor.damaged += damaged
        yield
    compactor.close()
    files.remove(sequence, segment.SUFFIX)


def _write(compactor, sequence, header, count):
    """Generator: write the shard to an unfinished file, and the planes to another before.

    Returns how many records were damaged.
    """
    _begin(compactor, _PLANES)
    source = compactor.source, count, header, compactor.target
    *found, damaged = yield from kernels.work("encoder", *source)
    compactor.target.close()
    compactor.source.close()
    yield
    compactor.source = compactor.opened(compactor.unfinished[0], "rb")
    _begin(compactor, sequence)
    yield from kernels.work("deflate", *found, compactor.source, compactor.target.write)
    compactor.source.close()
    os.remove(compactor.unfinished.pop(0))
    return damaged


def _begin(compactor, sequence):
    """Open an unfinished file of that number for writing."""
    compactor.unfinished.append(compactor.files.path(sequence, segment.UNFINISHED))
    compactor.target = compactor.opened(compactor.unfinished[-1], "wb")


def _open(compactor, sequence):
    """Open the segment; returns its header's bytes and how many records it has."""
    path = compactor.files.path(sequence, segment.SUFFIX)
    compactor.source = compactor.opened(path, "rb")
    data = compactor.source.read(segment.HEADER_SIZE)
    header, wanted = segment.parse_header(data), compactor.header
    if (header.series, header.name) != (wanted.series, wanted.name):
        raise segment.SegmentError("of another series or pack")
    size = os.stat(path)[6] - header.header_size
    count, torn = divmod(size, header.record_size)
    if torn or not 0 <= count <= shard.MOST_ROWS or header.header_size != len(data):
        raise segment.SegmentError("cut off, or not as this version writes it")
    return data, count


def _is_made(files, sequence, head, count):
    """Is the shard there already? The power went before the segment was deleted, then."""
    try:
        with open(files.path(sequence, segment.SHARD), "rb") as file:
            found = shard.read_info(file)
    except (OSError, shard.ShardError):
        return False
    return found[0] == head and found[1] <= count  # CHECKs and damaged records are left out
