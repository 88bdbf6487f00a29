"""What logging costs the flash, in erases of its 4 KB blocks: measured on littlefs in RAM.

    micropython flash_wear.py SECONDS INTERVAL_S [FREE]

logs a reading every 2 s and a frame every INTERVAL_S seconds, for SECONDS, on a 2 MiB partition of
which other files leave FREE blocks, and prints what steady() returns as JSON.
"""

import json
import sys

from a_pack import Pack
from chance import Chance
from ram_flash import RamFlash, fill

PARTITION = 512  # blocks: 2 MiB, as on an ESP32 with 4 MB of flash


READING_S = 2
STEPS = 20  # of a compaction, between two readings
REST_S = 60  # between two compactions


def steady(flash, history, sample, seconds, clock):
    """Log a reading every READING_S seconds for so long, and make shards. Returns what that cost:

    seconds, frames, flushes, shards and the erases of either; most, the erases of the block that
    had most of them, and blocks, how many there are. clock(ms) moves the time on.
    """
    chance = Chance(1)
    steps = iter(())
    cost = dict.fromkeys(("flushes", "flush_erases", "shard_erases"), 0)
    frames = history.durable_frames
    shards = made(history)
    wear = list(flash.wear)
    for n in range(seconds // READING_S):
        load(sample, chance)
        history.add(sample)
        before = flash.erases
        if history.due():
            assert history.flush()
            cost["flushes"] += 1
            cost["flush_erases"] += flash.erases - before
            before = flash.erases
        if n * READING_S % REST_S == 0 and next(steps, 0) == 0:
            steps = history.compact()
        for _ in range(STEPS):
            next(steps, 0)
        cost["shard_erases"] += flash.erases - before
        clock(1000 * READING_S)
    cost["seconds"] = seconds
    cost["frames"] = history.durable_frames - frames
    cost["shards"] = made(history) - shards
    cost["most"] = max([now - then for now, then in zip(flash.wear, wear)])
    cost["blocks"] = len(wear)
    return cost


def made(history):
    """Shards made since the start."""
    return sum([series.compactor.done for series in history._all()])


def load(sample, chance):
    """A reading that differs from the one before: some load, the cells that it pulls down."""
    sample.current = chance.below(1000) * 100 - 50000
    sample.voltage = 53000 + sample.current // 100
    for i in range(16):
        sample.cells[i] = 3310 + sample.current // 2000 + i + chance.below(2)
    sample.find_extremes()


def measure(seconds, interval_s, free=None, begin_s=0):
    """steady() on a new partition; free: blocks that other files leave, None for all.

    begin_s: how long to log before, so that what is measured is not the beginning.
    """
    flash = RamFlash(PARTITION)
    with flash.mounted() as root:
        if free is not None:
            fill(root + "/foreign", free)
        pack = Pack(root + "/data", interval_s=interval_s, reserve=16 * 4096, budget=1101004)
        pack.sample.cell_count = 16

        def clock(ms):
            pack.ms += ms

        steady(flash, pack.history, pack.sample, begin_s, clock)
        return steady(flash, pack.history, pack.sample, seconds, clock)


if __name__ == "__main__":
    print(json.dumps(measure(*[int(argument) for argument in sys.argv[1:]])))
