"""Databases by SQLAlchemy: SQLite, PostgreSQL (with TimescaleDB, if it is there), MySQL, MariaDB,
any other that has a dialect.

Rows and cursors are written in one transaction: a row is there once, whenever an export is killed.
A cursor is set only if it still is what it was, so two exports at once do not write the same rows.
"""

import importlib.util
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from host_tools.export.targets import sql_bulk, sql_errors, texts
from host_tools.export.targets.address import Address, without_file
from host_tools.export.targets.cursors import Batch, Cursor
from host_tools.export.targets.rows import (
    BIG,
    DATE,
    INTEGER,
    NOW,
    REAL,
    SMALL,
    TEXT,
    TIME,
    Column,
    Table,
)
from host_tools.export.targets.targets import How, Moved
from host_tools.ground.errors import PacklogError, UsageError

SCHEMES = ("sqlite", "postgresql", "mysql", "mariadb")
PREFIX = "packlog_"  # of the tables that are packlog's own
CURSORS = f"{PREFIX}cursors"
_DRIVERS = {
    "postgresql": ("postgresql+psycopg", "psycopg"),
    "postgres": ("postgresql+psycopg", "psycopg"),
    "mysql": ("mysql+pymysql", "pymysql"),
    "mariadb": ("mariadb+pymysql", "pymysql"),
    "sqlite": ("sqlite", "sqlite3"),
}
_PACK = Column("pack", TEXT, 16)
LOCKED_S = 30  # for how long SQLite waits for another program's transaction


def open_target(address: Address, how: How) -> "Database":
    """Connects. Raises UsageError, PacklogError."""
    for name in ("sqlalchemy", _DRIVERS.get(address.scheme, ("", "sqlalchemy"))[1]):
        if importlib.util.find_spec(name) is None:
            raise PacklogError(
                f"{address.text} needs {name}: pip install 'packlog[sql]' in packlog's environment"
            )
    from sqlalchemy import exc

    try:
        return Database(address, _engine(address, address.secret() if address.host else None))
    except exc.NoSuchModuleError:
        raise UsageError(f"{address.text}: SQLAlchemy has no dialect {address.scheme}") from None
    except ModuleNotFoundError as error:
        raise PacklogError(
            f"{address.text} needs {error.name}: pip install {error.name} in packlog's environment"
        ) from None


def _engine(address: Address, password: str | None):
    import sqlalchemy

    try:
        url = sqlalchemy.make_url(without_file(address.text))
    except sqlalchemy.exc.ArgumentError:
        raise UsageError(
            f"{address.text} is not like sqlite:///house.db or postgresql://me@localhost/house"
        ) from None
    if url.drivername in _DRIVERS:
        url = url.set(drivername=_DRIVERS[url.drivername][0])
    if password and address.scheme != "sqlite":
        url = url.set(password=password)
    options = {"connect_args": {"timeout": LOCKED_S}} if address.scheme == "sqlite" else {}
    engine = sqlalchemy.create_engine(url, **options)
    if address.scheme == "sqlite":
        _begin_at_once(engine)
    return engine


def _begin_at_once(engine) -> None:
    """sqlite3 begins a transaction when it first writes: begin with the first statement."""
    from sqlalchemy import event

    @event.listens_for(engine, "connect")
    def _connect(connection, _):
        connection.isolation_level = None

    @event.listens_for(engine, "begin")
    def _begin(connection):
        connection.exec_driver_sql("BEGIN IMMEDIATE")


