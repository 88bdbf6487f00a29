"""packlog export into real databases: every row once, whatever happens meanwhile."""

import random
import sqlite3
import struct
import threading
import zlib
from datetime import datetime

import pytest
import sqlalchemy
from host_tools.export.targets import cursors
from host_tools.ground.errors import PacklogError, UsageError
from host_tools.history.info import collect
from host_tools.sync.export import Wanted, export
from tests.helpers import export_history, long_history, servers
from tests.helpers.export_history import HOUR_S, SECRET_CRC, header
from tests.helpers.exporting import PASSWORD, killed
from tests.helpers.segment_bytes import NOON

from store import segment

KINDS = ("sqlite", "postgresql", "mariadb")
TABLES = ("frames", "cells", "events", "hours", "days")


@pytest.fixture(scope="session")
def postgresql():
    with servers.postgresql() as where:
        yield f"postgresql://packlog@{where}"


@pytest.fixture(scope="session")
def mariadb():
    with servers.mariadb() as where:
        yield f"mariadb://packlog@{where}"


class Base:
    """An empty database: its address, and what is in it."""

    def __init__(self, address, engine):
        self.address = address
        self._engine = engine

    def ask(self, query):
        with self._engine.begin() as connection:
            return [tuple(row) for row in connection.execute(sqlalchemy.text(query))]

    def number(self, query):
        return self.ask(query)[0][0]

    def do(self, statement):
        with self._engine.begin() as connection:
            connection.execute(sqlalchemy.text(statement))

    def sums(self):
        """As export_history has them, each by a query of the database's."""
        found = export_history.Sums(
            self.number("SELECT count(*) FROM packlog_frames"),
            self.number("SELECT sum(charge) FROM packlog_frames"),
            self.number("SELECT count(*) FROM packlog_hours"),
            self.number("SELECT sum(charge_in) FROM packlog_hours"),
            self.number("SELECT sum(energy_out) FROM packlog_hours"),
            self.number("SELECT count(*) FROM packlog_days"),
        )
        return found


@pytest.fixture(params=KINDS)
def base(request, tmp_path, monkeypatch):
    yield from made(request.param, request, tmp_path, monkeypatch)


@pytest.fixture
def sqlite(request, tmp_path, monkeypatch):
    yield from made("sqlite", request, tmp_path, monkeypatch)


def made(kind, request, tmp_path, monkeypatch, where=None):
    if kind == "sqlite":
        address = f"sqlite:///{tmp_path}/house.db"
        engine = sqlalchemy.create_engine(address)
    else:
        address = f"{where or request.getfixturevalue(kind)}/house"
        driver = {"postgresql": "postgresql+psycopg", "mariadb": "mariadb+pymysql"}[kind]
        where = address.replace(kind, driver, 1).replace("packlog@", f"packlog:{PASSWORD}@")
        engine = sqlalchemy.create_engine(where)
        monkeypatch.setenv("PACKLOG_TARGET_PASSWORD", PASSWORD)
        metadata = sqlalchemy.MetaData()
        metadata.reflect(engine)
        metadata.drop_all(engine)
    yield Base(address, engine)
    engine.dispose()


@pytest.fixture
def history(tmp_path):
    return export_history.write(tmp_path / "history")


def test_all_series_of_all_packs_and_their_sums(base, history):
    export_history.write(history, "van")
    export([history], base.address)
    wanted = export_history.sums(history)
    assert wanted.frames == 600 and wanted.hours == 10 and wanted.days == 2
    assert vars(base.sums()) == pytest.approx(vars(wanted))
    assert base.number("SELECT count(*) FROM packlog_cells WHERE pack = 'van'") == 20
    rows = base.ask(
        "SELECT time, seconds, voltage, current, min_cell_voltage, max_voltage_cell, boot, uptime "
        "FROM packlog_frames WHERE pack = 'house' ORDER BY time LIMIT 2"
    )
    assert [as_texts(row) for row in rows] == [
        ("2026-06-01 12:00:00", 0, 52.8125, -9.5, 3.318, 12, 1, 0),
        ("2026-06-01 12:01:00", 60, 52.8125, -8.5, 3.318, 12, 1, 60),
    ]
    row = base.ask("SELECT cell_1, cell_2, cell_3 FROM packlog_cells ORDER BY time LIMIT 3")[2]
    assert row == (3.301, 3.305, None)
    (day,) = base.ask("SELECT day, cycles, soc_max_at FROM packlog_days WHERE pack = 'house'")
    assert as_texts(day) == ("2026-06-01", 0.123, 810)
    assert base.number("SELECT count(*) FROM packlog_events") == 12


