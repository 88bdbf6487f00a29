"""--every: frames and cells as rows of one length; what is conserved, covered, and where it is."""

import random
from datetime import datetime, timezone

import numpy as np
import pytest
from host_tools.history import between, frames, info, packed, records, resample
from host_tools.history.grids import grid
from host_tools.history.periods import VALUES
from host_tools.history.timeline import UNKNOWN
from tests.helpers.frame_bytes import a_frame
from tests.helpers.segment_bytes import NOON, anchor, header, put, run
from tests.host.history.test_decode_series import CELLS, voltages
from tests.host.history.test_decode_series import header as cells_header
from tests.host.history.test_decode_series import put as put_series

EVERY = ("1s", "7s", "10s", "5min", "1h", "36h", "1d", "3d")


def dated(*parts, utc=NOON):
    return header(utc=utc, clock=3) + b"".join(parts)


def rows_of(where, every, zone=None, values=VALUES):
    return resample.whole(resample.frames(packed.load([where]), grid(every, zone), values))


def without_holes(rows):
    return ~rows.hole


def test_a_minute_by_hand(tmp_path):
    """60 s of 6 A to SoC 51, then 30 s of -12 A: in rows of a minute from 12:00:30 on."""
    data = dated(
        a_frame(30, soc=50, amps=0), a_frame(90, soc=51, amps=6), a_frame(120, soc=51, amps=-12)
    )
    rows = rows_of(put(tmp_path, data), "1min")
    assert (rows.time - NOON).tolist() == [0, 60]  # from second 0 on the first frame stands
    assert rows.seconds.tolist() == [60, 60]
    assert rows.values["current"].tolist() == [3, -3]
    assert rows.values["charge_in"].tolist() == pytest.approx([0.05, 0.05])
    assert rows.values["charge_out"].tolist() == pytest.approx([0, 0.1])
    assert rows.values["soc"].tolist() == pytest.approx([(50 + 50.25) / 2, 50.875])
    assert rows.values["soc_min"].tolist() == [50, 50.5]
    assert rows.values["soc_max"].tolist() == [50.5, 51]
    assert rows.values["current_min"].tolist() == [0, -12]
    assert rows.values["current_max"].tolist() == [6, 6]


def history(folder, seed):
    """Some boots with gaps, clocks that are set, found late or never; values that jump."""
    chance = random.Random(seed)
    data = header(boot=1)
    for boot in range(1, 6):
        uptime = chance.randrange(100)
        data += run(boot, uptime)
        if chance.random() < 0.6:
            data += anchor(0, NOON + boot * 400_000 + chance.randrange(1000))
        stamp = 0
        for _ in range(chance.randrange(1, 60)):
            stamp += chance.choice((1, 2, 10, 60, 300, 899, 900))
            if chance.random() < 0.1:
                uptime += stamp + chance.randrange(2, 5000)
                data += run(boot, uptime)
                stamp = 0
            amps = chance.choice((None, 0, 10, -33.5, 80, chance.uniform(-100, 100)))
            data += a_frame(stamp, chance.choice((None, chance.uniform(48, 56))), amps,
                            chance.choice((None, chance.randrange(101))))  # fmt: skip
    return put(folder, data)


@pytest.mark.parametrize("seed", range(6))
def test_the_charge_and_the_seconds_are_those_of_the_frames_whatever_the_rows(tmp_path, seed):
    where = history(tmp_path, seed)
    into, out, seconds = info._charge(packed.load(records.find([where])))
    for every in EVERY:
        rows = rows_of(where, every)
        assert rows.seconds.sum() == seconds
        assert np.nansum(rows.values["charge_in"]) == pytest.approx(into, rel=1e-12)
        assert np.nansum(rows.values["charge_out"]) == pytest.approx(out, rel=1e-12)
        step = grid(every).step
        assert (rows.seconds <= step).all() and (rows.seconds[~rows.hole] > 0).all()
        assert ((rows.time == UNKNOWN) | (rows.time % step == 0)).all()


@pytest.mark.parametrize("seed", range(3))
def test_means_lie_between_the_extremes_and_those_within_the_tolerances(tmp_path, seed):
    where = history(tmp_path, seed)
    loaded = frames.load([where])
    for every in ("10s", "1h"):
        rows = rows_of(where, every)
        for name in ("voltage", "current", "soc", "min_cell_voltage"):
            low, mean, high = (rows.values[name + end] for end in ("_min", "", "_max"))
            known = np.isfinite(mean)
            assert (low[known] <= mean[known] + 1e-9).all()
            assert (mean[known] <= high[known] + 1e-9).all()
            assert (np.isfinite(low) == known).all() and (np.isfinite(high) == known).all()
        around = 1 + between.USUAL.voltage_permille / 1000
        assert np.nanmax(rows.values["voltage_max"]) <= np.nanmax(loaded.voltage) * around


