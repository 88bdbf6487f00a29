"""Decades of hours and days in the shares of a board's budget: test_store_littlefs.py runs this.

Lines that begin with "measured" are figures for whoever reads the output.
"""

import os

import plain_hours
import temporary
from chance import Chance

from lib.local_time import LocalTime
from lib.uptime import NTP
from sample import Sample
from store import segment
from store.budget import shares
from store.files import Files
from store.rollup import SIZES, Rollup
from store.series import Series

BEGIN = 1780272000  # 2026-06-01T00:00:00Z
DAY_S, EVERY_S = 86400, 1800
BERLIN = [3600, 7200, 3, 5, 0, 7200, 10, 5, 0, 10800]
BOARD = 1536 * 1024  # the default budget on a file system of 2 MiB
BLOCK = 4096


class House:
    """A rollup that gets a reading each half an hour: sun, loads, seasons. No frames."""

    def __init__(self, folder, budget):
        self.folder = folder
        self.budgets = shares(budget)
        self.chance = Chance(1)
        self.sample = Sample()
        self.second = self.boot = 0
        self.model = plain_hours.Model()
        self.start()

    def start(self):
        """The board comes up, and knows the time."""
        self.boot += 1
        self.zero = self.second
        self.rollup = Rollup(self.folder, self.make, LocalTime(BERLIN), 2 * EVERY_S, 280)
        self.rollup.series.join(self.boot, self.rollup.series.header.log)
        self.rollup.hour.clock(0, BEGIN + self.second)
        self.running = False

    def make(self, kind, capacity):
        header = segment.Header(kind, 1, 16, "house", 0, SIZES[kind])
        path = self.folder + "/" + segment.FOLDERS[kind]
        buffer = memoryview(bytearray(segment.BUFFER))
        return Series(path, header, 64, buffer, self.budgets[kind - 1])

    def day(self):
        """The readings of a day, and what a board does with them."""
        for n in range(DAY_S // EVERY_S):
            self.reading(n)
        rollup = self.rollup
        assert rollup.series.flush()
        for _ in rollup.make_days((0, BEGIN + self.zero, NTP), self.second - self.zero):
            pass
        for compactor in (rollup.series.compactor, rollup.compactor):
            while compactor and compactor.waiting():
                for _ in compactor.run():
                    pass
                assert compactor.last_error is None

    def reading(self, n):
        chance = self.chance
        sun = max(0, 12 - abs(n - 24)) * (3000 + chance.below(3000))
        current = sun - 1000 - chance.below(12) ** 2 * (50 + chance.below(300))
        soc = 50 + (n - 20) % 48
        cell = 3250 + soc // 2 + current // 2000 + chance.below(3)
        self.sample.current = current // 100 * 100
        self.sample.voltage = 16 * cell + chance.below(16)
        self.sample.min_cell, self.sample.max_cell = chance.below(2), 14 + chance.below(2)
        temperature = 150 + (self.second // DAY_S % 365) // 3 + n // 4 * 5
        values = [self.sample.voltage, cell - 4, cell + 3 + abs(current) // 9000, temperature, soc]
        self.rollup.hour.add(self.sample, values, self.second - self.zero, 0)
        if self.running:
            self.model.take(self.sample.voltage, self.sample.current, 1000 * EVERY_S)
        self.running = True
        self.second += EVERY_S


def taken(folder):
    """Bytes in whole blocks of a series."""
    files = Files(folder)
    sizes = list(files.segments.values()) + list(files.shards.values())
    return sum([-(-size // (BLOCK - 8)) * BLOCK for size in sizes])


def check(days, budget):
    """Log so many days; returns the records of the hours and days that are left."""
    with temporary.Folder() as folder:
        house = House(folder, budget)
        for n in range(days):
            house.day()
            if n % 90 == 89:
                house.rollup.hour.finish()  # a restart that was planned
                house.rollup.series.flush()
                house.start()
        hours, found = plain_hours.hours(folder), plain_hours.days(folder)
        for kind in (segment.HOURS, segment.DAYS):
            path = folder + "/" + segment.FOLDERS[kind]
            size = sum([os.stat(path + "/" + name)[6] for name in os.listdir(path)])
            assert taken(path) <= house.budgets[kind - 1]
            count = len(hours if kind == segment.HOURS else found)
            print("measured:", segment.FOLDERS[kind], count, "records in", size, "bytes")
        numbers = [each.day for each in found]
        for i in range(4):
            total = sum([each.sums()[i] for each in found])
            moved = sum(house.model.sums()[i - i % 2 : i - i % 2 + 2])
            real = house.model.sums()[i]
            if len(set(numbers)) >= days - 1:  # nothing has gone
                last = sum([each.sums()[i] for each in hours[-26:] if each.end > found[-1].end])
                percent = 0.02 if i < 2 else 0.5
                assert abs(total + last - real) <= moved * percent / 100 + 2, (i, total, real)
        return hours, found, numbers


def test_months_in_a_small_flash():
    hours, found, numbers = check(120, 131072)
    assert numbers[-1] == BEGIN // DAY_S + 119 and len(hours) > 36 * 24
    assert sorted(set(numbers)) == list(range(numbers[0], numbers[-1] + 1))
    assert numbers[0] == BEGIN // DAY_S


def slow_twenty_years():
    hours, found, numbers = check(7305, BOARD)
    assert sorted(set(numbers)) == list(range(BEGIN // DAY_S, BEGIN // DAY_S + 7305))
    assert len(hours) > 3 * 365 * 24