def as_texts(row):
    """Times as SQLite has them."""
    return tuple(
        each.strftime("%Y-%m-%d %H:%M:%S")
        if isinstance(each, datetime)
        else str(each)
        if hasattr(each, "year")
        else each
        for each in row
    )


def test_mysql_s_own_loader_where_the_address_asks_for_it(mariadb, history, monkeypatch):
    base = next(generator := made("mariadb", None, None, monkeypatch, mariadb))
    export([history], f"{base.address}?local_infile=1")
    assert vars(base.sums()) == pytest.approx(vars(export_history.sums(history)))
    row = base.ask("SELECT details, b FROM packlog_events WHERE event = 'value'")[0]
    assert row == ("mcu_id a1b2c3d4", 0xA1B2C3D4)
    assert base.ask("SELECT cell_1, cell_3 FROM packlog_cells ORDER BY time")[1] == (3.301, None)
    generator.close()


def test_again_sends_nothing_and_more_sends_only_that(base, history):
    export([history], base.address)
    before = base.sums()
    assert export([history], base.address) == 0
    more = header(segment.PACK, "house", 3, 7200, utc=NOON + 10 * HOUR_S, sequence=4)
    export_history.put(history, "house", segment.PACK, more + export_history.frames(0, 5), first=4)
    assert export([history], base.address) == 5
    assert base.sums().frames == before.frames + 5
    assert vars(base.sums()) == pytest.approx(vars(export_history.sums(history)))


def test_a_pack_of_more_cells_gets_its_columns(base, history):
    export([history], base.address)
    export_history.write(history, "van")
    cells = header(segment.CELLS, "van", utc=NOON)
    cells = cells[:7] + bytes((4,)) + cells[8:48]  # four of them
    volts = struct.pack("<5H", 0, 3300, 3301, 3302, 3303).ljust(13, b"\0")
    checked = cells + struct.pack("<I", zlib.crc32(cells))
    (history / "van/cells/00000001.seg").write_bytes(checked + volts)
    export([history], base.address)
    query = "SELECT cell_1, cell_4 FROM packlog_cells WHERE pack = '{}' ORDER BY time LIMIT 1"
    assert base.ask(query.format("van")) == [(3.3, 3.303)]
    assert base.ask(query.format("house")) == [(3.3, None)]


def test_an_hour_that_goes_on_is_one_row(base, history):
    export_history.write_periods(history, last_s=1200)
    export([history], base.address)
    export_history.write_periods(history)
    assert export([history], base.address, Wanted(series=("hours",))) == 5
    assert base.number("SELECT count(*) FROM packlog_hours") == 5
    assert base.number("SELECT sum(seconds) FROM packlog_hours") == 5 * HOUR_S


def test_a_file_that_comes_late_fills_in_what_is_missing(base, history):
    late = history / "house/pack/00000001.seg"
    data = late.read_bytes()
    late.write_bytes(data[: 52 + 13 * 120])  # a pull that was interrupted
    last = header(segment.PACK, "house", 1, 11000, utc=NOON + 11000, sequence=1)
    export_history.put(
        history, "house", segment.PACK, last + export_history.frames(1000, 3), first=7
    )
    export([history], base.address)
    assert base.number("SELECT count(*) FROM packlog_frames WHERE boot = 1") == 123
    late.write_bytes(data)
    export([history], base.address)
    assert base.number("SELECT count(*) FROM packlog_frames WHERE boot = 1") == 203
    assert export([history], base.address) == 0


