"""Boots without a clock: what is known of their time, and what is guessed with --guess."""

import csv
import io
import json

import pytest
from a_pack import Pack
from host_tools.export.decode import How, decode
from host_tools.history import undated
from host_tools.history.info import collect, info
from host_tools.history.timeline import Anchor
from host_tools.history.undated import Boot
from host_tools.trial import encode
from host_tools.trial.plan import Plan
from tests.helpers.command_line import packlog_here
from tests.helpers.segment_bytes import NOON, anchor, frames, header, put, run

from store import segment

DAY = 86400


def three_boots(folder, end=NOON + 1300):
    """Boot 1 is dated and ends at NOON + 100. Boot 2 is not, of 1000 s; boot 3 begins at end."""
    data = header(utc=NOON, clock=segment.PC) + frames(0, 100) + run(2, 0) + frames(0, 1000)
    return put(folder, data + run(3, 0) + frames(0, 5) + anchor(5, end + 5))


def table(where, out, **how):
    """The rows of the CSV, as dicts."""
    decode([where], out, True, how=How(**how))
    return list(csv.DictReader(io.StringIO(out.read_text())))


def of_boot(rows, number):
    return [row for row in rows if row["boot"] == str(number) and row["voltage"]]


def test_a_boot_without_a_clock_lies_between_its_dated_neighbours(tmp_path):
    """200 s pass between the two dated boots besides the 1000 s of boot 2."""
    rows = table(three_boots(tmp_path), tmp_path / "out.csv")
    first, last = of_boot(rows, 2)
    assert first["time"] == last["time"] == ""
    assert (first["not_before"], first["not_after"]) == (str(NOON + 100), str(NOON + 300))
    assert (last["not_before"], last["not_after"]) == (str(NOON + 1100), str(NOON + 1300))
    assert {row["not_before"] for row in of_boot(rows, 1) + of_boot(rows, 3)} == {""}
    assert "guessed" not in rows[0]


def test_a_guess_is_in_the_middle_and_marked_with_what_it_can_be_wrong_by(tmp_path):
    rows = table(three_boots(tmp_path), tmp_path / "out.csv", guess=True)
    first, last = of_boot(rows, 2)
    assert (first["time"], last["time"]) == (str(NOON + 200), str(NOON + 1200))
    assert (first["guessed"], first["error_s"]) == ("between", "100")
    assert (first["not_before"], first["not_after"]) == (str(NOON + 100), str(NOON + 300))
    assert {(row["guessed"], row["error_s"]) for row in of_boot(rows, 1)} == {("", "")}


def test_several_boots_share_the_time_between(tmp_path):
    """Two boots of 100 s between NOON and NOON + 500: 300 s in three pauses."""
    data = header(utc=NOON, clock=3) + frames(0)
    data += run(2, 0) + frames(0, 100) + run(3, 0) + frames(0, 100)
    where = put(tmp_path, data + run(4, 0) + frames(0) + anchor(0, NOON + 500))
    rows = table(where, tmp_path / "out.csv", guess=True)
    second, third = of_boot(rows, 2)[0], of_boot(rows, 3)[0]
    assert (second["time"], third["time"]) == (str(NOON + 100), str(NOON + 300))
    assert (second["not_before"], second["not_after"]) == (str(NOON), str(NOON + 300))
    assert (third["not_before"], third["not_after"]) == (str(NOON + 100), str(NOON + 400))
    assert (second["error_s"], third["error_s"]) == ("200", "200")


@pytest.mark.parametrize("dated_first", (True, False))
def test_with_a_date_on_one_side_only_nobody_knows_the_error(tmp_path, dated_first):
    dated = frames(0, 10) + anchor(10, NOON + 10)
    if dated_first:
        where = put(tmp_path, header() + dated + run(2, 0) + frames(0, 50))
        row = of_boot(table(where, tmp_path / "out.csv", guess=True), 2)[0]
        assert (row["time"], row["not_before"], row["not_after"]) == (
            str(NOON + 10),
            str(NOON + 10),
            "",
        )
    else:
        where = put(tmp_path, header() + frames(0, 50) + run(2, 0) + dated)
        row = of_boot(table(where, tmp_path / "out.csv", guess=True), 1)[0]
        assert (row["time"], row["not_before"], row["not_after"]) == (
            str(NOON - 50),
            "",
            str(NOON - 50),
        )
    assert (row["guessed"], row["error_s"]) == ("after" if dated_first else "before", "")


