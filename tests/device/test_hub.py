"""The hub: the newest reading wins, taps see every one, a broken tap does no harm."""

from hub import HOLD_S, RETURN_S, RETURNS, Hub
from lib.uptime import Uptime
from sample import Sample

PERIOD = 1 << 30


class Ticks:
    """A board's tick counter that the test turns."""

    def __init__(self, now=0):
        self.now = now

    def ms(self):
        return self.now % PERIOD

    def diff(self, end, start):
        return (end - start + PERIOD // 2) % PERIOD - PERIOD // 2


def make(now=0):
    ticks = Ticks(now)
    return ticks, Hub(Uptime(ticks.ms, ticks.diff))


def reading(voltage):
    sample = Sample()
    sample.voltage = voltage
    return sample


def test_the_newest_reading_wins():
    _, hub = make()
    hub.put(reading(53000))
    hub.put(reading(53100))
    assert hub.sample.voltage == 53100
    assert hub.readings == 2


def test_the_sample_is_a_copy():
    _, hub = make()
    sample = reading(53000)
    hub.put(sample)
    sample.clear()
    assert hub.sample.voltage == 53000


def test_age_counts_from_the_newest_reading_and_from_the_start_before_it():
    ticks, hub = make()
    ticks.now += 4000
    assert hub.age_ms() == 4000
    hub.put(reading(53000))
    assert hub.age_ms() == 0
    ticks.now += 1500
    assert hub.age_ms() == 1500


def test_age_over_the_wrap_of_the_tick_counter():
    ticks, hub = make(PERIOD - 700)
    hub.put(reading(53000))
    ticks.now += 2100
    assert hub.age_ms() == 2100


def test_age_stays_a_small_number_when_a_bms_is_gone_for_months():
    ticks, hub = make()
    hub.put(reading(53000))
    for _ in range(100):
        ticks.now += 86400000
        age = hub.age_ms()
    assert 10 * 86400000 < age <= 1000001000


def test_a_broken_tap_is_counted_and_the_others_go_on():
    _, hub = make()
    seen = []

    def broken(sample):
        raise ValueError("disk on fire")

    hub.add_tap(broken)
    hub.add_tap(lambda sample: seen.append(sample.voltage))
    hub.put(reading(53000))
    hub.put(reading(53100))
    assert seen == [53000, 53100]
    assert hub.tap_errors == 2
    assert str(hub.last_error) == "disk on fire"


def partial(**values):
    """A reading of a BMS that may leave something out; voltage is always there."""
    sample = reading(53000)
    sample.is_partial = True
    for name in values:
        setattr(sample, name, values[name])
    return sample


def whole():
    sample = partial(soc=87, current=-5000, cell_count=4)
    sample.cells[:4] = [3300, 3310, 3320, 3290]
    sample.temperatures[0] = 235
    sample.extras["energy_in"] = 5000
    sample.texts["errors"] = ""
    return sample


def lacking():
    sample = partial(cell_count=2)
    sample.cells[:2] = [3301, 0]
    sample.extras["energy_in"] = sample.texts["errors"] = None
    return sample


def shown(hub):
    sample = hub.sample
    said = [sample.soc, sample.current, sample.temperatures[0], sample.extras.get("energy_in")]
    said += [sample.texts.get("errors"), sample.cells[: sample.cell_count], sample.min_cell]
    return said


def test_what_is_missing_for_less_than_ten_seconds_is_held():
    ticks, hub = make(100000)
    hub.put(whole())
    for _ in range(HOLD_S - 1):
        ticks.now += 1000
        hub.put(lacking())
        assert shown(hub) == [87, -5000, 235, 5000, "", [3301, 3310, 3320, 3290], 3]
    ticks.now += 1000
    hub.put(lacking())
    assert shown(hub) == [None, None, None, None, None, [3301], 0]
    hub.put(whole())
    assert shown(hub)[:3] == [87, -5000, 235] and shown(hub)[5] == [3300, 3310, 3320, 3290]


def test_nothing_is_held_across_silence():
    ticks, hub = make(100000)
    hub.put(whole())
    ticks.now += 1000 * HOLD_S
    hub.put(lacking())
    assert shown(hub) == [None, None, None, None, None, [3301], 0]


def test_a_bms_that_says_all_it_knows_is_taken_at_its_word():
    ticks, hub = make(100000)
    hub.put(whole())
    ticks.now += 1000
    sample = lacking()
    sample.is_partial = False
    hub.put(sample)
    assert shown(hub) == [None, None, None, None, None, [3301], 0]


def test_what_comes_and_goes_is_known_again_only_so_often():
    ticks, hub = make(100000)
    hub.put(whole())
    known = []
    for second in range(2 * RETURN_S):
        ticks.now += 1000
        hub.put(whole() if second % 30 < 15 else lacking())
        known.append(hub.sample.soc is not None)
    changes = sum([known[i] != known[i - 1] for i in range(1, len(known))])
    assert changes == 2 * (RETURNS + 1) + 1, changes
    # The first ones at once, then one an hour; what stays known is not touched by it.
    assert known[:300].count(False) == 10 * 6 and known[400 : RETURN_S - 200].count(True) == 0
    assert hub.sample.voltage == 53000


def test_several_that_come_back_together_are_one_return():
    ticks, hub = make(100000)
    for _ in range(RETURNS):
        hub.put(whole())
        for _ in range(HOLD_S + 2):
            ticks.now += 1000
            hub.put(lacking())
        assert hub.sample.soc is None and hub.sample.cell_count == 1
    hub.put(whole())
    assert shown(hub) == [87, -5000, 235, 5000, "", [3300, 3310, 3320, 3290], 3]
