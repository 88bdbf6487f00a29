"""packlog info --days: which source a day is from, its numbers, its gaps, whose midnight it is."""

import json
from datetime import datetime, timezone

import numpy as np
import pytest
from host_tools.ground.errors import PacklogError
from host_tools.history import own_days, records
from host_tools.history.info_days import collect, info
from tests.helpers.command_line import packlog_here
from tests.helpers.frame_bytes import a_frame
from tests.helpers.rollup_bytes import day, header, hour, put, run
from tests.helpers.segment_bytes import header as pack_header
from tests.helpers.segment_bytes import run as pack_run

from store import segment

DAY_S = 86400
JUNE = int(datetime(2026, 6, 1, tzinfo=timezone.utc).timestamp())
DAY = JUNE // DAY_S


def some_frames(hours, begin=0, amps=10):
    """A frame each quarter of so many hours, from second begin of uptime on."""
    data = b""
    for i in range(hours):
        data += pack_run(1, begin + 3600 * i)
        data += b"".join(a_frame(900 * j, amps=amps, volts=50) for j in range(1, 5))
    return data


def put_frames(folder, data, utc=JUNE):
    where = folder / "house/pack"
    where.mkdir(parents=True, exist_ok=True)
    (where / "00000001.seg").write_bytes(pack_header(utc=utc, clock=3) + data)
    return folder / "house"


def put_days(folder, *made):
    data = b"".join(run(64, 1, DAY_S * (i + 1)) + record for i, record in enumerate(made))
    return put(folder, segment.DAYS, header(segment.DAYS) + data)


def put_hours(folder, *made):
    return put(folder, segment.HOURS, header(segment.HOURS) + b"".join(made))


def the_days(where, zone=None):
    ((pack,), damaged) = collect([where], zone)
    assert damaged == []
    return pack


def test_a_day_of_the_board_to_the_letter(tmp_path):
    pack = the_days(put_days(tmp_path, day(DAY, JUNE, DAY_S)))
    (found,) = pack.days
    assert (found.day, found.by) == ("2026-06-01", "days")
    assert (found.kwh_in, found.kwh_out) == (0.654, 0.123)
    assert (found.ah_in, found.ah_out) == (12.34, 2.34)
    assert (found.peak_in_a, found.peak_out_a) == (20, 12.5)
    assert (found.lowest_cell_v, found.lowest_cell) == (3.290, 4)
    assert (found.highest_cell_v, found.highest_cell) == (3.335, 12)
    assert (found.soc_lowest, found.soc_highest) == (50, 70)
    assert (found.temperature_lowest, found.temperature_highest) == (18.5, 20.5)
    assert (found.logged_s, found.gaps, found.gaps_s) == (DAY_S, 0, 0)
    assert pack.zone == "UTC, as its days show"


def test_a_history_of_an_older_packlog_is_computed_from_its_frames(tmp_path):
    """10 A at 50 V for 30 h from midnight on, with an hour of silence at 2 o'clock."""
    data = some_frames(2) + some_frames(27, 3 * 3600)
    first, second = the_days(put_frames(tmp_path, data)).days
    assert (first.day, first.by, first.gaps, first.gaps_s) == ("2026-06-01", "frames", 1, 3600)
    assert (first.kwh_in, first.ah_in, first.kwh_out) == (11.5, 230, 0)
    assert (second.day, second.logged_s, second.gaps) == ("2026-06-02", 6 * 3600, 0)
    assert (second.peak_in_a, second.peak_out_a) == (10, 0)
    assert (second.lowest_cell, second.highest_cell) == (4, 12)


