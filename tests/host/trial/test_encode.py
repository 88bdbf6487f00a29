"""packlog encode: a CSV in, what a board would have on its flash out, by the board's own store."""

import numpy as np
import pytest
from host_tools.ground.errors import PacklogError
from host_tools.history import cells, logs, records
from host_tools.history.frames import load as load_frames
from host_tools.trial import encode, plan, readings
from host_tools.trial.plan import Plan
from tests.helpers.command_line import packlog_here
from tests.helpers.encoding import COLUMNS, EVERY, NOON, ROW, a_csv, csv_of, encoded, many

from store import segment


def test_every_reading_comes_back(tmp_path):
    path = a_csv(
        tmp_path,
        f"2026-06-01T12:00:00Z,{ROW}",
        "2026-06-01T12:00:02Z,53.125,-22.75,-3.5,90,3.300,3.340,16,1",
        "2026-06-01T12:00:05Z,,,,,,,,",
        "2026-06-01T12:00:30Z,52.5,0,,,,,,",
    )
    assert csv_of(encoded(tmp_path, path)) == [
        f"{NOON},{ROW}",
        f"{NOON + 2},53.12,-22.75,-3.5,90,3.300,3.340,16,1",
        f"{NOON + 3},,,,,,,,",
        f"{NOON + 30},52.50,0.000,,,,,,",
    ]


def test_what_decode_writes_is_encoded_to_the_same_again(tmp_path):
    rows = [row.rpartition(",")[0] for row in many(300)]
    rows += [f"{NOON + 2000 + 7 * i},53.5,-{i / 8},20.5,{i % 101},,,," for i in range(50)]
    first = csv_of(encoded(tmp_path, a_csv(tmp_path, *rows)))
    assert len(first) == 351  # a row for the silence
    again = tmp_path / "again"
    again.mkdir()
    assert csv_of(encoded(again, a_csv(again, *first))) == first


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (f"{NOON}", f"{NOON + 5}"),
        (f"{NOON}.0", f"{NOON + 5}.2"),
        ("2026-06-01T12:00:00Z", "2026-06-01T12:00:05Z"),
        ("2026-06-01T14:00:00+02:00", "2026-06-01T14:00:05+02:00"),
        ("2026-06-01 12:00:00", "2026-06-01 12:00:05.250"),
    ],
)
def test_times(tmp_path, first, second):
    path = encoded(tmp_path, a_csv(tmp_path, f"{first},{ROW}", f"{second},{ROW}"))
    assert [row.split(",")[0] for row in csv_of(path)] == [f"{NOON}", f"{NOON + 5}"]


@pytest.mark.parametrize("value", ["nan", "NaN", "inf", "-inf", "1e400", "12,5x", "--", "99999"])
@pytest.mark.parametrize("place", range(1, 9))
def test_what_is_no_reading_is_not_known(tmp_path, value, place):
    row = ROW.split(",")
    row[place - 1] = f'"{value}"'
    found = readings.read(a_csv(tmp_path, f"{NOON},{ROW}", f"{NOON + 1},{','.join(row)}"))
    name = readings.COLUMNS[COLUMNS.split(",")[place]][0]
    assert found.records[name][0] != readings.blank(1, 0)[name]
    assert found.records[name][1] == readings.blank(1, 0)[name]
    assert found.trouble == [
        f"1 values of {COLUMNS.split(',')[place]} count as not known: line 3 {value!r}"
    ]


def test_the_ends_of_what_is_taken(tmp_path):
    path = a_csv(
        tmp_path,
        f"{NOON},0,-10000,-60,0,0,0,1,1",
        f"{NOON + 1},1000,10000,150,100,10,10,32,32",
        f"{NOON + 2},-0.001,10000.001,150.1,100.5,10.001,-0.001,0,33",
    )
    found = readings.read(path)
    assert found.records["voltage"].tolist() == [0, 1000000, -(2**31)]
    assert found.records["current"].tolist() == [-10000000, 10000000, -(2**31)]
    assert found.records["temperature"].tolist() == [-600, 1500, -32768]
    assert found.records["soc"].tolist() == [0, 100, 255]
    assert found.records["min_mv"].tolist() == [0, 10000, 65535]
    assert found.records["min_cell"].tolist() == [0, 31, 255]
    assert len(found.trouble) == 8


