"""Draws docs/day.png: a day of the simulated household and the frames that packlog keeps of it.

python docs/figures/day.py, after pip install -e ".[test]" matplotlib. The readings (every 2 s, as
a Chargery would give them) go as a CSV through packlog encode, the board's own sampler and store on
MicroPython, and come back by packlog decode: what is drawn is what a board would have kept.
"""

import csv
import subprocess
import sys
import tempfile
from datetime import datetime, timedelta, timezone
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TARGET = ROOT / "docs/day.png"
sys.path.insert(0, str(ROOT))  # for tests/bench

import matplotlib  # noqa: E402
from tests.bench import household  # noqa: E402

matplotlib.use("Agg")
from matplotlib import dates, pyplot  # noqa: E402

DAYS = 1.75  # from 08:00 on; the second day is drawn, from midnight to midnight
SEED = 3
UNITS = {"current": 1000, "voltage": 1000, "soc": 1, "temperature": 10}
GREY, BLUE = "#b8c2cc", "#1565c0"


def write_readings(path):
    """The household's readings as packlog encode takes them."""
    found = household.month(DAYS, SEED)
    with path.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["time", *UNITS, "cell_voltages"])
        for each in found.records:
            values = [each[name] / unit for name, unit in UNITS.items()]
            cells = " ".join(f"{mv / 1000:.3f}" for mv in each["mv"])
            rows.writerow([found.utc + int(each["seconds"]), *values, cells])


def through_packlog(folder):
    """Encode and decode readings.csv; returns (readings' columns, frames' columns, bytes)."""
    packlog = Path(sys.executable).with_name("packlog")
    given, back = folder / "readings.csv", folder / "frames.csv"
    write_readings(given)
    subprocess.run([packlog, "encode", given, "-o", folder, "--name", "house"], check=True)
    subprocess.run([packlog, "decode", "--epoch", folder / "house", "-o", back], check=True)
    return columns(given), columns(back)


def columns(path):
    """{name: values} of a CSV, the day that is drawn; an empty value is NaN."""
    with path.open() as file:
        rows = list(csv.DictReader(file))
    first = datetime.fromtimestamp(household.BEGIN, timezone.utc).replace(hour=0)
    begin = (first + timedelta(days=1)).timestamp()
    rows = [row for row in rows if begin <= float(row["time"]) < begin + 86400]
    found = {
        name: [float(row[name] or "nan") for row in rows]
        for name in rows[0]
        if name not in ("cell_voltages", "boot", "uptime")
    }
    found["at"] = [datetime.fromtimestamp(t, timezone.utc) for t in found["time"]]
    return found


def draw(readings, frames):
    """Current, voltage and SoC, one below the other."""
    pyplot.rcParams.update({"font.size": 9, "axes.spines.top": False, "axes.spines.right": False})
    figure, axes = pyplot.subplots(3, 1, figsize=(9, 6), sharex=True, height_ratios=(3, 2, 1.3))
    for axis, name, unit in zip(
        axes, ("current", "voltage", "soc"), ("Current, A", "Voltage, V", "SoC, %"), strict=True
    ):
        axis.plot(readings["at"], readings[name], color=GREY, linewidth=0.7)
        # A frame stands for the time up to it
        axis.plot(frames["at"], frames[name], color=BLUE, linewidth=1, drawstyle="steps-pre")
        axis.set_ylabel(unit)
        axis.grid(alpha=0.25)
    axes[0].plot([], [], color=GREY, label=f"{len(readings['at'])} readings")
    axes[0].plot([], [], color=BLUE, label=f"{len(frames['at'])} frames of 13 bytes")
    axes[0].legend(loc="upper left", frameon=False)
    axes[2].xaxis.set_major_formatter(dates.DateFormatter("%H:%M"))
    axes[2].set_xlim(readings["at"][0], readings["at"][-1])
    figure.align_ylabels()
    figure.tight_layout()
    figure.savefig(TARGET, dpi=110, metadata={"Software": None})


def main():
    """Draw it anew."""
    with tempfile.TemporaryDirectory() as folder:
        draw(*through_packlog(Path(folder)))


if __name__ == "__main__":
    main()