class Database:
    """A target that keeps its own cursors."""

    SERIES = None
    ONE = False

    def __init__(self, address: Address, engine):
        import sqlalchemy

        self._address = address
        self._engine = engine
        self.dialect = engine.dialect.name
        self._cursors = self._made(
            sqlalchemy.Table(
                CURSORS,
                sqlalchemy.MetaData(),
                *(
                    sqlalchemy.Column(name, sqlalchemy.String(64), primary_key=True)
                    for name in ("name", "pack", "part")
                ),
                sqlalchemy.Column("position", sqlalchemy.BigInteger, nullable=False),
                sqlalchemy.Column("digest", sqlalchemy.BigInteger, nullable=False),
            )
        )
        self._tables = {}

    def __enter__(self) -> "Database":
        return self

    def __exit__(self, *error) -> None:
        self._engine.dispose()

    def cursors(self, table: Table) -> dict[str, Cursor]:
        kept = self._cursors.c
        with self._begun() as connection:
            rows = connection.execute(
                self._cursors.select().where(kept.name == table.name, kept.pack == table.pack)
            )
            return {row.part: Cursor(row.position, row.digest) for row in rows}

    def write(self, batch: Batch) -> None:
        shape = batch.rows.name, batch.rows.columns
        if shape not in self._tables:
            self._tables[shape] = self._made(self._describe(batch.rows))
        table = self._tables[shape]
        with self._begun() as connection:
            self._move(connection, batch)
            rows = batch.rows
            if rows.replaced:
                self._clear(connection, table, rows)
            elif batch.again or not batch.cursors.keys() <= batch.before.keys():
                rows = self._lacking(connection, table, rows)
            if len(rows):
                sql_bulk.insert(connection, table, rows)

    @contextmanager
    def _begun(self) -> Iterator:
        """A transaction; whatever goes wrong in it is one line."""
        from sqlalchemy import exc

        try:
            with self._engine.begin() as connection:
                yield connection
        except (exc.DBAPIError, self._engine.dialect.loaded_dbapi.Error) as error:
            raise sql_errors.in_words(self._address.text, error) from None

    def _made(self, table):
        """The table, created if it is not there. PacklogError if it is another program's."""
        import sqlalchemy

        for attempt in range(2):
            with self._begun() as connection:
                look = sqlalchemy.inspect(connection)
                if look.has_table(table.name):
                    there = {each["name"].lower() for each in look.get_columns(table.name)}
                    self._complete(connection, table, there)
                    return table
            try:
                with self._begun() as connection:
                    table.create(connection)
                    _make_hypertable(connection, table)
            except PacklogError:  # another export may have made it just now
                if attempt:
                    raise
        return table

    def _complete(self, connection, table, there: set[str]) -> None:
        """Add columns to a table of packlog's own, as for a pack of more cells."""
        from sqlalchemy.schema import CreateColumn

        is_own = table.name.startswith(PREFIX) and {c.name for c in table.primary_key} <= there
        for column in table.columns:
            if column.name in there:
                continue
            if is_own and column.nullable:
                said = CreateColumn(column).compile(dialect=self._engine.dialect)
                connection.exec_driver_sql(f"ALTER TABLE {table.name} ADD COLUMN {said}")
            else:
                raise PacklogError(
                    f"{self._address.text}: its table {table.name} has no column {column.name}: is "
                    "it another program's? Rename it, or name another database"
                )

    def _describe(self, rows: Table):
        import sqlalchemy

        columns = [*([_PACK] if rows.has_pack else []), *rows.columns]
        key = [*([_PACK.name] if rows.has_pack else []), *rows.key]
        made = [
            sqlalchemy.Column(
                each.name,
                _sql_type(each, self._engine.dialect.name),
                primary_key=each.name in key,
                nullable=each.name not in key,
                autoincrement=False,
                server_default=sqlalchemy.func.now() if each.kind == NOW else None,
            )
            for each in sorted(columns, key=lambda c: key.index(c.name) if c.name in key else 99)
        ]
        return sqlalchemy.Table(rows.name, sqlalchemy.MetaData(), *made, sqlite_with_rowid=False)

    def _move(self, connection, batch: Batch) -> None:
        """Set the cursors, first of all: that locks them. Raises Moved."""
        from sqlalchemy import exc

        name, pack = batch.rows.name, batch.rows.pack
        table = self._cursors
        for part, cursor in batch.cursors.items():
            values = {"position": cursor.position, "digest": cursor.digest}
            before = batch.before.get(part)
            if before is None:
                key = {"name": name, "pack": pack, "part": part}
                try:
                    connection.execute(table.insert().values(**key, **values))
                except exc.IntegrityError:
                    raise Moved from None
                continue
            same = (table.c.name == name) & (table.c.pack == pack) & (table.c.part == part)
            same &= table.c.position == before.position
            same &= table.c.digest == before.digest
            done = connection.execute(table.update().where(same).values(**values))
            if before != cursor and done.rowcount != 1:
                raise Moved

    def _clear(self, connection, table, rows: Table) -> None:
        """Delete what the rows stand for now: all of the time from the first to the last."""
        which = _between(rows, table.c[rows.key[0]])
        connection.execute(table.delete().where((table.c.pack == rows.pack) & which))

    def _lacking(self, connection, table, rows: Table) -> Table:
        """Those of the rows that are not in the table."""
        import sqlalchemy

        which = _between(rows, table.c[rows.key[0]])
        if rows.has_pack:
            which &= table.c.pack == rows.pack
        keys = [table.c[name] for name in rows.key]
        found = connection.execute(sqlalchemy.select(*keys).where(which))
        there = {tuple(sql_bulk.plain(each) for each in row) for row in found}
        if not there:
            return rows
        mine = zip(*(texts.objects(rows, name) for name in rows.key), strict=True)
        return rows.taken(np.array([each not in there for each in mine], bool))


def _between(rows: Table, column):
    """From the lowest to the highest value of that column in the rows, as the database has it."""
    order = np.argsort(rows.values[column.name], kind="stable")[[0, -1]]
    ends = texts.objects(rows.taken(order), column.name)
    is_text = column.type.python_type is str  # times in SQLite
    return column.between(*(each if is_text else sql_bulk.moment(each) for each in ends))


def _sql_type(column: Column, dialect: str):
    import sqlalchemy

    if column.decimals:
        return sqlalchemy.Numeric(*column.decimals)
    if column.kind in (TIME, NOW):
        if dialect == "sqlite":
            return sqlalchemy.String(19)
        return sqlalchemy.DateTime(timezone=True)
    if column.kind == DATE:
        return sqlalchemy.String(10) if dialect == "sqlite" else sqlalchemy.Date()
    if column.kind == TEXT:
        return sqlalchemy.String(column.size)
    numbers = {
        REAL: sqlalchemy.Double,
        SMALL: sqlalchemy.SmallInteger,
        INTEGER: sqlalchemy.Integer,
        BIG: sqlalchemy.BigInteger,
    }
    return numbers[column.kind]()


def _make_hypertable(connection, table) -> None:
    """Where TimescaleDB is in the database, its tables are divided by time."""
    if connection.dialect.name != "postgresql" or "time" not in table.primary_key.columns:
        return
    import sqlalchemy

    there = sqlalchemy.text("SELECT to_regproc('create_hypertable') IS NOT NULL")
    if connection.execute(there).scalar():
        make = sqlalchemy.text("SELECT create_hypertable(:name, 'time')")
        connection.execute(make, {"name": table.name})
