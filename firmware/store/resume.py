"""Where a series goes on: looked for when a Series is made, and forgotten then."""

import binascii
import os

from store import frame, segment, shard

PASSING = True

_ROOM = 5  # records that the newest segment has to have room for: series.ROOM


def find(files, header, limit, buffer):
    """Find the newest segment like header, a segment.Header, among Files; header gets its log.

    Returns the highest boot in it, its tail (None of a shard) as read_tail() has it but for the
    sums, and a Writer that goes on in it, None if that cannot be.
    """
    go_on = True
    sequence = files.newest()
    while sequence:
        suffix = segment.SHARD if sequence in files.shards else segment.SUFFIX
        path = files.path(sequence, suffix)
        try:
            found, last_boot, tail = _read(path, suffix)
            if found.series == header.series and found.name == header.name:
                header.log = found.log
                writer = None
                if go_on and tail:
                    writer = _take_up(path, found, header, tail[4], limit, buffer)
                return last_boot, tail and tail[:4], writer
        except (segment.SegmentError, shard.ShardError, OSError):
            go_on = False
        sequence = files.newest(sequence)
    header.log = int.from_bytes(os.urandom(2), "little") or 1
    return 0, None, None


def _read(path, suffix):
    """(Header, highest boot, tail) of a segment or a shard."""
    if suffix == segment.SHARD:
        with open(path, "rb") as file:
            head, _, last_boot = shard.read_info(file)
        return segment.parse_header(head), last_boot, None
    header = segment.read_header(path)
    tail = read_tail(path, header)
    return header, tail[0], tail


def _take_up(path, found, ours, sums, limit, buffer):
    """A Writer that appends to this segment, if it is like ours, whole and not full."""
    if not ours.cell_count:
        ours.cell_count = found.cell_count
        ours.layout = found.layout
    alike = (found.layout, found.cell_count, found.record_size, found.header_size) == (
        ours.layout,
        ours.cell_count,
        ours.record_size,
        ours.header_size,
    )
    size = os.stat(path)[6]
    torn = (size - found.header_size) % found.record_size
    writer = segment.Writer(path, size, limit, buffer, ours.record_size, sums)
    if not alike or torn or writer.room < _ROOM:
        return None
    if found.version != segment.version(ours.series):  # it takes the draft's frame and is full
        return segment.Writer(path, size, size, buffer, ours.record_size, sums)
    return writer


def read_tail(path, header):
    """Where a segment ends: (highest boot in it, boot, uptime at timestamp 0 and at the end, Sums
    of what is behind the last CHECK).
    """
    highest = boot = header.boot
    base = end = header.uptime
    size = header.record_size
    sums = segment.new_sums(header.header_size, boot, base)
    place = header.header_size
    chunk = memoryview(bytearray(segment.BUFFER // size * size))
    with open(path, "rb") as file:
        file.seek(place)
        while True:
            count = file.readinto(chunk)
            if not count:
                return highest, boot, base, end, sums
            summed = 0
            for at in range(0, count - size + 1, size):
                kind = 0
                if chunk[at + 3] >= 0x7F:  # of a mark, whichever bit of that has fallen over
                    kind = frame.mark_kind(chunk, at)
                    if frame.is_check(chunk, at):
                        kind = frame.CHECK
                        summed = at + size
                        sums = segment.new_sums(place + summed, boot, base)
                if kind == frame.RUN:
                    boot, base = frame.mark_values(chunk, at)
                    highest = max(highest, boot)
                if kind in (0, frame.RUN):
                    end = base + (chunk[at] | chunk[at + 1] << 8)
            sums[segment.CRC] = binascii.crc32(chunk[summed:count], sums[segment.CRC])
            place += count
