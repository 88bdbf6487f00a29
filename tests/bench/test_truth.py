"""tests/bench/false_readings.py and missing_fields.py: what damage and missing fields cost."""

import pytest
from tests.bench import damaged_lines, false_readings, missing_fields
from tests.bench.false_readings import BITS, ORDERS, Tally


@pytest.mark.parametrize("name", ORDERS)
def test_notifications_that_went_astray_are_no_readings(name):
    count = 400 if name == "two notifications swapped" else 20_000
    found = false_readings.jk_orders(name, Tally(), count).per_million()
    assert found["before"] > 300 and found["now"] == found["now, far off"] == 0, found
    assert found["first"] == 0, found


@pytest.mark.parametrize("name", BITS)
def test_flipped_bits_are_no_readings_that_a_pack_cannot_have(name):
    found = false_readings.jk_bits(name, Tally(), 4000).per_million()
    assert found["now, far off"] == 0, found
    assert found["before"] > (10000 if name == "two bits" else 0) or name == BITS[0]
    assert found["now"] <= found["before"] / 2


@pytest.mark.parametrize(
    ("bms", "name"),
    [(bms, name) for bms in damaged_lines.DAMAGES for name in ("two bits", "one bit")],
)
def test_damaged_packets_and_lines(bms, name):
    found = damaged_lines.measure(bms, name, 400, Tally()).per_million()
    assert found["now, far off"] == 0, found
    if (bms, name) != ("Chargery", "one bit"):
        assert found["before, far off"] > 1000, found


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in ORDERS if name != "two notifications swapped"])
def test_none_in_ten_million(name):
    found = false_readings.jk_orders(name, Tally(("now", "first")), 10_000_000).per_million()
    assert found["of"] >= 10_000_000 and found["now"] == found["first"] == 0, found


@pytest.mark.slow
@pytest.mark.parametrize("name", BITS)
def test_less_than_twenty_in_a_million(name):
    found = false_readings.jk_bits(name, Tally(("now",)), 1_000_000).per_million()
    assert found["now, far off"] < 20, found


OFTEN = ("jk", "bluenova with noise")


@pytest.mark.parametrize(
    "bms",
    [
        pytest.param(each, marks=[] if each in OFTEN else pytest.mark.slow)
        for each in missing_fields.SOURCES
    ],
)
def test_fields_that_are_missing_cost_next_to_nothing(bms):
    hours = 0.5 if bms == "jk" else 1  # two frames a second
    whole = missing_fields.Run(bms, 0, hours)
    lacking = missing_fields.Run(bms, missing_fields.SHARE, hours)
    assert whole.readings >= 1700 and whole.frames >= 5
    assert lacking.frames <= 1.1 * whole.frames + 1, (lacking.frames, whole.frames)
    assert whole.frames < 25  # half rounds of a noisy console cost 244 without what is held
    assert sum(lacking.lacking.values()) <= sum(whole.lacking.values()) + 4