def test_without_any_date_there_is_nothing_to_guess_by(tmp_path):
    where = put(tmp_path, header() + frames(0, 10))
    (first, _) = table(where, tmp_path / "out.csv", guess=True)
    assert (first["time"], first["not_before"], first["not_after"]) == ("", "", "")
    assert "guessed" not in first


def test_neighbours_that_contradict_say_nothing(tmp_path):
    """Boot 3 says that it began before boot 2 can have ended: one of the clocks was wrong."""
    rows = table(three_boots(tmp_path, end=NOON + 500), tmp_path / "out.csv", guess=True)
    assert {(row["time"], row["not_before"]) for row in of_boot(rows, 2)} == {("", "")}


def test_a_crystal_that_runs_fast_is_no_contradiction(tmp_path):
    """Three days of a crystal 20 ppm fast are 5 s too long for the time that there was."""
    length = 3 * DAY
    boots = [
        Boot(1, 10, [Anchor(0, NOON, segment.NTP)]),
        Boot(2, length),
        Boot(3, 10, [Anchor(0, NOON + 10 + length - 5, segment.NTP)]),
    ]
    found = undated.find(boots)[2]
    assert (found.earliest, found.latest) == (NOON + 5, NOON + 10)
    assert found.earliest <= found.guess <= found.latest


def counted(number, length, *points, utc=None):
    anchors = [] if utc is None else [Anchor(0, utc, segment.NTP)]
    return Boot(number, length, anchors, list(points))


def test_a_bms_that_counts_on_says_how_long_the_power_was_away():
    """Its counter said 5000 at NOON + 10, and 6500 at second 20 of boot 2: NOON + 1510."""
    boots = [
        counted(1, 100, (10, 5000), utc=NOON),
        counted(2, 900, (20, 6500)),
        counted(3, 50, (10, 95000), utc=NOON + 90000),
    ]
    found = undated.find(boots)[2]
    assert (found.guess, found.error_s, found.by) == (NOON + 1490, 2, undated.BY_COUNTER)
    # What is certain is no more than before
    assert (found.earliest, found.latest) == (NOON + 100, NOON + 89100)


def test_a_counter_that_runs_slow_is_stretched():
    """10,000 s of the counter were 10,008 s; half of them are 5004."""
    boots = [
        counted(1, 100, (0, 1000), utc=NOON),
        counted(2, 900, (0, 6000)),
        counted(3, 50, (0, 11000), utc=NOON + 10008),
    ]
    found = undated.find(boots)[2]
    assert (found.guess, found.error_s) == (NOON + 5004, 8 + 2)


def test_a_bms_that_was_started_anew_counts_from_the_other_side():
    """The counter is lower than before: only what it says up to boot 3 holds."""
    boots = [
        counted(1, 100, (10, 50000), utc=NOON),
        counted(2, 900, (20, 300), (820, 1100)),
        counted(3, 50, (10, 3100), utc=NOON + 90000),
    ]
    found = undated.find(boots)[2]
    assert found.guess == NOON + 90000 + 10 - 2000 - 820
    assert (found.error_s, found.by) == (2 + 2, undated.BY_COUNTER)


def test_a_counter_that_says_what_cannot_be_is_not_believed():
    """It would have boot 2 begin before boot 1 ended."""
    boots = [counted(1, 5000, (10, 5000), utc=NOON), counted(2, 900, (20, 5040))]
    found = undated.find(boots)[2]
    assert (found.guess, found.by) == (NOON + 5000, undated.AFTER)


def test_boots_without_a_counter_are_placed_beside_those_with_one():
    """Boot 3 has none: it lies between boot 2, which ends at NOON + 600, and boot 4."""
    boots = [
        counted(1, 100, (0, 1000), utc=NOON),
        counted(2, 100, (0, 1500)),
        counted(3, 100),
        counted(4, 50, (0, 2000), utc=NOON + 1000),
    ]
    found = undated.find(boots)
    assert found[2].guess == NOON + 500
    assert (found[3].guess, found[3].error_s) == (NOON + 750, 150)
    assert (found[3].earliest, found[3].latest) == (NOON + 200, NOON + 900)


