"""The sampler with tolerances: no reading is further from its frame, no charge is lost."""

import gc

from chance import Dice
from house_day import House
from judge import Log

from store import half
from store.bounds import Tolerances, rate


def test_a_steady_pack_is_a_frame_every_interval():
    log = Log()
    log.steady(0, 3602, -4300)
    assert log.rows() == [(0, rounded(-4.3))] + [
        (s, rounded(-4.3)) for s in (900, 1800, 2700, 3600)
    ]


def rounded(amps):
    return half.times(half.from_milli(int(amps * 1000)), 1 << 24) / (1 << 24)


def test_noise_writes_no_frames_and_changes_none():
    log = Log()
    dice = Dice(1)
    for second in range(0, 9002, 2):
        log.sample.voltage = 53250 + dice.roll(-15, 15)
        log.sample.temperatures[0] = 217 + dice.roll(-1, 1)
        log.sample.soc = 91 + second // 2 % 2
        log.cells(3328 + dice.roll(-1, 1), 3328 + dice.roll(-1, 1), 3329 + dice.roll(-1, 1))
        log.reading(second, -4300 + 100 * dice.roll(-2, 2))
    frames = log.judge.frames
    assert [f[0] for f in frames] == list(range(0, 9001, 900))
    without_soc = [f[1][:1] + f[1][2:3] + f[1][4:] for f in frames]
    assert all(said == without_soc[0] for said in without_soc)
    assert all(abs(f[1][1] + 4.3) <= 0.21 for f in frames)


def test_what_lasts_gets_a_frame_though_it_is_small():
    log = Log()
    log.steady(0, 600, -4000)
    log.steady(600, 1500, -10000)  # 6 A are far below 8 % of 280 A, but 0.28 Ah come in 168 s
    log.sampler.finish()
    charge = log.tolerances.charge
    assert charge == 1008000
    assert 3 <= len(log.rows()) <= 5
    assert abs(log.rows()[-1][1] + 10) < 0.2


def test_bounds_hold_on_random_walks():
    for seed in range(8):
        log = Log(capacity_ah=(280, 100, 20, 1000)[seed % 4], current_permille=10 + 30 * (seed % 3))
        dice = Dice(seed)
        walk(log, dice, 1500)
        log.sampler.finish()
        assert log.judge.compared == 1500
        assert len(log.judge.frames) < 1300


def walk(log, dice, count):
    current, volts, low, degrees, soc, second = 0, 52000, 3250, 200, 50, 0
    for n in range(count):
        if n % 100 < 60:
            current += dice.roll(-300, 300)
        if dice.roll(1, 40) == 1:
            current = dice.roll(-150, 150) * log.tolerances.current // 100
        volts = max(40000, min(58000, volts + dice.roll(-60, 60)))
        low = max(2500, min(3600, low + dice.roll(-4, 4)))
        degrees = max(-390, min(860, degrees + dice.roll(-3, 3)))
        soc = max(0, min(100, soc + dice.roll(-1, 1) * (n % 9 == 0)))
        log.sample.voltage = volts
        log.sample.soc = soc
        log.sample.temperatures[0] = degrees
        log.cells(low + dice.roll(0, 2), low + dice.roll(0, 30), low)
        log.reading(second, current)
        second += dice.roll(1, 3)


def test_a_day_in_a_house():
    log = Log()
    house = House(5)
    for _ in range(43200):
        log.reading(house.next(log.sample), log.sample.current)
    log.sampler.finish()
    judge = log.judge
    assert judge.compared == 43200
    assert 100 < len(judge.frames) < 600
    # what rounding keeps back never exceeds a twentieth of the tolerance, nor does it add up
    assert judge.worst <= log.tolerances.charge // 20 + 3000
    assert abs(judge.said - judge.true) <= log.tolerances.charge // 40


def test_a_dip_counts_for_the_whole_frame():
    log = Log(current_permille=80, charge_permille=1000, step_percent=0)
    log.steady(0, 100, 30000)
    log.reading(100, 12000)
    log.steady(102, 800, 38000)  # by and by the mean gets too far from the dip
    log.sampler.finish()
    assert log.judge.compared == 400 and len(log.rows()) == 3


def test_the_end_of_a_run_leaves_no_charge_over():
    log = Log()
    log.steady(0, 3303, 10072)
    log.sampler.finish()
    assert log.rows()[-1][0] == 3302
    assert abs(log.judge.said - log.judge.true) < 3000


def test_charge_does_not_drift():
    log = Log()
    dice = Dice(3)
    second = 0
    for n in range(20000):
        if dice.roll(1, 30) == 1:
            log.amps = dice.roll(-900, 700) * 100
        log.reading(second, (log.amps if n > 50 else 5000) + 100 * dice.roll(-1, 1))
        second += 2
    assert len(log.judge.frames) > 400
    assert log.judge.worst <= log.tolerances.charge // 20 + 30000
    log.sampler.finish()


