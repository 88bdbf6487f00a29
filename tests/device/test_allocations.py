"""A reading of which nothing is recorded takes nothing of the heap. MicroPython alone can tell."""

import gc

import temporary
from house_day import House

from lib.uptime import Uptime
from sample import Sample
from store.history import History

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


def test_a_reading_allocates_nothing():
    if not hasattr(gc, "mem_alloc"):
        return
    ms = [0]
    uptime = Uptime(lambda: ms[0], lambda a, b: a - b)
    house, sample = House(1), Sample()
    quiet = 0
    with temporary.Folder() as folder:
        tolerances = {"capacity_ah": 280}
        history = History(folder, "house", 16, uptime, tolerances=tolerances, bms="jk")
        for i in range(READINGS):
            reading(house, sample, i)
            ms[0] += EVERY_MS
            records = sum([series.backlog.count for series in history._all()])
            gc.collect()
            gc.disable()
            before = gc.mem_alloc()
            history.add(sample)
            taken = gc.mem_alloc() - before
            gc.enable()
            if sum([series.backlog.count for series in history._all()]) == records:
                quiet += 1
                assert taken == 0, (i, taken)
            if history.due():
                assert history.flush()
        assert history.close()
    assert quiet > READINGS // 2
