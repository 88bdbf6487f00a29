"""Random lives of a log on littlefs, from the files of version 0.1.0 or from none: boots, readings,
silence, clocks, flushes, compaction, and the power that goes at any operation of the flash.
test_store_littlefs.py runs this.

After each cut a judge that knows only docs/format.md reads what is there: of all frames that were
reported durable each stands there once, as it was, in order; nothing else does but what was fed.
"""

import gc
import os

import littlefs_cuts  # noqa: F401 - which lets a shard that was read once be known
import plain_reader
from chance import Chance
from littlefs_cuts import clocks
from ram_flash import RamFlash

from lib.uptime import Uptime
from sample import Sample
from store import segment
from store.history import History

OLD = __file__.rsplit("/", 1)[0] + "/../data/0.1.0"
SERIES = ("pack", "cells", "events")
CELLS = {"house": 16, "new": 4}  # the judge reads shards of layout 1 only: no boat
BLOCKS = 96
UTC = 1780000000
FOREVER = 1 << 29


class Life:
    """One boot after the other of one pack, on one flash. known: the frames that must be there."""

    def __init__(self, seed):
        self.chance = Chance(seed)
        self.name = ("house", "new")[seed % 2]
        self.flash = RamFlash(BLOCKS)
        self.boots = self.flushes = self.compactions = 0
        with self.flash.mounted() as root:
            if self.name != "new":
                copy_old(self.name, root)
                self.known = plain_reader.read(self._folder(root) + "/pack")
            else:
                self.known = []

    def _folder(self, root):
        return root + "/data/" + self.name

    def live(self, most):
        """A boot, until the power goes or enough was done."""
        self.flash.cut = self.flash.operations + 1 + self.chance.below(most)
        self.ms = self.durable = 0
        self.fed = []  # uptimes of readings
        self.told = {}  # boot: UTC at its uptime 0
        try:
            with self.flash.mounted() as root:
                self._boot(root)
                for _ in range(60):
                    self._do_something()
                    if self.flash.dead:
                        break
                self.flash.cut = max(1, self.flash.operations)
                self.history.close()  # the files' objects; nothing is written any more
        except OSError:
            assert self.flash.dead  # a flash that takes nothing may look like one that is broken
        self.boots += 1
        self.flash = RamFlash(0, self.flash.data)
        self.judge()

    def _boot(self, root):
        uptime = Uptime(lambda: self.ms, lambda a, b: a - b)
        cells = CELLS[self.name]
        options = {"window_s": 30, "interval_s": 1, "budget": 4 << 20, "reserve": 0}
        self.history = History(root + "/data", self.name, cells, uptime, **options)
        self.boot = self.history.boot
        self.sample = Sample()
        self.sample.cell_count = cells
        self.steps = iter(())
        self.history.event(1)

    def _do_something(self):
        chance = self.chance.below(100)
        if chance < 60:
            self._readings(1 + self.chance.below(40))
        elif chance < 65:
            self.ms += 1000 * self.chance.below(40000)  # silence, longer than a timestamp too
        elif chance < 68:
            utc = UTC + 100 * self.boot
            self.history.anchor(utc + self.ms // 1000, segment.PC)
            if not self.flash.dead:
                self.told[self.boot] = utc
        elif chance < 72:
            self.history.event(2, 0, self.chance.below(65536))
        elif chance < 90:
            self._flush()
        else:
            self._compact()

    def _readings(self, count):
        sample = self.sample
        for _ in range(count):
            sample.current = self.chance.below(2000) * 100 - 100000
            for i in range(sample.cell_count):
                sample.cells[i] = 3200 + self.chance.below(200)
            sample.find_extremes()
            sample.voltage = sum(sample.cells[: sample.cell_count])
            self.history.add(sample)
            self.fed.append(self.ms // 1000)
            self.ms += 1000

    def _flush(self):
        done = self.history.flush(True)
        if not self.flash.dead:
            assert done and self.history.last_error is None
            self.durable = self.history.durable_frames
            self.flushes += 1

    def _compact(self):
        for _ in range(20 + self.chance.below(400)):
            if self.flash.dead:
                return
            if next(self.steps, 0) == 0:
                self.steps = self.history.compact()
                self.compactions += 1
                break

    def judge(self):
        """See what a board would find."""
        with RamFlash(0, self.flash.data).mounted() as root:
            folder = self._folder(root)
            for series in SERIES:
                check_whole(folder + "/" + series)
            found = plain_reader.read(folder + "/pack") if is_there(folder + "/pack") else []
            here = found[: len(self.known)]
            assert here == self.known, "what was there is not there any more, or not as it was"
            new = found[len(self.known) :]
            old = [frame for frame in new if frame[0] != self.boot]
            new = [frame for frame in new if frame[0] == self.boot]
            assert len(old) <= 1, "more than a draft"
            assert len(new) >= self.durable, (len(new), self.durable)
            uptimes = [frame[1] for frame in new]
            assert uptimes == [second for second in self.fed if second in set(uptimes)]
            assert len(set(uptimes)) == len(uptimes)
            for boot, utc in clocks(folder + "/pack") if found else ():
                if boot == self.boot:
                    assert utc == UTC + 100 * self.boot
            self.known = found


def is_there(path):
    try:
        os.stat(path)
        return True
    except OSError:
        return False


def check_whole(folder):
    """Every file of a series is whole; what a compaction has half done is swept at a start."""
    for name in os.listdir(folder) if is_there(folder) else ():
        if not name.endswith(".tmp") and name != "draft":
            data = plain_reader.contents(folder + "/" + name)
            if data:
                header = segment.parse_header(data)
                assert (len(data) - header.header_size) % header.record_size == 0


def copy_old(name, root):
    """The files of a pack that version 0.1.0 has left."""
    os.mkdir(root + "/data")
    os.mkdir(root + "/data/" + name)
    for series in SERIES:
        path = name + "/" + series
        os.mkdir(root + "/data/" + path)
        for file_name in os.listdir(OLD + "/" + path):
            with open(OLD + "/" + path + "/" + file_name, "rb") as file:
                data = file.read()
            with open(root + "/data/" + path + "/" + file_name, "wb") as file:
                file.write(data)


def lives(seeds, boots):
    """Some lives of so many boots each."""
    total = [0] * 4
    for seed in seeds:
        life = Life(seed)
        for boot in range(boots):
            try:
                life.live(500 if boot % 3 else 60)
            except Exception:
                print("seed", seed, "boot", boot, "name", life.name)
                raise
            gc.collect()
        for i, count in enumerate((life.boots, life.flushes, life.compactions, len(life.known))):
            total[i] += count
    print(
        "tried:", len(seeds), "lives,", total[0], "boots and power cuts,", total[1], "flushes,",
        total[2], "compactions begun,", total[3], "frames"
    )  # fmt: skip
    assert total[1] > 3 * total[0]


def test_lives():
    lives(range(1, 3), 5)


def slow_lives_1():
    lives(range(100, 112), 8)


def slow_lives_2():
    lives(range(200, 212), 8)


def slow_lives_3():
    lives(range(300, 312), 8)


def slow_lives_4():
    lives(range(400, 412), 8)
