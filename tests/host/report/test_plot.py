"""packlog plot: what is drawn is what the frames say, with bands, gaps and events."""

import sys

import numpy as np
import pytest
from host_tools.ground.errors import PacklogError, UsageError
from host_tools.history import between, frames, records
from host_tools.history.ranges import EVER, Range
from host_tools.report import plot
from PIL import Image
from tests.helpers.command_line import ROOT, packlog_here
from tests.host.report import history
from tests.host.report.history import DAY_S, MIDNIGHT, STEP_S

OLD = ROOT / "tests/data/0.1.0"
pytest.importorskip("matplotlib")
ALL = list(plot.CURVES)


@pytest.fixture(scope="module")
def pack(tmp_path_factory):
    return history.write(tmp_path_factory.mktemp("pack"), days=4)


def sheet_of(pack, span=EVER, names=ALL):
    return plot.gather(records.find([pack]), list(names), span)


def test_the_curves_are_the_lines_between_frames(pack):
    sheet = sheet_of(pack)
    (soc,), (current,), (low, high) = (sheet.curves[name] for name in ("soc", "current", "cells"))
    rows = frames.load([pack])
    found = dict(zip(rows.time.tolist(), zip(rows.soc, rows.current, strict=True), strict=True))
    assert len(soc.end) == int((~rows.hole).sum())
    for end, percent, amps in zip(soc.end, soc.last, current.last, strict=True):
        assert found[int(end)] == (percent, amps)
    assert (soc.first != soc.last).any()  # a line
    assert current.first.tolist() == current.last.tolist()  # a step
    assert (high.last - low.last > 0.008).all()
    (power,), (volts,) = sheet.curves["power"], sheet.curves["voltage"]
    assert power.last == pytest.approx(current.last * volts.last / 1000)


def test_a_band_is_what_the_tolerances_allow(pack):
    sheet = sheet_of(pack)
    (soc,), (volts,) = sheet.curves["soc"], sheet.curves["voltage"]
    usual = between.USUAL
    assert np.unique(soc.high[0] - soc.low[0]).tolist() == [2 * usual.soc_percent]
    around = volts.last * usual.voltage_permille / 1000
    assert volts.high[1] - volts.last == pytest.approx(around)
    for curve in (soc, volts):
        for end, low, high in zip((curve.first, curve.last), curve.low, curve.high, strict=True):
            assert (low <= end + 1e-9).all() and (end <= high + 1e-9).all()


def test_gaps_and_a_range(pack):
    sheet = sheet_of(pack)
    silence = MIDNIGHT + 2 * DAY_S + 3 * 3600
    assert sheet.silences == [(silence, silence + 2 * 3600)]
    (soc,) = sheet.curves["soc"]
    assert not ((soc.begin < silence + 7200) & (soc.end > silence)).any()
    part = sheet_of(pack, Range(MIDNIGHT + DAY_S, MIDNIGHT + DAY_S + 3600))
    assert part.span == (MIDNIGHT + DAY_S - STEP_S, MIDNIGHT + DAY_S + 3600 - STEP_S)
    assert not part.silences


def test_a_long_range_is_drawn_as_means_with_extremes(pack, monkeypatch):
    monkeypatch.setattr(plot, "_MOST_LINES", 100)
    monkeypatch.setattr(plot, "_ROWS", 48)
    sheet = sheet_of(pack)
    (current,) = sheet.curves["current"]
    assert sheet.is_means and 30 < len(current.first) <= 50
    assert (current.low[0] <= current.first).all() and (current.first <= current.high[0]).all()
    assert (current.high[0] - current.low[0]).max() > 10


def test_pictures(tmp_path):
    def plotted(name, curves):
        plot.plot([OLD / "house"], tmp_path / name, curves, Range(1780315200, 1780401600))
        return (tmp_path / name).read_bytes()

    for name, curves, begin in (
        ("a.png", ",".join(ALL), b"\x89PNG"),
        ("a.svg", "soc,current", b"<?xml"),
        ("a.pdf", "soc,current", b"%PDF"),
    ):
        assert plotted(name, curves).startswith(begin)
    pixels = np.asarray(Image.open(tmp_path / "a.png").convert("RGB")).astype(int)
    for colour in ((11, 102, 195), (194, 33, 27), (122, 63, 196)):
        assert (np.abs(pixels - colour).sum(axis=2) < 40).sum() > 200, colour
    assert plotted("b.svg", "soc,current") == (tmp_path / "a.svg").read_bytes()


def test_events_are_marked():
    sheet = sheet_of(OLD / "house")
    assert any("charge" in words for _, words in sheet.events)
    assert all(sheet.span[0] - DAY_S < time for time, _ in sheet.events)


def test_the_command(pack, tmp_path):
    out = tmp_path / "day.png"
    asked = ("--from", "2026-06-02", "--to", "2026-06-03", "--zone", "Europe/Berlin")
    done = packlog_here("plot", pack, "-o", out, *asked, "--curves", "power,soc")
    assert done.returncode == 0 and not done.stderr, done.stderr
    assert Image.open(out).size[0] > 1000


def test_what_cannot_be_drawn(pack, tmp_path, monkeypatch):
    for out, names, line in (
        ("a.gif", "soc", "a picture ends in .png"),
        ("a.png", "soc,colour", "--curves 'colour': there are current"),
    ):
        with pytest.raises(UsageError, match=line):
            plot.plot([pack], tmp_path / out, names)
    with pytest.raises(PacklogError, match="no frame with a date"):
        plot.plot([pack], tmp_path / "a.png", "soc", Range(1, 2))
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    for name in ("charts", "sheet"):
        monkeypatch.delitem(sys.modules, f"host_tools.report.{name}", raising=False)
        monkeypatch.delattr(f"host_tools.report.{name}", raising=False)
    with pytest.raises(PacklogError, match="pip install 'packlog"):
        plot.plot([pack], tmp_path / "a.png", "soc")
    assert not list(tmp_path.iterdir())
