"""The tables of other programs: battery_pack of the BlueNova listener, rrd_upload of
chargery2PERL.
"""

import sqlite3

import pytest
from host_tools.export.schemas import battery_pack, rrd_upload, schemas
from host_tools.ground.errors import PacklogError, UsageError
from host_tools.sync.export import Wanted, export
from tests.helpers import export_history
from tests.helpers.export_history import header
from tests.helpers.segment_bytes import NOON

from store import segment

# In the order of the listener's CREATE TABLE
BATTERY_PACK = (
    "insert_time_utc mcu_id n_units unit_rank cell_count "
    + " ".join(f"cell_{n:02}_v" for n in range(1, 17))
    + " "
    + " ".join(f"cell_{n:02}_t" for n in range(1, 17))
    + " v_pack i_pack temp v_cell_min v_cell_max soc health errors system_state breaker "
    "charge_state energy_in energy_out adc_vp adc_0 adc_1 adc_2 adc_3 adc_4 bad_crc parse_fail "
    "bad_vcell"
).split()


@pytest.fixture
def history(tmp_path):
    return export_history.write(tmp_path / "history")


@pytest.fixture
def base(tmp_path):
    connection = sqlite3.connect(tmp_path / "other.db", isolation_level=None)
    yield connection
    connection.close()


@pytest.fixture
def address(tmp_path):
    return f"sqlite:///{tmp_path}/other.db"


def test_battery_pack_has_the_59_columns_in_their_order():
    assert [column.name for column in battery_pack.COLUMNS] == BATTERY_PACK
    assert len(BATTERY_PACK) == 59


def test_battery_pack_has_a_row_an_interval(history, address, base):
    wanted = Wanted("battery_pack")
    # 199 min of boot 1 at every 10 s; in boot 3 no MCU_ID is known
    assert export([history], address, wanted) == 199 * 6
    row = base.execute(
        "SELECT insert_time_utc, mcu_id, v_pack, i_pack, temp, v_cell_min, soc, health, cell_01_v, "
        "cell_03_v, cell_04_v, energy_in, errors FROM battery_pack WHERE insert_time_utc = "
        "'2026-06-01 12:01:10'"
    ).fetchone()
    v_pack, i_pack = 52.812, -7.5  # of the frame from 12:01 to 12:02
    assert row[:8] == (
        "2026-06-01 12:01:10", 0xA1B2C3D4, v_pack, i_pack, 24, 3.318, 91, None,
    )  # fmt: skip
    assert row[8] == pytest.approx(3.3, abs=0.001) and row[10] is None
    assert row[11:] == (1234.567, None)
    assert export([history], address, wanted) == 0
    assert base.execute("SELECT count(*) FROM battery_pack").fetchone() == (1194,)
    found = base.execute("SELECT DISTINCT mcu_id FROM battery_pack").fetchall()
    assert found == [(0xA1B2C3D4,)]


def test_rows_that_are_there_stay(history, address, base):
    wanted = Wanted("battery_pack", every="1min")
    export([history], address, wanted)
    base.execute("UPDATE battery_pack SET v_pack = 1")
    base.execute("DELETE FROM packlog_cursors")
    export([history], address, wanted)
    assert base.execute("SELECT DISTINCT v_pack FROM battery_pack").fetchall() == [(1.0,)]


def test_a_pack_of_another_bms_has_its_log_for_an_mcu_id(history, address, base):
    (history / "house/events/00000001.seg").unlink()
    export([history], address, Wanted("battery_pack", every="1h"))
    assert base.execute("SELECT DISTINCT mcu_id FROM battery_pack").fetchall() == [(7,)]


