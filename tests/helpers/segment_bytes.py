"""Segments put together byte by byte, for the tests of decode."""

import io
import struct
from pathlib import Path

from host_tools.export import csv as csv_export
from host_tools.history.frames import load as load_frames

from store import frame, half, segment

NOON = 1780315200  # 2026-06-01T12:00:00Z
REST = "53.25,10.000,23.5,91,3.318,3.341,4,12"  # what a_frame() is in the CSV, after the time


def header(sequence=1, boot=1, uptime=0, utc=0, clock=0, layout=1, name="house", log=7):
    made = segment.Header(segment.PACK, layout, 16, name, log)
    made.sequence, made.boot, made.uptime, made.utc, made.clock = sequence, boot, uptime, utc, clock
    return made.pack()


def a_frame(timestamp):
    """53.25 V, 10 A, 23.5 degC, 91 %, cell 4 lowest at 3.318 V, cell 12 highest at 3.341 V."""
    buf = bytearray(frame.SIZE)
    amps = half.from_milli(10000)
    frame.encode_into(buf, 0, 1, timestamp, 0x52A8, amps, 235, 91, 3318, 3341, 3, 11)
    return bytes(buf)


def frames(*timestamps):
    return b"".join(map(a_frame, timestamps))


def mark(timestamp, kind, a, b):
    return struct.pack("<HHBII", timestamp, 0xFFFF, kind, a, b)


def run(boot, uptime, timestamp=0):
    return mark(timestamp, 1, boot, uptime)


def anchor(timestamp, utc, clock=segment.NTP):
    return mark(timestamp, 2, utc, clock)


def put(folder: Path, *segments, names=None) -> Path:
    """Write the segments, in order, to folder/house; returns that."""
    where = folder / "house"
    where.mkdir(exist_ok=True)
    for i, data in enumerate(segments):
        name = names[i] if names else segment.file_name(i + 1)
        (where / name).write_bytes(data)
    return where


def rows(*paths, epoch=True):
    """The CSV's lines without the first."""
    stream = io.StringIO()
    csv_export.write(load_frames(paths), stream.write, epoch)
    return stream.getvalue().splitlines()[1:]
