"""packlog decode --series hours and days: from bytes to rows; records of one span are added up."""

import csv
import io

import numpy as np
import pytest
from host_tools.export import csv as csv_export
from host_tools.ground.errors import PacklogError
from host_tools.history import compressed, days, hours, loading, records
from host_tools.history.info_days import collect
from tests.helpers.command_line import packlog_here
from tests.helpers.rollup_bytes import day, header, hour, mark, put, run
from tests.helpers.segment_bytes import NOON
from tests.helpers.segment_bytes import frames as some_frames
from tests.helpers.segment_bytes import header as pack_header

from store import segment

HOURS, DAYS = segment.HOURS, segment.DAYS
DAY = NOON // 86400  # 2026-06-01


def table(rows, epoch=False, decimals=None):
    """The CSV as a dict a row, without what is empty."""
    stream = io.StringIO()
    csv_export.write(rows, stream.write, epoch, decimals=decimals)
    stream.seek(0)
    return [{k: v for k, v in row.items() if v} for row in csv.DictReader(stream)]


def of_hours(folder, *data):
    return hours.load([put(folder, HOURS, *data)])


def dated(*parts):
    return header(HOURS, utc=NOON, clock=3) + b"".join(parts)


def test_an_hour_to_the_letter(tmp_path):
    (row,) = table(of_hours(tmp_path, dated(hour(3600, 3600, NOON))))
    assert row == {
        "time": "2026-06-01T12:00:00Z",
        "seconds": "3600",
        "voltage": "53.00",
        "voltage_min": "52.80",
        "voltage_max": "53.20",
        "current": "10.00",  # (12.34 - 2.34) Ah in an hour
        "current_min": "-12.50",
        "current_max": "20.00",
        "temperature": "19.0",
        "temperature_min": "18.5",
        "temperature_max": "20.5",
        "soc": "60.5",
        "soc_min": "50.0",
        "soc_max": "70.0",
        "min_cell_voltage": "3.300",
        "min_cell_voltage_min": "3.290",
        "min_cell_voltage_max": "3.310",
        "max_cell_voltage": "3.320",
        "max_cell_voltage_min": "3.310",
        "max_cell_voltage_max": "3.335",
        "min_voltage_cell": "4",
        "max_voltage_cell": "12",
        "charge_in": "12.34",
        "charge_out": "2.34",
        "energy_in": "654.3",
        "energy_out": "123.4",
        "soc_max_at": "2026-06-01T12:50:00Z",
        "soc_min_at": "2026-06-01T12:00:10Z",
    }


def test_what_is_not_known_is_empty(tmp_path):
    nothing = dict.fromkeys(("voltage", "current", "lowest", "highest", "temperature", "soc"))
    data = dated(hour(3600, 3600, NOON, (65535, 65535), cells=None, **nothing))
    (row,) = table(of_hours(tmp_path, data))
    assert set(row) == {"time", "seconds", "charge_in", "charge_out", "energy_in", "energy_out"}


def test_records_of_one_hour_are_one_row(tmp_path):
    """A power cut at 12:20: 1200 s and, from 12:30 on, 1800 s."""
    first = hour(1200, 1200, NOON, voltage=(52, 53, 54), charge=(1, 0), energy=(53, 0))
    second = hour(
        3600,
        1800,
        NOON + 1800,
        (700, 20),
        voltage=(51, 50, 53),
        soc=(40, 45, 71),
        lowest=(3.1, 3.2, 3.3),
        cells=(9, 2),
        charge=(2.5, 0.5),
        energy=(125, 25.5),
    )
    (row,) = table(of_hours(tmp_path, dated(first, run(58, 1, 0, 1800), second)))
    assert (row["time"], row["seconds"]) == ("2026-06-01T12:00:00Z", "3000")
    assert (row["charge_in"], row["charge_out"]) == ("3.50", "0.50")
    assert (row["energy_in"], row["energy_out"]) == ("178.0", "25.5")
    assert (row["voltage"], row["voltage_min"], row["voltage_max"]) == ("51.20", "51.00", "54.00")
    assert row["current"] == "3.60"  # 3 Ah in 3000 s
    # The lowest cell is the second record's, the highest is the same in both: the first counts
    assert (row["min_voltage_cell"], row["max_voltage_cell"]) == ("9", "12")
    assert row["soc_max_at"] == "2026-06-01T12:41:40Z"
    assert row["soc_min_at"] == "2026-06-01T12:30:20Z"


