"""The page in a real browser, headless, beside a board whose readings the test says."""

import importlib.util
import io
import json
import random
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
from host_tools.export import csv as csv_export
from host_tools.history import loading
from host_tools.page.site import Site
from PIL import Image
from tests.helpers import chromium, long_history
from tests.helpers.fake_board import FakeBoard, served
from tests.helpers.page import DRAWN
from tests.helpers.segment_bytes import NOON

DOCS = Path(__file__).parents[3] / "docs"
OLD = Path(__file__).parents[2] / "data" / "0.1.0"
PHONE, DESK = (390, 844), (1280, 900)
YEARS = 5
FIRST_VIEW = 150_000  # bytes over the air
TEXTS = "document.body.innerText"
SPANS = "packlog.charts.levels.of('pack')"


@pytest.fixture(scope="module")
def tab():
    if not chromium.find():
        pytest.skip("no Chromium here")
    with chromium.browser() as found:
        yield found


@contextmanager
def opened(tab, site, path="", **look):
    """The page of a Site in the tab, its charts drawn; no error on its console."""
    tab.show(*look.pop("size", DESK), **look)
    tab.errors.clear()
    with served(site) as url:
        tab.open(url + path)
        tab.wait(DRAWN)
        yield url
        assert tab.errors == []
        tab.open("about:blank")


def number(tab, script):
    return float(tab.run(script))


def test_live_values_come_within_five_seconds(tab):
    site = FakeBoard(OLD / "house")
    with opened(tab, site, size=PHONE, touch=True, dark=True):
        assert "74" in tab.run("document.querySelector('.ring').innerText")
        site.tell("house", soc=61, power=1234.5, voltage=54.1, current=22.8)
        tab.wait("document.querySelector('.ring').innerText.includes('61')", 5)
        shown = tab.run(TEXTS)
        assert "1.23\u202fkW" in shown and "54.10\u202fV" in shown and "charging" in shown
        cells = [3.2] * 15 + [3.36]
        site.tell("house", cells, errors="cell overvoltage; charge too hot", charge_stopped=True)
        tab.wait(f"{TEXTS}.includes('The BMS has stopped the charge')", 5)
        shown = tab.run(TEXTS)
        assert "Charge too hot" in shown or "charge too hot" in shown
        bars = tab.run("[...document.querySelectorAll('.cells li')].map((li) => li.title)")
        assert bars[15] == "Cell 16: 3.360\u202fV, +150 mV from the mean"
        assert tab.run("document.querySelectorAll('.cells .lowest').length") == 15


class Compacting(FakeBoard):
    """Its first list still has a file that is gone by then."""

    lists = 0

    def history(self):
        found = super().history()
        self.lists += 1
        if self.lists == 1:
            newest = [each for each in found["files"] if each["series"] == "pack"][-1]
            found["files"].append(newest | {"name": "00009999.shard"})
        return found


def test_a_file_that_is_gone_since_it_was_listed(tab):
    site = Compacting(OLD / "house")
    with opened(tab, site):
        assert site.lists > 1 and tab.run(f"{SPANS}.length") > 0
        assert all("404" in str(each) for each in tab.errors)
        tab.errors.clear()


def test_a_silent_pack_says_so(tab):
    site = FakeBoard(OLD / "house")
    site.fall_silent("house", 4000, "no answer")
    with opened(tab, site):
        shown = tab.run(TEXTS)
        assert "No reading for 1\u202fh 6\u202fmin: no answer." in shown
        assert "None" not in tab.run("document.querySelector('.live').innerText")
        site.tell("house")
        tab.wait("document.querySelector('.status').className === 'status good'", 10)


@pytest.mark.slow
def test_a_board_without_the_stream_is_asked(tab):
    site = FakeBoard(OLD / "house")
    site.has_stream = False
    with opened(tab, site):
        site.tell("house", soc=33)
        tab.wait("document.querySelector('.ring').innerText.includes('33')", 10)
        tab.errors.clear()  # it may say that there is no stream


def test_a_board_without_a_clock_takes_the_time(tab):
    site = FakeBoard(OLD / "house")
    site.clock_settable = True
    with opened(tab, site):
        assert "took the time of this device" in tab.run(TEXTS)
        assert abs(site.times[0]["time"] - time.time()) < 60


