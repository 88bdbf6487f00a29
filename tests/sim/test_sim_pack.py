"""The simulated pack: a plausible day, the same world at any step size, and little CPU for it."""

import itertools
import random
import time

import pytest
from host_tools.sim.units.house import DAY_S, Loads, Sky
from host_tools.sim.units.pack import CHARGER_CELL_V, FULL_CELL_V, Pack


def day(seed=0, hours=24, step=1, **options):
    """(time, amps, soc, cells) at each step of a pack's first hours."""
    pack = Pack(seed=seed, **options)
    rows = []
    for t in range(step, hours * 3600 + 1, step):
        pack.advance(t)
        rows.append((t, pack.amps, pack.soc, pack.cells))
    return pack, rows


@pytest.fixture(scope="session")
def first_day():
    return day(step=10)


def test_the_sun_charges_and_the_night_discharges(first_day):
    _, rows = first_day
    soc = {t: s for t, _, s, _ in rows}
    hour = 3600
    assert soc[4 * hour] > 85 and max(soc.values()) > 98  # at 13:00, from 55 % at 9:00
    assert 60 < soc[20 * hour] < 90  # at 5:00
    night = [a for t, a, _, _ in rows if 14 * hour < t < 19 * hour]
    assert max(night) < -1 and min(night) > -100
    noon = [a for t, a, _, _ in rows if 2 * hour < t < 3 * hour]
    assert sum(noon) / len(noon) > 25
    assert all(-150 < a < 90 for _, a, _, _ in rows)
    assert all(2.8 < v < 3.7 for _, _, _, cells in rows for v in cells)


def test_the_sum_of_the_current_is_the_change_of_the_charge():
    """Until the pack is full: there the BMS sets its count to 100 %."""
    pack = Pack(soc=30.0, seed=1)
    start = pack.charge_ah
    total = 0.0
    for t in range(1, 3 * 3600):
        pack.advance(t)
        total += pack.amps / 3600
    assert pack.soc < 95 and abs(pack.charge_ah - start) > 20
    assert total == pytest.approx(pack.charge_ah - start, abs=0.02)
    assert pack.soc == pytest.approx(100 * pack.charge_ah / 280)
    assert pack.energy_wh == pytest.approx(pack.charge_ah * 51.84)


def test_cells_part_near_the_top_and_balancing_brings_them_together(first_day):
    def spread(cells):
        return max(cells) - min(cells)

    _, rows = first_day
    middle = [spread(c) for _, _, s, c in rows if 60 < s < 90]
    top = [spread(c) for _, _, s, c in rows if s > 98]
    assert max(middle) < 0.03 and max(top) > 0.08

    pack = Pack(seed=0)
    worst = []
    for number in range(6):
        worst.append(0.0)
        for t in range(number * DAY_S + 60, (number + 1) * DAY_S, 60):
            pack.advance(t)
            worst[-1] = max(worst[-1], spread(pack.cells))
    assert worst[-1] < worst[0] / 2


def test_the_bms_stops_the_charge_at_a_cells_limit_and_lets_it_go_on(first_day):
    pack = Pack(seed=0)
    stopped = []
    for t in range(2, 10 * 3600, 2):
        pack.advance(t)
        stopped.append(pack.charge_stopped)
        if len(stopped) > 1 and stopped[-2]:
            assert pack._amps <= 0
    turns = sum(a != b for a, b in itertools.pairwise(stopped))
    assert turns >= 2 and not stopped[-1]
    assert max(max(cells) for *_, cells in first_day[1]) < FULL_CELL_V + 0.03
    # Once balanced, the charger's own limit comes first.
    pack.advance(8 * DAY_S)
    for t in range(8 * DAY_S, 9 * DAY_S, 60):
        pack.advance(t)
        assert not pack.charge_stopped and pack.volts < 16 * CHARGER_CELL_V + 0.1


def test_an_empty_pack_keeps_its_cells_and_comes_back():
    pack = Pack(soc=4.0, seed=0, start_hour=20.0)
    lowest = 9.0
    was_stopped = False
    for t in range(0, 20 * 3600, 5):
        pack.advance(t)
        lowest = min(lowest, *pack.cells)
        was_stopped = was_stopped or pack.discharge_stopped
    assert was_stopped and lowest > 2.6
    assert not pack.discharge_stopped and pack.soc > 15


def test_voltage_relaxes_after_a_load():
    """A step of the load shows at once in part, and goes on moving for minutes after it ends."""
    pack, seen = Pack(seed=0, start_hour=0.0, soc=80.0), []
    for t in range(1, 30 * 3600):
        pack.advance(t)
        seen.append((pack._amps, sum(pack._cell_volts()) / 16))
        before, after = seen[-330:-300], seen[-300:]
        if t < 330 or before[-1][0] >= -30 or after[0][0] <= -10:
            continue
        if max(a for a, _ in before) < -30 and min(a for a, _ in after) > -10:
            step = after[0][1] - before[-1][1]
            later = after[60][1] - after[0][1]
            assert 0.004 < step < 0.05 and 0.001 < later < 0.03
            return
    raise AssertionError("no load of 30 s that was switched off in a day and a half")


