"""Days: each hour is in one day, that of its local calendar, or in one that is not known."""

import os

import plain_hours
import temporary
from a_pack import Pack
from test_hours import HOUR, MIDNIGHT, cells, run

from lib.local_time import LocalTime
from lib.uptime import KEPT, NTP

DAY = 86400
FIRST = MIDNIGHT // DAY  # the local day of it in UTC
BERLIN = [3600, 7200, 3, 5, 0, 7200, 10, 5, 0, 10800]
HALF_PAST = [34200]  # Darwin


def a_pack(folder, **options):
    """A pack of 280 Ah with four cells, a reading in five minutes."""
    options.setdefault("tolerances", {"capacity_ah": 280})
    options.setdefault("window_s", 3600)
    pack = Pack(folder, cell_count=4, interval_s=3600, gap_s=300, **options)
    pack.sample.cell_count = 4
    pack.sample.soc = 50
    pack.sample.temperatures[0] = 200
    cells(pack, 3300, 3301, 3302, 3303)
    return pack


def log(pack, seconds, current=10000):
    """Readings over so many seconds, and what a board does besides."""
    while seconds > 0:
        run(pack, min(seconds, HOUR), current, 300000)
        seconds -= HOUR
        make(pack)


def make(pack):
    for _ in pack.history.make_days():
        pass


def days(pack):
    return plain_hours.days(pack.folder + "/house")


def hours(pack):
    return plain_hours.hours(pack.folder + "/house")


def check_sums(pack, until=None):
    """The days are the hours, each once, up to the end of the last day."""
    found = days(pack)
    last = (found[-1].boot, found[-1].end)
    of = [each for each in hours(pack) if (each.boot, each.end) <= last]
    for i in range(4):
        assert sum([each.sums()[i] for each in found]) == sum([each.sums()[i] for each in of])
    assert sum([each.covered for each in found]) == sum([each.seconds for each in of])
    return of