def python_csv(folder, series):
    out = io.StringIO()
    csv_export.write(loading.SERIES[series]([folder]), out.write)
    return out.getvalue()


def downloaded(tab, folder, name):
    """The file that a click on the button leaves there."""
    path = folder / name
    path.unlink(missing_ok=True)
    tab.run("[...document.querySelectorAll('.card button')].at(-1).click()")
    tab.wait("document.querySelector('[role=status].note').innerText.includes('written')")
    end, size = time.monotonic() + 20, -1
    while time.monotonic() < end:
        now = path.stat().st_size if path.exists() else 0
        if now and now == size:
            break
        size = now
        time.sleep(0.1)
    return path.read_text()


@pytest.mark.parametrize("pack", ["house", pytest.param("boat", marks=pytest.mark.slow)])
def test_csv_is_that_of_decode(tab, pack, tmp_path):
    site = FakeBoard(OLD / pack)
    with opened(tab, site):
        tab.call("Page.setDownloadBehavior", behavior="allow", downloadPath=str(tmp_path))
        chance = random.Random(4)
        for series in ("pack", "cells", "events"):
            whole = python_csv(OLD / pack, series)
            tab.run(f"document.querySelectorAll('select')[0].value = '{series}'")
            tab.run("document.querySelectorAll('select')[1].value = 'all'")
            assert downloaded(tab, tmp_path, f"{pack}-{series}.csv") == whole
            tab.run("document.querySelectorAll('select')[1].value = 'view'")
            header, *lines = whole.splitlines(keepends=True)
            dated = [line for line in lines if line[0] != ","]
            first = chance.randrange(len(dated) - 100)
            begin, end = (dated[at].partition(",")[0] for at in (first, first + 90))
            expected = [line for line in dated if begin <= line.partition(",")[0] < end]
            tab.run(
                f"packlog.charts.view = {{from: Date.parse('{begin}') / 1000,"
                f" to: Date.parse('{end}') / 1000}}"
            )
            found = downloaded(tab, tmp_path, f"{pack}-{series}.csv").splitlines(keepends=True)
            columns = len(found[0].split(","))
            assert found[0].rstrip() == ",".join(header.rstrip().split(",")[:columns])
            assert [line.rstrip().split(",") for line in found[1:]] == [
                line.rstrip().split(",")[:columns] for line in expected
            ]


@pytest.mark.slow
def test_what_is_drawn_is_what_decode_says(tab):
    site = FakeBoard(OLD / "house")
    with opened(tab, site):
        tab.run("packlog.charts.choose('all')")
        tab.wait(DRAWN)
        rows = loading.SERIES["pack"]([OLD / "house"])
        keep = ~rows.hole & (rows.time >= 0)
        order = rows.time[keep].argsort(kind="stable")
        assert tab.run(f"Array.from({SPANS}.end)") == rows.time[keep][order].tolist()
        for name, column in (("voltage", rows.voltage), ("current", rows.current)):
            drawn = tab.run(f"Array.from({SPANS}.line('{name}').mean, (x) => isNaN(x) ? null : x)")
            expected = [None if x != x else x for x in column[keep][order].tolist()]
            assert drawn == expected
        # Silence is a gap: a missing value between what is before and after it
        gaps = tab.run("packlog.charts.plots.get('voltage').plot.data[1].filter((v) => v === null)")
        assert len(gaps) >= 3


def wheel(tab, x, y, delta):
    tab.call("Input.dispatchMouseEvent", type="mouseWheel", x=x, y=y, deltaX=0, deltaY=delta)
    time.sleep(0.2)