def test_blocks_of_any_size_give_the_same_rows(tmp_path, monkeypatch):
    where = history(tmp_path, 4)
    for every in ("10s", "1h", "1d"):
        whole = rows_of(where, every)
        monkeypatch.setattr(packed, "ROWS", 7)
        monkeypatch.setattr(resample, "_PIECES", 5)
        pieces = rows_of(where, every)
        monkeypatch.undo()
        for name in ("time", "boot", "uptime", "seconds", "hole", "undated"):
            assert (getattr(whole, name) == getattr(pieces, name)).all()
        for name, value in whole.values.items():
            np.testing.assert_allclose(pieces.values[name], value, rtol=1e-9, equal_nan=True)


@pytest.mark.parametrize("every", EVERY[1:])
def test_a_constant_stays_what_it_is(tmp_path, every):
    stamps = (0, 5, 905, 1300, 2200, 40000, 60000)
    rows = rows_of(put(tmp_path, dated(*map(a_frame, stamps))), every)
    said = {"voltage": 53.25, "current": 10, "temperature": 23.5, "soc": 91}
    said |= {"min_cell_voltage": 3.318, "max_cell_voltage": 3.341}
    for name, value in said.items():
        for end in ("", "_min", "_max"):
            assert rows.values[name + end] == pytest.approx(value, rel=1e-12)
    assert set(rows.values["min_voltage_cell"]) == {4} and rows.seconds.sum() == 60000


def test_a_span_without_readings_is_a_gap_and_one_with_some_says_how_many_seconds(tmp_path):
    data = dated(a_frame(0), a_frame(90), run(1, 250), a_frame(0), a_frame(20))
    rows = rows_of(put(tmp_path, data), "1min")
    assert (rows.time - NOON).tolist() == [0, 60, 120, 240]
    assert rows.seconds.tolist() == [60, 30, 0, 20]
    assert rows.hole.tolist() == [False, False, True, False]
    assert np.isnan(rows.values["voltage"][2]) and rows.values["min_voltage_cell"][2] == 0


def test_a_boot_without_a_date_is_counted_in_its_uptime(tmp_path):
    data = dated(a_frame(0), a_frame(30)) + run(2, 100) + a_frame(0) + a_frame(50)
    rows = rows_of(put(tmp_path, data), "1min")
    assert rows.time.tolist() == [NOON, NOON + 60, UNKNOWN, UNKNOWN]
    assert rows.hole.tolist() == [False, True, False, False]
    assert rows.uptime.tolist()[2:] == [60, 120]
    assert rows.seconds.tolist() == [30, 0, 20, 30] and rows.undated.tolist() == [0, 0, 1, 1]


def test_guessed_boots_have_times_and_rows_of_their_own(tmp_path):
    later = run(3, 0) + anchor(0, NOON + 600) + a_frame(0) + a_frame(60)
    data = dated(a_frame(0), a_frame(30)) + run(2, 0) + a_frame(0) + a_frame(50) + later
    source = packed.load([put(tmp_path, data)])
    source.guess()
    rows = resample.whole(resample.frames(source, grid("1h")))
    assert rows.time.tolist() == [NOON, NOON + 3600, NOON, NOON + 3600, NOON]
    assert rows.seconds.tolist() == [30, 0, 50, 0, 60] and rows.guessed


