"""Hours: what a record says of the readings of its hour, and where it ends."""

import plain_hours
import temporary
from a_pack import Pack
from chance import Chance

from lib.local_time import LocalTime
from lib.uptime import KEPT, NTP, PC

MIDNIGHT = 1780272000  # 2026-06-01T00:00:00Z
HOUR = 3600


def a_pack(folder, **options):
    """A pack of four cells with a reading in ten seconds."""
    pack = Pack(folder, cell_count=4, interval_s=900, **options)
    pack.sample.cell_count = 4
    pack.sample.soc = 50
    pack.sample.temperatures[0] = 215
    cells(pack, 3300, 3301, 3302, 3303)
    return pack


def cells(pack, *mv):
    pack.sample.cells[:4] = mv
    pack.sample.find_extremes()
    pack.sample.voltage = sum(mv)


def run(pack, seconds, current=10000, every_ms=10000):
    """Readings over so many seconds."""
    pack.readings(seconds * 1000 // every_ms, current, every_ms, flush=True)


def hours(pack):
    return plain_hours.hours(pack.folder + "/house")


def spans(pack):
    return [(each.begin, each.end, each.seconds) for each in hours(pack)]


def test_a_record_says_what_the_readings_of_an_hour_say():
    with temporary.Folder() as folder:
        pack = a_pack(folder)
        pack.history.anchor(MIDNIGHT, PC)
        run(pack, 1800, 10000)
        cells(pack, 3290, 3301, 3305, 3360)
        pack.sample.soc, pack.sample.temperatures[0] = 49, 221
        run(pack, 900, -20000)
        pack.sample.soc, pack.sample.temperatures[0] = 51, -33
        cells(pack, 3310, 3311, 3309, 3320)
        run(pack, 910, 0)
        pack.history.flush()
        (found,) = hours(pack)
        assert (found.begin, found.end, found.utc, found.seconds) == (0, 3600, MIDNIGHT, 3600)
        assert (found.voltage_min, found.voltage_max) == (1321, 1326)
        assert found.voltage == round((1790 * 13206 + 900 * 13256 + 910 * 13250) / 36000)
        assert (found.current_min, found.current_max) == (-200, 100)
        assert (found.low_min, found.low_max, found.lowest_cell) == (3290, 3309, 0)
        assert (found.high_min, found.high_max, found.highest_cell) == (3303, 3360, 3)
        assert found.low == round((1790 * 3300 + 900 * 3290 + 910 * 3309) / 3600)
        assert (found.temperature_min, found.temperature_max) == (2 * 40 - 7, 2 * 40 + 44)
        mean = (1790 * 215 + 900 * 221 - 910 * 33) / 3600
        assert found.temperature == round(mean / 5) + 80
        assert (found.soc_min, found.soc_max) == (98, 102)
        assert found.soc == round((1790 * 100 + 900 * 98 + 910 * 102) / 3600)
        # A reading stands for the time from the one before it
        assert (found.soc_high_at, found.soc_low_at) == (2690, 1790)
        charged, gone = 1790 * 10000 / 36000, 900 * 20000 / 36000
        assert (found.charge_in, found.charge_out) == (int(charged), int(gone))
        assert found.energy_in == int(1790 * 10 * 13.206 / 360)
        assert found.energy_out == int(900 * 20 * 13.256 / 360)


def test_what_is_not_known_is_said_to_be():
    with temporary.Folder() as folder:
        pack = Pack(folder, interval_s=900)
        pack.sample.voltage = None
        pack.readings(400, None, 10000, flush=True)
        found = hours(pack)[0]
        assert (found.voltage_min, found.voltage, found.voltage_max) == (65535,) * 3
        assert (found.low, found.high, found.temperature, found.soc) == (65535, 65535, 255, 255)
        assert (found.current_min, found.current_max) == (-32768, -32768)
        assert (found.lowest_cell, found.highest_cell) == (255, 255)
        assert (found.soc_high_at, found.soc_low_at) == (65535, 65535)
        assert found.sums() == [0, 0, 0, 0] and found.utc == 0 and found.seconds == HOUR


def test_they_end_with_the_local_hour():
    for rule, first in (([0], 1800), ([5 * 3600 + 45 * 60], 2700), ([-3600], 1800), ([1800], 3600)):
        with temporary.Folder() as folder:
            pack = a_pack(folder, local=LocalTime(rule))
            pack.history.anchor(MIDNIGHT + 1800, NTP)
            run(pack, 3 * HOUR)
            pack.history.close()
            last = 3 * HOUR - 10
            ends = list(range(first, last, HOUR)) + [last]
            assert [each.end for each in hours(pack)] == ends
            assert [each.begin for each in hours(pack)] == [0] + ends[:-1]
            assert [each.utc for each in hours(pack)] == [
                MIDNIGHT + 1800 + each.begin for each in hours(pack)
            ]
            assert all(each.seconds == each.end - each.begin for each in hours(pack))


def test_without_a_clock_they_end_with_the_hours_of_uptime():
    with temporary.Folder() as folder:
        pack = a_pack(folder)
        pack.ms = 100000
        run(pack, 2 * HOUR)
        pack.history.close()
        assert spans(pack) == [(100, 3600, 3500), (3600, 7200, 3600), (7200, 7290, 90)]
        assert [each.utc for each in hours(pack)] == [0, 0, 0]


def test_silence_is_not_covered_and_an_hour_without_readings_not_there():
    with temporary.Folder() as folder:
        pack = a_pack(folder)
        run(pack, 1000)
        pack.ms += 500000
        run(pack, 1000)  # in the same hour
        pack.ms += 3 * HOUR * 1000
        assert pack.history.due()  # the hour is over, and no reading says so
        pack.history.flush()
        assert spans(pack) == [(0, 2490, 1980)]
        run(pack, 1000)
        pack.history.close()
        assert spans(pack) == [(0, 2490, 1980), (13300, 14290, 990)]


def test_a_clock_that_is_found_late_dates_the_record_at_hand():
    with temporary.Folder() as folder:
        pack = a_pack(folder)
        run(pack, 2000)
        pack.history.anchor(MIDNIGHT + 2400, NTP)  # it began at 0:06:40
        run(pack, 2000)
        pack.history.close()
        assert spans(pack) == [(0, 3200, 3200), (3200, 3990, 790)]
        assert [each.utc for each in hours(pack)] == [MIDNIGHT + 400, MIDNIGHT + 3600]


def test_one_that_lies_in_two_hours_then_ends_there():
    with temporary.Folder() as folder:
        pack = a_pack(folder)
        run(pack, 2000)
        pack.history.anchor(MIDNIGHT + 600, NTP)  # it began at 23:36:40
        run(pack, 2000)
        pack.history.close()
        assert spans(pack) == [(0, 1990, 1990), (1990, 3990, 2000)]
        assert [each.utc for each in hours(pack)] == [MIDNIGHT - 1400, MIDNIGHT + 590]


def test_a_clock_that_jumps():
    for jump in (-1000, 1000, 100000, -100000):
        with temporary.Folder() as folder:
            pack = a_pack(folder)
            pack.history.anchor(MIDNIGHT, KEPT)
            run(pack, 4000)
            pack.history.anchor(MIDNIGHT + 4000 + jump, NTP)
            run(pack, 4000)
            pack.history.close()
            found = hours(pack)
            assert sum([each.seconds for each in found]) == 7990
            assert [each.begin for each in found[1:]] == [each.end for each in found[:-1]]
            for each in found[2:]:  # but the one that the jump has cut short
                second = (MIDNIGHT + jump + each.begin) % HOUR
                assert second == 0 or each.begin == found[1].end, (jump, second)
                assert second + each.end - each.begin <= HOUR


def test_a_clock_that_drifts_makes_no_records_of_its_own():
    with temporary.Folder() as folder:
        pack = a_pack(folder)
        pack.history.anchor(MIDNIGHT, NTP)
        for n in range(20):
            run(pack, 900)
            pack.history.anchor(MIDNIGHT + pack.ms // 1000 - n, NTP)
        pack.history.close()
        found = hours(pack)
        assert len(found) == 5 and [each.utc % HOUR for each in found] == [0] * 5


def test_the_sums_are_exact():
    """Over readings of any size and spacing, negative ones, gaps and restarts."""
    for seed in range(2):
        with temporary.Folder() as folder:
            chance = Chance(seed)
            pack = a_pack(folder)
            model = plain_hours.Model()
            before = None
            for n in range(1500):
                voltage = 40000 + chance.below(20000)
                current = chance.below(500000) - 250000 if chance.below(3) else chance.below(300)
                if before is not None and pack.ms - before <= 15000:
                    model.take(voltage, current, pack.ms - before)
                before = pack.ms
                pack.sample.voltage, pack.sample.current = voltage, current
                pack.history.add(pack.sample)
                if pack.history.due():
                    assert pack.history.flush()
                if n == 700:
                    assert pack.history.close()
                pack.ms += 1 + chance.below(15000) if n % 100 else 40000
            assert pack.history.close()
            found = hours(pack)
            assert len(found) > 3
            totals = pack.history.totals
            said = totals.charge_in, totals.charge_out, totals.energy_in, totals.energy_out
            for i in range(4):
                real = model.thousandths()[i]
                unit = 10000 if i < 2 else 100000  # of a record
                assert 0 <= real - unit * sum([each.sums()[i] for each in found]) <= unit
                assert abs(1000 * said[i] - real) <= 1000 + model.ms // 3600  # 1 mW
            assert abs(sum([each.seconds for each in found]) - model.ms / 1000) < 1


def test_numbers_stay_small():
    """The highest that a pack can have: 200 V, 1000 A."""
    with temporary.Folder() as folder:
        pack = a_pack(folder)
        pack.sample.voltage = 200000
        pack.readings(1000, 1000000, 15000, flush=True)
        pack.history.close()
        found = hours(pack)
        assert found[0].charge_in == 100000 and found[0].energy_in == 2000000
        assert pack.history.totals.energy_in == 999 * 15 * 200 * 1000 * 1000 // 3600
