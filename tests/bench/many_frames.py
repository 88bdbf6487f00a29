"""A history of millions of frames in shards, as a board makes them: for what is measured on a PC.

Some days of the household go through the board's own store, each reading a frame. Their shards are
laid one behind the other, again and again: each time with another time in the header.
"""

import struct
import zlib
from pathlib import Path

from host_tools.history import compressed, pieces, records, shards
from host_tools.trial import encode
from host_tools.trial.plan import Plan
from tests.bench import household

from store import segment, shard


def write(folder, count, days=2.0):
    """Write FOLDER/house/pack with at least count frames in shards; returns (folder, frames)."""
    found = household.month(days)
    encode.store(found, folder / "once", Plan(name="house", every=True))
    first = [compressed.shard_bytes(path) for path in records.find([folder / "once/house/pack"])]
    spans = [_span(data) for data in first]
    where = Path(folder, "house/pack")
    where.mkdir(parents=True)
    total = number = uptime = 0
    while total < count:
        data, (frames, last) = first[number % len(first)], spans[number % len(first)]
        number += 1
        (where / f"{number:08}{segment.SHARD}").write_bytes(_moved(data, number, uptime))
        total += frames
        uptime += last + 1  # a gap is longer than a second
    return where.parent, total


def _span(data):
    """(frames, the last one's timestamp) of a shard."""
    header, rows = shards.read(data)
    found = pieces.read_piece(header, rows, lambda rows, header: {}, Path(), [])
    return len(found.start), int(found.columns["uptime"][-1]) - header.uptime


def _moved(data, number, uptime):
    """A shard as the one of that number, whose records begin at that uptime (s)."""
    size = struct.calcsize(shard.HEADER)
    _, head_size, params_size = struct.unpack_from("<4xBBH", data)
    header = segment.parse_header(data[size : size + head_size])
    header.sequence, header.boot, header.uptime = number, 1, uptime
    header.utc, header.clock = household.BEGIN + uptime, segment.NTP
    head = data[:size] + header.pack() + data[size + head_size : size + head_size + params_size]
    return head + struct.pack("<I", zlib.crc32(head)) + data[len(head) + 4 :]