def test_rrd_upload_fills_three_tables(history, address, base):
    wanted = Wanted("rrd_upload")
    export([history], address, wanted)
    assert base.execute(
        "SELECT curr, mode, vend_c, soc, temp1, temp2 FROM rrd_upload_pack57 "
        "WHERE time = '2026-06-01 12:05:00'"
    ).fetchone() == (-1.5, 0, None, 91, 23.5, None)  # of the frames -3.5 to 0.5 A
    row = base.execute("SELECT * FROM rrd_upload_pack56 ORDER BY time LIMIT 1").fetchone()
    assert row[0] == "2026-06-01 12:00:00" and row[2:] == (52.8125, None, None)
    assert row[1] is not None  # update_time is the database's own
    u01, u02, u22 = base.execute(
        "SELECT u01, u02, u22 FROM rrd_upload_cells WHERE time = '2026-06-01 12:10:00'"
    ).fetchone()
    assert u01 == pytest.approx(3.301, abs=0.002) and u02 == 3.305 and u22 is None
    assert export([history], address, wanted) == 0
    names = [row[1] for row in base.execute("PRAGMA table_info(rrd_upload_cells)")]
    assert names == ["time", "update_time", *(f"u{n:02}" for n in range(1, 23))]


def test_a_value_is_known_if_half_of_its_time_is_and_in_the_range(tmp_path, address, base):
    pack = segment.PACK
    short = header(pack, "house", utc=NOON) + export_history.frames(0, 3)  # 2 of 5 min
    wild = header(pack, "house", 2, utc=NOON + 600, sequence=2)
    wild += b"".join(export_history.a_frame(i * 60, volts=90) for i in range(12))
    export_history.put(tmp_path, "house", pack, short, wild)
    export([tmp_path / "house"], address, Wanted("rrd_upload"))
    rows = base.execute("SELECT time, vtot FROM rrd_upload_pack56 ORDER BY time").fetchall()
    assert rows == [
        ("2026-06-01 12:00:00", None),
        ("2026-06-01 12:10:00", None),  # 90 V, where the database lets 80 V in
        ("2026-06-01 12:15:00", None),
    ]
    found = base.execute("SELECT curr FROM rrd_upload_pack57 ORDER BY time").fetchall()
    assert found == [(None,), (10,), (10,)]


def test_a_row_in_the_making_waits(tmp_path, address, base):
    head = header(segment.PACK, "house", utc=NOON)
    export_history.put(tmp_path, "house", segment.PACK, head + export_history.frames(0, 9))
    export([tmp_path / "house"], address, Wanted("rrd_upload"))
    count = "SELECT count(*) FROM rrd_upload_pack56"
    assert base.execute(count).fetchone() == (1,)  # 12:00 to 12:05; the next one is not over
    export_history.put(tmp_path, "house", segment.PACK, head + export_history.frames(0, 11))
    assert export([tmp_path / "house"], address, Wanted("rrd_upload")) == 2
    assert base.execute(count).fetchone() == (2,)


@pytest.mark.parametrize(
    ("wanted", "error", "line"),
    [
        (Wanted("toy"), UsageError, "no schema 'toy': there are packlog, battery_pack and rrd_u"),
        (Wanted("battery_pack", ("frames",)), UsageError, "--series goes with the schema packlog"),
        (Wanted(every="5min"), UsageError, "--every goes with --schema battery_pack or rrd_up"),
        (Wanted("battery_pack", every="5s"), UsageError, "--every 5s: from 10s to hours"),
        (Wanted("rrd_upload", every="1d"), UsageError, "--every 1d: from 1s to hours"),
    ],
)
def test_what_does_not_go_together(wanted, error, line, history, address):
    with pytest.raises(error, match=line):
        export([history], address, wanted)


def test_other_schemas_are_for_databases(history, tmp_path):
    for schema in schemas.names()[1:]:
        with pytest.raises(UsageError, match=f"--schema {schema} is for databases"):
            export([history], str(tmp_path / "out.lp"), Wanted(schema))


def test_tables_without_a_pack_s_name_take_one_pack(history, address):
    export_history.write(history, "van")
    with pytest.raises(PacklogError, match=r"more than one pack \(house, van\): name one's folder"):
        export([history], address, Wanted("rrd_upload"))
    assert export([history / "van"], address, Wanted("rrd_upload")) > 50


def test_modes_are_numbered_as_a_chargery_does():
    import numpy as np

    assert rrd_upload._mode(np.array([1.0, -1.0, 0.0])).tolist() == [1, 0, 2]
