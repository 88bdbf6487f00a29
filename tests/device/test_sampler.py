"""The sampler: exact charge, silence, unknown currents, readings between the whole seconds."""

import struct

from chance import Dice
from plain_reader import values_of

from sample import Sample
from store import frame, half
from store.backlog import Backlog
from store.sampler import Sampler


class Tape(Backlog):
    """Adds up what is put, and keeps the last of it: ("run", uptime), (uptime, values, current's
    bits)."""

    def __init__(self):
        super().__init__(4)
        self.records = []
        self.count_all = 0
        self.charge = 0  # mA ms, by what the frames say
        self.end = None

    def put(self, uptime):
        data = bytes(self.buffer[:13])
        if frame.mark_kind(data, 0):
            self.keep(("run", uptime))
        else:
            bits = struct.unpack("<H", data[4:6])[0]
            if bits != half.UNKNOWN and uptime > self.end:
                self.charge += half.times(bits, (uptime - self.end) * 1000000)
            self.keep((uptime, values_of(data, 1), bits))
        self.end = uptime

    def keep(self, record):
        self.count_all += 1
        if len(self.records) == 200:
            self.records = self.records[100:]
        self.records.append(record)


class Log:
    def __init__(self, interval_s=10, gap_s=15):
        self.tape = Tape()
        self.sampler = Sampler(self.tape, 1, interval_s, gap_s)
        self.sample = Sample()
        self.sample.voltage = 53250
        self.sample.soc = 91

    def reading(self, ms, current):
        self.sample.current = current
        self.sampler.add(self.sample, ms // 1000, ms % 1000)

    def rows(self):
        """(uptime, current in A) of frames, ("run", uptime) of runs."""
        return [r if r[0] == "run" else (r[0], r[1][1]) for r in self.tape.records]

    def charge(self):
        """mA ms, by what the frames say."""
        return self.tape.charge


def test_first_reading_is_a_frame_at_once():
    log = Log()
    log.reading(5000, -20000)
    assert log.rows() == [("run", 5), (5, -20.0)]
    assert log.charge() == 0


def test_a_frame_every_interval_with_the_mean():
    log = Log()
    log.reading(0, 0)
    for s in range(1, 21):
        log.reading(s * 1000, 10000 if s <= 5 else 20000)
    assert log.rows() == [("run", 0), (0, 0.0), (10, 15.0), (20, 20.0)]
    assert log.charge() == 350000 * 1000


def test_the_newest_reading_gives_everything_else():
    log = Log()
    sample = log.sample
    for s in range(11):
        sample.voltage = 53000 + 50 * s
        sample.temperatures[0] = 200 + 5 * s
        sample.soc = 80 + s
        sample.cell_count = 3
        sample.cells[:3] = [3300 + s, 3290 + s, 3310 + s]
        sample.find_extremes()
        log.reading(s * 1000, 1000)
    assert log.tape.records[-1][1] == (53.5, 1.0, 25.0, 90.0, 3300, 3320, 1, 2)
    sample.clear()
    for s in range(11, 21):
        log.reading(s * 1000, 1000)
    assert log.tape.records[-1][1] == (None, 1.0) + (None,) * 6


def test_silence_ends_the_run_and_is_no_charge():
    log = Log()
    for s in (0, 1, 2, 3):
        log.reading(s * 1000, 8000)
    log.reading(18000, 4000)  # 15 s is not longer than the gap
    log.reading(33001, 9000)  # 15.001 s is
    log.reading(43001, 9000)
    rows = log.rows()
    assert rows.pop(2) == (18, half.times(half.from_ratio(84, 18), 1 << 24) / (1 << 24))
    assert rows == [("run", 0), (0, 8.0), ("run", 33), (33, 9.0), (43, 9.0)]
    assert abs(log.charge() - (3 * 8 + 15 * 4 + 10 * 9) * 1000000) < 40000


def test_silence_closes_the_frame_at_the_last_reading():
    log = Log()
    for s in (0, 1, 2, 3):
        log.reading(s * 1000, 8000)
    log.reading(3600000, 5000)
    assert log.rows() == [("run", 0), (0, 8.0), (3, 8.0), ("run", 3600), (3600, 5.0)]


def test_months_of_silence():
    log = Log()
    log.reading(0, 1000)
    log.reading(400 * 86400 * 1000, 2000)
    assert log.rows() == [("run", 0), (0, 1.0), ("run", 34560000), (34560000, 2.0)]


def test_finish_writes_the_frame_in_the_making_once():
    log = Log()
    for s in (0, 1, 2):
        log.reading(s * 1000, 8000)
    log.sampler.finish()
    log.sampler.finish()
    assert log.rows() == [("run", 0), (0, 8.0), (2, 8.0)]
    log.reading(3000, 4000)
    assert log.rows()[3:] == [("run", 3), (3, 4.0)]


def test_a_run_begins_later_than_the_frame_before_it():
    log = Log()
    log.reading(0, 8000)
    log.reading(1600, 8000)  # stands at 2
    log.sampler.finish()
    log.reading(2100, 8000)
    assert log.rows() == [("run", 0), (0, 8.0), (2, 8.0), ("run", 3), (3, 8.0)]


def test_unknown_current_is_unknown_and_no_charge():
    log = Log()
    for s, current in ((0, 5000), (4, 5000), (7, None), (9, None), (12, 6000), (22, 6000)):
        log.reading(s * 1000, current)
    # closed where it became unknown, and where it was known again
    assert log.rows() == [("run", 0), (0, 5.0), (4, 5.0), (9, None), (22, 6.0)]
    assert log.charge() == (4 * 5000 + 13 * 6000) * 1000


def test_current_never_known():
    log = Log()
    for s in range(25):
        log.reading(s * 1000, None)
    assert log.rows() == [("run", 0), (0, None), (10, None), (20, None)]


def test_unknown_for_less_than_a_second_goes_under():
    log = Log()
    for ms, current in ((0, 5000), (200, None), (400, 5000), (10000, 5000)):
        log.reading(ms, current)
    uptime, current = log.rows()[-1]
    assert uptime == 10 and 5 - 5 / 256 <= current <= 5


def test_several_readings_a_second():
    log = Log(interval_s=1)
    for ms in range(0, 3001, 200):
        log.reading(ms, 10000)
    uptimes = [row[0] for row in log.rows()[1:]]
    assert uptimes == [0, 1, 2, 3]
    assert all(row[1] == 10.0 for row in log.rows()[1:])


def test_two_readings_at_the_same_moment():
    log = Log(interval_s=1)
    for ms in (0, 0, 1000, 1000, 2000):
        log.reading(ms, 10000)
    assert log.rows() == [("run", 0), (0, 10.0), (1, 10.0), (2, 10.0)]


def test_a_reading_from_the_past_is_left_out():
    log = Log()
    for ms, current in ((0, 5000), (5000, 5000), (3000, 90000), (10000, 5000)):
        log.reading(ms, current)
    assert log.rows() == [("run", 0), (0, 5.0), (10, 5.0)]


def test_readings_between_whole_seconds_do_not_distort_a_steady_current():
    log = Log(interval_s=2)
    for n in range(5000):
        log.reading(350 + n * 2030, 23456)
    assert log.tape.count_all > 4900
    # the charge of the 0.35 s before the first reading is paid back by now
    frames = log.rows()
    assert all(abs(row[1] - 23.456) <= 0.016 for row in frames)
    times = [row[0] for row in frames]
    assert all(a < b for a, b in zip(times, times[1:]))
    assert abs(log.charge() - 4999 * 2030 * 23456) < 23456 * 1000


def largest_rounding(log):
    """mA ms that float16 can round off the last frame."""
    (before, *_), (uptime, _, bits) = log.tape.records[-2:]
    step = half.times((bits & 0x7FFF) + 1, 10**9) - half.times(bits & 0x7FFF, 10**9)
    return step * (uptime - before) // 1000 // 2 + 1


def test_charge_is_exact_to_the_last_frames_rounding():
    for interval, step in ((10, 1), (10, 2), (1, 1), (60, 7)):
        log = Log(interval_s=interval)
        dice = Dice(step)
        true = 0
        for n in range(2000):
            current = dice.roll(-200000, 200000) if n % 50 < 40 else dice.roll(-900, 900)
            log.reading(n * step * 1000, current)
            true += current * step * 1000 if n else 0
            if log.tape.records[-1][0] == n * step and n:
                assert abs(log.charge() - true) <= largest_rounding(log), (interval, n)


def test_charge_stays_exact_with_readings_at_any_time():
    log = Log(interval_s=5)
    dice = Dice(7)
    true = ms = 0
    current = 0
    for n in range(20000):
        if n % 500 == 499:
            ms += dice.roll(15001, 100000)  # silence
        elif n:
            elapsed = dice.roll(150, 3100)
            ms += elapsed
            if n % 90 > 5:
                current = dice.roll(-150000, 150000) if n % 7 == 0 else current
            true += current * elapsed
        log.reading(ms, current)
    log.sampler.finish()
    # It does not grow with time: a second of the largest change in current bounds it.
    assert abs(log.charge() - true) < 300000 * 1000


def test_what_is_left_of_a_second_at_the_end_of_a_run_is_paid_back():
    log = Log()
    ms = 0
    for _ in range(50):
        for _ in range(201):
            log.reading(ms, 100000)
            ms += 1000
        log.reading(ms - 600, 100000)  # 0.4 s that no timestamp can say
        ms += 60000
    log.sampler.finish()
    assert abs(log.charge() - 50 * 200400 * 100000) < 100000 * 1000


def test_large_currents_and_long_gaps_are_right():
    log = Log(interval_s=900, gap_s=300)
    log.reading(0, 60000000)
    for n in range(1, 4):
        log.reading(n * 300000, 60000000)
    assert log.rows()[-1][0] == 900
    assert log.rows()[-1][1] == half.times(half.from_milli(60000000), 1)


def test_a_frame_that_was_interrupted_is_put_by_the_next_finish():
    """Ctrl-C can come between any two instructions; what was counted must not be gone."""
    whole, broken = Log(interval_s=900), Log(interval_s=900)
    for log in (whole, broken):
        for second in range(60):
            log.reading(1000 * second, 12000)
    whole.sampler.finish()
    real = broken.tape.slot

    def interrupted():
        broken.tape.slot = real
        raise KeyboardInterrupt

    broken.tape.slot = interrupted
    try:
        broken.sampler.finish()
    except KeyboardInterrupt:
        pass
    assert len(broken.rows()) == 2
    broken.sampler.finish()
    assert broken.rows() == whole.rows()
    assert broken.rows()[-1] == (59, 12.0)
