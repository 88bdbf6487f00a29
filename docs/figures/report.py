"""Draws docs/plot.png and docs/report.png: python docs/figures/report.py, some minutes.

The simulated household goes through the board's own sampler and store for some weeks, with two
silences, and packlog plot and report show what is left. A Chromium takes the picture of the page.
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import host_tools.ground.firmware  # noqa: F401 - the firmware on sys.path
from host_tools.history.grids import zone_of
from host_tools.history.ranges import Range
from host_tools.report import plot, report
from host_tools.trial import encode, readings
from host_tools.trial.plan import Plan
from tests.bench import household

ROOT = Path(__file__).resolve().parents[2]
DAYS, EVERY, SEED = 45, 5, 3  # every 5th reading of those every 2 s
SILENCES_S = ((457_900, 475_200), (838_000, 840_700))  # from the first reading on
ZONE = "Europe/Berlin"
TWO_DAYS = Range.of("2026-06-06", "2026-06-08", zone_of(ZONE))
SIZE = 1060, 1160  # pixels of the page's beginning


def history(folder):
    """The household's history; returns its folder."""
    found = household.month(DAYS, SEED)
    records = found.records[::EVERY]
    for begin, end in SILENCES_S:
        records = records[(records["seconds"] < begin) | (records["seconds"] > end)]
    kept = readings.Readings(records, found.utc, household.CELLS)
    encode.store(kept, folder, Plan(name="house", capacity_ah=household.CAPACITY_AH), silent_s=60)
    return folder / "house"


def screenshot(page, out):
    """A picture of the beginning of a page."""
    program = shutil.which("chromium") or shutil.which("google-chrome")
    options = ["--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"]
    size = f"--window-size={SIZE[0]},{SIZE[1]}"
    subprocess.run(
        [program, *options, size, f"--screenshot={out}", page.as_uri()], check=True, timeout=120
    )


def main():
    """Both pictures."""
    with tempfile.TemporaryDirectory(prefix="packlog-figures-") as folder:
        where, page = history(Path(folder)), Path(folder, "report.html")
        plot.plot([where], ROOT / "docs/plot.png", span=TWO_DAYS, zone=zone_of(ZONE))
        report.report([where], page, zone=ZONE)
        screenshot(page, ROOT / "docs/report.png")


if __name__ == "__main__":
    main()
