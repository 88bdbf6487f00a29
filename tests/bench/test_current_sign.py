"""No sign of a current is doubted in households and vans; a turned one is noticed within a day."""

import pytest
from tests.bench import traces

from current_sign import CurrentSign
from lib.uptime import Uptime
from sample import Sample

DAYS = {"flat": 1, "cabin": 4}
MORE_DAYS = {"household": 20, "flat": 20, "jk": 7, "van": 20, "cabin": 60}


def complaints(trace, found, way):
    """What is said over all readings, with the current as it is or turned."""
    said, sample = [], Sample()
    clock = [0]
    uptime = Uptime(lambda: clock[0], lambda a, b: a - b)
    sign = CurrentSign(uptime, trace.capacity_ah, said)
    sign.set_words("house", "packs[0]", False)
    records = found.records
    ever = set()
    for second, current, soc in zip(
        records["seconds"].tolist(),
        (records["current"] * way).tolist(),
        records["soc"].tolist(),
        strict=True,
    ):
        clock[0] = int(1000 * second)
        uptime.update()
        sample.current, sample.soc = int(current), int(soc)
        sign.add(sample)
        ever.update(said)
    return ever


def check(name, days):
    trace = traces.TRACES[name]
    found = trace.make(days)
    assert complaints(trace, found, 1) == set()
    assert len(complaints(trace, found, -1)) == 1


@pytest.mark.parametrize("name", DAYS)
def test_of_a_trace(name):
    check(name, DAYS[name])


@pytest.mark.slow
@pytest.mark.parametrize("name", MORE_DAYS)
def test_of_many_days(name):
    check(name, MORE_DAYS[name])