def test_silence_is_no_charge_and_ends_a_frame():
    log = Log()
    log.steady(0, 60, 20000)
    log.steady(600, 640, 20000)
    log.sampler.finish()
    assert log.judge.runs == [0, 600]
    assert log.rows() == [(0, 20.0), (58, 20.0), (600, 20.0), (638, 20.0)]


def test_unknown_and_known_never_share_a_frame():
    log = Log(step_percent=0)
    dice = Dice(11)
    second = 0
    for n in range(600):
        sample = log.sample
        if n % 10 == 0:
            sample.voltage = dice.roll(0, 3) and 53000
            sample.voltage = sample.voltage or None
            sample.soc = 90 if dice.roll(0, 3) else None
            sample.temperatures[0] = 200 if dice.roll(0, 3) else None
            if dice.roll(0, 3):
                log.cells(3300, 3302)
            else:
                sample.clear_cells()
        log.judge.tolerances = log.tolerances
        log.reading(second, 5000)
        second += 2
    log.sampler.finish()
    assert log.judge.compared == 600
    assert {None} < {f[1][3] for f in log.judge.frames}


def test_an_unknown_current_is_no_charge():
    log = Log(judged=False)
    log.steady(0, 60, 5000)
    log.steady(60, 120, None)
    log.steady(120, 180, 5000)
    log.sampler.finish()
    assert log.rows() == [(0, 5.0), (58, 5.0), (118, None), (178, 5.0)]


def test_what_cannot_be_is_unknown():
    log = Log(judged=False)
    sample = log.sample
    sample.voltage, sample.soc, sample.temperatures[0] = -5, 101, 20000
    log.cells(70000, 70001)
    log.reading(0, 70000000)
    log.reading(2, -70000000)
    log.sampler.finish()
    assert all(f[1][:6] == (None,) * 6 for f in log.judge.frames)
    log.reading(4, 1000)
    assert log.rows()[-1] == (4, 1.0)


def test_a_reading_from_the_past_is_left_out():
    log = Log(judged=False)
    log.steady(0, 100, 5000)
    log.sampler.add(log.sample, 50, 0)
    log.reading(40, 90000)
    log.steady(100, 200, 5000)
    log.sampler.finish()
    assert log.rows() == [(0, 5.0), (198, 5.0)]


def test_the_names_of_the_cells_change_with_more_than_noise():
    log = Log()
    dice = Dice(2)
    for second in range(0, 3600, 2):
        log.cells(*[3300 + dice.roll(-1, 1) for _ in range(8)])
        log.reading(second, 1000)
    assert len({f[1][6:] for f in log.judge.frames}) == 1
    for second in range(3600, 5400, 2):
        log.cells(3300, 3300, 3300, 3300, 3290, 3300, 3310, 3300)
        log.reading(second, 1000)
    assert log.judge.frames[-1][1][6:] == (4, 6)
    log.cells(3300, 3290, 3310, 3300)  # half of the pack is gone, and what it read last
    log.steady(5400, 7200, 1000)
    assert log.judge.frames[-1][1][6:] == (1, 2)


def test_tolerance_nothing_keeps_every_change():
    nothing = {"current_permille": 0, "charge_permille": 0, "voltage_permille": 0}
    log = Log(soc_percent=0, temperature_degrees=0, step_percent=0, **nothing)
    for second, current in ((0, 1000), (1, 1100), (2, 1100), (3, 1000), (4, 1000)):
        log.reading(second, current)
    log.sample.soc = 92
    log.reading(5, 1000)
    log.reading(6, 1000)
    log.sampler.finish()
    assert [row[0] for row in log.rows()] == [0, 2, 4, 6]
    log.cells(3327, 3328)
    log.reading(7, 1000)
    assert log.judge.frames[-1][1][4:] == (3327, 3328, 0, 1)
    log.cells(3328, 3327)
    log.reading(8, 1000)
    log.cells(3327, 3327)
    log.reading(9, 1000)
    log.sampler.finish()
    assert log.judge.frames[-1][1][4:] == (3327, 3327, 0, 0)


def test_tolerances_follow_the_capacity():
    large, small = Tolerances(280), Tolerances(5)
    assert (large.current, large.charge, large.step, large.grid) == (7000, 1008000, 28000, 100)
    assert (small.current, small.grid) == (500, 0)
    assert Tolerances(280, 1800).grid == 50 and Tolerances(100).grid == 20


def test_rates_are_exact():
    assert rate(10, 1000) == 10 and rate(-10, 3000) == -4 and rate(9999999, 7) == 1428571285


def test_nothing_is_allocated_per_reading():
    if not hasattr(gc, "mem_alloc"):
        return  # CPython
    log = Log()
    sample, add = log.sample, log.sampler.add
    sample.current = -4300
    for second in range(20):
        add(sample, second, 0)
    gc.collect()
    gc.disable()
    before = gc.mem_alloc()
    for second in range(20, 500):
        add(sample, second, 0)
    used = gc.mem_alloc() - before
    gc.enable()
    assert used == 0
