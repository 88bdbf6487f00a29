"""Hours and days in the page beside Python's: the same CSV, byte for byte."""

import importlib.util
import io
import random
import struct

import pytest
from host_tools.export import csv as csv_export
from host_tools.history import compressed, loading
from tests.helpers import node
from tests.helpers.segment_bytes import NOON
from tests.host.page.test_decoder import SCRIPT

from store import frame, segment

HOURS, DAYS = 4, 5
NAMES = {HOURS: "hours", DAYS: "days"}
SIZES = {HOURS: 58, DAYS: 64}

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("host_tools.history.hours") is None,
    reason="Python does not decode hours and days",
)


def mark(kind, a, b, size, timestamp=0):
    return struct.pack("<HHBII", timestamp, frame.MARK, kind, a, b).ljust(size, b"\0")


def triple(chance, low, high, unknown):
    if not chance.randrange(12):
        return [unknown] * 3
    return sorted(chance.randrange(low, high) for _ in range(3))


def record(chance, series, length, utc, timestamp=0):
    """A record over length s from utc on; some fields are unknown."""
    seconds = chance.choice((length, length, length // 2, 0))
    amps = sorted(chance.randrange(-900, 900) for _ in range(2))
    values = [timestamp, min(seconds, 65000) if series == HOURS else max(0, utc) // 86400, utc]
    values += triple(chance, 4800, 5600, 65535)
    values += [-32768] * 2 if not chance.randrange(12) else amps
    values += triple(chance, 3000, 3400, 65535) + triple(chance, 3200, 3600, 65535)
    values += triple(chance, 60, 180, 255) + triple(chance, 0, 200, 255)
    values += [chance.choice((0, chance.randrange(10**6))) for _ in range(4)]
    values += [chance.choice((255, chance.randrange(16))) for _ in range(2)]
    data = struct.pack("<HHIHHHhhHHHHHHBBBBBBIIIIBB", *values)
    moments = [chance.choice((65535, chance.randrange(1400))) for _ in range(2)]
    if series == HOURS:
        return data + struct.pack("<HH", *moments)
    return data + struct.pack("<IHHH", seconds, *moments, chance.choice((65535, 412)))


def segments(chance, series):
    """Bytes of some files: boots with and without a clock, several records an hour, gaps."""
    size, span = SIZES[series], {HOURS: 3600, DAYS: 86400}[series]
    files, boot, now = [], 1, NOON + chance.choice((0, 1800, 900))
    for sequence in range(1, 3):
        made = segment.Header(series, 1, 16, "house", 7, size)
        made.sequence, made.boot, made.uptime = sequence, boot, chance.randrange(5000)
        knows = chance.randrange(3)
        if knows == 2:
            made.utc, made.clock = now, segment.NTP
        data, uptime = made.pack(), made.uptime
        for _ in range(chance.randrange(1, 60)):
            kind = chance.randrange(9)
            if kind == 0:
                boot, uptime, knows = boot + 1, 0, chance.randrange(3)
                now += chance.randrange(3 * span)
            elif kind == 1:
                uptime += span
                now += span
            length = chance.choice((span, span, span // 3, 700))
            begin = now
            uptime, now = uptime + length, now + length
            if chance.randrange(3):
                now += -now % span if series == HOURS else 0
            data += mark(frame.RUN, boot, uptime, size)
            if knows == 2 and not chance.randrange(5):
                data += mark(frame.ANCHOR, now, segment.NTP, size)
            data += record(chance, series, length, begin if knows else 0)
        files.append(data)
    return files


@pytest.mark.parametrize("series", [HOURS, DAYS])
def test_csv_of_hours_and_days(series, tmp_path):
    chance = random.Random(series)
    rows = 0
    for i in range(12):
        folder = tmp_path / str(i) / "house"
        where = folder / NAMES[series]
        where.mkdir(parents=True)
        for number, data in enumerate(segments(chance, series), 1):
            path = where / segment.file_name(number)
            path.write_bytes(data)
            if not chance.randrange(3):  # the board has compacted it
                made = compressed.shard_bytes(path)
                path.unlink()
                path.with_suffix(segment.SHARD).write_bytes(made)
        out = io.StringIO()
        csv_export.write(loading.SERIES[NAMES[series]]([folder]), out.write)
        assert node.run(SCRIPT, "csv", folder, NAMES[series]) == out.getvalue()
        rows += out.getvalue().count("\n")
    assert rows > 200