def test_times_that_cannot_be_are_left_out_and_counted(tmp_path):
    path = a_csv(
        tmp_path,
        f"{NOON},{ROW}",
        f"{NOON},{ROW}",  # twice
        f"{NOON - 5},{ROW}",  # backwards
        f",{ROW}",
        f"noon,{ROW}",
        f"nan,{ROW}",
        f"{NOON * 1000},{ROW}",  # ms
        f"{NOON + 2},{ROW}",
        f"{NOON + 4},53.2",  # torn
    )
    found = readings.read(path)
    assert found.records["seconds"].tolist() == [0, 2]
    assert found.trouble == [
        "1 rows left out that do not have every column: line 10",
        "4 rows left out whose time is not known: line 5 '', line 6 'noon', line 7 'nan', ...",
        "1 rows left out whose time was there before: line 3",
        "1 rows left out, time runs backwards: line 4",
    ]


def test_time_that_runs_backwards_never_becomes_a_frame(tmp_path, capsys):
    rows = many(40) + many(20) + [row.replace(str(NOON), "x") for row in many(1)]
    path = encoded(tmp_path, a_csv(tmp_path, *rows, columns=COLUMNS + ",cell_voltages"))
    assert [int(row.split(",")[0]) for row in csv_of(path)] == [NOON + 2 * i for i in range(40)]
    assert "time runs backwards: line 42, line 43, line 44, ..." in capsys.readouterr().err


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "lines has the names of its columns: time, and some of v"),
        (b"a,b\n1,2\n", "lines has the names of its columns: time, and some of v"),
        (b"time\n1\n", "lines has the names of its columns: time, and some of v"),
        (b"voltage,current\n1,2\n", "lines has the names of its columns: time, and some of v"),
        (b"time;voltage\n1;2\n", "its times are not dates but count from some start"),
        (b"time,voltage\n", "no reading in it"),
        (b"time,voltage\n5,nan\n", "no reading in it: 1 values of voltage"),
        (b"time,voltage\nx,53\n", "no reading in it: 1 rows left out whose time is not known"),
        (bytes(range(256)), "is not a CSV of readings"),
        (b"time,voltage\n5,\0\xff\n", "is not a CSV of readings"),
    ],
)
def test_a_file_that_is_none(tmp_path, content, said):
    path = tmp_path / "readings.csv"
    path.write_bytes(content)
    with pytest.raises(PacklogError, match=f"^.*readings.csv.*{said}"):
        encode.encode(path, tmp_path / "out", EVERY)
    assert not (tmp_path / "out").exists()


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(PacklogError, match=r"cannot read .*none.csv: No such file"):
        encode.encode(tmp_path / "none.csv", tmp_path / "out", EVERY)


def test_a_history_that_is_there_is_left_alone(tmp_path):
    path = a_csv(tmp_path, f"{NOON},{ROW}")
    house = encoded(tmp_path, path)
    before = [(p, p.read_bytes()) for p in house.rglob("*.seg")]
    with pytest.raises(PacklogError, match="is there already"):
        encode.encode(path, tmp_path / "out", EVERY)
    assert [(p, p.read_bytes()) for p in house.rglob("*.seg")] == before


def test_a_folder_that_cannot_be(tmp_path):
    path = a_csv(tmp_path, f"{NOON},{ROW}")
    with pytest.raises(PacklogError, match=r"cannot write .*readings.csv"):
        encode.encode(path, path, EVERY)


def test_a_name_that_cannot_be(tmp_path):
    with pytest.raises(PacklogError, match=r"the pack's name '\.\./x' is not"):
        encode.encode(a_csv(tmp_path, f"{NOON},{ROW}"), tmp_path / "out", Plan(name="../x"))


