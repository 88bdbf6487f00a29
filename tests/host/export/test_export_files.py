"""packlog export to files: Parquet as DuckDB reads it, a folder of it that is killed in the middle,
compressed CSV.
"""

import csv
import gzip
import random
import sys

import duckdb
import pytest
from host_tools.ground.errors import PacklogError, UsageError
from host_tools.sync.export import Wanted, export
from tests.helpers import export_history, long_history
from tests.helpers.export_history import HOUR_S, header
from tests.helpers.exporting import killed
from tests.helpers.segment_bytes import NOON

from store import segment


@pytest.fixture
def history(tmp_path):
    folder = export_history.write(tmp_path / "history")
    return export_history.write(folder, "van")


def ask(query):
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    return connection.execute(query).fetchall()


def of_lake(lake, what, series):
    """As one table, by pack and month."""
    where = f"read_parquet('{lake}/{series}/**/*.parquet', hive_partitioning = true)"
    return ask(f"SELECT {what} FROM {where}")


def sums(lake):
    (frames,) = of_lake(lake, "count(*), sum(charge)", "frames")
    (hours,) = of_lake(lake, "count(*), sum(charge_in), sum(energy_out)", "hours")
    ((days,),) = of_lake(lake, "count(*)", "days")
    return export_history.Sums(*frames, *hours, days)


def test_a_parquet_file_has_every_row_and_the_sums(history, tmp_path):
    out = tmp_path / "out.parquet"
    wanted = export_history.sums(history)
    assert export([history], str(out)) == 600
    assert ask(f"SELECT count(*), sum(current * seconds) / 3600 FROM '{out}'")[0] == pytest.approx(
        (wanted.frames, wanted.net_ah)
    )
    row = f"SELECT pack, time::VARCHAR, voltage, max_voltage_cell FROM '{out}' ORDER BY pack, time"
    assert ask(row)[0] == ("house", "2026-06-01 12:00:00+00", 52.8125, 12)
    export([history], str(out), Wanted(series=("cells",)))
    assert ask(f"SELECT cell_1, cell_3 FROM '{out}' ORDER BY time, pack")[2] == (3.301, None)
    with pytest.raises(UsageError, match="takes one series: name it with --series"):
        export([history], str(out), Wanted(series=("cells", "frames")))


def test_a_folder_is_one_table_by_pack_and_month(history, tmp_path):
    lake = tmp_path / "lake"
    export([history], f"{lake}/")
    assert vars(sums(lake)) == pytest.approx(vars(export_history.sums(history)))
    assert of_lake(lake, "DISTINCT pack, month", "frames").sort() is None
    found = sorted(of_lake(lake, "DISTINCT pack, month", "frames"))
    assert found == [("house", "2026-06"), ("van", "2026-06")]
    assert of_lake(lake, "day::VARCHAR, soc_max_at", "days")[0] == ("2026-06-01", 810)
    assert len(of_lake(lake, "event", "events")) == 12
    assert export([history], f"{lake}/") == 0


def test_a_folder_gets_what_is_new_and_what_comes_late(history, tmp_path):
    lake = tmp_path / "lake"
    late = history / "house/pack/00000001.seg"
    data = late.read_bytes()
    late.write_bytes(data[: 52 + 13 * 50])
    last = header(segment.PACK, "house", 1, 11000, utc=NOON + 11000, sequence=1)
    more = last + export_history.frames(1000, 3)
    export_history.put(history, "house", segment.PACK, more, first=7)
    export_history.write_periods(history, last_s=1200)
    export([history], f"{lake}/")
    late.write_bytes(data)
    export_history.write_periods(history)
    export([history], f"{lake}/")
    assert vars(sums(lake)) == pytest.approx(vars(export_history.sums(history)))
    ((seconds,),) = of_lake(lake, "sum(seconds)", "hours")
    assert seconds == 10 * HOUR_S
    assert export([history], f"{lake}/") == 0


