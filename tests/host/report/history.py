"""A pack's history of some days with all that a report and a plot show."""

import math
import random

from tests.helpers.frame_bytes import a_frame
from tests.helpers.segment_bytes import NOON, header, put, run

MIDNIGHT = NOON - 43200
DAY_S = 86400
STEP_S = 600


def write(folder, days=10, seed=0):
    """Frames every 10 min: charged by day, discharged by night; silence from 3:00 to 5:00 on the
    third day. Returns folder/house.
    """
    chance = random.Random(seed)
    segments = []
    for day in range(days):
        begin = MIDNIGHT + day * DAY_S
        data, base = b"", 0
        for second in range(STEP_S, DAY_S + 1, STEP_S):
            if day == 2 and 3 * 3600 < second <= 5 * 3600:
                continue
            if second - base > 60_000 or (day == 2 and second == 5 * 3600 + STEP_S):
                base = second - STEP_S
                data += run(day + 1, base)
            sun = math.sin((second / DAY_S - 0.25) * 2 * math.pi)
            amps = 30 * sun if sun > 0 else 12 * sun
            amps += chance.choice((0, 0, -25, 5))
            volts = 52.8 + 0.004 * amps + 0.3 * sun
            low = round(1000 * volts / 16) - 4
            data += a_frame(
                second - base,
                volts=volts,
                amps=amps,
                soc=round(60 + 30 * sun),
                degrees=20 + 5 * sun,
                cells=(low, low + 9 + day),
            )
        segments.append(header(day + 1, boot=day + 1, utc=begin, clock=3) + data)
    return put(folder, *segments)