def test_rows_without_a_date_wait_for_one(base, history, capsys):
    export([history], base.address)
    assert "20 rows without a date yet" in capsys.readouterr().err
    assert base.number("SELECT count(*) FROM packlog_frames WHERE boot = 2") == 0
    dated = header(segment.PACK, "house", 2, utc=NOON + 6 * HOUR_S, sequence=2)
    (history / "house/pack/00000002.seg").write_bytes(dated + export_history.frames(0, 20))
    assert export([history], base.address) == 20
    assert base.number("SELECT count(*) FROM packlog_frames WHERE boot = 2") == 20


def test_cursors_that_somebody_has_deleted(base, history):
    export([history], base.address)
    before = base.sums()
    base.do("DELETE FROM packlog_cursors")
    export([history], base.address)
    assert base.sums() == before


def test_two_exports_at_once(base, history, monkeypatch):
    monkeypatch.setattr(cursors, "ROWS", 20)
    failed = []

    def run():
        try:
            export([history], base.address)
        except PacklogError as error:  # locked for too long is one line, never a row twice
            failed.append(str(error))

    export([history], base.address, Wanted(series=("days",)))  # tables and cursors are there
    both = [threading.Thread(target=run) for _ in range(2)]
    for each in both:
        each.start()
    for each in both:
        each.join()
    export([history], base.address)
    assert vars(base.sums()) == pytest.approx(vars(export_history.sums(history)))
    assert all("try" in line or "later" in line for line in failed)


def test_killed_at_random_moments_every_row_is_there_once(base, tmp_path):
    kill_and_compare(base, tmp_path, times=3, days=20)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(5))
def test_killed_often(base, tmp_path, seed):
    print(kill_and_compare(base, tmp_path, times=40, days=365, seed=seed), "kills at work")


def kill_and_compare(base, tmp_path, times, days, seed=1):
    chance = random.Random(seed)
    long_history.write(tmp_path / "history", NOON, days)
    history = tmp_path / "history"
    at_work = sum(
        killed(history, base.address, chance, chance.randrange(1, 4)) for _ in range(times)
    )
    assert at_work >= times // 2
    done = base.number("SELECT count(*) FROM packlog_frames")
    assert 0 < done < days * long_history.FRAMES_A_DAY  # killed in the middle
    export([history], base.address)
    assert vars(base.sums()) == pytest.approx(vars(export_history.sums(history)))
    assert base.sums().frames == days * long_history.FRAMES_A_DAY
    same = "SELECT count(*) FROM (SELECT DISTINCT boot, uptime FROM packlog_frames) AS each_once"
    assert base.number(same) == days * long_history.FRAMES_A_DAY
    return at_work


def test_the_checksum_of_a_whole_config_is_not_sent(sqlite, history):
    export([history], sqlite.address)
    assert sqlite.ask("SELECT b, details FROM packlog_events WHERE event = 'config'") == [
        (0, "config.json is noted")
    ]
    assert str(SECRET_CRC) not in str(sqlite.ask("SELECT * FROM packlog_events"))


