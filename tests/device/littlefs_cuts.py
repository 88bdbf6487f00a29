"""Power cuts at every operation of the flash, on littlefs: test_store_littlefs.py runs this.

A scenario is played once, over an image with a history; the flash writes down every program and
erase. From that comes what was on it had the power gone at any of them, and a board is started on
that. Lines that begin with "measured" are figures for whoever reads the output.
"""

import binascii
import gc
import os

import plain_hours
import plain_reader
import plain_shard
from a_pack import Pack
from chance import Chance
from ram_flash import RamFlash, Replay
from test_checks import blocks

from lib.uptime import PC
from store import segment

BLOCKS = 48
BUDGET = 4 * 12288  # segments of three blocks, shards of two
UTC = 1780000000
ANCHOR_AT, NIGHT_AT = 3, 9  # flushes
NIGHT_S = 4 * 3600  # of silence; midnight is in it
READ_CALL_US, READ_BYTES_PER_US = 50, 2  # of an ESP32's flash, on the slow side
START_US = 2000000


def a_pack(root, **options):
    pack = Pack(root + "/data", reserve=0, **options)
    pack.sample.cell_count = 4
    return pack


def readings(pack, chance, count):
    """Readings of a house that switches things on and off."""
    sample = pack.sample
    base = 0
    for _ in range(count):
        if chance.below(10) == 0:
            base = chance.below(2000) * 50 - 50000
        sample.current = base + chance.below(8000)
        for i in range(4):
            sample.cells[i] = 3300 + base // 2000 + 3 * i + chance.below(8)
        sample.find_extremes()
        sample.voltage = sum(sample.cells[:4])
        pack.history.add(sample)
        pack.ms += 1000


def before(seed, root, **options):
    """Boot 1: shards, a full segment that is none yet, one that is nearly full."""
    pack = a_pack(root, **options)
    chance = Chance(seed)
    pack.history.event(1)
    for n in range(104 + seed % 8):
        readings(pack, chance, 60)
        assert pack.history.flush()
        if n < 80:
            for _ in pack.history.compact():
                pass
    assert pack.history.close()


def scenario(seed, root, told=None, **options):
    """Boot 2: flushes, new segments, compaction and retention, a few steps of each in turn."""
    pack = a_pack(root, **options)
    chance = Chance(seed + 100)
    pack.history.event(1)
    steps = iter(())
    for n in range(20):
        readings(pack, chance, 30 + chance.below(61))
        if n == ANCHOR_AT:
            pack.history.anchor(UTC, PC)
            pack.clock = 2, UTC - pack.ms // 1000
        if n == NIGHT_AT:
            pack.ms += 1000 * NIGHT_S
        assert pack.history.flush()
        if told:
            told.flushed(pack.history)
        if n > NIGHT_AT:
            for _ in pack.history.make_days():
                pass
        for _ in range(100 + chance.below(200)):
            if next(steps, 0) == 0:
                steps = pack.history.compact()
                if told:
                    told.compacted()
                if n % 3 == 0:
                    break
    return pack


class Told:
    """What the store said of itself, and after how many operations of the flash."""

    def __init__(self, flash):
        self.flash = flash
        self.durable = [(0, 0, 0)]  # (operations, frames, mAh in and out)
        self.shards = []  # operations

    def flushed(self, history):
        totals = history.totals
        mah = totals.charge_in + totals.charge_out
        self.durable.append((self.flash.operations, history.durable_frames, mah))

    def compacted(self):
        self.shards.append(self.flash.operations)

    def before(self, cut):
        """How many flushes there were before a cut, frames that were durable by then, mAh."""
        found = [told for told in self.durable if told[0] < cut]
        return len(found) - 1, found[-1][1], found[-1][2]


def played(seed):
    """(image before, journal, Told, boot 2 and UTC at its uptime 0, what all frames are)."""
    flash = RamFlash(BLOCKS)
    with flash.mounted() as root:
        before(seed, root, budget=BUDGET)
    image = bytes(flash.data)
    flash = RamFlash(0, image)
    flash.journal = []
    told = Told(flash)
    with flash.mounted() as root:
        pack = scenario(seed, root, told, budget=BUDGET)
        names = sorted(os.listdir(pack.path))
        journal, flash.journal = flash.journal, None
        assert pack.history.close()
    check_that_it_crossed_everything(image, names)
    return image, journal, told, pack.clock, all_frames(seed)


def check_that_it_crossed_everything(image, after):
    """New segments, new shards, deleted shards."""
    with RamFlash(0, image).mounted() as root:
        names = sorted(os.listdir(root + "/data/house/pack"))
    shards = [name[:8] for name in names if name.endswith(".shard")]
    now = [name[:8] for name in after if name.endswith(".shard")]
    print("measured: before", " ".join(names), "after", " ".join(after))
    assert now[0] > shards[0] and now[-1] > shards[-1] and after[-1] > names[-1]


def all_frames(seed):
    """((boot, uptime), hash of all there is) of all frames, from a flash that never gets full."""
    flash = RamFlash(160)
    with flash.mounted() as root:
        before(seed, root)
        assert scenario(seed, root).history.close()
        return [(frame[:2], hash(frame)) for frame in plain_reader.read(root + "/data/house/pack")]