def test_an_inrush_lasts_one_reading():
    loads = Loads(0, 0)
    hits = [
        t
        for t in range(1, DAY_S - 2)
        if loads.watts(t) - loads.watts(t - 1) > 700 and loads.watts(t) - loads.watts(t + 1) > 400
    ]
    assert len(hits) > 20
    pack = Pack(seed=0, start_hour=0.0)
    shown = []
    for t in hits[:10]:
        pack.advance(t)
        before = pack._amps
        pack.advance(t + 1)
        during = pack._amps
        pack.advance(t + 2)
        shown.append(during < before - 5 and during < pack._amps - 5)
    assert all(shown)


def test_the_same_day_at_any_step():
    def half_a_day(step):
        pack = Pack(seed=2)
        for t in range(step, DAY_S // 2 + 1, step):
            pack.advance(t)
            yield t, pack.amps, pack.soc

    fine = {t: (a, s) for t, a, s in half_a_day(1)}
    for step in (2, 7, 60, 3600):
        rows = list(half_a_day(step))
        assert max(abs(s - fine[t][1]) for t, _, s in rows) < 0.5, step
        if step < 10:
            hard = [t for t, a, _ in rows if fine[t][0] < -40]
            assert len(hard) > 20
            close = [t for t, a, _ in rows if abs(a - fine[t][0]) < 1.0]
            assert len(close) > 0.99 * len(rows), step


def test_a_far_jump_and_no_way_back():
    pack, other = Pack(seed=3), Pack(seed=3)
    pack.advance(4 * DAY_S + 0.5)
    for t in range(0, 4 * DAY_S, 3 * 3600):
        other.advance(t)
    other.advance(4 * DAY_S + 0.5)
    assert pack.soc == pytest.approx(other.soc, abs=1.0)
    pack.advance(pack.time_s)
    with pytest.raises(ValueError, match="cannot go to 7 s"):
        pack.advance(7)


def test_odd_steps_come_to_an_end():
    pack = Pack(seed=3, start_hour=23.99)
    chance = random.Random(1)
    t = 0.0
    for _ in range(20000):
        t += chance.choice((1.0, 0.1, 1e-9, 1.0000000000000002, 2.0000000001, chance.random()))
        pack.advance(t)
        assert pack.time_s == t and min(pack.cells) > 2.5 and max(pack.cells) < 3.7


def test_seeds():
    def row(seed):
        return [(a, s, tuple(c)) for _, a, s, c in day(seed=seed, hours=1, step=10)[1]]

    assert row(5) == row(5) != row(6)


@pytest.mark.parametrize(("cells", "capacity"), [(1, 50), (4, 100), (8, 280), (24, 1000)])
def test_other_packs(cells, capacity):
    pack, rows = day(cells=cells, capacity_ah=capacity, step=10)
    assert len(pack.cells) == len(pack.impedances) == cells
    assert max(s for _, _, s, _ in rows) > 90
    assert all(2.8 < v < 3.7 for *_, c in rows for v in c)
    assert max(abs(a) for _, a, _, _ in rows) < capacity
    assert all(0 < z < 20 for z in pack.impedances)


def test_temperatures_and_impedances(first_day):
    pack, _ = first_day
    inner, outer = pack.temperatures
    assert 0 < inner < 45 and 0 < outer < 45 and abs(inner - outer) < 5
    assert all(0.1 < z < 0.6 for z in pack.impedances)


def test_weather_differs_from_day_to_day_and_nights_are_dark():
    yields = []
    for number in range(60):
        sky = Sky(0, number)
        yields.append(sum(sky.watts(t) for t in range(0, DAY_S, 300)) * 300 / 3.6e6)
        assert sky.watts(0) == sky.watts(3 * 3600) == sky.watts(DAY_S - 1) == 0
    assert min(yields) < 10 and max(yields) > 25  # kWh
    shorter = sum(Sky(0, 200 + n).watts(7 * 3600) > 0 for n in range(10))
    assert shorter == 0


def test_a_day_of_loads_adds_up():
    for number in range(5):
        loads = Loads(0, number)
        assert loads.joules(DAY_S) == pytest.approx(sum(loads.watts(t) for t in range(DAY_S)))
        assert 6 < loads.joules(DAY_S) / 3.6e6 < 20  # kWh


def test_a_second_costs_little():
    pack = Pack(seed=0)
    pack.advance(3 * 3600)
    begin = time.process_time()
    for t in range(3 * 3600, 4 * 3600):
        pack.advance(t)
        pack.cells, pack.amps, pack.temperatures  # noqa: B018
    assert (time.process_time() - begin) / 3600 < 200e-6  # about 20 on a PC that is not busy
