"""What a pack took in and gave, and how long it is to full and empty."""

from energy import KEYS, PAUSE_S, SETTLED_S, SPAN_S, Energy
from lib.uptime import Uptime
from sample import Sample


class Totals:
    """As the history has them: mAh and mWh."""

    charge_in = charge_out = energy_in = energy_out = 0


class Bench:
    """A pack of 280 Ah at 50 %; time stands still until a test moves it."""

    def __init__(self, capacity_ah=280):
        self.ms = 0
        self.uptime = Uptime(lambda: self.ms, lambda a, b: a - b)
        self.totals = Totals()
        self.energy = Energy(self, self.uptime, capacity_ah)
        self.sample = Sample()
        self.sample.soc = 50

    def readings(self, count, current, every_ms=1000):
        """So many readings, each after that time."""
        self.sample.current = current
        for _ in range(count):
            self.ms += every_ms
            self.uptime.update()
            self.energy.add(self.sample)
        return self

    def says(self, *keys, silent=False):
        """The values of these keys, the one itself if it is one."""
        values = self.energy.values(None if silent else self.sample)
        found = [values[KEYS.index(key)] for key in keys]
        return found[0] if len(keys) == 1 else found

    def times(self):
        return self.says("time_to_full", "time_to_empty")


def test_totals_are_those_of_the_history():
    bench = Bench()
    bench.totals.energy_in, bench.totals.energy_out = 1234567, 999
    bench.totals.charge_in, bench.totals.charge_out = 23456, 7
    assert bench.says(*KEYS[:4]) == [1234, 0, 23456, 7]
    assert bench.says(*KEYS[:4], silent=True) == [1234, 0, 23456, 7]


def test_full_cycles_are_the_charge_that_was_given():
    bench = Bench(100)
    for charge_out, tenths in ((0, 0), (9999, 0), (10000, 1), (12340000, 1234)):
        bench.totals.charge_out = charge_out
        assert bench.says("full_cycles") == tenths


def test_efficiency_counts_what_is_still_in_the_pack():
    """Charged at 54 V and discharged at 51.3 V: 95 %, however much of it is in the pack now."""
    bench = Bench(100)
    totals = bench.totals
    for out, efficiency in ((299, None), (300, 950), (400, 950), (500, 950)):
        totals.charge_in, totals.energy_in = 500 * 1000, 500 * 54000
        totals.charge_out, totals.energy_out = out * 1000, out * 51300
        assert bench.says("energy_efficiency") == efficiency, out
    totals.energy_out = 500 * 54100  # no pack gives more than it took
    assert bench.says("energy_efficiency") is None


def test_efficiency_of_twenty_years():
    """Beyond what small integers hold."""
    bench = Bench()
    totals = bench.totals
    totals.charge_in, totals.energy_in = 1800000000, 96000000000
    totals.charge_out, totals.energy_out = 1780000000, 90000000000
    assert bench.says("energy_efficiency") == 948
    assert bench.says("total_energy_in", "full_cycles") == [96000000, 63571]


def test_how_long_it_is_to_full_and_to_empty():
    assert Bench().readings(400, 28000).times() == [300, None]  # 140 Ah at 28 A
    bench = Bench().readings(400, -14000)
    bench.sample.soc = 10
    assert bench.times() == [None, 120]  # 28 Ah at 14 A
    bench.sample.soc = 0
    assert bench.times() == [None, 0]


def test_the_bmss_capacity_is_better_than_the_configs():
    bench = Bench().readings(400, -10000)
    bench.sample.capacity = 100000
    assert bench.times() == [None, 300]


def test_there_is_no_time_without_a_mean():
    bench = Bench().readings(SETTLED_S - 1, 28000)
    assert bench.times() == [None, None]
    assert bench.readings(1, 28000).times() == [300, None]


def test_what_would_be_nonsense_is_absent():
    bench = Bench().readings(400, 1399)  # below 0.5 % of 280 Ah
    bench.sample.soc = 99
    assert bench.times() == [None, None]
    assert Bench().readings(400, 1400).times() == [None, None]  # 100 h
    assert Bench().readings(400, 1415).times() == [5936, None]  # 98.9 h
    assert Bench().readings(400, 0).times() == [None, None]
    bench = Bench().readings(400, 28000)
    assert bench.says("time_to_full", "time_to_empty", silent=True) == [None, None]
    bench.sample.soc = None
    assert bench.times() == [None, None]


def test_the_mean_is_of_the_last_minutes():
    bench = Bench().readings(600, 20000)
    assert bench.energy._mean == 20000
    bench.readings(3, 100000)  # a kettle is no news yet
    assert 20700 < bench.energy._mean < 20900
    bench.readings(SPAN_S, 20000).readings(SPAN_S, -20000)
    assert -6000 < bench.energy._mean < -4000  # 1 / e of the step is left
    bench.readings(10 * SPAN_S, -20000)
    assert -20000 <= bench.energy._mean <= -19999


def test_the_mean_begins_as_a_plain_one():
    bench = Bench().readings(30, 10000).readings(30, 30000)
    assert 19900 <= bench.energy._mean <= 20100


def test_nothing_is_lost_by_rounding():
    """Steps below 1 mA a reading: 1 and 2 mA by turns are 1.5."""
    bench = Bench()
    for _ in range(3000):
        bench.readings(1, 1).readings(1, 2)
    assert bench.energy._mean in (1, 2)
    bench = Bench().readings(1200, 1000).readings(3000, 1100, 250)  # four readings a second
    assert 1085 < bench.energy._mean < 1095  # 750 s, 8 % of the step are left


def test_a_reading_weighs_by_its_time():
    slow, fast = Bench().readings(60, 5000, 10000), Bench().readings(600, 5000)
    slow.readings(6, 25000, 10000)
    fast.readings(60, 25000)
    assert abs(slow.energy._mean - fast.energy._mean) < 100


def test_after_a_pause_a_new_mean_begins():
    bench = Bench().readings(600, 50000)
    bench.readings(1, -28000, 1000 * PAUSE_S + 1000)
    assert bench.times() == [None, None]
    bench.readings(SETTLED_S, -28000)
    assert bench.times() == [None, 300]


def test_a_reading_without_a_current_is_ignored():
    bench = Bench().readings(60, 28000).readings(10, None).readings(60, 28000)
    assert bench.times() == [300, None]
