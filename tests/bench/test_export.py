"""tests/bench/export.py: it measures, and an export takes at most twice as long as a target's own
bulk loader, on a year, when slow.
"""

import json
import subprocess
import sys
from pathlib import Path

import pytest

BENCH = Path(__file__).with_name("export.py")


def run(*arguments):
    done = subprocess.run(
        [sys.executable, str(BENCH), *arguments], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_it_measures_a_few_days():
    found = json.loads(run("--json", "--days", "3", "Parquet"))["Parquet"]
    assert found["rows"] == 900 and found["ratio"] > 0
    assert found["rows_per_s"] > 0 and found["loader_rows_per_s"] > 0
    assert run("--days", "1", "Parquet").splitlines()[2].startswith("| Parquet | ")


@pytest.mark.slow
def test_a_year_takes_at_most_twice_as_long_as_the_target_s_own_loader():
    found = json.loads(run("--json"))
    print(found)
    assert len(found) == 6 and max(each["ratio"] for each in found.values()) <= 2
