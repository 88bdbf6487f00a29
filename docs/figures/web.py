"""Draws docs/web-phone.png and docs/web-desktop.png: the page in headless Chromium.

python docs/figures/web.py, after pip install -e ".[test]" and with Chromium. The history is a month
of the simulated household that ends today, through the board's own sampler and store.
"""

import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "firmware")]  # for tests

from host_tools.trial import encode  # noqa: E402
from host_tools.trial.plan import Plan  # noqa: E402
from PIL import Image  # noqa: E402
from tests.bench import household  # noqa: E402
from tests.helpers import chromium  # noqa: E402
from tests.helpers.fake_board import FakeBoard, served  # noqa: E402

DAYS, SEED = 31, 5
PHONE, DESKTOP = (390, 844), (1280, 1130)
BETWEEN, GREY = 20, "#8a97a5"
READY = "window.packlog && packlog.charts && !packlog.charts.isLoading && packlog.charts.plots.size"
CELLS = [3.31, 3.312, 3.309, 3.318, 3.311, 3.305, 3.313, 3.31]
CELLS += [3.311, 3.309, 3.297, 3.312, 3.31, 3.316, 3.311, 3.31]
NOW = {
    "soc": 81,
    "voltage": 52.95,
    "current": 40.3,
    "power": 2134.0,
    "min_cell_voltage": 3.297,
    "max_cell_voltage": 3.318,
    "cell_difference": 0.021,
    "time_to_empty": None,
    "time_to_full": 81,
}


def history(folder: Path, days: float = DAYS) -> Path:
    """Encode the household's days until now; returns the folder of the pack."""
    found = household.month(days, SEED)
    begin = int(time.time()) - int(days * 86400)
    encode.store(replace(found, utc=begin), folder, Plan(name="house", capacity_ah=280))
    return folder / "house"


def draw(pack: Path, target: Path) -> list:
    """Write both pictures to the folder target; returns what the browser has complained of."""
    site = FakeBoard(pack)
    with chromium.browser() as tab, served(site) as url:
        site.tell("house", CELLS, **NOW)
        light, dark = target / "now.png", target / "then.png"
        opened(tab, url, PHONE, touch=True)
        tab.picture(light)
        opened(tab, url, PHONE, touch=True, dark=True)
        choose(tab, 30 * 86400)
        tab.run("document.querySelector('.charts').scrollIntoView()")
        tab.picture(dark)
        beside(light, dark, target / "web-phone.png")
        opened(tab, url, DESKTOP)
        choose(tab, 7 * 86400)
        tab.picture(target / "web-desktop.png")
        return tab.errors


def opened(tab, url, size, **look):
    tab.show(*size, **look)
    tab.open(url)
    tab.wait(READY)


def choose(tab, seconds):
    tab.run(f"packlog.charts.choose({seconds})")
    tab.wait(READY)
    tab.run("packlog.charts.point(packlog.charts.view.from + 0.47 * (packlog.charts.view.to - "
            "packlog.charts.view.from))")  # fmt: skip


def beside(left, right, target):
    """Two pictures as one; they go."""
    a, b = Image.open(left), Image.open(right)
    made = Image.new("RGB", (a.width + BETWEEN + b.width, max(a.height, b.height)), GREY)
    made.paste(a, (0, 0))
    made.paste(b, (a.width + BETWEEN, 0))
    made.quantize(200).save(target, optimize=True)
    left.unlink()
    right.unlink()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        sys.exit("\n".join(map(str, draw(history(Path(folder)), ROOT / "docs"))) or 0)
