"""How fast a year of a household goes to each target, beside the target's own bulk loader, which
gets the same rows ready-made, into the same tables, in the same run.

python tests/bench/export.py               a year, 300 frames a day
python tests/bench/export.py --days 30     less
python tests/bench/export.py --json        figures for a program

Seconds are the best of three attempts each, one after the other; packlog's are from the files of
the history on, in a process that has its libraries.
"""

import argparse
import contextlib
import io
import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[2])

import host_tools.ground.firmware  # noqa: F401 - the firmware on sys.path
import sqlalchemy
from host_tools.sync.export import Wanted, export
from tests.helpers import long_history, servers
from tests.helpers.debian import needed

ATTEMPTS = 3
FRAMES_A_DAY = 300  # of the household, with the defaults of the store
BEGIN = 1735689600  # 2025-01-01
FRAMES = Wanted(series=("frames",))
TABLE = "packlog_frames"
A_REQUEST = 5000  # lines


class Rows:
    """The history, and its frames as each loader wants them."""

    def __init__(self, folder, days):
        where = folder / "history"
        self.history = long_history.write(where, BEGIN, days, frames_a_day=FRAMES_A_DAY).parent
        self.count = days * FRAMES_A_DAY
        base = folder / "made.db"
        self.send(f"sqlite:///{base}")
        engine = sqlalchemy.create_engine(f"sqlite:///{base}")
        with engine.begin() as connection:
            rows = connection.execute(sqlalchemy.text(f"SELECT * FROM {TABLE}")).fetchall()
            self.create = connection.execute(
                sqlalchemy.text(f"SELECT sql FROM sqlite_master WHERE name = '{TABLE}'")
            ).scalar()
        engine.dispose()
        self.csv = folder / "frames.csv"
        self.csv.write_text(
            "".join(",".join("" if v is None else str(v) for v in row) + "\n" for row in rows)
        )
        self.lines = folder / "frames.lp"
        self.send(str(self.lines))

    def send(self, target):
        """packlog's export."""
        for kept in self.history.glob(".packlog-sent-*"):
            kept.unlink()
        with contextlib.redirect_stderr(io.StringIO()):
            assert export([self.history], target, FRAMES) == self.count


def best(act, before):
    """The shortest of several attempts, s. before: makes the target empty."""
    found = []
    for _ in range(ATTEMPTS):
        before()
        begun = time.perf_counter()
        act()
        found.append(time.perf_counter() - begun)
    return min(found)


def compared(rows, target, load, clear, make):
    """clear: makes the target empty; make: puts the empty table there that load() needs."""
    own = best(lambda: rows.send(target), clear)

    def prepared():
        clear()
        make()

    theirs = best(load, prepared)
    return {
        "rows": rows.count,
        "rows_per_s": round(rows.count / own),
        "loader_rows_per_s": round(rows.count / theirs),
        "ratio": round(own / theirs, 2),
    }


