"""The spans of --every: where they begin, days of 23 and 25 hours, what is refused."""

from datetime import datetime, timezone

import numpy as np
import pytest
from host_tools.ground.errors import UsageError
from host_tools.history.grids import grid


def utc(*moment):
    return int(datetime(*moment, tzinfo=timezone.utc).timestamp())


@pytest.mark.parametrize(("every", "step"), [("10s", 10), ("5min", 300), ("1h", 3600), ("7s", 7)])
def test_spans_are_multiples_since_1970(every, step):
    found = grid(every)
    moments = np.array([step * 1000 - 1, step * 1000, step * 1001 - 1])
    assert found.cell(moments).tolist() == [999, 1000, 1000]
    assert found.edge(np.array([1000])).tolist() == [step * 1000]


def test_days_are_utc_s_unless_a_zone_is_named():
    moments = np.array([utc(2026, 6, 1) - 1, utc(2026, 6, 1)])
    days = (datetime(2026, 6, 1) - datetime(1970, 1, 1)).days
    assert grid("1d").cell(moments).tolist() == [days - 1, days]


def test_days_in_berlin_have_23_and_25_hours():
    berlin = grid("1d", "Europe/Berlin")
    for day, hours in ((utc(2026, 3, 28, 23), 23), (utc(2026, 10, 24, 22), 25)):
        (cell,) = berlin.cell(np.array([day]))
        edges = berlin.edge(np.array([cell, cell + 1]))
        assert edges.tolist() == [day, day + 3600 * hours]
        assert berlin.cell(edges - 1).tolist() == [cell - 1, cell]


def test_a_day_that_begins_at_one_o_clock():
    """In Cuba summer time begins at midnight: that day has no 0 o'clock."""
    havana = grid("1d", "America/Havana")
    begin = utc(2026, 3, 8, 5)
    (cell,) = havana.cell(np.array([begin]))
    assert havana.edge(np.array([cell, cell + 1])).tolist() == [begin, utc(2026, 3, 9, 4)]


def test_weeks_are_of_seven_local_days():
    weeks = grid("7d", "Europe/Berlin")
    (cell,) = weeks.cell(np.array([utc(2026, 3, 29, 12)]))
    begin, end = weeks.edge(np.array([cell, cell + 1])).tolist()
    assert (begin, end) == (utc(2026, 3, 25, 23), utc(2026, 4, 1, 22))  # a Thursday, as 1970-01-01


@pytest.mark.parametrize("every", ["", "10", "s", "0s", "1w", "-5min", "1.5h", "9999d", "1 h"])
def test_what_is_no_span_is_refused(every):
    with pytest.raises(UsageError, match="--every"):
        grid(every)


def test_zones_have_names_that_there_are():
    assert grid("1h", "Europe/Berlin") == grid("1h")  # hours are UTC's anywhere
    for name in ("Europe/Nowhere", "../../etc/passwd", "", "/etc/localtime"):
        with pytest.raises(UsageError, match="no time zone"):
            grid("1d", name)