@pytest.mark.parametrize(
    ("day", "hours"), [((2026, 3, 29), 23), ((2026, 10, 25), 25), ((2026, 6, 1), 24)]
)
def test_days_in_berlin(tmp_path, day, hours):
    """A frame every 900 s for three days around it, 10 A."""
    begin = int(datetime(*day, tzinfo=timezone.utc).timestamp()) - 86400
    data = b""
    for hour in range(72):
        data += run(1, 3600 * hour) + b"".join(a_frame(900 * i) for i in range(1, 5))
    where = put(tmp_path, header(utc=begin, clock=3) + data)
    rows = rows_of(where, "1d", "Europe/Berlin")
    (row,) = np.flatnonzero(rows.day == begin // 86400 + 1)
    assert rows.seconds[row] == hours * 3600
    assert rows.values["charge_in"][row] == pytest.approx(10 * hours)
    assert rows.seconds.sum() == 72 * 3600


def test_a_clock_that_is_put_back_lets_a_span_come_twice(tmp_path):
    data = header() + anchor(0, NOON) + b"".join(map(a_frame, (0, 90, 100)))
    rows = rows_of(put(tmp_path, data + anchor(100, NOON + 20) + a_frame(160)), "1min")
    assert (rows.time - NOON).tolist() == [0, 60, 0, 60]
    assert rows.seconds.tolist() == [60, 30, 50, 20]


def test_no_rows_at_all_are_a_block_without_rows(tmp_path):
    rows = rows_of(put(tmp_path, dated()), "1d")
    assert len(rows) == 0 and rows.values["voltage"].shape == (0,)


# Cells


def cells_of(where, every, with_frames=True):
    source = packed.load_cells([where])
    pack = packed.load([where]) if with_frames else None
    return resample.whole(resample.cells(source, pack, grid(every), VALUES))


def some_cells(folder, *of_pack):
    """Records at 0, 1000 and 2000 s of two cells, 10 mV apart and then 14."""
    made = voltages(0, 3300, 3310), voltages(1000, 3320, 3330), voltages(2000, 3318, 3332)
    put_series(folder, CELLS, cells_header(CELLS, cells=2, utc=NOON, clock=3) + b"".join(made))
    if of_pack:
        where = folder / "house/pack"
        where.mkdir()
        (where / "00000001.seg").write_bytes(dated(*of_pack))
    return folder / "house"


def test_cells_without_frames_are_lines(tmp_path):
    rows = cells_of(some_cells(tmp_path), "1000s")
    assert rows.seconds.tolist() == [1000 - NOON % 1000, 1000, NOON % 1000]
    rows = cells_of(tmp_path / "house", "1s")
    assert len(rows) == 2000
    middle = rows.values["cells"][500]
    assert middle == pytest.approx([3.310, 3.320], abs=2e-5)
    assert rows.values["cells_max"].max() == pytest.approx(3.332)


def test_between_two_records_the_cells_follow_the_pack(tmp_path):
    """The pack falls by 0.2 V from 400 s to 600 s: each of two cells by 0.1 V."""
    pack = [(0, 6.61), (400, 6.61), (600, 6.41), (1000, 6.61), (2000, 6.65)]
    data = [a_frame(s, volts=v, amps=0) for s, v in pack]
    where = some_cells(tmp_path, *data)
    (found,) = packed.load([where]).loaded.logs
    assert len(found.start) == 5
    low = cells_of(where, "1s").values["cells"][599]
    alone = cells_of(where, "1s", with_frames=False).values["cells"][599]
    assert alone == pytest.approx([3.312, 3.322], abs=1e-3)
    # 1 % of 6.41 V is what a frame may be off: its line begins there
    assert low == pytest.approx([3.20, 3.21], abs=0.011)
    assert low[1] - low[0] == pytest.approx(0.010)


def test_frames_of_something_else_do_not_move_the_cells(tmp_path):
    """A pack of 16 cells of which two are known: its voltage is not theirs."""
    where = some_cells(tmp_path, *(a_frame(s, volts=52.8) for s in (0, 1000, 2000)))
    both = (cells_of(where, "10s", with_frames).values["cells"] for with_frames in (True, False))
    np.testing.assert_array_equal(*both)


def test_a_cell_that_is_not_known_stays_so_and_silence_is_a_gap(tmp_path):
    made = voltages(0, 3300, 0, 3302), voltages(100, 3301, 0, 3303)
    later = run(1, 500), voltages(0, 3300, 3300, 3300), voltages(60, 3300, 3300, 3300)
    data = cells_header(CELLS, utc=NOON, clock=3) + b"".join((*made, *later))
    put_series(tmp_path, CELLS, data)
    rows = cells_of(tmp_path / "house", "1min")
    assert (rows.time - NOON).tolist() == [0, 60, 120, 480, 540]
    assert rows.hole.tolist() == [False, False, True, False, False]
    assert rows.seconds.tolist() == [60, 40, 0, 40, 20]
    assert np.isnan(rows.values["cells"][:3, 1]).all()
    assert rows.values["cells"][3:] == pytest.approx(3.3)


def test_cells_beside_a_frame_that_covers_nothing_and_no_cells_at_all(tmp_path):
    where = some_cells(tmp_path, a_frame(0, volts=6.61))
    np.testing.assert_array_equal(
        *(cells_of(where, "10s", each).values["cells"] for each in (True, False))
    )
    (where / "cells/00000001.seg").write_bytes(cells_header(CELLS, utc=NOON, clock=3))
    assert len(cells_of(where, "10s")) == 0


def test_cells_in_blocks_are_the_same(tmp_path, monkeypatch):
    pack = [(0, 6.61), (400, 6.61), (600, 6.41), (1000, 6.61), (2000, 6.65)]
    where = some_cells(tmp_path, *(a_frame(s, volts=v, amps=3) for s, v in pack))
    whole = cells_of(where, "10s").values
    monkeypatch.setattr(packed, "ROWS", 2)
    monkeypatch.setattr(resample, "_PIECES", 6)
    monkeypatch.setattr("host_tools.history.between_cells._RECORDS", 1)
    for name, value in cells_of(where, "10s").values.items():
        np.testing.assert_allclose(value, whole[name], rtol=1e-12)
