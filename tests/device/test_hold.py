"""The hub of a BMS that leaves something out: what is held, how long, and how often it returns."""

import hold
from hold import HOLD_S, RETURN_S, RETURNS, SILENT_S, SLOW_S, Hub
from lib.uptime import Uptime
from sample import SCALARS, Sample


class Ticks:
    """A board's tick counter that the test turns."""

    def __init__(self, now):
        self.now = now


def make(now):
    ticks = Ticks(now)
    return ticks, Hub(Uptime(lambda: ticks.now, lambda a, b: a - b))


def partial(**values):
    """A reading of a BMS that may leave something out; voltage is always there."""
    sample = Sample()
    sample.voltage = 53000
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


def test_what_is_missing_is_held_for_ten_seconds_and_what_is_slow_for_a_minute():
    ticks, hub = make(100000)
    hub.put(whole())
    for second in range(1, SLOW_S):
        ticks.now += 1000
        hub.put(lacking())
        if second < HOLD_S:
            assert shown(hub) == [87, -5000, 235, 5000, "", [3301, 3310, 3320, 3290], 3]
        else:
            assert shown(hub) == [87, None, 235, None, None, [3301], 0]
    ticks.now += 1000
    hub.put(lacking())
    assert shown(hub) == [None, None, None, None, None, [3301], 0]
    hub.put(whole())
    assert shown(hub)[:3] == [87, -5000, 235] and shown(hub)[5] == [3300, 3310, 3320, 3290]


def test_how_long_each_scalar_is_held():
    slow = ["soc", "full_cell_voltage", "empty_cell_voltage", "energy", "charge", "capacity"]
    slow += ["cycles", "soh"]
    assert [name for i, name in enumerate(SCALARS) if hold._HOLDS[i] == SLOW_S] == slow
    assert len(hold._HOLDS) == len(SCALARS) and set(hold._HOLDS) == {HOLD_S, SLOW_S}


def test_nothing_is_held_across_silence():
    ticks, hub = make(100000)
    hub.put(whole())
    ticks.now += 1000 * SILENT_S
    hub.put(lacking())
    assert shown(hub) == [None, None, None, None, None, [3301], 0]


def test_what_the_reading_before_had_is_held_however_slow_the_bms_is():
    for seconds in (HOLD_S, 15, SILENT_S - 1):
        ticks, hub = make(100000)
        for _ in range(3 * RETURNS):  # it never counts as a return
            hub.put(whole())
            ticks.now += 1000 * seconds
            hub.put(lacking())
            assert shown(hub) == [87, -5000, 235, 5000, "", [3301, 3310, 3320, 3290], 3]
            ticks.now += 1000 * seconds
        hub.put(lacking())
        ticks.now += 1000 * seconds
        hub.put(lacking())
        assert hub.sample.current is None


def test_readings_in_the_same_second_do_not_make_a_field_last():
    ticks, hub = make(100000)
    hub.put(whole())
    hub.put(lacking())
    for _ in range(HOLD_S):
        ticks.now += 1000
        hub.put(lacking())
    assert hub.sample.current is None


def test_what_comes_and_goes_is_known_again_only_so_often():
    ticks, hub = make(100000)
    hub.put(whole())
    known = []
    for second in range(2 * RETURN_S):
        ticks.now += 1000
        hub.put(whole() if second % 30 < 15 else lacking())
        known.append(hub.sample.current is not None)
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
        assert hub.sample.current is None and hub.sample.cell_count == 1
    hub.put(whole())
    assert shown(hub) == [87, -5000, 235, 5000, "", [3300, 3310, 3320, 3290], 3]
