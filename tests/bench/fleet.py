"""Many boards in one store: rows a second in, bytes a row, and how long usual questions take.

python tests/bench/fleet.py [--json] [--boards 20] [--days 365] [--only STORE ...]

Each board has the same year of a household (a reading a minute, through the board's own sampler and
store) under a name of its own, with frames, cells, events, hours and days. The stores are Debian's
and PyPI's, on this computer, with their defaults but for what tests/helpers/servers.py says.
"""

import argparse
import contextlib
import dataclasses
import json
import os
import sys
import tempfile
import time
import urllib.parse
import urllib.request
from pathlib import Path

if __name__ == "__main__":
    # This folder on the path would hide the firmware's package store.
    sys.path[0] = str(Path(__file__).resolve().parents[2])

import host_tools.ground.firmware  # noqa: F401 - the firmware on sys.path
from host_tools.export.schemas import packlog
from host_tools.export.targets import cursors, targets
from host_tools.history import records
from rich.console import Console
from rich.table import Table
from tests.helpers import long_readings, servers

QUESTIONS = (
    "newest of all",
    "a pack's day",
    "a pack's year by hours",
    "all packs' energy by month",
)
PACK = "board-003"
REPEATED = 3  # the median counts


class Sql:
    """A database that SQLAlchemy knows. {day}: a UTC moment a day before the end of the history."""

    def __init__(self, url: str, size: str, month: str, before: str = ""):
        import sqlalchemy

        self.target = url
        self._engine = sqlalchemy.create_engine(self._with_driver(url))
        self._text = sqlalchemy.text
        self._size, self._month, self._before = size, month, before

    @staticmethod
    def _with_driver(url: str) -> str:
        url = url.replace("postgresql://packlog", "postgresql+psycopg://packlog:secret")
        return url.replace("mysql://packlog", "mysql+pymysql://packlog:secret")

    def size(self) -> int:
        if self._before:
            self._ask(self._before)
        return int(self._ask(self._size)[0][0])

    def questions(self, day: str):
        month = self._month
        yield "SELECT pack, max(time) FROM packlog_frames GROUP BY pack"
        yield (
            "SELECT time, voltage, current, soc FROM packlog_frames "
            f"WHERE pack = '{PACK}' AND time >= '{day}' ORDER BY time"
        )
        yield f"SELECT time, current, soc FROM packlog_hours WHERE pack = '{PACK}' ORDER BY time"
        yield (
            f"SELECT pack, {month} AS month, sum(energy_in), sum(energy_out) FROM packlog_days "
            f"GROUP BY pack, {month}"
        )

    def ask(self, question: str) -> int:
        return len(self._ask(question))

    def _ask(self, question: str) -> list:
        with self._engine.connect() as connection:
            return connection.execute(self._text(question)).fetchall()


class Victoria:
    def __init__(self, where: str):
        self.target = f"victoria://{where}"
        self._url = f"http://{where}"

    def size(self) -> int:
        urllib.request.urlopen(f"{self._url}/internal/force_flush").read()
        with urllib.request.urlopen(f"{self._url}/metrics") as answer:
            lines = answer.read().decode().splitlines()
        return sum(float(x.rsplit(" ", 1)[1]) for x in lines if x.startswith("vm_data_size_bytes"))

    def questions(self, day: str):
        end = _unix(day) + 86400
        yield "query", {"query": "tlast_over_time(packlog_frames_voltage[30d])", "time": end}
        names = f'{{__name__=~"packlog_frames_(voltage|current|soc)", pack="{PACK}"}}[1d]'
        yield "query", {"query": names, "time": end}
        of_hours = f'{{__name__=~"packlog_hours_(current|soc)", pack="{PACK}"}}[1y]'
        yield "query", {"query": of_hours, "time": end}
        sums = "sum_over_time({__name__=~'packlog_days_energy_.*'}[30d]) keep_metric_names"
        yield "query_range", {"query": sums, "start": end - 330 * 86400, "end": end, "step": "30d"}

    def ask(self, question: tuple[str, dict]) -> int:
        kind, values = question
        data = urllib.parse.urlencode(values).encode()
        with urllib.request.urlopen(f"{self._url}/api/v1/{kind}", data) as answer:
            found = json.load(answer)["data"]["result"]
        return sum(len(each.get("values", (1,))) for each in found)


class Parquet:
    """A folder that DuckDB reads as tables."""

    def __init__(self, folder: Path):
        import duckdb

        self.target = f"{folder}/"
        self._folder = folder
        self._duckdb = duckdb.connect()

    def size(self) -> int:
        return sum(path.stat().st_size for path in self._folder.rglob("*.parquet"))

    def questions(self, day: str):
        for question in Sql.questions(self, day):
            name = question.split(" FROM ")[1].split()[0]
            where = self._folder / name.removeprefix("packlog_")
            files = f"read_parquet('{where}/**/*.parquet', hive_partitioning = true)"
            yield question.replace(f"FROM {name}", f"FROM {files}")

    _month = "date_trunc('month', day)"

    def ask(self, question: str) -> int:
        return len(self._duckdb.execute(question).fetchall())


