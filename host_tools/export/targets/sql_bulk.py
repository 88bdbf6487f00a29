"""Many rows into a database, each by its own quick way: COPY of PostgreSQL, long INSERTs of MySQL
and MariaDB, executemany of SQLite; any other by SQLAlchemy.

MySQL's LOAD DATA LOCAL is twice as quick, but only used where the address asks for it
(?local_infile=1): with it on, a server can ask the client for any file.
"""

import tempfile
from collections.abc import Callable, Iterator
from datetime import date, datetime, timezone
from pathlib import Path

from host_tools.export.targets import texts
from host_tools.export.targets.rows import Table

_AN_INSERT = 10_000  # rows: some 1.5 MB, far below the usual max_allowed_packet of 16 MB


def insert(connection, table, rows: Table) -> None:
    """Add rows that are not there yet, in the transaction that is open."""
    _WAYS.get(connection.dialect.name, _insert_any)(connection, table, rows)


def plain(value):
    """A key's value as a database gives it, as texts.objects() has it."""
    if isinstance(value, datetime):
        if value.tzinfo:
            value = value.astimezone(timezone.utc).replace(tzinfo=None)
        return str(value)
    if isinstance(value, date):
        return str(value)
    return value


def moment(text):
    """A time or a date as SQLAlchemy takes it; anything else as it is."""
    if not isinstance(text, str):
        return text
    if len(text) == 10:
        return date.fromisoformat(text)
    return datetime.fromisoformat(text).replace(tzinfo=timezone.utc)


def _names(rows: Table) -> list[str]:
    return [*(["pack"] if rows.has_pack else []), *(column.name for column in rows.filled)]


def _lines(rows: Table, unknown: str, quoted: Callable[[str], str], between: str) -> Iterator[str]:
    """The texts of all rows. quoted: of texts; times and dates are texts, too."""
    found = [[quoted(rows.pack)] * len(rows)] if rows.has_pack else []
    for column in rows.filled:
        found.append(texts.column(rows, column.name, unknown, quoted).tolist())
    return map(between.join, zip(*found, strict=True))


def _escaped(text: str) -> str:
    """As COPY and LOAD DATA have it."""
    return text.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n")


def _copy(connection, table, rows: Table) -> None:
    name = connection.dialect.identifier_preparer.format_table(table)
    columns = ", ".join(f'"{each}"' for each in _names(rows))

    with connection.connection.cursor() as cursor:
        cursor.execute("SET LOCAL TIME ZONE 'UTC'")
        with cursor.copy(f"COPY {name} ({columns}) FROM STDIN") as copy:
            copy.write("\n".join(_lines(rows, "\\N", _escaped, "\t")) + "\n")


def _insert_long(connection, table, rows: Table) -> None:
    if connection.engine.url.query.get("local_infile") == "1":
        _load(connection, table, rows)
        return
    raw = connection.connection.driver_connection
    columns = ", ".join(f"`{each}`" for each in _names(rows))
    head = f"INSERT INTO `{table.name}` ({columns}) VALUES\n("
    lines = list(_lines(rows, "NULL", raw.escape, ","))
    with raw.cursor() as cursor:
        for first in range(0, len(lines), _AN_INSERT):
            cursor.execute(head + "),\n(".join(lines[first : first + _AN_INSERT]) + ")")


def _load(connection, table, rows: Table) -> None:
    """By a temporary file that only this user can read."""
    columns = ", ".join(f"`{each}`" for each in _names(rows))
    with tempfile.TemporaryDirectory(prefix="packlog-") as folder:
        path = Path(folder, "rows")
        path.write_text("\n".join(_lines(rows, "\\N", _escaped, "\t")) + "\n", encoding="utf8")
        statement = f"LOAD DATA LOCAL INFILE %s INTO TABLE `{table.name}` ({columns})"
        with connection.connection.driver_connection.cursor() as cursor:
            cursor.execute(statement, (str(path),))


def _insert_many(connection, table, rows: Table) -> None:
    names = _names(rows)
    marks = ",".join("?" * len(names))
    columns = ", ".join(f'"{each}"' for each in names)
    values = [texts.objects(rows, column.name) for column in rows.filled]
    if rows.has_pack:
        values.insert(0, [rows.pack] * len(rows))
    statement = f'INSERT INTO "{table.name}" ({columns}) VALUES ({marks})'
    connection.connection.driver_connection.executemany(statement, zip(*values, strict=True))


def _insert_any(connection, table, rows: Table) -> None:
    values = [[moment(each) for each in texts.objects(rows, c.name)] for c in rows.filled]
    if rows.has_pack:
        values.insert(0, [rows.pack] * len(rows))
    names = _names(rows)
    found = [dict(zip(names, row, strict=True)) for row in zip(*values, strict=True)]
    connection.execute(table.insert(), found)


_WAYS = {
    "postgresql": _copy,
    "mysql": _insert_long,
    "mariadb": _insert_long,
    "sqlite": _insert_many,
}
