"""Loads that come at once: in-rushes, bursts, steps and what the cells answer to them."""

from chance import Dice
from judge import Log


def test_an_in_rush_of_one_reading_is_a_frame_of_its_own():
    log = Log(step_percent=0)
    log.steady(0, 100, -4000)
    log.reading(100, -62000)
    log.steady(102, 300, -18000)
    log.sampler.finish()
    assert log.rows() == [(0, -4.0), (98, -4.0), (100, -62.0), (298, -18.0)]


def test_an_in_rush_between_whole_seconds_is_not_averaged_away():
    for late in range(0, 1000, 70):
        log = Log(step_percent=0, judged=False)
        for n in range(30):
            # about a second apart: two of them can round to the same second
            ms = 1000 * n + late + 37 * n % 90
            log.reading(ms // 1000, -62000 if n == 20 else -4000, ms % 1000)
        log.sampler.finish()
        seconds = [row[0] for row in log.rows()]
        assert seconds == sorted(set(seconds))
        assert min(row[1] for row in log.rows()) < -61.5


def test_bursts_of_less_than_a_second_are_seen():
    log = Log(judged=False, step_percent=0)
    for n in range(400):
        ms = n * 150
        log.reading(ms // 1000, 80000 if 200 <= n < 203 else 2000, ms % 1000)
    log.sampler.finish()
    rows = log.rows()
    assert all(a[0] < b[0] for a, b in zip(rows, rows[1:]))
    burst = [b[1] * (b[0] - a[0]) for a, b in zip(rows, rows[1:]) if b[1] > 10]
    assert len(burst) == 1 and 30 < burst[0] < 40  # 36 As in a frame of a second


def test_a_reading_that_is_held_up_leaves_no_dent():
    nothing = dict.fromkeys(("charge_permille", "voltage_permille", "soc_percent"), 0)
    for percent in (0, 8):
        for late in range(0, 1000, 90):
            for held_up in (130, 260, 390):
                log = Log(current_permille=10 * percent, step_percent=0, judged=False, **nothing)
                for n in range(110):
                    ms = 1000 * n + late + (held_up if n % 30 == 20 else 0)
                    log.reading(ms // 1000, 40000 - 150 * n, ms % 1000)
                log.sampler.finish()
                rows = log.rows()
                assert len(rows) > 90
                for (begin, _), (end, amps) in zip(rows, rows[1:]):
                    assert 39.7 - 0.15 * end <= amps * 1.01
                    assert amps * 0.99 <= 40.3 - 0.15 * begin


def test_charge_stays_exact_with_bursts_at_any_time():
    for capacity_ah in (280, 20):
        bursts(capacity_ah)


def bursts(capacity_ah):
    for least, most in (
        (150, 150),
        (200, 400),
        (700, 700),
        (600, 1400),
        (1400, 1400),
        (1950, 2050),
    ):
        log = Log(capacity_ah=capacity_ah, step_percent=0, judged=False)
        dice = Dice(most)
        charge = ms = elapsed = 0
        for n in range(6000):
            current = -62000 if n % 50 < 3 else -4000  # what is off is always off the same way
            charge += current * elapsed
            log.reading(ms // 1000, current, ms % 1000)
            log.judge.readings.clear()
            elapsed = dice.roll(least, most)
            ms += elapsed
        log.sampler.finish()
        rows = log.rows()
        said = sum([b[1] * (b[0] - a[0]) for a, b in zip(rows, rows[1:])])
        assert abs(said - charge / 1000000) < 62


def test_a_long_frame_leaves_nothing_to_a_short_one():
    log = Log(step_percent=0)
    log.steady(0, 902, 61049)  # 44 As of it are not said by 900 s at 61 A
    log.reading(902, 0)
    log.reading(904, 61049)
    log.sampler.finish()
    short = [amps for second, amps in log.rows() if second == 902][0]
    assert abs(short) <= 44 / 128 + 0.05  # paid back in two minutes, not at once


def relaxing(second, amps, resistance=220, fast=110, seconds=25):
    """mV of a cell that long after the load came: uOhm of its parts, and how slow the second is."""
    return 3300 + amps * (resistance + fast * (1 - 2.718281828 ** (-second / seconds))) / 1000


def test_a_load_step_tells_the_resistance_and_how_it_relaxes():
    log = Log()
    log.cells(3298, 3298)
    log.sample.voltage = 52780
    log.steady(0, 590, -2000)
    log.cells(3300, 3300)  # noise, but what follows has to be compared with it
    log.sample.voltage = 52800
    log.steady(590, 600, -2000)
    for second in range(600, 1000, 2):
        mv = round(relaxing(second - 600, -100))
        log.cells(mv, mv + 1)
        log.sample.voltage = 16 * mv
        log.reading(second, -102000)
    log.sampler.finish()
    frames = log.judge.frames
    at = [f[0] for f in frames]
    before, first = frames[at.index(598)], frames[at.index(600)]
    assert before[1][4] == 3300
    by_cells = (first[1][4] - before[1][4]) / (first[1][1] - before[1][1])  # mOhm
    by_pack = 1000 * (first[1][0] - before[1][0]) / (first[1][1] - before[1][1]) / 16
    assert abs(by_cells / 0.22 - 1) < 0.1 and abs(by_pack / 0.22 - 1) < 0.1
    # what the voltage still has to go falls to 1/e in 25 s
    assert at[at.index(600) :][:4] == [600, 608, 640, 998]
    end = frames[-1][1][4]
    going = [f[1][4] - end for f in frames[at.index(600) : -1]]
    assert abs(going[1] / going[0] - 2.718 ** (-8 / 25)) < 0.12
    assert abs(going[2] / going[0] - 2.718 ** (-40 / 25)) < 0.12


def test_steps_are_followed_once_in_six_hours():
    log = Log()
    frames = []
    for hour in range(12):
        second = 3600 * hour
        log.steady(second, second + 1800, -2000)
        log.steady(second + 1800, second + 3600, -102000)
        frames.append(len(log.judge.frames) - sum(frames))
    assert [n > 5 for n in frames] == [hour % 6 == 0 for hour in range(12)]


def test_a_step_is_followed_no_longer_than_it_lasts():
    log = Log()
    log.steady(0, 600, -2000)
    log.steady(600, 616, -102000)
    log.steady(616, 1600, -2000)
    assert [row[0] for row in log.rows()] == [0, 598, 600, 608, 614, 1514]


def test_a_frame_has_the_second_of_its_last_reading_before_a_jump():
    log = Log(judged=False)
    for i in range(200):
        second, ms = divmod(300 + 1002 * i, 1000)
        log.reading(second, 10000, ms)  # the last one at 199.698 s, 199.398 s after the first
    log.reading(200, 60000, 700)
    log.reading(201, 60000, 702)
    assert log.rows()[:2] == [(0, 10.0), (200, 10.0)]