def test_of_a_days_sources_that_counts_which_covers_the_most(tmp_path):
    """Updated at noon: the board's day is of 12 h, the frames are of 24. Of the next the day."""
    put_frames(tmp_path, some_frames(48))
    where = put_days(tmp_path, day(DAY, JUNE + DAY_S // 2, DAY_S // 2), day(DAY + 1, 0, DAY_S))
    first, second = the_days(where).days
    assert (first.by, first.ah_in) == ("frames", 240)
    assert (second.by, second.ah_in) == ("days", 12.34)
    # What a frame's mean hides counts all the same
    assert (first.peak_in_a, first.lowest_cell_v) == (20, 3.290)


def test_today_is_from_hours_as_long_as_no_day_says_it(tmp_path):
    made = [hour(3600 * (i + 1), 3600, JUNE + 3600 * i, charge=(1.5, 0.25)) for i in range(4)]
    (today,) = the_days(put_hours(tmp_path, *made)).days
    assert (today.by, today.ah_in, today.ah_out, today.logged_s) == ("hours", 6, 1, 4 * 3600)


def test_silence_of_a_day_whose_frames_are_gone_has_a_length_and_no_number(tmp_path):
    made = day(DAY, JUNE, DAY_S), day(DAY + 1, JUNE + DAY_S, DAY_S - 5000)
    last = day(DAY + 2, JUNE + 2 * DAY_S, DAY_S)
    days_of = the_days(put_days(tmp_path, *made, last)).days
    assert [(each.gaps, each.gaps_s) for each in days_of] == [(0, 0), (None, 5000), (0, 0)]


def test_a_gap_over_midnight_is_in_both_days(tmp_path):
    data = some_frames(23) + some_frames(20, 26 * 3600)
    first, second = the_days(put_frames(tmp_path, data)).days
    assert [(each.gaps, each.gaps_s) for each in (first, second)] == [(1, 3600), (1, 7200)]


BERLIN = 2 * 3600


def test_midnight_is_that_of_the_boards_own_days(tmp_path):
    """Two days by Berlin's summer time, then frames: a third day begins at 22:00 UTC as well."""
    local = JUNE - BERLIN
    put_days(tmp_path, day(DAY, local, DAY_S), day(DAY + 1, local + DAY_S, DAY_S))
    where = put_frames(tmp_path, some_frames(30, 2 * DAY_S), utc=local)
    pack = the_days(where)
    assert pack.zone == "UTC+02:00, as its days show"
    assert [(each.day, each.by) for each in pack.days] == [
        ("2026-06-01", "days"),
        ("2026-06-02", "days"),
        ("2026-06-03", "frames"),
        ("2026-06-04", "frames"),
    ]
    assert [each.logged_s for each in pack.days[2:]] == [DAY_S, 6 * 3600]
    assert [each.logged_s for each in the_days(where, "UTC").days[2:]] == [DAY_S, 4 * 3600]


def test_a_day_of_which_a_part_is_missing_shows_no_midnight(tmp_path):
    where = put_days(tmp_path, day(DAY, JUNE + 10800, DAY_S - 10800))
    grid, zone = own_days.grid(records.find([where]), records.read, None, np.array([JUNE]))
    assert zone == "UTC" and not hasattr(grid, "moments")


def test_what_has_no_date_is_in_no_day_and_is_said(tmp_path, capsys):
    where = put_days(tmp_path, day(0, 0, 7200), day(DAY, JUNE, DAY_S))
    pack = the_days(where)
    assert (len(pack.days), pack.undated_s) == (1, 7200)
    info([where])
    said = capsys.readouterr().out
    assert "house: 2:00:00 without a date are in none of them" in said
    assert "3.290 (4)" in said and "50 to 70" in said


def as_json(where, capsys, **more):
    info([where], as_json=True, **more)
    return json.loads(capsys.readouterr().out)["packs"]


def test_what_is_not_known_is_empty_and_null(tmp_path, capsys):
    nothing = dict.fromkeys(("voltage", "current", "lowest", "highest", "temperature", "soc"))
    where = put_days(tmp_path, day(DAY, JUNE, DAY_S, cells=None, **nothing))
    (pack,) = as_json(where, capsys)
    (found,) = pack["days"]
    known = {key for key, value in found.items() if value is not None}
    assert known == {
        *("day", "kwh_in", "kwh_out", "ah_in", "ah_out"),
        *("logged_s", "gaps", "gaps_s", "by"),
    }
    info([where])
    assert "2026-06-01 │   0.65 │    0.12 │      │" in capsys.readouterr().out


def test_only_the_last_days(tmp_path, capsys):
    where = put_days(tmp_path, *(day(DAY + i, JUNE + DAY_S * i, DAY_S) for i in range(5)))
    (pack,) = as_json(where, capsys, last=2)
    assert [each["day"] for each in pack["days"]] == ["2026-06-04", "2026-06-05"]


def test_the_command_prints_them(tmp_path):
    where = put_days(tmp_path, day(DAY, JUNE, DAY_S))
    done = packlog_here("info", where, "--days", "--last", "2")
    assert done.returncode == 0 and "2026-06-01" in done.stdout, done.stderr


def test_last_is_for_days():
    done = packlog_here("info", ".", "--last", "2")
    assert done.returncode == 2 and "--last goes with --days" in done.stderr


def test_damage_is_named_once_all_is_printed(tmp_path, capsys):
    where = put_days(tmp_path, day(DAY, JUNE, DAY_S))
    (where / "days/00000002.seg").write_bytes(b"something else")
    with pytest.raises(PacklogError, match="1 damaged file"):
        info([where])
    said = capsys.readouterr().out
    assert "2026-06-01" in said and "not a packlog segment" in said