def test_a_day_is_what_its_hours_say():
    with temporary.Folder() as folder:
        pack = a_pack(folder)
        pack.history.anchor(MIDNIGHT, NTP)
        log(pack, 6 * HOUR, 0)
        pack.sample.soc = 48
        cells(pack, 3250, 3301, 3302, 3303)
        log(pack, 6 * HOUR, -30000)
        pack.sample.soc, pack.sample.temperatures[0] = 90, 260
        cells(pack, 3350, 3351, 3402, 3351)
        log(pack, 13 * HOUR, 40000)
        (day,) = days(pack)
        assert (day.boot, day.end, day.utc, day.day) == (1, DAY, MIDNIGHT, FIRST)
        assert day.covered == DAY and len(check_sums(pack)) == 24
        assert (day.voltage_min, day.voltage_max) == (1316, 1345)
        assert (day.low_min, day.lowest_cell) == (3250, 0)
        assert (day.high_max, day.highest_cell) == (3402, 2)
        assert (day.current_min, day.current_max) == (-300, 400)
        assert (day.soc_min, day.soc_max) == (96, 180)
        assert abs(day.soc - (6 * 100 + 6 * 96 + 12 * 180) / 24) < 1
        assert (day.soc_high_minute, day.soc_low_minute) == (12 * 60 - 5, 6 * 60 - 5)
        assert (day.charge_in, day.charge_out) == (40 * (12 * HOUR + 300) // 36, 6 * 30 * 100)
        assert day.cycles == round((day.charge_in + day.charge_out) * 5 / 280)


def test_days_of_23_and_25_hours():
    for begin, length in ((1774738800, 23), (1792879200, 25)):  # 29 March, 25 October 2026
        with temporary.Folder() as folder:
            pack = a_pack(folder, local=LocalTime(BERLIN))
            pack.history.anchor(begin - 2 * HOUR, NTP)
            log(pack, 50 * HOUR)
            found = days(pack)
            assert [each.covered // HOUR for each in found] == [2, length, 24][: len(found)]
            assert [each.utc for each in found[:2]] == [begin - 2 * HOUR, begin]
            assert found[1].day == found[0].day + 1 == (begin + 7200) // DAY
            check_sums(pack)


def test_a_zone_of_half_an_hour():
    with temporary.Folder() as folder:
        pack = a_pack(folder, local=LocalTime(HALF_PAST))
        pack.history.anchor(MIDNIGHT, NTP)  # 9:30
        log(pack, 40 * HOUR)
        found = days(pack)
        assert [each.covered for each in found] == [14 * HOUR + 1800, 24 * HOUR]
        assert [each.day for each in found] == [FIRST, FIRST + 1]
        check_sums(pack)


def test_a_clock_that_is_found_late_dates_what_is_pending():
    with temporary.Folder() as folder:
        pack = a_pack(folder)
        log(pack, 5 * HOUR)
        assert days(pack) == []
        pack.history.anchor(MIDNIGHT + 6 * HOUR, NTP)
        log(pack, 19 * HOUR)
        (day,) = days(pack)
        assert (day.day, day.utc, day.covered) == (FIRST, MIDNIGHT + HOUR, 23 * HOUR)
        check_sums(pack)


def test_without_a_clock_they_are_of_24_hours_and_not_known():
    with temporary.Folder() as folder:
        pack = a_pack(folder)
        pack.sample.soc = 60
        log(pack, 10 * HOUR)
        pack.sample.soc = 70
        log(pack, 63 * HOUR)
        found = days(pack)
        assert [(each.day, each.utc, each.covered) for each in found] == [(0, 0, DAY)] * 3
        assert (found[0].soc_high_minute, found[0].soc_low_minute) == (595, 0)
        pack.history.anchor(MIDNIGHT + 22 * HOUR, NTP)
        log(pack, 3 * HOUR)
        found = days(pack)[3:]  # the hour since the third is of a day that is known now
        assert [(each.day, each.covered) for each in found] == [(FIRST, 3 * HOUR)]
        check_sums(pack)


def test_boots_without_a_date_are_of_the_day_around_them():
    with temporary.Folder() as folder:
        pack = a_pack(folder, window_s=300)
        pack.history.anchor(MIDNIGHT, NTP)
        log(pack, 5 * HOUR)
        for _ in range(3):
            pack.start()  # the power was away
            log(pack, 2 * HOUR)
        assert days(pack) == []  # maybe it is the same day still
        pack.start()
        pack.history.anchor(MIDNIGHT + 12 * HOUR, NTP)
        log(pack, 13 * HOUR)
        (day,) = days(pack)
        assert day.day == FIRST and 22 * HOUR < day.covered < 23 * HOUR
        check_sums(pack)


def test_boots_without_a_date_between_two_days_are_of_none():
    with temporary.Folder() as folder:
        pack = a_pack(folder)
        pack.history.anchor(MIDNIGHT, NTP)
        log(pack, 20 * HOUR)
        pack.start()
        log(pack, 3 * HOUR)
        pack.start()
        pack.history.anchor(MIDNIGHT + 30 * HOUR, NTP)
        log(pack, 20 * HOUR)
        found = days(pack)
        assert [each.day for each in found] == [FIRST, 0, FIRST + 1]
        assert [each.boot for each in found] == [1, 2, 3]
        check_sums(pack)


def test_days_without_readings_are_not_there():
    with temporary.Folder() as folder:
        pack = a_pack(folder)
        pack.history.anchor(MIDNIGHT, NTP)
        log(pack, 10 * HOUR)
        pack.ms += 3 * DAY * 1000
        pack.history.due()
        pack.history.flush()
        make(pack)
        assert [each.day for each in days(pack)] == [FIRST]  # no reading has to come for that
        log(pack, 20 * HOUR)
        assert [each.day for each in days(pack)] == [FIRST, FIRST + 3]
        check_sums(pack)


def test_a_clock_that_was_wrong_until_it_was_set():
    """Nor has a midnight passed that only it has seen: see store.rollup.PATIENCE_S."""
    for wrong in (-400 * DAY, 3 * HOUR, 19 * HOUR, 40 * DAY):
        with temporary.Folder() as folder:
            pack = a_pack(folder)
            pack.history.anchor(MIDNIGHT + 4 * HOUR + wrong, KEPT)
            log(pack, 3 * HOUR)
            pack.history.anchor(MIDNIGHT + 7 * HOUR, NTP)
            log(pack, 18 * HOUR)
            found = [(each.day, each.covered) for each in days(pack)]
            assert found == [(FIRST, 20 * HOUR)], wrong
            check_sums(pack)


def test_a_clock_that_nobody_sets_right_is_believed_after_a_while():
    with temporary.Folder() as folder:
        pack = a_pack(folder)
        pack.history.anchor(MIDNIGHT + 23 * HOUR, KEPT)
        log(pack, 5 * HOUR)
        assert days(pack) == []
        log(pack, 2 * HOUR)
        assert [(each.day, each.covered) for each in days(pack)] == [(FIRST, HOUR)]
        check_sums(pack)


def test_the_power_may_go_at_any_time():
    """Some ten times a day; each hour is in one day, and what is lost is the window each time."""
    with temporary.Folder() as folder:
        pack = a_pack(folder, window_s=60)
        utc = MIDNIGHT
        for n in range(60):
            pack.history.anchor(utc, NTP)
            log(pack, 1800 + 900 * (n % 6))
            utc += pack.ms // 1000 + 60
            pack.start()
        found = days(pack)
        assert [each.day for each in found] == list(range(FIRST, FIRST + len(found)))
        assert len(found) == (utc - MIDNIGHT) // DAY
        of = check_sums(pack)
        lost = sum([each.end - each.begin - each.seconds for each in of])
        assert lost < 60 * 300  # a reading in five minutes
        for each in found[1:]:
            assert each.utc % DAY < 2 * HOUR and each.covered > 21 * HOUR


def test_it_is_the_same_however_often_it_is_done():
    with temporary.Folder() as folder:
        pack = a_pack(folder)
        pack.history.anchor(MIDNIGHT, NTP)
        log(pack, 30 * HOUR)
        for _ in range(3):
            pack.start()
            pack.history.anchor(MIDNIGHT + 31 * HOUR, NTP)
            make(pack)
        assert len(days(pack)) == 1
        # The newest file was begun and never written
        with open(folder + "/house/days/00000002.seg", "wb"):
            pass
        pack.start()
        pack.history.anchor(MIDNIGHT + 31 * HOUR, NTP)
        make(pack)
        assert len(days(pack)) == 1
        # Another log's hours are no days of this one
        os.rename(folder + "/house/days", folder + "/days")
        pack.start()
        pack.history.anchor(MIDNIGHT + 31 * HOUR, NTP)
        make(pack)
        assert len(days(pack)) == 1
