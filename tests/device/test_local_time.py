"""Local time by the rules of zones: the second of each change, both hemispheres, leap years."""

from lib.local_time import LocalTime

HOUR = 3600
BERLIN = [HOUR, 2 * HOUR, 3, 5, 0, 2 * HOUR, 10, 5, 0, 3 * HOUR]
SYDNEY = [10 * HOUR, 11 * HOUR, 10, 1, 0, 2 * HOUR, 4, 1, 0, 3 * HOUR]
DUBLIN = [HOUR, 0, 10, 5, 0, 2 * HOUR, 3, 5, 0, HOUR]  # its winter is what differs from standard
JERUSALEM = [2 * HOUR, 3 * HOUR, 3, 4, 4, 26 * HOUR, 10, 5, 0, 2 * HOUR]
GODTHAB = [-2 * HOUR, -HOUR, 3, 5, 0, -HOUR, 10, 5, 0, 0]  # at an hour of the day before


def changes(rule, at, before, after):
    """Local time's offset changes at that second."""
    local = LocalTime(rule)
    assert local.offset(at - 1) == before, local.offset(at - 1)
    assert local.offset(at) == after, local.offset(at)


def test_without_a_rule_it_is_utc():
    assert LocalTime().offset(1790000000) == LocalTime(None).offset(0) == 0


def test_a_zone_without_summer_time():
    assert LocalTime([19800]).offset(1790000000) == 19800  # India


def test_summer_in_the_north():
    changes(BERLIN, 1774746000, HOUR, 2 * HOUR)  # 2026-03-29 01:00 UTC
    changes(BERLIN, 1792890000, 2 * HOUR, HOUR)  # 2026-10-25 01:00 UTC
    assert LocalTime(BERLIN).offset(1767225599) == HOUR  # the last second of 2025
    assert LocalTime(BERLIN).offset(1767225600) == HOUR


def test_summer_in_the_south_goes_over_the_new_year():
    changes(SYDNEY, 1775318400, 11 * HOUR, 10 * HOUR)  # 2026-04-04 16:00 UTC
    changes(SYDNEY, 1791043200, 10 * HOUR, 11 * HOUR)  # 2026-10-03 16:00 UTC
    for second in (1798761599, 1798761600):  # about the new year of 2027
        assert LocalTime(SYDNEY).offset(second) == 11 * HOUR


def test_an_irish_winter():
    changes(DUBLIN, 1774746000, 0, HOUR)
    changes(DUBLIN, 1792890000, HOUR, 0)


def test_a_time_beyond_the_day():
    changes(JERUSALEM, 1774569600, 2 * HOUR, 3 * HOUR)  # the Friday after, 2026-03-27 00:00 UTC
    changes(GODTHAB, 1774746000, -2 * HOUR, -HOUR)


def test_leap_years_and_a_century_that_is_none():
    changes(BERLIN, 1711846800, HOUR, 2 * HOUR)  # 2024-03-31 01:00 UTC
    changes(BERLIN, 4109878800, HOUR, 2 * HOUR)  # 2100-03-28 01:00 UTC
