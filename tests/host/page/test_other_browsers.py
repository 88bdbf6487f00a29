"""The page in the engines besides Chromium's: Firefox, and WebKit, which is Safari's."""

from pathlib import Path

import pytest
from host_tools.history import loading
from host_tools.page.view import save
from tests.helpers import browsers
from tests.helpers.fake_board import FakeBoard, served
from tests.helpers.page import DRAWN

OLD = Path(__file__).parents[2] / "data" / "0.1.0"
SPANS = "packlog.charts.levels.of('pack')"


@pytest.fixture(scope="module", params=["firefox", "webkit"])
def tab(request):
    with getattr(browsers, request.param)() as found:
        yield found


def test_what_is_live_and_what_was(tab):
    site = FakeBoard(OLD / "house")
    tab.errors.clear()
    with served(site) as url:
        tab.open(url)
        tab.wait(f"!!({DRAWN})")
        site.tell("house", soc=61, power=1234.5)
        tab.wait("document.querySelector('.ring').innerText.includes('61')")
        assert "1.23\u202fkW" in tab.run("document.body.innerText")
        # The charts show what decode does, of all frames
        tab.run("packlog.charts.choose('all')")
        tab.wait(f"!!({DRAWN})")
        rows = loading.SERIES["pack"]([OLD / "house"])
        keep = ~rows.hole & (rows.time >= 0)
        order = rows.time[keep].argsort(kind="stable")
        assert tab.run(f"Array.from({SPANS}.end)") == rows.time[keep][order].tolist()
        drawn = tab.run(f"Array.from({SPANS}.line('current').mean, (x) => isNaN(x) ? null : x)")
        assert drawn == [None if x != x else x for x in rows.current[keep][order].tolist()]
        widths = tab.run("[...document.querySelectorAll('canvas')].map((it) => it.width)")
        assert widths and min(widths) > 100
        # It says so when the pack is silent
        site.fall_silent("house", 4000, "no answer")
        tab.wait("document.body.innerText.includes('No reading for')")
        assert tab.errors == []
        tab.open("about:blank")


def test_it_keeps_the_files(tab):
    site = FakeBoard(OLD / "house", "0123456789ab")
    sent = []
    with served(site) as url:
        for _ in range(2):
            tab.open(url)
            tab.wait(f"!!({DRAWN})")
            tab.run("packlog.charts.choose('all')")
            tab.wait(f"!!({DRAWN})")
            sent.append(site.sent)
        tab.open("about:blank")
    assert sent[1] - sent[0] < sent[0] * 0.75


def test_a_copy_opens_from_a_file(tab, tmp_path):
    save(tmp_path / "page.html")
    tab.errors.clear()
    tab.open(f"file://{tmp_path}/page.html")
    tab.wait("document.querySelectorAll('input[type=file]').length === 2")
    assert tab.errors == []
