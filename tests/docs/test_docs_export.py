"""docs/export.md: each of its examples, against a server of that kind, and what it says of them."""

import re
import sqlite3

import duckdb
import pytest
from host_tools.export.schemas import packlog, schemas
from host_tools.export.targets import targets
from host_tools.sync.export import Wanted, export
from tests.helpers import export_history, servers
from tests.helpers.documents import DOCS, blocks, cells_of
from tests.helpers.fake_server import serving
from tests.helpers.home_assistant_server import TOKEN, HomeAssistant, running
from tests.host.export.test_export_emoncms import KEY, Emoncms

TEXT = (DOCS / "export.md").read_text()
SYNC = (DOCS / "sync.md").read_text()
LINES = {"influx2": (204, ""), "questdb": (200, "{}")}
REAL = {
    "postgresql": servers.postgresql,
    "mysql": servers.mariadb,
    "influx": servers.influx,
    "victoria": servers.victoria,
}


def table(heading):
    part = TEXT.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    return [cells_of(line) for line in part.splitlines() if line.startswith("| ")][1:]


EXAMPLES = [found[1] for row in table("Targets") if (found := re.match("`([^`]+)`", row[1]))]


@pytest.fixture
def history(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return export_history.write(tmp_path / "history")


def at(example, where):
    """The example with another server in it."""
    return re.sub(r"(://(?:\w+@)?)[\w.]+(:\d+)?", rf"\g<1>{where}", example)


@pytest.mark.parametrize("example", EXAMPLES)
def test_each_example_works(example, history, monkeypatch):
    kind = example.partition(":")[0]
    monkeypatch.setenv("PACKLOG_TARGET_PASSWORD", "secret")
    if kind in REAL:
        with REAL[kind]() as where:
            assert export([history], at(example, where)) == 332
    elif kind in LINES:
        with serving(lambda request: LINES[kind]) as fake:
            assert export([history], at(example, fake.at)) == 332
    elif kind == "emoncms":
        monkeypatch.setenv("PACKLOG_TARGET_PASSWORD", KEY)
        with serving(Emoncms().answer) as fake:
            assert export([history], at(example, fake.at)) == 326
    elif kind == "homeassistant":
        monkeypatch.setenv("PACKLOG_TARGET_PASSWORD", TOKEN)
        with running(HomeAssistant()) as home:
            assert export([history], at(example, home.at)) == 5
    else:
        assert export([history], example) in (300, 332)


def test_every_target_has_an_example():
    modules = set()
    for example in EXAMPLES:
        if targets.is_file(example):
            modules.add(targets._of_file(example))
            continue
        scheme = example.partition("://")[0]
        modules |= {n for n, all_ in targets.declared("SCHEMES").items() if scheme in all_}
    known = {*targets.declared("SCHEMES"), *targets.declared("EXTENSION"), targets.FOLDER}
    assert modules == known and len(EXAMPLES) == 13


def test_the_queries_in_it(history):
    queries = [lines for language, lines in blocks(TEXT) if language == "sql"]
    assert len(queries) == 2
    export([history], "sqlite:///house.db")
    export([history], "lake/")
    wanted = export_history.sums(history).net_ah
    connection = sqlite3.connect("house.db")
    assert connection.execute(queries[0]).fetchone() == (pytest.approx(wanted),)
    connection.close()
    assert duckdb.sql(queries[1]).fetchall() == [("house", "2026-06", pytest.approx(wanted))]


def test_the_tables_have_the_columns_that_it_names(history):
    from host_tools.history import records

    files = records.find([history])
    made = {each.name: each for each in packlog.tables(files, records.read, "house")}
    rows = {row[0].strip("`"): re.findall(r"`(\w+)`", row[2]) for row in table("The tables")}
    assert set(rows) == {*made, "packlog_cursors"}
    where = {"log", "boot", "uptime"}
    for name in ("packlog_frames", "packlog_events"):
        assert set(rows[name]) | where == {column.name for column in made[name].columns}


@pytest.mark.parametrize("schema", schemas.names())
def test_every_schema_is_in_it(schema, history):
    assert schema == "packlog" or f"`--schema {schema}`" in TEXT
    assert export([history], "sqlite:///other.db", Wanted(schema)) > 50


def test_the_unit_of_systemd_is_one_that_systemd_takes(tmp_path):
    """Where systemd is: it says what is wrong with a unit."""
    import shutil
    import subprocess

    if not shutil.which("systemd-analyze"):
        pytest.skip("no systemd-analyze here")
    unit, _ = (lines for language, lines in blocks(SYNC) if language == "ini")
    unit = unit.replace("/usr/local/bin/packlog", "/bin/true").replace("User=packlog\n", "")
    (tmp_path / "packlog.service").write_text(unit)
    done = subprocess.run(
        ["systemd-analyze", "verify", tmp_path / "packlog.service"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert str(tmp_path) not in done.stderr and done.returncode == 0, done.stderr