def test_an_hour_in_which_the_voltage_was_not_known_does_not_weigh(tmp_path):
    first = hour(600, 600, NOON, voltage=None)
    (row,) = table(of_hours(tmp_path, dated(first, hour(3600, 3000, NOON + 600))))
    assert (row["voltage"], row["seconds"]) == ("53.00", "3600")


def test_a_boot_later_in_the_same_hour_is_added(tmp_path):
    second = run(58, 2, 0) + mark(58, 0, 2, NOON + 1800, 3) + hour(1800, 1800, NOON + 1800)
    (row,) = table(of_hours(tmp_path, dated(hour(900, 900, NOON), second)))
    assert (row["seconds"], row["charge_in"]) == ("2700", "24.68")


def test_the_hours_of_other_time_zones_stay_apart(tmp_path):
    """India is 30 minutes off UTC's hours: 12:00 to 12:30 is the end of an hour there."""
    half = hour(1800, 1800, NOON)
    rows = of_hours(tmp_path, dated(half, hour(5400, 3600, NOON + 1800)))
    assert rows.time.tolist() == [NOON, NOON + 1800]
    assert rows.seconds.tolist() == [1800, 3600]


def test_a_power_cut_in_an_hour_that_begins_at_half_past(tmp_path):
    whole = [hour(1800 + 3600 * i, 3600, NOON - 1800 + 3600 * i) for i in range(1, 3)]
    parts = hour(9600, 600, NOON + 9000), run(58, 1, 0, 9900), hour(12600, 2700, NOON + 9900)
    rows = of_hours(tmp_path, dated(hour(1800, 1800, NOON), *whole, *parts))
    assert rows.seconds.tolist() == [1800, 3600, 3600, 3300]


def test_hours_without_a_clock_that_a_later_anchor_dates_are_rows_of_their_own(tmp_path):
    """They end after 3600 s of uptime, whatever UTC's hours are."""
    data = header(HOURS) + hour(3600, 3600, 0) + hour(7200, 3600, 0) + hour(7500, 300, NOON)
    rows = of_hours(tmp_path, data + mark(58, 7500, 2, NOON + 300, 3))
    assert rows.time.tolist() == [NOON - 7200, NOON - 3600, NOON]
    odd = mark(58, 7500, 2, NOON + 1234, 3)
    data = header(HOURS) + hour(3600, 3600, 0) + hour(7200, 3600, 0) + hour(7500, 300, 0)
    rows = of_hours(tmp_path / "odd", data + odd)
    assert rows.time.tolist() == [NOON + 1234 - 7500, NOON + 1234 - 3900, NOON + 1234 - 300]
    assert rows.seconds.tolist() == [3600, 3600, 300]


def test_hours_are_dated_by_what_they_say_when_all_anchors_are_gone(tmp_path):
    data = header(HOURS) + hour(3600, 3600, 0) + hour(5000, 1400, 0) + hour(8600, 3600, NOON)
    rows = of_hours(tmp_path, data)
    assert rows.time.tolist() == [NOON - 5000, NOON - 1400, NOON]
    assert not rows.undated.any()


def test_hours_that_nothing_dates_have_boot_and_uptime(tmp_path):
    data = header(HOURS, boot=3, uptime=50) + hour(3600, 3600, 0, soc=(50, 50, 50))
    (row,) = table(of_hours(tmp_path, data))
    assert (row["boot"], row["uptime"]) == ("3", "50")
    assert not {"time", "soc_max_at", "not_before"} & set(row)


def test_silence_is_a_row_with_only_a_time(tmp_path):
    data = dated(hour(3600, 3600, NOON), run(58, 1, 0, 7800), hour(10800, 3000, NOON + 7800))
    rows = table(of_hours(tmp_path, data), epoch=True)
    assert [row["time"] for row in rows] == [str(NOON + s) for s in (0, 3600, 7800)]
    assert set(rows[1]) == {"time"}


def of_days(folder, *records_of, **more):
    data = header(DAYS, utc=NOON, clock=3, **more)
    for i, record in enumerate(records_of):
        data += run(64, 1, 43200 + 86400 * i) + record
    return days.load([put(folder, DAYS, data)])


def test_a_day_to_the_letter(tmp_path):
    (row,) = table(of_days(tmp_path, day(DAY, NOON, 43200)))
    assert row["time"] == "2026-06-01"
    assert (row["seconds"], row["cycles"]) == ("43200", "0.123")
    assert (row["soc_max_at"], row["soc_min_at"]) == ("13:30", "06:00")
    assert (row["charge_in"], row["energy_out"], row["soc"]) == ("12.34", "123.4", "60.5")
    assert row["current"] == "0.83"  # 10 Ah in 12 h
    assert not {"boot", "uptime"} & set(row)


