"""Records of the pack with GAPs among them, for the tests of whoever reads them."""

import random
import struct

from tests.helpers.segment_bytes import a_frame, anchor, mark, run

from store import frame


def gap(begin, end):
    return mark(end, frame.GAP, end - begin, 0)


def as_the_board_writes(count, seed=0, base=0):
    """Frames up to 900 s long, about every ten minutes a GAP in one. Uptime at timestamp 0 is
    base."""
    chance = random.Random(seed)
    data, stamp, silent = [], 0, chance.randrange(480, 720)
    data.append(a_frame(0))
    while len(data) < count:
        end = stamp + chance.randrange(20, 900)
        while silent < end:
            begin = silent + (-(base + silent)) % frame.GAP_STEP_S
            data.append(gap(begin, begin + frame.GAP_STEP_S * chance.randrange(4, 15)))
            end = max(end, begin + 60)
            silent += chance.randrange(480, 720)
        stamp = end
        if stamp > 60000:
            data.append(run(1, base + stamp))
            base, silent, stamp = base + stamp, silent - stamp, 0
        data.append(a_frame(stamp))
    return b"".join(data)


def as_they_come(count, seed=0):
    """GAPs that no frame follows, that are longer than the time before them, that are not in steps,
    among frames, RUNs and ANCHORs."""
    chance = random.Random(seed)
    data, stamp = [], 0
    for _ in range(count):
        stamp = min(stamp + chance.choice((0, 1, 4, 30, 400)), 65535)
        kind = chance.randrange(9)
        if kind < 4:
            length = chance.choice((4, 16, 40, 40, 41, 3000, 0, 70000))
            data.append(mark(stamp // 4 * 4, frame.GAP, length, chance.choice((0, 0, 0, 1))))
        elif kind == 4:
            data.append(run(chance.choice((1, 2)), chance.randrange(100000), chance.choice((0, 3))))
            stamp = 0
        elif kind == 5:
            data.append(anchor(stamp, 1780000000 + stamp))
        elif kind == 6 and not chance.randrange(9):
            data.append(struct.pack("<H", chance.randrange(65536)) + a_frame(0)[2:])
        else:
            data.append(a_frame(stamp))
    return b"".join(data)
