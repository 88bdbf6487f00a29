"""Records of hours and days put together byte by byte, and segments of them."""

import struct
from pathlib import Path

from store import segment

_HOUR = "<HHI3H2h6H6B4I2B2H"
_DAY = "<HHI3H2h6H6B4I2BI3H"
# What an hour says that is not asked for anything else: in V, A, degC, %, Ah, Wh
USUAL = {
    "voltage": (52.80, 53.00, 53.20),
    "current": (-12.5, 20.0),
    "lowest": (3.290, 3.300, 3.310),
    "highest": (3.310, 3.320, 3.335),
    "temperature": (18.5, 19.0, 20.5),
    "soc": (50.0, 60.5, 70.0),
    "charge": (12.34, 2.34),
    "energy": (654.3, 123.4),
    "cells": (4, 12),
}


def hour(end, seconds, utc, at=(3000, 10), **changes):
    """An hour's record: its timestamp, s, UTC at its begin. at: s of the SoC's extremes."""
    return struct.pack(_HOUR, end, seconds, utc, *_common(changes), *at)


def day(local_day, utc, seconds, at=(13 * 60 + 30, 6 * 60), cycles=0.123, **changes):
    """A day's record, its timestamp 0. at: minutes of the local day of the SoC's extremes."""
    cycles = 65535 if cycles is None else round(1000 * cycles)
    return struct.pack(_DAY, 0, local_day, utc, *_common(changes), seconds, *at, cycles)


def _common(changes):
    said = {**USUAL, **changes}

    def whole(name, steps, unknown, zero=0.0):
        values = said[name] or (None,) * len(USUAL[name])
        return [unknown if v is None else round((v - zero) * steps) for v in values]

    return (
        *whole("voltage", 100, 65535),
        *whole("current", 10, -32768),
        *whole("lowest", 1000, 65535),
        *whole("highest", 1000, 65535),
        *whole("temperature", 2, 255, -40),
        *whole("soc", 2, 255),
        *whole("charge", 100, 0),
        *whole("energy", 10, 0),
        *(255 if cell is None else cell - 1 for cell in said["cells"] or (None, None)),
    )


def mark(size, timestamp, kind, a, b):
    return struct.pack("<HHBII", timestamp, 0xFFFF, kind, a, b).ljust(size, b"\0")


def run(size, boot, uptime, timestamp=0):
    return mark(size, timestamp, 1, boot, uptime)


def header(series, boot=1, uptime=0, utc=0, clock=0, log=7, sequence=1):
    size = {segment.HOURS: 58, segment.DAYS: 64}[series]
    made = segment.Header(series, 1, 16, "house", log, size)
    made.sequence, made.boot, made.uptime, made.utc, made.clock = sequence, boot, uptime, utc, clock
    return made.pack()


def put(folder: Path, series, *files) -> Path:
    """Write the segments to folder/house/SERIES; returns folder/house."""
    where = folder / "house" / segment.FOLDERS[series]
    where.mkdir(parents=True, exist_ok=True)
    for i, data in enumerate(files):
        (where / segment.file_name(i + 1)).write_bytes(data)
    return folder / "house"
