"""Reads segments and shards the slow way, record by record, from docs/format.md alone: a judge for
the store.

read(folder) gives the frames as tuples (boot, uptime, start of coverage, voltage, current,
temperature, soc, min mV, max mV, min cell, max cell), in the order of the files.
"""

import os
import struct

import plain_shard


def files(folder):
    """The shards, and the segments of which there is none, by number."""
    names = os.listdir(folder)
    shards = [name for name in names if name.endswith(".shard")]
    made = [name[:8] for name in shards]
    segments = [name for name in names if name.endswith(".seg") and name[:8] not in made]
    return [folder + "/" + name for name in sorted(segments + shards)]


def read(folder):
    frames = []
    for path in files(folder):
        frames += read_file(path)
    return frames


def anchors(folder):
    """(boot, uptime, utc, clock) of every ANCHOR mark."""
    found = []
    for path in files(folder):
        read_file(path, found)
    return found


def coverage(folder):
    """(uptime, start of coverage) of every frame: less memory than read()."""
    found = []
    for path in files(folder):
        found += read_file(path, values=False)
    return found


def contents(path):
    """The bytes of a segment, or of that which a shard was made of."""
    with open(path, "rb") as file:
        data = file.read()
    return plain_shard.read(data) if path.endswith(".shard") else data


def read_file(path, found_anchors=None, values=True):
    data = contents(path)
    if not data:
        return []
    header = struct.unpack("<4sBBBBHHIIII", data[:28])
    assert header[0] == b"PKLG" and header[1] in (1, 2), header
    layout, size, width, boot, base = header[3], header[5], header[6], header[8], header[9]
    assert (size, width) == (52, 13)
    assert (len(data) - 52) % 13 == 0, "torn"
    frames = []
    gaps = []  # of silence within the frame that comes next
    end = base
    for offset in range(52, len(data), 13):
        record = data[offset : offset + 13]
        timestamp, mark, kind, a, b = struct.unpack("<HHBII", record)
        if mark != 0xFFFF:
            assert base + timestamp >= end, "time runs backwards"
            said = values_of(record, layout) if values else None
            for first, after in gaps:
                if after <= base + timestamp:
                    if first > end:
                        frames.append((boot, first, end) + said if values else (first, end))
                    end = after
            gaps.clear()
            uptime = base + timestamp
            frames.append((boot, uptime, end) + said if values else (uptime, end))
            end = uptime
        elif kind == 3:
            gaps.append((base + timestamp - a, base + timestamp))
        elif kind == 1:
            gaps = []
            boot, base = a, b
            end = base + timestamp
        elif kind == 2 and found_anchors is not None:
            found_anchors.append((boot, base + timestamp, a, b))
    return frames


def values_of(record, layout):
    voltage, current = struct.unpack("<ee", record[2:6])
    low, high = struct.unpack("<HH", record[8:12])
    if layout == 1:
        temperature, soc, index = record[6], record[7], record[12]
        temperature = None if temperature == 255 else temperature / 2 - 40
        soc = None if soc == 255 else soc / 2
        cells = (None, None) if index == 255 else (index % 16, index // 16)
    else:
        bits = record[6] | record[7] << 8 | record[12] << 16
        temperature = None if bits & 127 == 127 else (bits & 127) - 40
        soc = None if bits >> 7 & 127 == 127 else bits >> 7 & 127
        cells = (None, None) if bits >> 14 == 1023 else ((bits >> 14) % 32, (bits >> 14) // 32)
    return (
        voltage if voltage == voltage else None,
        current if current == current else None,
        temperature,
        soc,
        None if low == 65535 else low,
        None if high == 65535 else high,
    ) + cells