def test_a_folder_whose_export_is_killed(tmp_path):
    long_history.write(tmp_path / "history", NOON, 60)  # of three months
    chance, lake = random.Random(3), tmp_path / "lake"
    assert sum(killed(tmp_path / "history", f"{lake}/", chance, 3 + 8 * n) for n in range(3)) >= 2
    assert 0 < of_lake(lake, "count(*)", "frames")[0][0] < 9000
    export([tmp_path / "history"], f"{lake}/")
    assert vars(sums(lake)) == pytest.approx(vars(export_history.sums(tmp_path / "history")))
    assert sums(lake).frames == 9000


def test_a_damaged_file_in_the_folder(history, tmp_path):
    lake = tmp_path / "lake"
    export([history], f"{lake}/")
    (path,) = lake.glob("days/pack=van/*/*.parquet")
    path.write_bytes(b"PAR1")
    with pytest.raises(PacklogError, match="is damaged, or not packlog's: delete it, then"):
        export([history], f"{lake}/")
    path.unlink()
    export([history], f"{lake}/")
    assert vars(sums(lake)) == pytest.approx(vars(export_history.sums(history)))


def test_a_compressed_csv(history, tmp_path):
    out = tmp_path / "out.csv.gz"
    export([history], str(out))
    with gzip.open(out, "rt", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 600
    first = {name: rows[1][name] for name in ("pack", "time", "seconds", "current", "soc")}
    assert first == {
        "pack": "house",
        "time": "2026-06-01T12:01:00Z",
        "seconds": "60",
        "current": "-8.5",
        "soc": "91.0",
    }
    total = sum(float(row["charge"]) for row in rows)
    assert total == pytest.approx(export_history.sums(history).net_ah)
    before = out.read_bytes()
    export([history], str(out))
    assert out.read_bytes() == before  # the same history makes the same file
    export([history], str(out), Wanted(series=("days",)))
    with gzip.open(out, "rt", newline="") as file:
        assert [row["day"] for row in csv.DictReader(file)] == ["2026-06-01"] * 2


def test_an_export_that_fails_leaves_the_file_as_it_was(history, tmp_path):
    out = tmp_path / "out.lp"
    out.write_text("as it was")
    (history / "house/pack/00000001.seg").write_bytes(b"PKLG")
    with pytest.raises(UsageError):
        export([history], str(out), Wanted(series=("volts",)))
    assert out.read_text() == "as it was"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["history", "out.lp"]


@pytest.mark.parametrize("target", ["out.xml", "nonesuch"])
def test_a_file_of_a_kind_that_there_is_not(target, history):
    with pytest.raises(UsageError, match=r"is no target: a file \(.csv.gz, .lp, .parquet\), a f"):
        export([history], target)


@pytest.mark.parametrize(
    ("module", "target", "line"),
    [
        ("pyarrow", "out.parquet", "needs pyarrow: pip install 'packlog[parquet]'"),
        ("sqlalchemy", "sqlite:///x.db", "needs sqlalchemy: pip install 'packlog[sql]'"),
        ("psycopg", "postgresql://me@host/x", "needs psycopg: pip install 'packlog[sql]'"),
        ("websockets", "homeassistant://h", "needs websockets: pip install 'packlog[homeass"),
    ],
)
def test_a_library_that_is_not_installed_is_named(module, target, line, history, monkeypatch):
    import importlib.util

    real = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, *a: None if name == module else real(name, *a)
    )
    monkeypatch.setenv("PACKLOG_TARGET_PASSWORD", "secret")
    with pytest.raises(PacklogError) as error:
        export([history], target)
    assert line in str(error.value)


def test_what_is_not_needed_is_not_loaded():
    """--help, and an export to lines, load none of the heavy libraries."""
    import subprocess

    program = (
        "import sys\n"
        "from host_tools.sync import export, sync, check\n"
        "from host_tools.export.targets import lp, influx, sql, parquet_folder, homeassistant\n"
        "print([m for m in ('sqlalchemy', 'pyarrow', 'websockets', 'psycopg', 'pymysql')"
        " if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout == "[]\n", done.stdout + done.stderr
