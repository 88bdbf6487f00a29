"""host_tools.history.load: each series as named numpy columns, the values of the CSV.

pandas, polars and Arrow have the same, with null for what is unknown.
"""

import io
import math
import subprocess
import sys

import numpy as np
import pytest
from host_tools.export import csv as csv_export
from host_tools.ground.errors import PacklogError, UsageError
from host_tools.history import load, loading
from tests.helpers.command_line import ROOT
from tests.helpers.frame_bytes import a_frame
from tests.helpers.rollup_bytes import day, hour
from tests.helpers.rollup_bytes import header as rollup_header
from tests.helpers.rollup_bytes import put as put_rollups
from tests.helpers.segment_bytes import NOON, frames, header, put, run

from store import segment

OLD = ROOT / "tests/data/0.1.0"
SECOND = np.timedelta64(1, "s")
DAY_S, MIDNIGHT = 86400, NOON - 43200


def put_records(folder, series, *records):
    put_rollups(folder, series, rollup_header(series, utc=NOON, clock=3) + b"".join(records))


@pytest.fixture
def pack(tmp_path):
    """Two frames, silence, two frames of which one knows nothing, and a boot without a date."""
    data = a_frame(30, amps=6), a_frame(60, amps=-12, soc=50.5)
    unknown = a_frame(20, None, None, None, None, None, None)
    return put(
        tmp_path,
        header(utc=NOON, clock=3) + b"".join(data) + run(1, 600) + a_frame(10) + unknown,
        header(2, boot=2) + frames(0, 30),
    )


def test_the_columns_of_frames_by_hand(pack):
    table = load(pack)
    assert table.pack == "house" and table.series == "pack" and not table.problems
    assert (
        len(table) == 8
        and table["gap"].tolist() == [False] * 2 + [True] + [False] * 2 + [True] + [False] * 2
    )
    seconds = (table["time"][:5] - np.datetime64(NOON, "s")) // SECOND
    assert seconds.tolist() == [30, 60, 61, 610, 620]
    assert np.isnat(table["time"][-2:]).all()
    assert table["uptime"][-2:].tolist() == [0, 30] and table["boot"].tolist()[-1] == 2
    assert table["current"][:2].tolist() == [6, -12] and table["soc"][1] == 50.5
    assert table["min_cell_voltage"][0] == 3.318 and table["max_voltage_cell"][0] == 12
    for name in ("voltage", "current", "temperature", "soc", "min_cell_voltage"):
        assert table.known(name).tolist() == [True, True, False, True, False, False, True, True]
    assert table.known("min_voltage_cell").tolist() == table.known("soc").tolist()
    assert table.units["current"] == "A" and table.units["max_cell_voltage"] == "V"
    assert "time" not in table.units and "min_voltage_cell" not in table.units
    assert (table["not_before"][-1] - np.datetime64(NOON, "s")) // SECOND == 620 + 30


def text_of(value):
    return "" if value is None or value != value else str(value)


def test_every_series_has_the_values_of_the_csv(tmp_path):
    """Row for row, to the decimals that the CSV has."""
    put_records(tmp_path, segment.HOURS, hour(3600, 3600, NOON), hour(7200, 1800, NOON + 3600))
    put_records(tmp_path, segment.DAYS, day(20605, MIDNIGHT, DAY_S))
    sources = [(OLD / "house", each) for each in ("pack", "cells", "events")]
    sources += [(OLD / "boat", "cells"), (tmp_path, "hours"), (tmp_path, "days")]
    for folder, series in sources:
        table, out = load(folder, series), io.StringIO()
        csv_export.write(loading.SERIES[series]([folder]), out.write, epoch=True)
        names, *rows = (line.split(",") for line in out.getvalue().splitlines())
        assert len(rows) == len(table) > 0, series
        compared = set(names) - {"time", "not_before", "not_after"}
        assert compared <= set(table), (series, compared - set(table))
        for name in compared - {"soc_max_at", "soc_min_at"}:
            column, known = table[name], table.known(name)
            for row, value, is_known in zip(rows, column.tolist(), known.tolist(), strict=True):
                text = row[names.index(name)]
                assert bool(text) == is_known, (series, name, row)
                if text and column.dtype.kind == "f":
                    step = 10.0 ** -len(text.partition(".")[2])
                    assert float(text) == pytest.approx(value, abs=0.51 * step), (series, name)
                elif text:
                    assert text == str(value), (series, name)