def test_mouse_and_keys_move_the_view(tab):
    site = FakeBoard(OLD / "house")
    with opened(tab, site):
        tab.run("document.querySelector('.stack').scrollIntoView()")
        box = json.loads(
            tab.run("JSON.stringify(document.querySelector('.stack').getBoundingClientRect())")
        )
        x, y = box["left"] + box["width"] / 2, box["top"] + 150
        before = number(tab, "packlog.charts.view.to - packlog.charts.view.from")
        wheel(tab, x, y, -100)
        after = number(tab, "packlog.charts.view.to - packlog.charts.view.from")
        assert after == pytest.approx(before / 1.25**2, rel=0.01)
        begin = number(tab, "packlog.charts.view.from")
        for kind, at in (("mousePressed", x), ("mouseMoved", x + 100), ("mouseReleased", x + 100)):
            tab.call("Input.dispatchMouseEvent", type=kind, x=at, y=y, button="left", clickCount=1)
        moved = begin - number(tab, "packlog.charts.view.from")
        assert moved == pytest.approx(100 / (box["width"] - 74) * after, rel=0.05)
        # The cursor says the values of the frame that it is in
        tab.run(f"packlog.charts.point({SPANS}.end[100] - 0.5)")
        tab.wait("document.querySelector('[data-panel=voltage] .values').innerText", 5)
        shown = tab.run("document.querySelector('[data-panel=voltage] .values').innerText")
        volts = number(tab, f"{SPANS}.line('voltage').mean[100]")
        assert shown.strip() == f"{volts:.2f}\u202fV"
        tab.run("document.querySelector('.stack').focus()")
        for key in ("+", "ArrowLeft"):
            tab.call("Input.dispatchKeyEvent", type="keyDown", key=key, text=key[:1])
        assert number(tab, "packlog.charts.view.to - packlog.charts.view.from") < after


def test_two_fingers_zoom(tab):
    site = FakeBoard(OLD / "house")
    with opened(tab, site, size=PHONE, touch=True):
        tab.run("document.querySelector('.stack').scrollIntoView()")
        y = 200
        before = number(tab, "packlog.charts.view.to - packlog.charts.view.from")
        for kind, apart in (("touchStart", 60), ("touchMove", 90), ("touchMove", 120)):
            points = [
                {"x": 200 - apart / 2, "y": y, "id": 1},
                {"x": 200 + apart / 2, "y": y, "id": 2},
            ]
            tab.call("Input.dispatchTouchEvent", type=kind, touchPoints=points)
        tab.call("Input.dispatchTouchEvent", type="touchEnd", touchPoints=[])
        after = number(tab, "packlog.charts.view.to - packlog.charts.view.from")
        assert after == pytest.approx(before / 2, rel=0.1)


@pytest.fixture(scope="module")
def years(tmp_path_factory):
    return long_history.write(tmp_path_factory.mktemp("years"), NOON, YEARS * 365)


@pytest.mark.slow
def test_years_open_with_little_and_zoom_down_to_seconds(tab, years):
    site = FakeBoard(years)
    with opened(tab, site):
        print(f"first view: {site.sent} bytes")
        assert site.sent < FIRST_VIEW
        for seconds, level in (
            (YEARS * 365 * 86400, "days"),
            (60 * 86400, "hours"),
            (86400, "pack"),
            (3600, "pack"),
            (60, "pack"),
        ):
            tab.run(f"packlog.charts.move({{from: {NOON} + 9e6, to: {NOON} + 9e6 + {seconds}}})")
            tab.wait(DRAWN)
            assert tab.run("packlog.charts.levels.spans(packlog.charts.view).level") == level
            # Again, with all at hand
            drawn = number(
                tab,
                "(async () => { const begin = performance.now(); packlog.charts.draw();"
                " packlog.charts.drawCursor(); return performance.now() - begin })()",
            )
            print(f"{seconds} s: {drawn:.0f} ms, {site.sent} bytes so far")
        asked = len(site.fetched)
        tab.run("packlog.charts.choose('all')")
        tab.wait(DRAWN)
        assert len(site.fetched) - asked < 20


@pytest.mark.slow
def test_files_are_kept_by_the_browser(tab, years):
    site = FakeBoard(years, "0123456789ab")
    with served(site) as url:
        sent = []
        for _ in range(2):
            tab.open(url)
            tab.wait(DRAWN)
            tab.run("packlog.charts.choose(604800)")
            tab.wait(DRAWN)
            sent.append(site.sent)
            tab.open("about:blank")
        assert sent[1] - sent[0] < sent[0] * 0.75
    other = FakeBoard(years, "ba9876543210")
    with served(other) as url:
        tab.open(url)
        tab.wait(DRAWN)
        assert other.sent > 0