_known = {}  # what a shard was made of, by its CRC: most cuts leave most shards as they were
_read_shard = plain_shard.read


def read_shard(data):
    crc = binascii.crc32(data)
    if crc not in _known:
        _known[crc] = _read_shard(data)
    return _known[crc]


plain_shard.read = read_shard


def check(flash, durable, mah, clock, frames, where):
    """Start a board on what the cut left, and see what is there. Returns the us of its start.

    durable: how many frames of boot 2 were said to be; mah: what had flowed; clock: what was said
    of its UTC, or None.
    """
    with flash.mounted() as root:
        flash.read_calls = flash.read_bytes = 0
        pack = a_pack(root, budget=BUDGET)
        start_us = flash.read_calls * READ_CALL_US + flash.read_bytes // READ_BYTES_PER_US
        found = check_frames(pack, frames, where)
        assert found[-1] >= (2, durable - 1) or not durable, where
        if clock:
            assert clocks(pack.path) == {clock}, where
        totals = pack.history.totals
        assert totals.charge_in + totals.charge_out >= mah, where
        boot = pack.history.boot
        assert boot == (3 if durable else boot), where
        readings(pack, Chance(5), 5)
        pack.history.anchor(UTC + 2 * NIGHT_S, PC)
        assert pack.history.flush(), where
        for _ in pack.history.make_days():
            pass
        if where[1] % 3 == 0:
            for _ in pack.history.compact():
                pass
        assert pack.history.last_error is None, where
    with RamFlash(0, flash.data).mounted() as root:
        after = [second for second, _ in plain_reader.coverage(root + "/data/house/pack")]
        assert after[-5:] == [0, 1, 2, 3, 4], where
        assert after[:-5] == [second for _, second in found[-len(after) + 5 :]], where
        check_others(root + "/data/house")
        check_hours(root + "/data/house", durable, where)
    return start_us


def check_hours(folder, durable, where):
    """No hour is there twice, and all of them are in one day, but for those of the present one."""
    found = plain_hours.hours(folder)
    for before, after in zip(found, found[1:]):
        assert (after.boot, after.begin) >= (before.boot, before.end), where
    days = plain_hours.days(folder)
    assert len(days) == len({(day.boot, day.end) for day in days}), where
    if days:
        of = [each for each in found if (each.boot, each.end) <= (days[-1].boot, days[-1].end)]
        for i in range(4):
            total = sum([day.sums()[i] for day in days])
            assert total == sum([each.sums()[i] for each in of]), where
    if durable:
        assert [each.boot for each in found][-1] == 2, where


def check_frames(pack, frames, where):
    """What is there is a part of all frames, each once, as it was; returns boots and uptimes."""
    assert not [name for name in os.listdir(pack.path) if name.endswith(".tmp")], where
    found = [(frame[:2], hash(frame)) for frame in plain_reader.read(pack.path)]
    first = frames.index(found[0])
    end = first + len(found)
    assert found == frames[first:end], where
    assert len(found) > 1200, where
    return [key for key, _ in found]


def clocks(folder):
    """(boot, UTC at its uptime 0) by all headers and marks."""
    found = set()
    for path in plain_reader.files(folder):
        data = plain_reader.contents(path)
        if data:
            boot, uptime, utc = (int.from_bytes(data[at : at + 4], "little") for at in (16, 20, 24))
            if utc:
                found.add((boot, utc - uptime))
    for boot, uptime, utc, _ in plain_reader.anchors(folder):
        found.add((boot, utc - uptime))
    return found


def check_others(folder):
    """Of the other series too every file is whole; each CHECK is right, in every segment."""
    assert all(series in os.listdir(folder) for series in ("pack", "cells", "events", "hours"))
    for series in os.listdir(folder):
        names = [name for name in os.listdir(folder + "/" + series) if name != "draft"]
        for name in names:
            path = folder + "/" + series + "/" + name
            data = plain_reader.contents(path)
            if data:
                header = segment.parse_header(data)
                assert (len(data) - header.header_size) % header.record_size == 0
                if name.endswith(".seg"):
                    blocks(data)


def cut_everywhere(seed, step=1):
    """Cuts at every so many operations, and at all around the end of each compaction."""
    image, journal, told, clock, frames = played(seed)
    replay = Replay(image, journal)
    longest = count = 0
    for number in range(1, len(journal) + 2):
        if number % step and not any(-8 < number - at < 3 for at in told.shards):
            continue
        flushes, durable, mah = told.before(number)
        known = clock if flushes > ANCHOR_AT else None
        flash = replay.cut(number)
        longest = max(longest, check(flash, durable, mah, known, frames, (seed, number)))
        count += 1
        gc.collect()
    assert longest < START_US
    print("measured: power cut at", count, "of", len(journal), "flash operations, seed", seed)
    print("measured: ms to start, at most:", longest // 1000)


def test_power_cuts():
    cut_everywhere(1, 96)


def slow_power_cuts_at_every_operation_1():
    cut_everywhere(1)


def slow_power_cuts_at_every_operation_2():
    cut_everywhere(2)


def slow_power_cuts_at_every_operation_3():
    cut_everywhere(3)


def slow_power_cuts_at_every_operation_4():
    cut_everywhere(4)


def slow_power_cuts_at_every_operation_5():
    cut_everywhere(5)