def test_days_and_hours_have_moments(tmp_path):
    put_records(tmp_path, segment.HOURS, hour(3600, 3600, NOON, at=(3000, 10)))
    put_records(tmp_path, segment.DAYS, day(20605, MIDNIGHT, DAY_S, at=(13 * 60 + 30, 65535)))
    hours, days = load(tmp_path, "hours"), load(tmp_path, "days")
    assert hours["soc_max_at"][0] == np.datetime64(NOON + 3000, "s")
    assert days["day"][0] == np.datetime64("2026-06-01") and days["soc_max_at"][0] == 810
    assert days.units["soc_max_at"] == "min" and not days.known("soc_min_at")[0]
    assert days.to_arrow().column("soc_min_at").null_count == 1


def test_a_range_takes_its_begin_and_not_its_end(pack):
    for begin, end in (
        (NOON + 30, NOON + 61),
        ("2026-06-01T12:00:30", "2026-06-01T12:01:01Z"),
        (np.datetime64(NOON + 30, "s"), "2026-06-01T14:01:01+02:00"),
    ):
        part = load(pack, begin=begin, end=end)
        assert part["current"].tolist() == [6, -12], (begin, end)
    local = load(pack, begin="2026-06-01T14:00:30", end="2026-06-01T14:01", zone="Europe/Berlin")
    assert local["current"].tolist() == [6]
    assert len(load(pack, end="2026-06-02")) == 6  # without those that have no date
    assert len(load(pack, begin="-1d")) == 0


def test_rows_of_one_length_and_guessed_dates(pack):
    table = load(pack, every="1min", values="mean,max")
    assert table["seconds"][0] == 60 and table["current"][0] == -3 and table["current_max"][0] == 6
    assert table["charge_out"][0] == pytest.approx(0.1)
    guessed = load(pack, guess=True)
    assert not np.isnat(guessed["time"]).any() and guessed["guessed"].tolist()[-1] == "after"
    cells = load(OLD / "house", "cells", every="1h")
    assert {"cell_1", "cell_16", "seconds"} <= set(cells) and cells.units["cell_3"] == "V"


def test_rows_and_blocks(pack):
    table = load(pack)
    assert [len(block) for block in table.blocks(3)] == [3, 3, 2]
    assert table.rows(~table["gap"])["current"].tolist()[:2] == [6, -12]
    joined = np.concatenate([block["uptime"] for block in table.blocks(3)])
    assert joined.tolist() == table["uptime"].tolist()


def test_pandas_polars_and_arrow_say_the_same(pack):
    for library in ("pandas", "polars", "pyarrow"):
        pytest.importorskip(library)
    for table in (load(pack), load(OLD / "house", "events"), load(pack, every="1d")):
        rows = table.to_arrow().to_pylist()
        assert table.to_polars().to_dicts() == rows
        frame = table.to_pandas()
        assert list(frame) == list(rows[0])
        for name in frame:
            values = frame[name].astype(object).where(frame[name].notna(), None).tolist()
            for value, row in zip(values, rows, strict=True):
                same = row[name] == value or (row[name] is None and value in (None, ""))
                if value is not None and hasattr(value, "date") and not same:
                    same = value.date() == row[name]
                assert same or math.isclose(row[name], value), (name, value, row)
        known = {name: table.known(name).tolist() for name in table}
        for i, row in enumerate(rows):
            assert {name: value is not None for name, value in row.items()} == {
                name: known[name][i] for name in row
            }


def test_what_cannot_be_right(tmp_path, pack):
    for wrong in (
        {"series": "weeks"},
        {"every": "5"},
        {"values": "max"},
        {"series": "events", "every": "1h"},
        {"begin": "yesterday"},
        {"begin": "2026-06-02", "end": "2026-06-01"},
        {"zone": "Europe/Nowhere"},
    ):
        with pytest.raises(UsageError):
            load(pack, **wrong)
    with pytest.raises(PacklogError, match="no cells in"):
        load(pack, "cells")
    with pytest.raises(PacklogError, match="does not exist"):
        load(tmp_path / "elsewhere")


def test_what_is_damaged_is_named_and_the_rest_is_there(pack, capfd):
    first = min(pack.glob("*.seg"))
    first.write_bytes(first.read_bytes()[:-5])
    table = load(pack)
    assert len(table.problems) == 1 and str(first) in table.problems[0] and len(table) == 7
    assert capfd.readouterr() == ("", "")


def test_a_missing_library_is_named(pack, monkeypatch):
    monkeypatch.setitem(sys.modules, "polars", None)
    with pytest.raises(PacklogError, match="polars is not installed: pip install polars"):
        load(pack).to_polars()


def test_importing_it_loads_nothing_heavy():
    program = "import sys, host_tools.history; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    loaded = set(done.stdout.split())
    assert "host_tools.history" in loaded
    assert not loaded & {"numpy", "rich", "typer", "pandas", "polars", "pyarrow"}
