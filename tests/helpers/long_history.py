"""A history of years, written without a sampler: as many files as a board has after that time."""

import math
import struct

from tests.helpers import rollups

from store import frame, half, segment

DAY_S = 86400
FRAMES_A_DAY = 150
_MOST = (segment.MAX_SIZE - segment.HEADER_SIZE) // frame.SIZE


def write(folder, begin, days, name="house", frames_a_day=FRAMES_A_DAY):
    """Write folder/NAME with frames, hours and days from a unix time on, all of one boot."""
    where = folder / name / "pack"
    where.mkdir(parents=True)
    step = DAY_S // frames_a_day
    data, sequence, base = b"", 0, 0
    buf = bytearray(frame.SIZE)
    for number in range(days * frames_a_day):
        uptime = number * step
        if not data or len(data) // frame.SIZE >= _MOST or uptime - base > 65000:
            if data and len(data) // frame.SIZE < _MOST:
                base = uptime
                data += struct.pack("<HHBII", 0, frame.MARK, frame.RUN, 1, base)
            else:
                if data:
                    (where / segment.file_name(sequence)).write_bytes(data)
                sequence, base = sequence + 1, uptime
                made = segment.Header(segment.PACK, 1, 16, name, 7)
                made.sequence, made.boot, made.uptime = sequence, 1, uptime
                made.utc, made.clock = begin + uptime, segment.NTP
                data = made.pack()
        sun = math.sin(uptime / DAY_S * 2 * math.pi)
        season = math.sin(uptime / DAY_S / 365 * 2 * math.pi)
        frame.encode_into(
            buf,
            0,
            1,
            uptime - base,
            half.from_milli(52000 + int(800 * sun)),
            half.from_milli(int(40000 * sun * (1.2 + season)) + number % 7 * 500),
            200 + int(60 * season),
            50 + int(40 * sun),
            3250 + int(40 * sun),
            3262 + int(44 * sun),
            number % 16,
            number % 15,
        )
        data += buf
    (where / segment.file_name(sequence)).write_bytes(data)
    rollups.write(folder / name, rollups.HOURS)
    rollups.write(folder / name, rollups.DAYS)
    return folder / name