def test_nothing_is_left_when_the_board_fails(tmp_path, monkeypatch):
    monkeypatch.setattr(encode, "_job", lambda *_: "{}")
    with pytest.raises(PacklogError, match="MicroPython gave up"):
        encoded(tmp_path, a_csv(tmp_path, f"{NOON},{ROW}"))
    assert list((tmp_path / "out").iterdir()) == []


def test_cells_of_replay(tmp_path):
    """The extremes come from the cells: the lowest-numbered of equal ones, none that reads zero."""
    path = a_csv(
        tmp_path,
        f"{NOON},3.300 0.000 3.290 3.290 3.310 3.310",
        f"{NOON + 60},",
        f"{NOON + 120},3.300 x 3.280 3.290 3.310 nan",
        columns="time,cell_voltages",
    )
    house = encoded(tmp_path, path, Plan(name="house", every=True, gap_s=100))
    rows = csv_of(house)
    assert rows[0] == f"{NOON},,,,,3.290,3.310,3,5"
    assert rows[-1] == f"{NOON + 120},,,,,3.280,3.310,3,5"
    kept = cells.load([house])
    assert kept.cells[~kept.hole].tolist() == [
        [3300, 0, 3290, 3290, 3310, 3310],
        [3300, 0, 3280, 3290, 3310, 0],
    ]


def test_packs_of_more_than_16_cells(tmp_path):
    rows = (f"{NOON},53,1,20,50,3.1,3.2,17,24", f"{NOON + 2},53,1,20,50,3.1,3.2,24,1")
    path = a_csv(tmp_path, *rows)
    house = encoded(tmp_path, path)
    assert [row.split(",")[-2:] for row in csv_of(house)] == [["17", "24"], ["24", "1"]]
    assert records.read(house / "pack/00000001.seg")[0].layout == 2


def test_readings_a_minute_apart_are_no_silence(tmp_path):
    rows = many(100, 60, current=lambda i: 30)
    house = encoded(tmp_path, a_csv(tmp_path, *rows, columns=COLUMNS + ",cell_voltages"))
    assert len(csv_of(house)) == 100  # no row for silence
    other = Plan(name="other", every=True, gap_s=15)
    alone = encoded(tmp_path, tmp_path / "readings.csv", other)
    assert len(csv_of(alone)) == 199


def frames_of(folder):
    """All records of the frames, without the segments' headers."""
    return np.concatenate([records.read(path)[1] for path in records.find([folder / "pack"])])


def test_full_segments_become_shards(tmp_path):
    rows = many(11000)
    house = encoded(tmp_path, a_csv(tmp_path, *rows, columns=COLUMNS + ",cell_voltages"))
    names = [path.name for path in sorted((house / "pack").iterdir())]
    assert names == ["00000001.shard", "00000002.shard", "00000003.seg"]
    assert len(csv_of(house)) == 11000