def test_records_of_one_day_are_one_row_and_a_missing_day_is_a_gap(tmp_path):
    made = day(DAY, NOON, 3600, soc=(40, 50, 99)), day(DAY, NOON + 9000, 7200, (600, 700))
    rows = table(of_days(tmp_path, *made, day(DAY + 3, NOON + 3 * 86400, 86400, cycles=None)))
    assert [row["time"] for row in rows] == ["2026-06-01", "2026-06-02", "2026-06-04"]
    assert (rows[0]["seconds"], rows[0]["charge_in"]) == ("10800", "24.68")
    assert (rows[0]["cycles"], rows[0]["soc_max_at"]) == ("0.246", "13:30")
    assert rows[0]["soc_min_at"] == "06:00"
    assert set(rows[1]) == {"time"}
    assert "cycles" not in rows[2]


def test_a_day_that_is_not_known_has_no_date_but_says_when_it_ended_at_the_latest(tmp_path):
    rows = table(of_days(tmp_path, day(0, 0, 86400), day(DAY + 2, NOON + 129600, 86400)))
    first, second = rows
    assert "time" not in first and "soc_max_at" not in first
    assert (first["boot"], first["uptime"]) == ("1", "43200")
    assert first["not_before"] == first["not_after"] == "2026-06-02T00:00:00Z"
    assert second["time"] == "2026-06-03" and "not_before" not in second


def test_days_that_are_not_known_are_not_added_up(tmp_path):
    data = header(DAYS) + b"".join(run(64, 1, 86400 * i) + day(0, 0, 86400) for i in (1, 2))
    rows = table(days.load([put(tmp_path, DAYS, data)]))
    assert [row["seconds"] for row in rows] == ["86400", "86400"]
    assert [row["uptime"] for row in rows] == ["86400", "172800"]


def test_hours_and_days_of_a_shard_are_those_of_its_segment(tmp_path):
    made = [dated(*(hour(3600 * i, 3600, NOON + 3600 * (i - 1)) for i in range(1, 19)))]
    where = put(tmp_path, HOURS, *made)
    before = table(hours.load([where]))
    path = where / "hours/00000001.seg"
    path.with_suffix(".shard").write_bytes(compressed.shard_bytes(path))
    path.unlink()
    assert table(hours.load([where])) == before and len(before) == 18


def test_records_that_are_too_short_are_damage_and_nothing_else_is_lost(tmp_path):
    short = segment.Header(HOURS, 1, 16, "house", 7, 20)
    short.sequence = 2
    where = put(tmp_path, HOURS, dated(hour(3600, 3600, NOON)), short.pack() + bytes(40))
    rows = hours.load([where])
    assert len(rows) == 1
    (problem,) = rows.problems
    assert problem.endswith("00000002.seg: its records have 20 bytes, not 58")


def test_a_history_without_hours_says_so(tmp_path):
    (tmp_path / "house").mkdir()
    (tmp_path / "house/00000001.seg").write_bytes(pack_header(utc=NOON) + some_frames(0, 10))
    for series in ("hours", "days"):
        with pytest.raises(PacklogError, match=f"no {series} in"):
            loading.load([tmp_path / "house"], series)
    assert records.find([tmp_path / "house"])


def test_files_without_records_are_no_rows(tmp_path):
    assert table(of_hours(tmp_path, header(HOURS))) == []
    where = put(tmp_path, DAYS, header(DAYS))
    assert table(days.load([where])) == []
    ((pack,), damaged) = collect([where])
    assert (pack.days, damaged) == ([], [])


def test_the_command_writes_them(tmp_path):
    put(tmp_path, DAYS, header(DAYS, utc=NOON, clock=3) + run(64, 1, 43200) + day(DAY, NOON, 9))
    done = packlog_here("decode", tmp_path / "house", "--series", "days", "--decimals", "1")
    assert done.returncode == 0, done.stderr
    head, row = done.stdout.splitlines()
    assert head.startswith("time,seconds,voltage,voltage_min,voltage_max,current,")
    assert row.startswith("2026-06-01,9,53.0,52.8,53.2,")
    assert done.stderr.startswith("house, days: 1 rows, 2026-06-01T12:00:00Z to 2026-06-01T12")


def test_the_numbers_of_a_row_are_arrays_of_one_length(tmp_path):
    rows = of_hours(tmp_path, dated(hour(3600, 3600, NOON), hour(7200, 3600, NOON + 3600)))
    assert {len(value) for value in rows.values.values()} == {len(rows)} == {2}
    assert np.allclose(rows.values["current"], 10)