CONTROLS = ("button", "checkbox", "combobox", "application")
# Of each text its contrast with the ground behind it, as WCAG counts it
CONTRAST = """(() => {
  const parse = (c) => { const x = document.createElement('canvas').getContext('2d');
    x.fillStyle = c; x.fillRect(0, 0, 1, 1); return [...x.getImageData(0, 0, 1, 1).data]; };
  const light = ([r, g, b]) => [r, g, b].map((v) => v / 255)
    .map((v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const ground = (node) => { for (; node; node = node.parentElement) {
    const c = parse(getComputedStyle(node).backgroundColor); if (c[3] === 255) return c; }
    return [255, 255, 255]; };
  const found = [];
  for (const node of document.body.querySelectorAll('*')) {
    const own = [...node.childNodes].some((n) => n.nodeType === 3 && n.data.trim());
    if (!own || !node.getClientRects().length) continue;
    const [a, b] = [light(parse(getComputedStyle(node).color)), light(ground(node))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) found.push([node.tagName, node.className, node.innerText.slice(0, 20), ratio]);
  }
  return found;
})()"""


@pytest.mark.parametrize("dark", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_texts_can_be_read_and_controls_have_names(tab, dark):
    site = FakeBoard(OLD)
    with opened(tab, site, dark=dark):
        assert tab.run(CONTRAST) == []
        nodes = tab.call("Accessibility.getFullAXTree")["nodes"]
        for node in nodes:
            if node.get("role", {}).get("value") in (
                "button",
                "checkbox",
                "combobox",
                "application",
            ):
                assert node.get("name", {}).get("value"), node
        # Nothing is wider than the screen
        tab.show(*PHONE, dark=dark, touch=True)
        tab.wait("document.documentElement.scrollWidth <= innerWidth", 5)


def test_a_pulled_folder(tab):
    with opened(tab, Site(OLD)):
        shown = tab.run(TEXTS)
        assert "Files of" in shown and "Now" not in shown and "Events" in shown
        tab.run("document.querySelector('[data-key=house]').click()")
        tab.wait("packlog.charts && packlog.charts.history.pack === 'house'")


def test_files_dropped_on_a_copy(tab, tmp_path):
    from host_tools.page.view import save

    save(tmp_path / "page.html")
    tab.show(*DESK)
    tab.errors.clear()
    tab.open(f"file://{tmp_path}/page.html")
    tab.wait("document.querySelectorAll('input[type=file]').length === 2")
    document = tab.call("DOM.getDocument")["root"]["nodeId"]
    chooser = tab.call("DOM.querySelector", nodeId=document, selector="input[accept]")["nodeId"]
    files = [str(path) for path in sorted((OLD / "house").rglob("*.*")) if path.is_file()]
    tab.call("DOM.setFileInputFiles", files=files, nodeId=chooser)
    tab.wait(DRAWN)
    tab.run("packlog.charts.choose('all')")
    tab.wait(DRAWN)
    rows = loading.SERIES["pack"]([OLD / "house"])
    assert tab.run("packlog.charts.history.table('pack').length") == len(rows)
    assert tab.errors == []


@pytest.mark.slow
def test_years_without_hours_and_days_are_drawn_from_frames(tab, years, tmp_path):
    (tmp_path / "house").mkdir()
    (tmp_path / "house" / "pack").symlink_to(years / "pack")
    site = FakeBoard(tmp_path / "house")
    with opened(tab, site):
        tab.run("packlog.charts.choose('all')")
        tab.wait(f"{DRAWN} && packlog.charts.ranges.pressed === 'all'", 120)
        assert tab.run(f"{SPANS}.length") == YEARS * 365 * long_history.FRAMES_A_DAY
        drawn = number(
            tab,
            "(() => { const begin = performance.now(); packlog.charts.draw();"
            " return performance.now() - begin })()",
        )
        print(f"{YEARS} years of frames: {drawn:.0f} ms")


@pytest.mark.slow
def test_the_pictures_of_the_docs(tmp_path):
    if not chromium.find():
        pytest.skip("no Chromium here")
    found = importlib.util.spec_from_file_location("web", DOCS / "figures" / "web.py")
    web = importlib.util.module_from_spec(found)
    found.loader.exec_module(web)
    assert web.draw(web.history(tmp_path, 2), tmp_path) == []
    for name in ("web-phone", "web-desktop"):
        made, kept = Image.open(tmp_path / f"{name}.png"), Image.open(DOCS / f"{name}.png")
        assert made.size == kept.size
        assert len(made.convert("RGB").getcolors(1 << 24)) > 50  # it shows something