def test_what_is_written_does_not_depend_on_when(tmp_path, monkeypatch):
    """A board flushes every half minute. The files are the same."""
    rows = many(6000, current=lambda i: 5 * (i // 30 % 9))
    path = a_csv(tmp_path, *rows, columns=COLUMNS + ",cell_voltages")
    seldom = encoded(tmp_path, path)
    monkeypatch.setattr(plan, "_WINDOW_S", 30)
    monkeypatch.setattr(plan, "_CAPACITY", 128)
    often = encoded(tmp_path, path, Plan(name="often", every=True))
    assert frames_of(often).tobytes() == frames_of(seldom).tobytes()
    for series in set(segment.FOLDERS.values()) - {segment.FOLDERS[segment.DAYS]}:  # no day is over
        files = [sorted(p.name for p in (house / series).iterdir()) for house in (seldom, often)]
        assert files[0] == files[1]


def test_tolerances_follow_the_capacity(tmp_path):
    rows = many(2000, current=lambda i: 10 * (i // 50 % 2))
    path = a_csv(tmp_path, *rows, columns=COLUMNS + ",cell_voltages")
    small = len(csv_of(encoded(tmp_path, path, Plan(name="small", capacity_ah=50))))
    large = len(csv_of(encoded(tmp_path, path, Plan(name="large", capacity_ah=1000))))
    assert large < 20 < 40 <= small < 200


def test_charge_is_that_of_the_readings(tmp_path):
    chance = np.random.default_rng(5)
    amps = np.round(chance.normal(0, 30, 4000).cumsum() % 60 - 30, 1)
    rows = many(4000, current=lambda i: amps[i])
    path = a_csv(tmp_path, *rows, columns=COLUMNS + ",cell_voltages")
    house = encoded(tmp_path, path, Plan(name="house", capacity_ah=280))
    loaded = load_frames([house])
    assert not loaded.hole.any()
    said = (loaded.current[1:] * np.diff(loaded.uptime)).sum()
    assert said == pytest.approx(amps[1:].sum() * 2, abs=1.0)  # As


def test_a_budget_keeps_the_newest(tmp_path):
    chance = np.random.default_rng(5).normal(0, 30, 30000)
    rows = many(30000, current=lambda i: f"{chance[i]:.3f}", cells="")
    path = a_csv(tmp_path, *rows, columns=COLUMNS + ",cell_voltages")
    house = encoded(tmp_path, path, Plan(name="house", every=True, budget_kb=128))
    assert sum(p.stat().st_size for p in house.rglob("*.*")) <= 128 * 1024
    kept = csv_of(house)
    assert kept[-1].startswith(f"{NOON + 2 * 29999},")
    assert 1000 < len(kept) < 30000


def test_boot_and_anchor(tmp_path):
    house = encoded(tmp_path, a_csv(tmp_path, f"{NOON}.5,{ROW}"))
    (log,) = logs.load([house], segment.PACK, lambda rows, header: {}).logs
    assert log.columns["boot"].tolist() == [1]
    assert log.columns["time"].tolist() == [NOON + 1]  # to the nearest second


def test_on_the_command_line(tmp_path):
    path = a_csv(tmp_path, f"{NOON},{ROW}", f"{NOON + 2},{ROW.replace('10.000', 'nan')}")
    done = packlog_here("encode", path, "-o", tmp_path / "out", "--all", "--name", "house")
    assert done.returncode == 0, done.stderr
    assert "1 values of current count as not known: line 3 'nan'" in done.stderr
    assert f"2 frames of 2 readings are in {tmp_path}/out/house" in done.stderr
    assert done.stdout == ""
    again = packlog_here("encode", path, "-o", tmp_path / "out", "--name", "house")
    assert again.returncode == 1
    assert len(again.stderr.splitlines()) == 1


@pytest.mark.parametrize("numbers", [",1", "0,1", "99,1", "1,"])
def test_a_cell_number_that_is_not_known_is_unknown(tmp_path, numbers):
    rows = "".join(f"{1795000000 + i},53,5,20,50,3.3,3.31,{numbers}\n" for i in range(5))
    header = "time,voltage,current,temperature,soc,min_cell_voltage,max_cell_voltage,"
    source = tmp_path / "in.csv"
    source.write_text(header + "min_voltage_cell,max_voltage_cell\n" + rows)
    encode.encode(source, tmp_path / "out", Plan())
    assert list((tmp_path / "out").rglob("*.seg"))


def test_no_time_is_invented_for_a_reading_a_day(tmp_path):
    times = [1795000000 + 86400 * i for i in range(20)]
    source = tmp_path / "in.csv"
    source.write_text("time,current\n" + "".join(f"{t},10\n" for t in times))
    encode.encode(source, tmp_path / "out", Plan())
    frames = load_frames([tmp_path / "out"])
    assert set(frames.time[~frames.hole].tolist()) <= set(times)
