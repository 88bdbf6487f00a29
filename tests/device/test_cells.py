"""The cells' sampler: which readings become records, and what these say."""

import struct

from chance import Dice

from sample import Sample
from store import frame
from store.backlog import Backlog
from store.cells import CellSampler, record_size


class Log:
    """A sampler over a backlog, and what it has put there."""

    def __init__(
        self, cells=4, tolerance=50, longest=600, shortest=30, gap=15, deviation=5, capacity=400
    ):
        self.backlog = Backlog(capacity, record_size(cells))
        self.cells = cells
        self.sampler = CellSampler(
            self.backlog, cells, tolerance, longest, shortest, gap, deviation
        )
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
            if backlog.kind(i) == frame.RUN:
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


def test_a_load_that_pulls_all_cells_down_is_no_news():
    log = Log()
    for second in range(0, 500, 2):
        drop = 50 if 100 <= second < 300 else 0
        log.read(second, 3300 - drop, 3310 - drop, 3302 - drop, 3304 - drop)
    assert log.records() == [(0, "run"), (0, (3300, 3310, 3302, 3304))]


def test_a_cell_that_is_off_by_more_than_its_own_tolerance_is_recorded():
    log = Log(tolerance=50)
    for second in range(0, 102, 2):
        log.read(second, 3300, 3300, 3300, 3300)
    log.read(102, 3249, 3249, 3249, 3249)
    assert log.records()[2:] == [(102, (3249, 3249, 3249, 3249))]
    for second in range(104, 130, 2):
        log.read(second, 3300, 3300, 3300, 3300)  # too soon after that
    assert len(log.records()) == 3
    log.read(132, 3300, 3300, 3300, 3300)
    assert log.records()[3:] == [(132, (3300, 3300, 3300, 3300))]


def test_a_deviation_that_lasts_is_recorded():
    log = Log()
    for second in range(0, 100, 2):
        log.read(second, 3300, 3300, 3300, 3300)
    for second in range(100, 200, 2):
        log.read(second, 3300, 3300, 3292, 3300)  # the mean is 3298, so it is 6 mV below that
    first, *more = log.records()[2:]
    # An eighth of what is missing every 2 s: 7/8 of 5 mV are reached after 10 steps
    assert first == (118, (3299, 3299, 3294, 3299))
    assert more == []


def test_twice_the_tolerance_is_recorded_after_a_tenth_of_the_shortest_time():
    log = Log(shortest=300)
    for second in range(0, 60, 2):
        log.read(second, 3300, 3300, 3300 if second < 20 else 3200, 3300)
    assert log.records()[2][0] == 30
    log = Log(shortest=300)
    for second in range(0, 400, 2):
        log.read(second, 3300, 3300, 3300 if second < 20 else 3292, 3300)
    assert [at for at, _ in log.records()[2:]] == [300]


def test_a_slow_drift_does_not_escape():
    log = Log()
    for second in range(2000):
        log.read(second, 3300 + second // 20, 3300, 3300, 3300)
    records = log.records()[1:]
    held = 0
    for second in range(2000):
        while held + 1 < len(records) and records[held + 1][0] <= second:
            held += 1
        cells = records[held][1]
        deviation = cells[0] - sum(cells) / 4
        # 100 mV in 2000 s: the filter is a millivolt behind
        assert abs(deviation - 3 * (second // 20) / 4) <= 7, second
    assert len(records) < 20


def test_noise_is_filtered_out_of_what_a_record_says():
    log = Log(longest=60, capacity=1000)
    dice = Dice(1)
    true = (3300, 3305, 3290, 3312)
    for second in range(0, 36000, 2):
        log.read(second, *[mv + dice.roll(-1, 1) for mv in true])
    off = []
    for _, cells in log.records()[5:]:
        mean = sum(cells) / 4
        off += [abs(cell - mean - (mv - 3301.75)) for cell, mv in zip(cells, true)]
    assert len(off) > 2000
    assert max(off) <= 2 and sum(off) < 0.7 * len(off)
    repeated = [b for (_, a), (_, b) in zip(log.records()[5:], log.records()[6:]) if same(a, b)]
    assert len(repeated) > 400  # of 600: most say the same deviations as the one before


def same(a, b):
    return len({x - y for x, y in zip(a, b)}) == 1


def test_silence_begins_a_new_run_and_the_last_reading_before_it_is_kept():
    log = Log()
    log.read(0, 3300, 3300, 3300, 3300)
    for second in range(1, 11):
        log.read(second, 3301, 3300, 3300, 3300)
    log.read(41, 3302, 3300, 3300, 3300)
    assert log.records() == [
        (0, "run"),
        (0, (3300, 3300, 3300, 3300)),
        (10, (3300, 3300, 3300, 3300)),  # a deviation of less than 0.7 mV is no news
        (41, "run"),
        (41, (3302, 3300, 3300, 3300)),
    ]


def test_silence_shorter_than_the_time_between_two_records_is_left_to_the_frames():
    log = Log(gap=15, shortest=30)
    for second in (0, 2, 4, 34, 36, 66):
        log.read(second, 3300, 3300, 3300, 3300)
    assert len(log.records()) == 2


def test_a_gap_of_just_the_length_that_may_be_is_none():
    log = Log()
    for second in range(0, 100, 15):
        log.read(second, 3300, 3300, 3300, 3300)
    assert len(log.records()) == 2


def test_readings_without_cells_are_silence():
    log = Log()
    for second in range(40):
        log.read(second, *((3300,) * 4 if second < 5 or second > 36 else ()))
    assert [r[0] for r in log.records()] == [0, 0, 4, 37, 37]


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
