"""The hub: the newest reading wins, taps see every one, a broken tap does no harm."""

from hub import Hub
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