def test_some_series_only(sqlite, history):
    export([history], sqlite.address, Wanted(series=("hours", "days")))
    found = sqlite.ask("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
    assert [name for (name,) in found] == ["packlog_cursors", "packlog_days", "packlog_hours"]
    with pytest.raises(UsageError, match="no series 'volts': there are frames, cells, events"):
        export([history], sqlite.address, Wanted(series=("volts",)))


def test_damage_is_named_and_the_rest_is_sent(sqlite, history, capsys):
    with (history / "house/pack/00000003.seg").open("ab") as file:
        file.write(b"torn")
    with pytest.raises(PacklogError, match="1 damaged file"):
        export([history], sqlite.address)
    assert "00000003.seg: cut off after 100 records" in capsys.readouterr().err
    assert sqlite.number("SELECT count(*) FROM packlog_frames") == 300


def test_a_table_of_another_program_is_left_alone(sqlite, history):
    sqlite.do("CREATE TABLE packlog_frames (pack TEXT, volts REAL)")
    with pytest.raises(PacklogError, match="packlog_frames has no column time: is it another"):
        export([history], sqlite.address)
    assert sqlite.number("SELECT count(*) FROM packlog_frames") == 0


def test_a_database_that_another_program_holds(sqlite, history, tmp_path, monkeypatch):
    from host_tools.export.targets import sql

    export([history], sqlite.address, Wanted(series=("days",)))
    monkeypatch.setattr(sql, "LOCKED_S", 0.05)
    other = sqlite3.connect(tmp_path / "house.db", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(PacklogError, match="database is locked: another program is writing"):
        export([history], sqlite.address)
    other.close()
    assert export([history], sqlite.address) > 0


def test_a_full_disk(sqlite, history):
    sqlite.do("PRAGMA user_version = 1")
    export([history], sqlite.address, Wanted(series=("days",)))

    def small(connection, _):
        connection.execute("PRAGMA max_page_count = 14")

    sqlalchemy.event.listen(sqlalchemy.engine.Engine, "connect", small)
    try:
        with pytest.raises(PacklogError, match="database or disk is full: free some space there"):
            export([history], sqlite.address)
    finally:
        sqlalchemy.event.remove(sqlalchemy.engine.Engine, "connect", small)
    export([history], sqlite.address)
    assert vars(sqlite.sums()) == pytest.approx(vars(export_history.sums(history)))


@pytest.mark.parametrize(
    ("address", "line"),
    [
        ("sqlite:////nonesuch/x.db", "unable to open database file: the folder does not exist"),
        ("sqlite:///README.md", "file is not a database: that file is not SQLite's"),
        ("postgresql://me@127.0.0.1:9/x", "refused"),
        ("mysql://me@127.0.0.1:9/x", "does the server run there"),
        ("oracle://me@127.0.0.1:9/x", "oracle"),
        ("nonesuch://me@127.0.0.1:9/x", "SQLAlchemy has no dialect nonesuch"),
    ],
)
def test_what_is_wrong_with_an_address_is_one_line(address, line, history):
    with pytest.raises(PacklogError) as error:
        export([history], address)
    assert line in str(error.value) and "\n" not in str(error.value)


@pytest.mark.parametrize("kind", ["postgresql", "mariadb"])
def test_a_server_that_refuses(kind, request, history, monkeypatch):
    where = request.getfixturevalue(kind)
    for address, password, line in (
        (f"{where}/house", "wrong", "check the user, and the password in PACKLOG_TARGET_PASS"),
        (f"{where}/house", "", "check the user, and the password"),
        (f"{where}/nonesuch", PASSWORD, "nonesuch"),
    ):
        monkeypatch.setenv("PACKLOG_TARGET_PASSWORD", password)
        with pytest.raises(PacklogError) as error:
            export([history], address)
        assert line in str(error.value) and PASSWORD not in str(error.value)


def test_timescale_divides_the_tables_by_time(postgresql, request, tmp_path, monkeypatch, history):
    """Where its functions are, which a stand-in has here: no package of Debian has TimescaleDB."""
    base = next(generator := made("postgresql", request, tmp_path, monkeypatch))
    base.do("CREATE TABLE asked (name text, by_column text)")
    base.do(
        "CREATE FUNCTION create_hypertable(name regclass, by_column name) RETURNS void AS "
        "$$ INSERT INTO asked VALUES (name::text, by_column::text) $$ LANGUAGE sql"
    )
    export([history], base.address)
    found = base.ask("SELECT * FROM asked ORDER BY name")
    base.do("DROP FUNCTION create_hypertable")
    base.do("DROP TABLE asked")
    assert found == [(f"packlog_{name}", "time") for name in ("cells", "events", "frames", "hours")]
    generator.close()


def test_the_helper_s_sums_are_those_of_info(history):
    packs, _ = collect([history])
    assert export_history.sums(history).frames == packs[0].frames - packs[0].undated_frames
