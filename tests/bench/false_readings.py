"""How many damaged frames become a false reading, of a million: by the rules of 0.1.0, and now.

python tests/bench/false_readings.py [--json] [--count N] [--only DAMAGE ...] [--now]

JK: notifications of 20 to 244 bytes of both layouts are lost (up to three in a row), doubled and
swapped, frames are merged, bytes lost; bits flipped, bursts of anything. Chargery: the same of
bytes. BlueNova: its lines, which have no checksum. A reading is false if it has a value that none
of the frames had that were sent; far off if such a value differs from theirs by more than its step
in the decoder's tables. "first" is a decoder that has had no frame before.
"""

import argparse
import json
import sys
from pathlib import Path

if __name__ == "__main__":
    # This folder on the path would hide the firmware's package store.
    sys.path[0] = str(Path(__file__).resolve().parents[2])

import host_tools.ground.firmware  # noqa: F401 - the firmware on sys.path
import numpy as np
from rich.console import Console
from rich.table import Table
from tests.bench import damaged_jk, damaged_lines

COUNT = 50_000
BATCH = 2_000
ORDERS = {
    "a notification lost": damaged_jk.lost_one,
    "1 to 3 notifications lost": damaged_jk.lost,
    "a notification doubled": damaged_jk.doubled,
    "two notifications swapped": damaged_jk.swapped,
    "two frames merged": damaged_jk.merged,
    "1 to 8 bytes lost": damaged_jk.lost_bytes,
}
BITS = ("one bit", "two bits", "a burst of 2 to 8 bytes")
WAYS = ("before", "now", "first")
COLUMNS = ("before", "before, far off", "now", "now, far off", "first", "first, far off")


class Tally:
    """Of one kind of damage: how many streams, and false readings by COLUMNS."""

    def __init__(self, ways=WAYS):
        self.ways = ways
        self.count = 0
        self.found = {column: 0 for column in COLUMNS if column.split(",")[0] in ways}

    def add(self, way, kinds):
        """Count a stream of which readings are wrong in these ways."""
        worst = max(kinds, default=0)
        self.found[way] += worst > 0
        self.found[f"{way}, far off"] += worst > 1

    def per_million(self):
        """False readings of a million damaged frames, and of how many that is."""
        counts = {name: round(1e6 * found / self.count, 2) for name, found in self.found.items()}
        return {"of": self.count, **counts}


def judge(tally, layout, row, data, size):
    """Decode a stream in the ways of the tally."""
    before = 2 * row[:300].tobytes()  # the first has to come twice
    originals = [row[at : at + 300].tobytes() for at in range(0, 1200, 300)]
    for way in tally.ways:
        decoder = damaged_jk.Before() if way == "before" else damaged_jk.After()
        known = b"" if way == "first" else before
        taken = damaged_jk.decode(decoder, layout, known, data, size)
        tally.add(way, [damaged_jk.wrong(frame, originals, layout) for frame in taken])


def jk_orders(name, tally, count, seed=1):
    """Damages that change the order of bytes: of so many streams, over both layouts."""
    chance = np.random.default_rng(seed)
    cases = [
        (layout, size, sent)
        for layout in ("24S", "32S")
        for size in (damaged_jk.PIECES if name != "1 to 8 bytes lost" else damaged_jk.PIECES[:1])
        for sent in ORDERS[name](size)
    ]
    while tally.count < count:
        for layout, size, sent in cases:
            rows = damaged_jk.streams(layout, max(1, min(BATCH, count // len(cases))), chance)
            order, suspects = damaged_jk.reordered(rows, sent)
            for row in rows[suspects]:
                judge(tally, layout, row, row[order].tobytes(), size)
            tally.count += len(rows)
    return tally


def jk_bits(name, tally, count, seed=2):
    """Flipped bits and bursts."""
    chance = np.random.default_rng(seed)
    while tally.count < count:
        for layout in ("24S", "32S"):
            rows = damaged_jk.streams(layout, min(BATCH, count), chance)
            if name == BITS[2]:
                bad = damaged_jk.burst(rows, chance)
            else:
                bad = damaged_jk.flipped(rows, chance, 1 + BITS.index(name))
            for i in np.flatnonzero(damaged_jk.right_sums(bad)):
                judge(tally, layout, rows[i], bad[i, 300:].tobytes(), 128)
            tally.count += len(rows)
    return tally


def measure(count=COUNT, only=(), ways=WAYS):
    """{"BMS: damage": {column: false readings of a million, "of": damaged frames}}"""
    found = {}
    for name in ORDERS:
        if name in only or not only:
            found[f"JK: {name}"] = jk_orders(name, Tally(ways), count)
    for name in BITS:
        if name in only or not only:
            found[f"JK: {name}"] = jk_bits(name, Tally(ways), count)
    for bms, damages in damaged_lines.DAMAGES.items():
        for name in () if only else damages:
            tally = damaged_lines.measure(bms, name, max(1, count // 5), Tally(ways))
            found[f"{bms}: {name}"] = tally
    return {name: tally.per_million() for name, tally in found.items()}


def show(found):
    """The table."""
    table = Table(title="False readings of a million damaged frames")
    columns = list(next(iter(found.values())))
    table.add_column("damage")
    for column in columns:
        table.add_column(column, justify="right")
    for name, counts in found.items():
        table.add_row(name, *(f"{counts[column]:,}" for column in columns))
    Console(width=130).print(table)


def main():
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="one JSON object")
    parser.add_argument("--count", type=int, default=COUNT, help="damaged frames of each kind")
    parser.add_argument("--only", nargs="*", default=(), help="of a JK: these damages only")
    parser.add_argument("--now", action="store_true", help="leave the rules of 0.1.0 out")
    arguments = parser.parse_args()
    ways = WAYS[1:2] if arguments.now else WAYS
    found = measure(arguments.count, arguments.only, ways)
    if arguments.json:
        print(json.dumps(found))
    else:
        show(found)


if __name__ == "__main__":
    main()