def a_jk(folder):
    """A board that is off for two hours and comes back without a clock; its JK counts on."""
    pack = Pack(str(folder), interval_s=10)
    pack.history.anchor(NOON, segment.NTP)
    pack.sample.extras["bms_uptime"] = 70000
    pack.sample.cell_count = 16
    pack.sample.cells[:16] = [3300] * 16
    pack.readings(300)
    pack.history.close()
    pack.start()
    pack.sample.extras["bms_uptime"] = 70000 + 7500  # the board starts at NOON + 7500
    pack.readings(300)
    pack.history.close()
    return folder


def test_the_events_of_a_jk_are_enough_to_date_its_boots(tmp_path):
    """The board's own store writes them; the seconds are said in the events, once a boot."""
    for series in ("pack", "cells", "events"):
        rows = table_of(a_jk(tmp_path / series), series, tmp_path / "out.csv")
        first = of(rows, 2)[0]
        assert (first["time"], first["guessed"]) == (str(NOON + 7500), "counter"), series
        assert first["error_s"] == str(2 + 7), series  # of 7500 s a thousandth


def table_of(where, series, out):
    decode([where], out, True, series, How(guess=True))
    return list(csv.DictReader(io.StringIO(out.read_text())))


def of(rows, number):
    return [row for row in rows if row["boot"] == str(number)]


# What info and stderr say


def words(said):
    """What a table says, without its lines."""
    return " ".join(said.replace("│", " ").split())


def a_power_cut(folder):
    """Four seconds of a boot with a clock; three days without; a pull dates the last boot."""
    data = header(utc=NOON, clock=segment.PC) + frames(0, 4) + run(2, 0) + frames(0)
    data += b"".join(run(2, second, 0) + frames(600) for second in range(0, 3 * DAY, 600))
    data += run(3, 0) + frames(0) + anchor(0, NOON + 3 * DAY + 64)
    return put(folder, data)


def test_info_says_where_undated_frames_lie(tmp_path, capsys):
    where = a_power_cut(tmp_path)
    (summary,), _ = collect([where])
    assert (summary.frames, summary.undated_frames) == (436, 433)
    assert summary.undated == [
        {
            "boot": 2,
            "frames": 433,
            "length_s": 3 * DAY,
            "not_before": NOON + 4,
            "not_after": NOON + 3 * DAY + 64,
        }
    ]
    info([where])
    said = words(capsys.readouterr().out)
    assert "436, 433 without a date" in said
    assert "boot 2 433 frames without a date, 3 d 0:00:00," in said
    assert " between 2026-06-01T12:00:04Z and 2026-06-04T12:01:04Z" in said
    assert "to 2026-06-04T12:01:04Z, of the dated frames" in said
    info([where], as_json=True)
    assert json.loads(capsys.readouterr().out)["packs"][0]["undated"][0]["boot"] == 2


def test_info_names_the_first_boots_and_counts_the_others(tmp_path, capsys):
    data = header(utc=NOON, clock=segment.PC) + frames(0, 4)
    data += b"".join(run(boot, 0) + frames(0) for boot in range(2, 12))
    info([put(tmp_path, data)])
    said = words(capsys.readouterr().out)
    assert "boot 2 1 frame without a date, 0:00:00, after 2026-06-01T12:00:04Z" in said
    assert "boot 6 1 frame without a date" in said and "boot 7" not in said
    assert "5 more boots 5 frames without a date" in said


def test_decode_says_how_much_is_without_a_date(tmp_path, capsys):
    where = three_boots(tmp_path)
    decode([where], tmp_path / "out.csv")
    assert capsys.readouterr().err == (
        "house, frames: 8 rows, 2026-06-01T12:00:00Z to 2026-06-01T12:21:45Z; 2 of them start a "
        "gap; 3 without a date: they have not_before and not_after, --guess dates them\n"
    )
    decode([where], tmp_path / "out.csv", how=How(guess=True))
    assert "; 3 with a guessed date\n" in capsys.readouterr().err


def test_the_option(tmp_path):
    done = packlog_here("decode", "--epoch", "--guess", three_boots(tmp_path))
    assert f"\n{NOON + 200},53.25," in done.stdout
    assert packlog_here("decode", "--epoch", tmp_path).stdout.count("\n,53.25,") == 2


def test_a_csv_with_guesses_can_be_encoded_again(tmp_path):
    table(three_boots(tmp_path), tmp_path / "out.csv", guess=True)
    encode.encode(tmp_path / "out.csv", tmp_path / "again", Plan(name="house", every=True))
    (summary,), _ = collect([tmp_path / "again"])
    assert summary.frames == 6 and summary.last == NOON + 1305
