"""A reading of which nothing is recorded takes nothing of the heap. MicroPython alone can tell."""

import temporary
from house_day import House

from lib.uptime import Uptime
from sample import Sample
from store.history import History

try:
    import micropython
except ImportError:  # CPython
    micropython = None

READINGS = 150
EVERY_MS = 2000


def reading(house, sample, i):
    """What a JK with 16 cells says, with counters that change each time."""
    house.next(sample)
    sample.cell_count = 16
    for cell in range(4, 16):
        sample.cells[cell] = sample.cells[cell % 4] + cell // 4
    sample.find_extremes()
    sample.flags, sample.switches, sample.errors = 0, 3, 0
    sample.extras["bms_uptime"] = i
    sample.extras["cells_present"] = 65535
    sample.texts["model"] = "JK_B2A24S15P"


class Log:
    """A history of which nobody waits for the flash."""

    def __init__(self, folder, ms):
        uptime = Uptime(lambda: ms[0], lambda a, b: a - b)
        tolerances = {"capacity_ah": 280}
        self.history = History(folder, "house", 16, uptime, tolerances=tolerances, bms="jk")

    def records(self):
        return sum([series.backlog.count for series in self.history._all()])


def test_a_reading_allocates_nothing():
    if not hasattr(micropython, "heap_lock"):
        return
    ms = [0]
    house, sample = House(1), Sample()
    quiet = 0
    with temporary.Folder() as first, temporary.Folder() as second:
        scout, log = Log(first, ms), Log(second, ms)
        for i in range(READINGS):
            reading(house, sample, i)
            ms[0] += EVERY_MS
            before = scout.records()
            scout.history.add(sample)
            if scout.records() == before:
                quiet += 1
                add_locked(log.history.add, sample)
            else:  # what is recorded may take something
                log.history.add(sample)
            assert log.records() == scout.records()
            if scout.history.due():
                assert scout.history.flush() and log.history.flush()
        assert scout.history.close() and log.history.close()
    assert quiet > READINGS // 2


def add_locked(add, sample):
    """Fails if it allocates."""
    if hasattr(micropython, "mem_total"):  # ever: the frames of functions, too
        before = micropython.mem_total()
        add(sample)
        assert micropython.mem_total() == before
        return
    micropython.heap_lock()
    try:
        add(sample)
    finally:
        micropython.heap_unlock()
