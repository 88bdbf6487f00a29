"""packlog decode: which rows there are, in which order; holes, reboots, doubles."""

from host_tools.export import csv as decoder
from tests.helpers.segment_bytes import NOON, REST, anchor, frames, header, mark, put, rows, run


def test_a_hole_is_a_row_one_second_after_the_last_frame(tmp_path):
    where = put(
        tmp_path,
        header(utc=NOON, clock=3) + frames(0, 10) + run(1, 60) + frames(0, 10) + run(1, 70)
        # a run that goes on where the last one ended is no hole
        + frames(10)
    )  # fmt: skip
    assert rows(where) == [
        f"{NOON},{REST}",
        f"{NOON + 10},{REST}",
        f"{NOON + 11},,,,,,,,",
        f"{NOON + 60},{REST}",
        f"{NOON + 70},{REST}",
        f"{NOON + 80},{REST}",
    ]


def test_no_hole_before_the_first_frame_and_none_between_files_of_a_run(tmp_path):
    where = put(
        tmp_path,
        header(uptime=100, utc=NOON, clock=3) + run(1, 200) + frames(0, 5) + run(1, 300),
        header(2, uptime=205, utc=NOON + 105, clock=3) + frames(5),
    )
    loaded = decoder.load([where])
    assert loaded.uptime.tolist() == [200, 205, 210]
    assert not loaded.hole.any()


def test_a_file_that_is_missing_is_a_hole(tmp_path):
    where = put(
        tmp_path,
        header(utc=NOON, clock=3) + frames(0, 5),
        header(3, uptime=10, utc=NOON + 10, clock=3) + frames(5),
        names=["00000001.seg", "00000003.seg"],
    )
    loaded = decoder.load([where])
    assert loaded.uptime.tolist() == [0, 5, 6, 15]
    assert loaded.hole.tolist() == [False, False, True, False]


def test_a_runs_own_timestamp_says_where_coverage_starts(tmp_path):
    where = put(tmp_path, header(utc=NOON, clock=3) + frames(0, 10) + run(1, 0, 10) + frames(20))
    assert not decoder.load([where]).hole.any()
    where = put(tmp_path, header(utc=NOON, clock=3) + frames(0, 10) + run(1, 0, 15) + frames(20))
    assert decoder.load([where]).uptime.tolist() == [0, 10, 11, 20]


def test_a_hole_too_short_for_a_row_has_none(tmp_path):
    where = put(tmp_path, header(utc=NOON, clock=3) + frames(0, 10) + run(1, 11) + frames(0, 5))
    assert decoder.load([where]).uptime.tolist() == [0, 10, 11, 16]


def test_a_reboot_is_a_hole(tmp_path):
    where = put(
        tmp_path,
        header(utc=NOON, clock=3) + frames(0, 10) + run(2, 0) + frames(0) + anchor(0, NOON + 30),
    )
    assert rows(where) == [
        f"{NOON},{REST}",
        f"{NOON + 10},{REST}",
        f"{NOON + 11},,,,,,,,",
        f"{NOON + 30},{REST}",
    ]


def test_unknown_marks_are_skipped(tmp_path):
    where = put(tmp_path, header(utc=NOON, clock=3) + frames(0) + mark(5, 77, 1, 2) + frames(10))
    assert decoder.load([where]).uptime.tolist() == [0, 10]


def test_frames_are_ordered_and_unique(tmp_path):
    again = header(3, uptime=10, utc=NOON + 10, clock=3) + frames(10, 20)
    where = put(
        tmp_path,
        header(utc=NOON, clock=3) + frames(0, 10, 20),
        header(2, boot=2) + frames(5) + anchor(5, NOON + 100),
        again,  # what an interrupted write leaves
        again,
    )
    loaded = decoder.load([where, where / "00000001.seg"])
    assert list(zip(loaded.boot.tolist(), loaded.uptime.tolist(), strict=True)) == [
        (1, 0),
        (1, 10),
        (1, 20),
        (1, 30),
        (1, 31),
        (2, 5),
    ]
    assert loaded.hole.tolist() == [False] * 4 + [True, False]


def test_two_lives_of_a_board_do_not_mix(tmp_path):
    where = put(
        tmp_path,
        header(log=9, utc=NOON + 500, clock=3) + frames(0, 10, 20),
        header(log=5) + frames(0, 10) + anchor(10, NOON),
        header(2, log=5, uptime=10) + frames(5),
        names=["00000001.seg", "00000001-12345678.seg", "00000002.seg"],
    )
    loaded = decoder.load([where])
    assert loaded.time.tolist() == [
        NOON - 10,
        NOON,
        NOON + 5,
        NOON + 6,
        NOON + 500,
        NOON + 510,
        NOON + 520,
    ]
    assert loaded.hole.tolist() == [False] * 3 + [True] + [False] * 3