def _unix(day: str) -> int:
    from datetime import datetime, timezone

    return int(datetime.fromisoformat(day).replace(tzinfo=timezone.utc).timestamp())


@contextlib.contextmanager
def sqlite(folder: Path):
    path = folder / "fleet.db"
    yield Sql(
        f"sqlite:///{path}",
        "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size",
        "substr(day, 1, 7)",
    )


@contextlib.contextmanager
def postgresql(folder: Path):
    with servers.postgresql() as where:
        yield Sql(
            f"postgresql://packlog@{where}/house",
            "SELECT sum(pg_total_relation_size(oid)) FROM pg_class "
            "WHERE relname LIKE 'packlog%' AND relkind = 'r'",
            "date_trunc('month', day)",
        )


@contextlib.contextmanager
def mariadb(folder: Path):
    with servers.mariadb() as where:
        yield Sql(
            f"mysql://packlog@{where}/house",
            "SELECT sum(data_length + index_length) FROM information_schema.tables "
            "WHERE table_schema = 'house'",
            "date_format(day, '%Y-%m')",
            "ANALYZE TABLE packlog_frames, packlog_cells, packlog_hours, packlog_days",
        )


@contextlib.contextmanager
def victoria(folder: Path):
    with servers.victoria() as where:
        yield Victoria(where)


@contextlib.contextmanager
def parquet(folder: Path):
    (folder / "fleet").mkdir()
    yield Parquet(folder / "fleet")


STORES = {
    "SQLite": sqlite,
    "PostgreSQL": postgresql,
    "MariaDB": mariadb,
    "VictoriaMetrics": victoria,
    "Parquet, DuckDB": parquet,
}


def tables(folder: Path, days: int, end: int) -> list:
    """Those of one board, until a unix time."""
    pack = long_readings.store(folder, days, begin=end - days * 86400)
    files = records.find([pack])
    return list(packlog.tables(files, records.read, "board"))


def fill(store, made: list, boards: int, state: Path) -> tuple[int, float]:
    """(rows, seconds) of sending each board's tables."""
    rows, begin = 0, time.perf_counter()
    with targets.open_target(store.target, targets.How(state)) as target:
        for number in range(boards):
            for table in made:
                mine = dataclasses.replace(table, pack=f"board-{number:03}")
                if hasattr(target, "prepared"):
                    mine = target.prepared(mine)
                for batch in cursors.batches(mine, target.cursors(mine)):
                    target.write(batch)
                    rows += len(batch.rows)
    return rows, time.perf_counter() - begin


def asked(store, day: str) -> list[dict]:
    """Of each question how long it takes (ms, the median) and how many rows it gives."""
    found = []
    for question in store.questions(day):
        took = []
        for _ in range(REPEATED):
            begin = time.perf_counter()
            count = store.ask(question)
            took.append(1000 * (time.perf_counter() - begin))
        found.append({"ms": round(sorted(took)[REPEATED // 2], 1), "rows": count})
    return found


def measure(boards: int, days: int, only: list[str] | None = None) -> dict:
    """By store: rows, rows_per_s, bytes_per_row, and of each question ms and rows."""
    os.environ["PACKLOG_TARGET_PASSWORD"] = "secret"
    found = {}
    with tempfile.TemporaryDirectory(prefix="packlog-fleet-") as name:
        folder = Path(name)
        end = int(time.time())  # VictoriaMetrics takes nothing of a day after tomorrow
        made = tables(folder, days, end)
        day = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(end - 86400))
        for store_name, opened in STORES.items():
            if only and store_name not in only:
                continue
            state = folder / "state"
            state.mkdir(exist_ok=True)
            for path in state.iterdir():
                path.unlink()
            with opened(folder) as store:
                rows, seconds = fill(store, made, boards, state)
                found[store_name] = {
                    "rows": rows,
                    "rows_per_s": round(rows / seconds),
                    "bytes_per_row": round(store.size() / rows, 1),
                    "questions": asked(store, day),
                }
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--boards", type=int, default=20)
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--only", nargs="*", choices=STORES)
    options = parser.parse_args()
    found = measure(options.boards, options.days, options.only)
    if options.json:
        print(json.dumps(found, indent=2))
        return
    shown = Table(title=f"{options.boards} boards, {options.days} days each")
    for title in ("store", "rows", "rows/s in", "bytes a row", *(f"{q}, ms" for q in QUESTIONS)):
        shown.add_column(title, justify="right")
    for name, each in found.items():
        times = (f"{answer['ms']}" for answer in each["questions"])
        numbers = (f"{each[key]:,}" for key in ("rows", "rows_per_s", "bytes_per_row"))
        shown.add_row(name, *numbers, *times)
    Console(width=160).print(shown)


if __name__ == "__main__":
    main()
