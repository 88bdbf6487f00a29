"""The page in a real browser, from the virtual board: a history of five years on its flash, and a
simulated pack that it reads.
"""

import json
import random
import re
import time

import numpy as np
import pytest
from host_tools.history import loading
from host_tools.install import deploy
from host_tools.page import built
from tests.helpers import chromium, long_history
from tests.helpers.boards import Bench, copy_of, put_files
from tests.helpers.http_bench import http_config
from tests.helpers.page import DRAWN
from tests.helpers.segment_bytes import NOON

YEARS, FRAMES_A_DAY, HOURS_FILES = 5, 8, 5
DAYS = YEARS * 365
BEGIN = NOON
NOW = BEGIN + (DAYS + 1) * 86400
SPANS = "packlog.charts.levels.of('pack')"
FIRST_VIEW = 150_000  # bytes over the air
LIVE_S = 5
VOLTAGE_PERMILLE = 30  # of the board's config; by default it is 10
SPEED = 10  # of the board, while nothing is about how soon


@pytest.fixture(scope="module")
def years(tmp_path_factory):
    """Few frames, and hours of the last months only: segments are larger than a board's shards."""
    folder = tmp_path_factory.mktemp("years")
    made = long_history.write(folder, BEGIN, DAYS, frames_a_day=FRAMES_A_DAY)
    for path in sorted((made / "hours").iterdir())[:-HOURS_FILES]:
        path.unlink()
    return made


@pytest.fixture(scope="module")
def board(installed, tmp_path_factory, years):
    """A board at home that runs in the background, at .url."""
    image = copy_of(installed, tmp_path_factory.mktemp("board"))
    files = {
        f"data/house/{path.relative_to(years)}": path.read_bytes() for path in years.rglob("*.seg")
    }
    put_files(image, files | {deploy.PAGE: built.PAGE.read_bytes()})
    plan = {"wifi": True, "http_port": 0, "start_unix_s": NOW}
    config = http_config()
    config["store"] = config.get("store", {}) | {"voltage_permille": VOLTAGE_PERMILLE}
    bench = Bench(image, config, **plan).start()
    bench.board.run_until(60)
    bench.board.go_at(SPEED)
    bench.board.background()
    bench.url = bench.rig.url
    yield bench
    bench.board.stop()
    bench.close()


@pytest.fixture(scope="module")
def tab():
    if not chromium.find():
        pytest.skip("Chromium is not installed: apt install chromium")
    with chromium.browser() as found:
        yield found


@pytest.fixture
def page(tab, board):
    """The page of the board, its charts drawn, no error on its console."""
    tab.errors.clear()
    tab.show(1280, 900)
    tab.received = 0
    tab.open(board.url)
    tab.wait(DRAWN)
    yield tab
    # A segment may become a shard between the list and its bytes: the page asks again
    assert [each for each in tab.errors if "404" not in str(each)] == []
    tab.open("about:blank")


def numbers(tab, script):
    return np.array(json.loads(tab.run(f"JSON.stringify(Array.from({script}))")), float)


def move(tab, begin, end):
    tab.run(f"packlog.charts.move({{from: {begin}, to: {end}}})")
    tab.wait(DRAWN)


class Sent:
    """What the simulated Chargery sends of its cells: (when, their mV), of the last readings."""

    def __init__(self, rig):
        self._rig, self._packet, self.cells = rig, rig.line._cells, []
        rig.line._cells = self._keep

    def _keep(self):
        packet = self._packet()
        mv = [round(volts * 1000) for volts in self._rig.pack.cells]
        self.cells = [*self.cells[-20:], (time.monotonic(), mv)]
        return packet

    def lately(self):
        now = time.monotonic()
        return [mv for at, mv in self.cells if now - at < LIVE_S]


def shown_cells(tab):
    """mV of the cells' bars."""
    titles = tab.run("[...document.querySelectorAll('.cells li')].map((li) => li.title)")
    return [round(float(re.search(r": ([\d.]+)", title)[1]) * 1000) for title in titles]