def run(words, text=None):
    done = subprocess.run(
        list(map(str, words)), input=text, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def of_sqlite(rows, folder):
    """.import of its command line."""
    program, base = needed("sqlite3", "sqlite3"), folder / "x.db"
    return compared(
        rows,
        f"sqlite:///{base}",
        lambda: run([program, base], f".import --csv {rows.csv} {TABLE}\n"),
        lambda: base.unlink(missing_ok=True),
        lambda: run([program, base, rows.create]),
    )


def of_postgresql(rows, folder):
    """COPY by psql."""
    program = needed("psql", "postgresql-client")
    with servers.postgresql() as where:
        host, _, port = where.partition(":")
        address = f"postgresql://packlog:secret@{host}:{port}/house"

        def do(statement):
            run([program, address, "-q", "-v", "ON_ERROR_STOP=1", "-c", statement])

        target = f"postgresql://packlog@{where}/house"
        rows.send(target)
        do(f"CREATE TABLE empty (LIKE {TABLE} INCLUDING ALL)")
        return compared(
            rows,
            target,
            lambda: do(f"\\copy {TABLE} FROM '{rows.csv}' CSV"),
            lambda: do(f"DROP TABLE IF EXISTS {TABLE}, packlog_cursors"),
            lambda: do(f"CREATE TABLE {TABLE} (LIKE empty INCLUDING ALL)"),
        )


def of_mariadb(rows, folder):
    """LOAD DATA LOCAL INFILE by its client."""
    program = needed("mariadb", "mariadb-client")
    with servers.mariadb() as where:
        host, _, port = where.partition(":")
        words = [program, "--no-defaults", "-h", host, "-P", port, "-u", "packlog", "-psecret"]
        words += ["--local-infile=1", "house", "-e"]

        def do(statement):
            run([*words, statement])

        target = f"mariadb://packlog@{where}/house?local_infile=1"
        rows.send(target)
        do(f"CREATE TABLE empty LIKE {TABLE}")
        return compared(
            rows,
            target,
            lambda: do(
                f"LOAD DATA LOCAL INFILE '{rows.csv}' INTO TABLE {TABLE} FIELDS TERMINATED BY ','"
            ),
            lambda: do(f"DROP TABLE IF EXISTS {TABLE}, packlog_cursors"),
            lambda: do(f"CREATE TABLE {TABLE} LIKE empty"),
        )


def post(url, rows):
    """Ready-made lines, as many in a request as InfluxDB's documents advise."""
    lines = rows.lines.read_bytes().splitlines(keepends=True)
    for first in range(0, len(lines), A_REQUEST):
        body = b"".join(lines[first : first + A_REQUEST])
        urllib.request.urlopen(urllib.request.Request(url, body)).read()


def of_influx(rows, folder):
    """POSTs of ready-made lines."""
    with servers.influx() as where:
        url = f"http://{where}/{{}}?u=packlog&p=secret&db=house"

        def clear():
            for verb in ("DROP", "CREATE"):
                said = f"{url.format('query')}&q={verb}%20DATABASE%20house"
                urllib.request.urlopen(urllib.request.Request(said, b"")).read()

        return compared(
            rows,
            f"influx://packlog@{where}/house",
            lambda: post(url.format("write"), rows),
            clear,
            lambda: None,
        )


def of_victoria(rows, folder):
    """POSTs of ready-made lines."""
    with servers.victoria() as where:
        drop = f"http://{where}/api/v1/admin/tsdb/delete_series?match[]={{__name__!=%22%22}}"
        return compared(
            rows,
            f"victoria://{where}",
            lambda: post(f"http://{where}/write", rows),
            lambda: urllib.request.urlopen(drop).read(),
            lambda: None,
        )


def of_parquet(rows, folder):
    """DuckDB's COPY of a CSV."""
    import duckdb

    out = folder / "x.parquet"
    return compared(
        rows,
        str(out),
        lambda: duckdb.sql(
            f"COPY (SELECT * FROM read_csv('{rows.csv}')) TO '{out}' (FORMAT parquet, "
            "COMPRESSION zstd)"
        ),
        lambda: out.unlink(missing_ok=True),
        lambda: None,
    )


TARGETS = {
    "SQLite": of_sqlite,
    "PostgreSQL": of_postgresql,
    "MariaDB": of_mariadb,
    "InfluxDB 1": of_influx,
    "VictoriaMetrics": of_victoria,
    "Parquet": of_parquet,
}


def measured(days, wanted):
    os.environ["PACKLOG_TARGET_PASSWORD"] = "secret"
    found = {}
    with tempfile.TemporaryDirectory(prefix="packlog-bench-") as folder:
        rows = Rows(Path(folder), days)
        for name in wanted:
            found[name] = TARGETS[name](rows, Path(folder))
    return found


def table(found):
    yield "| target | rows/s | its own loader | rows/s | packlog takes |"
    yield "|---|---|---|---|---|"
    for name, row in found.items():
        loader = TARGETS[name].__doc__.rstrip(".")
        yield (
            f"| {name} | {row['rows_per_s']:,} | {loader} | {row['loader_rows_per_s']:,} | "
            f"{row['ratio']:.2f} times as long |"
        )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=", ".join(TARGETS))
    asked = parser.parse_args()
    found = measured(asked.days, asked.targets or TARGETS)
    print(json.dumps(found) if asked.json else "\n".join(table(found)))


if __name__ == "__main__":
    main()
