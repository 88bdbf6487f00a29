"""The cells' sampler: which readings become records, and that none is further off than said."""

import struct

from sample import Sample
from store import frame
from store.backlog import Backlog
from store.cells import CellSampler, record_size


class Log:
    """A sampler over a backlog, and what it has put there."""

    def __init__(self, cells=4, tolerance=5, longest=600, shortest=30, gap=15, capacity=400):
        self.backlog = Backlog(capacity, record_size(cells))
        self.cells = cells
        self.sampler = CellSampler(self.backlog, cells, tolerance, longest, shortest, gap)
        self.sample = Sample()

    def read(self, second, *cells, ms=0):
        """A reading of those mV."""
        self.sample.cell_count = len(cells)
        for i in range(len(cells)):
            self.sample.cells[i] = cells[i]
        self.sampler.add(self.sample, second, ms)

    def records(self):
        """(second, mV of all cells), or (second, "run")."""
        found = []
        backlog = self.backlog
        for i in range(backlog.count):
            offset = backlog.offset(i)
            if backlog.is_run(i):
                found.append((backlog.uptime(i), "run"))
            else:
                cells = struct.unpack_from("<" + str(self.cells) + "H", backlog.buffer, offset + 2)
                found.append((backlog.uptime(i), cells))
        return found


def test_a_record_is_as_long_as_its_cells_and_never_shorter_than_a_mark():
    assert [record_size(n) for n in (0, 4, 5, 6, 16, 24, 32)] == [13, 13, 13, 14, 34, 50, 66]


def test_what_does_not_change_is_recorded_at_the_longest_interval():
    log = Log()
    for second in range(1300):
        log.read(second, 3300, 3301, 3302, 3303)
    same = (3300, 3301, 3302, 3303)
    assert log.records() == [(0, "run"), (0, same), (600, same), (1200, same)]


def test_a_cell_that_is_off_by_more_than_the_tolerance_is_recorded():
    log = Log()
    log.read(0, 3300, 3300, 3300, 3300)
    for second in range(1, 100):
        log.read(second, 3300, 3305, 3295, 3300)  # exactly the tolerance
    log.read(100, 3300, 3300, 3294, 3300)
    for second in range(101, 130):
        log.read(second, 3300, 3300, 3300, 3300)  # too soon after that
    assert log.records()[2:] == [(100, (3300, 3300, 3294, 3300))]
    log.read(130, 3300, 3300, 3300, 3300)
    assert log.records()[3:] == [(130, (3300, 3300, 3300, 3300))]


def test_a_slow_drift_does_not_escape():
    log = Log()
    for second in range(2000):
        log.read(second, 3300 + second // 20, 3300, 3300, 3300)
    records = log.records()[1:]
    held = 0
    for second in range(2000):
        while held + 1 < len(records) and records[held + 1][0] <= second:
            held += 1
        assert abs(records[held][1][0] - (3300 + second // 20)) <= 5, second
    assert len(records) < 20


def test_silence_begins_a_new_run_and_the_last_reading_before_it_is_kept():
    log = Log()
    log.read(0, 3300, 3300, 3300, 3300)
    for second in range(1, 11):
        log.read(second, 3301, 3300, 3300, 3300)
    log.read(26, 3302, 3300, 3300, 3300)
    assert log.records() == [
        (0, "run"),
        (0, (3300, 3300, 3300, 3300)),
        (10, (3301, 3300, 3300, 3300)),
        (26, "run"),
        (26, (3302, 3300, 3300, 3300)),
    ]


def test_a_gap_of_just_the_length_that_may_be_is_none():
    log = Log()
    for second in range(0, 100, 15):
        log.read(second, 3300, 3300, 3300, 3300)
    assert len(log.records()) == 2


def test_readings_without_cells_are_silence():
    log = Log()
    for second in range(40):
        log.read(second, *((3300,) * 4 if second < 5 or second > 30 else ()))
    assert [r[0] for r in log.records()] == [0, 0, 4, 31, 31]


def test_finishing_twice_or_with_nothing_new_writes_nothing():
    log = Log()
    log.sampler.finish()
    log.read(0, 3300, 3300, 3300, 3300)
    log.sampler.finish()
    log.sampler.finish()
    assert len(log.records()) == 2


def test_timestamps_rise_even_if_a_run_ends_and_begins_in_a_second():
    log = Log()
    log.read(7, 3300, 3300, 3300, 3300)
    log.sampler.finish()
    log.read(7, 3301, 3300, 3300, 3300, ms=400)
    log.sampler.finish()
    log.read(7, 3302, 3300, 3300, 3300, ms=600)
    assert [r[0] for r in log.records() if r[1] != "run"] == [7, 8, 9]


def test_the_second_is_the_nearest():
    log = Log()
    log.read(7, 3300, 3300, 3300, 3300, ms=499)
    log.read(99, 3300, 3300, 3300, 3300, ms=500)
    assert [r[0] for r in log.records() if r[1] != "run"] == [7, 100]


def test_cells_that_are_missing_are_unknown():
    log = Log()
    log.read(0, 3300, 3301, 3302, 3303)
    log.read(15, 3300, 3301, 3302, 3303)
    log.read(30, 3300, 3301)
    assert log.records()[-1] == (30, (3300, 3301, 0, 0))


def test_more_cells_than_a_record_has_are_never_recorded_in_part():
    log = Log()
    log.read(0, 3300, 3301, 3302, 3303)
    log.read(5, 3300, 3301, 3302, 3303)
    log.read(10, 3300, 3301, 3302, 3303, 3304)
    assert log.sampler.wanted == 5
    assert [r[0] for r in log.records()] == [0, 0, 5]
    log.cells = 5
    log.backlog = Backlog(10, record_size(5))
    log.sampler.begin(log.backlog, 5)
    log.read(12, 3300, 3301, 3302, 3303, 3304)
    assert log.records() == [(12, "run"), (12, (3300, 3301, 3302, 3303, 3304))]


def test_no_voltage_looks_like_a_mark():
    log = Log()
    log.read(0, 70000, -1, 65535, 65534)
    offset = log.backlog.offset(1)
    assert frame.mark_kind(log.backlog.buffer, offset) == 0
    assert log.records()[1] == (0, (65534, 0, 65534, 65534))


def test_what_a_record_does_not_use_is_nul_even_in_a_slot_used_before():
    log = Log(cells=1, shortest=1, longest=1, capacity=4)
    for i in range(len(log.backlog.buffer)):
        log.backlog.buffer[i] = 0xEE
    log.read(0, 3300)
    offset = log.backlog.offset(1)
    assert bytes(log.backlog.buffer[offset + 4 : offset + 13]) == bytes(9)


def test_thirty_two_cells():
    log = Log(cells=32)
    cells = tuple(range(3300, 3332))
    log.read(0, *cells)
    assert log.records()[1] == (0, cells)