def test_live_values_are_those_of_the_simulator_within_seconds(page, board):
    board.board.stop()
    board.board.go_at(1)
    sent = Sent(board.rig)
    board.board.background()
    seen = []
    while len(seen) < 3:  # three readings, each of them new
        deadline = time.monotonic() + 2 * LIVE_S
        while (cells := shown_cells(page)) in seen or cells not in sent.lately():
            assert time.monotonic() < deadline, (cells, sent.cells[-3:])
            time.sleep(0.05)
        seen.append(cells)
    shown = page.run("document.querySelector('.live').innerText")
    volts = float(re.search(r"([\d.]+)\u202fV", shown)[1])
    assert abs(volts - sum(seen[-1]) / 1000) < 0.05
    assert f"{int(board.rig.pack.soc)}" in page.run("document.querySelector('.ring').innerText")
    board.board.stop()
    board.board.go_at(SPEED)
    board.board.background()


def test_a_pack_that_falls_silent_says_so(page, board):
    board.rig.line.silent = True
    page.wait("document.querySelector('.live .status').className === 'status bad'")
    page.wait("/No reading for \\d/.test(document.querySelector('.live').innerText)")
    board.rig.line.silent = False
    page.wait("document.querySelector('.live .status').className === 'status good'")


def test_five_years_open_with_little(tab, board):
    tab.call("Network.clearBrowserCache")
    tab.open(board.url + "?first")
    tab.errors.clear()
    tab.received = 0
    tab.wait(DRAWN)
    assert 10_000 < tab.received < FIRST_VIEW
    for seconds, level in ((DAYS * 86400, "days"), (60 * 86400, "hours"), (86400, "pack")):
        move(tab, NOW - 2 * 86400 - seconds, NOW - 2 * 86400)
        assert tab.run("packlog.charts.levels.spans(packlog.charts.view).level") == level
    assert tab.errors == []
    tab.open("about:blank")


def test_what_is_drawn_is_what_decode_says(page, years):
    rows = loading.SERIES["pack"]([years])
    keep = ~rows.hole & (rows.time >= 0)
    chance = random.Random(8)
    for _ in range(4):
        begin = BEGIN + chance.randrange((DAYS - 8) * 86400)
        end = begin + chance.randrange(86400, 7 * 86400)
        move(page, begin, end)
        ends = numbers(page, f"{SPANS}.end")
        drawn, wanted = ((it > begin) & (it <= end) for it in (ends, rows.time[keep]))
        assert wanted.sum() >= FRAMES_A_DAY
        assert ends[drawn].tolist() == rows.time[keep][wanted].tolist()
        for name in ("voltage", "current", "soc", "temperature"):
            found = numbers(page, f"{SPANS}.line('{name}').mean")[drawn]
            np.testing.assert_array_equal(found, getattr(rows, name)[keep][wanted], name)


def test_the_wheel_zooms(page):
    width = "packlog.charts.view.to - packlog.charts.view.from"
    page.run("document.querySelector('.stack').scrollIntoView()")
    box = json.loads(
        page.run("JSON.stringify(document.querySelector('.stack').getBoundingClientRect())")
    )
    x, y = box["left"] + box["width"] / 2, box["top"] + 150
    before = page.run(width)
    page.call("Input.dispatchMouseEvent", type="mouseWheel", x=x, y=y, deltaX=0, deltaY=-100)
    page.wait(f"{width} < {before} * 0.9", 5)


def test_the_band_is_as_wide_as_this_board_tolerates(page):
    labels = "[...document.querySelectorAll('label')]"
    page.run(f"{labels}.find((it) => it.innerText.includes('Tolerances')).click()")
    page.run("packlog.charts.choose(604800)")
    page.wait(DRAWN)
    assert "this board's tolerances" in page.run("document.body.innerText")
    data = json.loads(page.run("JSON.stringify(packlog.charts.plots.get('voltage').plot.data)"))
    mean, low, high = (np.array(line, float)[:-1] for line in data[1:4])
    known = ~np.isnan(mean)
    assert known.sum() > 3
    np.testing.assert_allclose((high - low)[known], 2 * VOLTAGE_PERMILLE / 1000 * mean[known], 0.3)
