"""packlog decode: UTC from the anchors of a boot."""

import pytest
from host_tools.history.frames import load as load_frames
from tests.helpers.segment_bytes import NOON, anchor, frames, header, put, run

from store import segment


def times(loaded):
    return loaded.time.tolist()


def test_an_anchor_dates_what_was_before_it_in_other_files_too(tmp_path):
    where = put(
        tmp_path,
        header(boot=2, uptime=50) + frames(0, 10),
        header(2, boot=2, uptime=60) + frames(10) + anchor(0, NOON) + frames(20),
    )
    assert times(load_frames([where])) == [NOON - 10, NOON, NOON + 10, NOON + 20]


def test_between_anchors_that_agree_time_runs_evenly(tmp_path):
    # 1000 s of uptime are 1002 s of UTC
    where = put(
        tmp_path,
        header() + frames(0, 2000) + anchor(2000, NOON) + frames(2250, 2500, 3000)
        + anchor(3000, NOON + 1002) + frames(3100)
    )  # fmt: skip
    # as it does before the first and after the last
    assert times(load_frames([where])) == [NOON + t for t in (-2000, 0, 250, 501, 1002, 1102)]


@pytest.mark.parametrize(("told", "even"), [(1002, True), (1003, False), (998, True), (997, False)])
def test_two_seconds_and_500_ppm_is_what_anchors_may_disagree_by(tmp_path, told, even):
    where = put(
        tmp_path,
        header() + frames(0) + anchor(0, NOON) + frames(500, 999, 1000) + anchor(1000, NOON + told),
    )
    at_500 = 500 + (told - 1000) // 2 if even else 500
    at_999 = round(999 * told / 1000) if even else 999
    assert times(load_frames([where])) == [NOON, NOON + at_500, NOON + at_999, NOON + told]


def test_a_clock_that_is_put_right_steps_there(tmp_path):
    where = put(
        tmp_path,
        header() + frames(0) + anchor(0, NOON) + frames(50, 100) + anchor(100, NOON + 5000)
        + frames(110)
    )  # fmt: skip
    assert times(load_frames([where])) == [NOON, NOON + 50, NOON + 5000, NOON + 5010]


def test_ntp_and_pc_outrank_an_rtc_of_the_same_boot(tmp_path):
    where = put(
        tmp_path,
        header() + frames(0) + anchor(0, NOON + 900, segment.KEPT) + frames(10)
        + anchor(10, NOON, segment.PC) + run(2, 0) + frames(5) + anchor(5, NOON + 77, segment.KEPT)
    )  # fmt: skip
    loaded = load_frames([where])
    assert times(loaded)[:2] == [NOON - 10, NOON]
    assert times(loaded)[-1] == NOON + 77  # of another boot it is all there is


@pytest.mark.parametrize(
    ("said", "begins"),
    [
        (NOON, NOON),  # the chip was right: both count, and time runs evenly in between
        (NOON - 3600, NOON + 3),  # it was an hour slow: only NTP counts
    ],
)
def test_a_clock_chip_that_ntp_contradicts_does_not_count(tmp_path, said, begins):
    where = put(
        tmp_path,
        header() + frames(0) + anchor(0, said, segment.DS3231) + frames(10000)
        + anchor(10000, NOON + 10003) + frames(20000) + anchor(20000, NOON + 20003, segment.DS3231)
    )  # fmt: skip
    assert times(load_frames([where])) == [begins, NOON + 10003, NOON + 20003]


def test_a_header_that_has_ntps_time_does_not_make_a_wrong_chip_later(tmp_path):
    """The header of a segment is written with its first frames: it can have what came after."""
    where = put(
        tmp_path,
        header(utc=NOON, clock=3) + anchor(1, NOON - 3600, segment.DS3231) + frames(2)
        + anchor(100, NOON + 100) + frames(200)
    )  # fmt: skip
    assert times(load_frames([where])) == [NOON + 2, NOON + 200]


def test_a_clock_chip_outranks_a_kept_clock(tmp_path):
    where = put(
        tmp_path,
        header() + frames(0) + anchor(0, NOON + 900, segment.KEPT)
        + anchor(0, NOON, segment.DS3231) + frames(10)
    )  # fmt: skip
    assert times(load_frames([where])) == [NOON, NOON + 10]


def test_a_browser_counts_only_where_nothing_else_does(tmp_path):
    phone = header() + anchor(0, NOON + 900, segment.BROWSER) + frames(10)
    kept = anchor(10, NOON + 5, segment.KEPT) + frames(20)
    for clock in (segment.PC, segment.NTP, segment.DS3231):
        where = put(tmp_path, phone + kept + anchor(20, NOON, clock))
        assert times(load_frames([where])) == [NOON - 10, NOON]
    assert times(load_frames([put(tmp_path, phone + kept)])) == [NOON + 910, NOON + 920]


def test_a_header_that_repeats_an_anchor_does_not_bend_time(tmp_path):
    # The clock ran 20 ppm slow: 20 s in 1,000,000 s. The second file's header repeats the first
    # anchor; without the rule the 20 s would all fall between 500,000 and 1,000,000.
    where = put(
        tmp_path,
        header() + frames(0) + anchor(0, NOON),
        header(2, uptime=500000, utc=NOON + 500000, clock=3) + frames(0),
        header(3, uptime=1000000) + frames(0) + anchor(0, NOON + 1000020),
    )
    assert times(load_frames([where]))[2] == NOON + 500010


def test_headers_speak_where_the_anchor_itself_is_gone(tmp_path):
    where = put(
        tmp_path,
        header(2, uptime=500000, utc=NOON, clock=3) + frames(0),
        header(3, uptime=750000, utc=NOON + 250000, clock=3) + frames(0),
        header(4, uptime=1000000) + frames(0) + anchor(0, NOON + 500010),
    )
    found = load_frames([where])
    assert found.time[~found.hole].tolist() == [NOON, NOON + 250005, NOON + 500010]
