"""tests/bench/load.py: ratios that hold on any machine, on a small history; a long one when slow.

CPU time of one run is compared with that of another: seconds are nobody's promise.
"""

import pytest
from tests.bench import load


def check(found, columns, csv):
    def rate(name):
        return found[name]["rows_a_cpu_s"]

    assert rate("columns") >= columns * rate("inflate")
    assert rate("CSV of frames") >= csv * rate("CSV by polars")
    assert rate("CSV of frames") >= 1.5 * rate("CSV by pandas")


def test_a_small_history_becomes_columns_and_csv():
    names = ("inflate", "columns", "decode to CSV", "CSV of frames", "CSV by polars",
             "CSV by pandas")  # fmt: skip
    found = load.measure(200_000, names, repeat=3, days=0.3)
    assert found["decode to CSV"]["rows"] == found["columns"]["rows"] >= 200_000
    check(found, columns=0.03, csv=0.7)


@pytest.mark.slow
def test_ten_million_frames():
    found = load.measure()
    check(found, columns=0.05, csv=1)
    for name in ("columns", "decode to CSV", "packlog info"):
        assert found[name]["most_mb"] < 600, name
