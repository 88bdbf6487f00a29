"""packlog report: one page that needs nothing else, with the numbers of the history."""

import re
import sys
from html.parser import HTMLParser

import numpy as np
import pytest
from host_tools.ground.errors import PacklogError
from host_tools.history import info_days, load
from host_tools.history.ranges import Range
from host_tools.report import facts, report
from tests.helpers.command_line import ROOT, packlog_here
from tests.host.report import history
from tests.host.report.history import DAY_S, MIDNIGHT

OLD = ROOT / "tests/data/0.1.0"
pytest.importorskip("matplotlib")
pytest.importorskip("jinja2")


@pytest.fixture(scope="module")
def pack(tmp_path_factory):
    return history.write(tmp_path_factory.mktemp("pack"))


@pytest.fixture(scope="module")
def page(pack):
    """Its report's text."""
    out = pack.parent / "report.html"
    report.report([pack], out)
    return out.read_text(encoding="utf8")


class Checker(HTMLParser):
    """Elements are closed in their order; nothing is fetched and nothing runs."""

    EMPTY = frozenset({"meta", "br", "link"})

    def __init__(self):
        super().__init__()
        self.open, self.ids, self.seen = [], [], set()

    def handle_starttag(self, tag, attributes):
        self.seen.add(tag)
        if tag not in self.EMPTY:
            self.open.append(tag)
        for name, value in attributes:
            assert not name.startswith("on"), (tag, name)
            if name in ("src", "href", "xlink:href", "action"):
                assert value.startswith(("#", "data:image/png;base64,")), (tag, name, value[:80])

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes)
        self.handle_endtag(tag)


def test_it_is_one_page_that_fetches_nothing(page):
    checker = Checker()
    checker.feed(page)
    assert not checker.open
    assert "svg" in checker.seen and not checker.seen & {"script", "link", "iframe", "img"}
    assert "@import" not in page and not re.search(r"url\((?!#)", page)
    assert "@media print" in page and len(page) < 1_000_000


def text_of(page):
    without = re.sub(r"<(style|svg)\b.*?</\1>", " ", page, flags=re.S)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", without))


def test_its_numbers_are_those_of_the_days(pack, page):
    (of_pack,), _ = info_days.collect([pack])
    into, out = (sum(getattr(day, name) for day in of_pack.days) for name in ("kwh_in", "kwh_out"))
    text = text_of(page)
    assert "house: 2026-06-01 to 2026-06-10" in text
    assert f"charged {into:,.0f} kWh" in text and f"discharged {out:,.0f} kWh" in text
    assert f"2026-06 {len(of_pack.days)} {into:.1f} kWh {out:.1f} kWh" in text
    assert "SoC 30 to 90 %" in text and "temperature 15 to 25 °C" in text
    assert "Once no reading arrived for a while: 2 h 00 min." in text
    assert "2026-06-03 03:00 2026-06-03 05:00 2 h 00 min" in text


def test_the_heat_map_has_the_power_at_its_time(pack):
    found = facts.gather([pack])
    assert found.first_day == MIDNIGHT // DAY_S and found.power.shape == (10, facts.SLOTS)
    rows = load(pack, every="15min", begin=MIDNIGHT + DAY_S, end=MIDNIGHT + 2 * DAY_S)
    rows = rows.rows(~rows["gap"])
    watts = (rows["energy_in"] - rows["energy_out"]) * 3600 / rows["seconds"]
    assert found.power[1] == pytest.approx(watts)
    unknown = np.flatnonzero(np.isnan(found.power[2]))
    assert unknown.tolist() == list(range(12, 20))


def test_a_zone_moves_the_days(pack):
    found = facts.gather([pack], zone="Asia/Tokyo")
    assert found.local_text(MIDNIGHT) == "2026-06-01 09:00"
    is_unknown = np.isnan(found.power[0])
    assert is_unknown[:36].all() and not is_unknown[36:].any()


def test_only_a_range(pack, tmp_path):
    span = Range(MIDNIGHT + 4 * DAY_S, MIDNIGHT + 6 * DAY_S)
    found = facts.gather([pack], span)
    assert [day.day for day in found.days] == ["2026-06-05", "2026-06-06"]
    assert found.power.shape[0] == 2 and not found.silences
    with pytest.raises(PacklogError, match="nothing was logged in that time"):
        report.report([pack], tmp_path / "a.html", Range(1, 2))


def test_cells_events_and_undated_frames_of_a_real_history(tmp_path):
    out = tmp_path / "report.html"
    done = packlog_here("report", OLD / "house", "-o", out)
    assert done.returncode == 0, done.stderr
    text = text_of(out.read_text(encoding="utf8"))
    assert "Cell" in text and "off the mean the most" in text
    assert "protection" in text and "charge allowed again" in text


def test_the_same_history_gives_the_same_bytes(pack, page, tmp_path):
    report.report([pack], tmp_path / "again.html")
    assert (tmp_path / "again.html").read_text(encoding="utf8") == page


def test_what_a_stranger_says_is_text(pack):
    found = facts.gather([pack])
    found.events.append((MIDNIGHT, "protection", "<script>alert(1)</script>"))
    found.event_counts.append(("<b>x</b>", 1))
    found.problems.append("<img src=x>")
    text = report.html(found)
    assert "<script>" not in text and "<img" not in text and "<b>x" not in text
    assert "&lt;script&gt;" in text


def test_what_is_missing_is_said(pack, tmp_path, monkeypatch):
    with pytest.raises(PacklogError, match="a report is of one pack: boat, house here"):
        report.report([OLD], tmp_path / "a.html")
    monkeypatch.setitem(sys.modules, "jinja2", None)
    with pytest.raises(PacklogError, match="pip install 'packlog\\[report\\]'"):
        report.report([pack], tmp_path / "a.html")
    assert not list(tmp_path.iterdir())
