"""The built page: up to date, small enough, and on its own."""

import re

import pytest
from host_tools.page import build, built, lean, tables
from tests.helpers import node

NAMES = r"https?://(?!www\.w3\.org/)[^\s\"'`]+"


def test_the_shared_words_are_up_to_date():
    assert tables.SOURCE.read_text(encoding="utf8") == tables.source(), (
        "run python -m host_tools.page.build"
    )


def test_the_page_is_built_from_these_sources():
    assert built.built_from(built.page()) == build.checksum(), "run python -m host_tools.page.build"


def test_a_build_gives_the_same_page(monkeypatch):
    """With npm and its packages; without a network the checksum above has to do."""
    monkeypatch.setenv("PATH", node.environment()["PATH"])
    try:
        html = build.build()
    except build.NoNpm as error:
        pytest.skip(f"npm has nothing for us: {error}")
    assert html == built.page(), "run python -m host_tools.page.build"


def test_the_page_is_small():
    assert len(built.PAGE.read_bytes()) <= build.LARGEST


def test_the_page_asks_nothing_of_anywhere_else():
    html = built.page().decode()
    assert re.findall(NAMES, html) == []
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', html)[1]
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules["default-src"] == "'none'" and rules["connect-src"] == "'self'"
    assert html.count("<script") == 1 and "<link rel=stylesheet" not in html


def test_another_version_of_uplot_is_refused():
    with pytest.raises(ValueError, match="uPlot has 0 times what should be there 16"):
        lean.lean("export { uPlot as default };")


def test_every_module_of_the_page_fits_in_one_sitting():
    for path in build.SOURCES.rglob("*.js"):
        lines = path.read_text(encoding="utf8").splitlines()
        assert len(lines) <= 350, path
        if path != tables.SOURCE:
            assert lines[0].startswith("// "), path
            assert max(map(len, lines)) <= 100, path
