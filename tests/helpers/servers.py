"""Real servers of time series and of SQL, started by tests on free ports of loopback, and ended.

Their data lie in a folder of the test's. PostgreSQL refuses to run as root: it gets another user.
"""

import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.request
from pathlib import Path

from tests.helpers.debian import needed

START_S = 60


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


@contextlib.contextmanager
def postgresql():
    """(host:port) of a server whose user is packlog, with a database house; its password is
    secret.
    """
    initdb = needed("initdb", "postgresql")
    server = needed("postgres", "postgresql")
    with _folder("postgres") as (folder, user):
        data = folder / "data"
        secret = folder / "secret"
        secret.write_text("secret")
        os.chmod(secret, 0o644)
        how = ["-U", "packlog", "-A", "scram-sha-256", "--pwfile", secret, "--no-sync"]
        _run([initdb, "-D", data, "-E", "UTF8", "--locale=C", *how], user)
        port = free_port()
        options = ["-h", "127.0.0.1", "-p", str(port), "-k", folder, "-F"]
        with _running([server, "-D", data, *options], folder, user):
            _until_open(port)
            _make_database(port)
            yield f"127.0.0.1:{port}"


def _make_database(port: int) -> None:
    import psycopg

    last = None
    for _ in range(START_S * 10):
        try:
            where = f"host=127.0.0.1 port={port} user=packlog password=secret dbname=postgres"
            with psycopg.connect(where, autocommit=True) as connection:
                connection.execute("CREATE DATABASE house")
            return
        except psycopg.OperationalError as error:  # it is starting up
            last = error
            time.sleep(0.1)
    raise AssertionError(f"PostgreSQL does not start: {last}")


@contextlib.contextmanager
def mariadb():
    """The same of a MariaDB."""
    install = needed("mariadb-install-db", "mariadb-server")
    server = needed("mariadbd", "mariadb-server")
    with _folder("mysql") as (folder, user):
        data = folder / "data"
        mine = ["--no-defaults", f"--datadir={data}", *([f"--user={user}"] if user else [])]
        quick = ["--skip-test-db", "--auth-root-authentication-method=normal"]
        _run([install, *mine, *quick], None)
        port = free_port()
        sockets = [f"--socket={folder}/s", f"--port={port}", "--bind-address=127.0.0.1"]
        quick = ["--skip-log-bin", "--innodb-flush-log-at-trx-commit=0", "--skip-name-resolve"]
        with _running([server, *mine, *sockets, *quick], folder, None):
            _until_open(port)
            _make_user(port)
            yield f"127.0.0.1:{port}"


def _make_user(port: int) -> None:
    import pymysql

    connection = pymysql.connect(host="127.0.0.1", port=port, user="root", autocommit=True)
    with connection, connection.cursor() as cursor:
        cursor.execute("CREATE DATABASE house CHARACTER SET utf8mb4")
        cursor.execute("CREATE USER packlog IDENTIFIED BY 'secret'")
        cursor.execute("GRANT ALL ON house.* TO packlog")


@contextlib.contextmanager
def influx():
    """host:port of an InfluxDB 1 with a database house; the user packlog's password is secret."""
    server = needed("influxd", "influxdb")
    with _folder(None) as (folder, _):
        port = free_port()
        config = folder / "influxdb.conf"
        config.write_text(
            f'reporting-disabled = true\nbind-address = "127.0.0.1:{free_port()}"\n'
            f'[meta]\ndir = "{folder}/meta"\n[data]\ndir = "{folder}/data"\n'
            f'wal-dir = "{folder}/wal"\n[monitor]\nstore-enabled = false\n[http]\n'
            f'bind-address = "127.0.0.1:{port}"\nauth-enabled = true\nlog-enabled = false\n'
        )
        with _running([server, "-config", config], folder, None):
            _until_open(port)
            where = f"http://127.0.0.1:{port}/query?u=packlog&p=secret&q="
            for query in (
                "CREATE%20USER%20packlog%20WITH%20PASSWORD%20'secret'%20WITH%20ALL%20PRIVILEGES",
                "CREATE%20DATABASE%20house",
            ):
                urllib.request.urlopen(urllib.request.Request(where + query, b"")).read()
            yield f"127.0.0.1:{port}"


@contextlib.contextmanager
def victoria():
    """host:port of a VictoriaMetrics that keeps everything."""
    server = needed("victoria-metrics", "victoria-metrics")
    with _folder(None) as (folder, _):
        port = free_port()
        keeps = ["-retentionPeriod=100y", "-search.latencyOffset=0s"]
        where = [f"-storageDataPath={folder}/data", f"-httpListenAddr=127.0.0.1:{port}"]
        with _running([server, *where, *keeps], folder, None):
            _until_open(port)
            yield f"127.0.0.1:{port}"


@contextlib.contextmanager
def _folder(user: str | None):
    """(an empty folder of that user's, the user if it is another one)."""
    other = user if user and os.geteuid() == 0 else None
    folder = Path(tempfile.mkdtemp(prefix="packlog-server-"))
    try:
        if other:
            account = pwd.getpwnam(other)
            os.chown(folder, account.pw_uid, account.pw_gid)
        yield folder, other
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _as(user: str | None, words: list) -> list[str]:
    words = list(map(str, words))
    return (
        ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups", *words]
        if user
        else (words)
    )


def _run(words: list, user: str | None) -> None:
    done = subprocess.run(_as(user, words), cwd="/", capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@contextlib.contextmanager
def _running(words: list, folder: Path, user: str | None):
    log = folder / "log"
    with log.open("wb") as said:
        process = subprocess.Popen(_as(user, words), cwd="/", stdout=said, stderr=said)
    try:
        yield
        assert process.poll() is None, log.read_text(errors="replace")[-3000:]
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()


def _until_open(port: int) -> None:
    end = time.monotonic() + START_S
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            assert time.monotonic() < end, "the server does not answer"
            time.sleep(0.05)
