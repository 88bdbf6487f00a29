"""packlog sync: pull and export, once or again and again, with what fails said and made up for."""

import os
import signal
import socket
import subprocess
import sys

import pytest
from host_tools.board import pull
from host_tools.ground.errors import PacklogError, UsageError
from host_tools.sync import notify
from host_tools.sync import sync as syncing
from host_tools.sync.notify import Notify
from host_tools.sync.sync import Plan, check_names, name_of, one_round, sync
from tests.helpers import export_history
from tests.helpers.command_line import ROOT, packlog

BOARD, OTHER = "http://packlog.local", "http://shed.local:8080"


@pytest.fixture
def boards(monkeypatch):
    """Boards whose histories are pulled: {address: packs}; an error is raised."""
    there = {}

    def pulled(port, folder, say, join=False):
        found = there[port]
        if isinstance(found, Exception):
            raise found
        for name in found:
            export_history.write(folder, name)
        return len(found)

    monkeypatch.setattr(pull, "pull", pulled)
    monkeypatch.setattr(pull, "pull_all", lambda folder, say: pulled("all", folder / "one", say))
    return there


def count(path):
    import sqlite3

    connection = sqlite3.connect(path)
    found = connection.execute("SELECT pack, count(*) FROM packlog_frames GROUP BY pack").fetchall()
    connection.close()
    return dict(found)


def test_a_round_pulls_and_exports_to_each_target(boards, tmp_path):
    boards[BOARD] = ["house"]
    targets = (f"sqlite:///{tmp_path}/a.db", str(tmp_path / "out.lp"))
    sync(Plan((BOARD,), targets, tmp_path / "history"))
    assert count(tmp_path / "a.db") == {"house": 300}
    assert len((tmp_path / "out.lp").read_text().splitlines()) == 332
    assert (tmp_path / "history/house/pack").is_dir()


def test_several_boards_have_a_folder_each(boards, tmp_path):
    boards |= {BOARD: ["house"], OTHER: ["van"], "all": ["shed"]}
    plan = Plan((BOARD, OTHER), (f"sqlite:///{tmp_path}/a.db",), tmp_path / "history", True)
    sync(plan)
    assert sorted(path.name for path in (tmp_path / "history").iterdir()) == [
        "one", "packlog", "shed",
    ]  # fmt: skip
    assert count(tmp_path / "a.db") == {"house": 300, "van": 300, "shed": 300}


def test_what_fails_is_said_and_the_rest_is_done(boards, tmp_path, capsys):
    boards |= {BOARD: PacklogError("no board answers at packlog.local"), OTHER: ["van"]}
    targets = ("influx2://127.0.0.1:9/o/b?password_file=/nonesuch", f"sqlite:///{tmp_path}/a.db")
    plan = Plan((BOARD, OTHER), targets, tmp_path / "history")
    with pytest.raises(PacklogError, match=r"not done: http://packlog.local and influx2://.* \("):
        sync(plan)
    said = capsys.readouterr().err
    assert "http://packlog.local: no board answers at packlog.local\n" in said
    assert "password_file /nonesuch cannot be read: No such file" in said
    assert count(tmp_path / "a.db") == {"van": 300}
    # It is made up for by the next round
    boards[BOARD] = ["house"]
    assert one_round(plan, Notify()) == [targets[0]]
    assert count(tmp_path / "a.db") == {"van": 300, "house": 300}


def test_nothing_has_been_pulled_yet(boards, tmp_path, capsys):
    boards[BOARD] = PacklogError("off")
    with pytest.raises(PacklogError, match="not done"):
        sync(Plan((BOARD,), (f"sqlite:///{tmp_path}/a.db",), tmp_path / "history"))
    assert f"nothing has been pulled into {tmp_path}/history yet" in capsys.readouterr().err


def test_wrong_usage_ends_it_at_once(boards, tmp_path):
    boards[BOARD] = ["house"]
    with pytest.raises(UsageError, match="is no target"):
        sync(Plan((BOARD,), ("nonesuch",), tmp_path / "history"), every_s=60)


def test_again_and_again_until_it_is_ended(boards, tmp_path, monkeypatch):
    boards[BOARD] = ["house"]
    rounds, clock = [], [0.0]
    real = syncing.one_round
    monkeypatch.setattr(syncing, "one_round", lambda *a: rounds.append(clock[0]) or real(*a))
    monkeypatch.setattr(syncing, "monotonic", lambda: clock[0])

    def sleep(seconds):
        clock[0] += seconds
        if clock[0] > 130:
            raise KeyboardInterrupt

    monkeypatch.setattr(syncing, "sleep", sleep)
    sync(Plan((BOARD,), (f"sqlite:///{tmp_path}/a.db",), tmp_path / "history"), every_s=60)
    assert rounds == [0, 60, 120]


@pytest.mark.parametrize(
    ("board", "name"),
    [
        ("http://packlog-2.local", "packlog-2"),
        ("http://192.168.1.7:8080", "192.168.1.7"),
        ("http://[fe80::1]", "fe80--1"),
        ("/dev/ttyUSB0", "ttyUSB0"),
        ("COM3", "COM3"),
    ],
)
def test_the_folder_of_a_board(board, name):
    assert name_of(board) == name
    check_names([board, "http://other.local"])
    with pytest.raises(UsageError, match="two boards are called"):
        check_names([board, board])


# systemd


@pytest.fixture
def systemd(tmp_path, monkeypatch):
    """The socket to which a service tells how it is."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        sock.bind(str(tmp_path / "notify"))
        sock.setblocking(False)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        yield sock


def heard(sock):
    found = []
    while True:
        try:
            found.append(sock.recv(1000).decode())
        except BlockingIOError:
            return found


def test_it_is_ready_after_the_first_round_and_lives_on(systemd, boards, tmp_path, monkeypatch):
    boards[BOARD] = ["house"]
    monkeypatch.setenv("WATCHDOG_USEC", "40000000")
    clock, said = [1000.0], []
    for module in (syncing, notify):
        monkeypatch.setattr(module, "monotonic", lambda: clock[0])

    def sleep(seconds):
        clock[0] += seconds
        said.extend(heard(systemd))
        if clock[0] > 1100:
            raise KeyboardInterrupt

    monkeypatch.setattr(syncing, "sleep", sleep)
    sync(Plan((BOARD,), (f"sqlite:///{tmp_path}/a.db",), tmp_path / "history"), every_s=60)
    said += heard(systemd)
    assert said.count("READY=1") == 1 and "STATUS=all is sent" in said
    assert said.index("WATCHDOG=1") < said.index("READY=1")  # during the round, too
    assert 9 <= said.count("WATCHDOG=1") <= 11  # 100 s, every 10
    assert said[-1] == "STOPPING=1"


def test_a_supervisor_that_does_not_read_holds_up_nobody(systemd):
    for _ in range(1000):
        Notify().status("x" * 500)
    assert 0 < len(heard(systemd)) < 1000


def test_without_systemd_nothing_is_told(monkeypatch):
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    Notify().ready()
    monkeypatch.setenv("NOTIFY_SOCKET", "/nonesuch/socket")
    Notify().ready()  # a supervisor that has gone does no harm
    monkeypatch.setenv("WATCHDOG_USEC", "1")
    monkeypatch.setenv("WATCHDOG_PID", "1")  # of another process
    assert Notify()._every is None


def test_the_command_as_a_service(systemd, tmp_path):
    """As systemd runs it: READY comes, and SIGTERM ends it with 0."""
    program = (
        "import sys\n"
        "from host_tools.board import pull\n"
        "from tests.helpers import export_history\n"
        "pull.pull = lambda port, folder, say, join=False: export_history.write(folder) and 1\n"
        "from host_tools.cli.cli import main\n"
        "main()"
    )
    words = ["sync", BOARD, "--to", f"sqlite:///{tmp_path}/a.db", "--into", tmp_path / "history"]
    paths = os.pathsep.join((str(ROOT), str(ROOT / "firmware")))
    process = subprocess.Popen(
        [sys.executable, "-c", program, *map(str, words), "--every", "1h"],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": paths},
        stderr=subprocess.PIPE,
    )
    systemd.setblocking(True)
    systemd.settimeout(60)
    while systemd.recv(1000) != b"READY=1":
        pass
    process.send_signal(signal.SIGTERM)
    said = process.communicate(timeout=60)[1].decode()
    assert process.returncode == 0, said
    assert count(tmp_path / "a.db") == {"house": 300}


def test_the_command_wants_a_target():
    done = packlog("sync", BOARD)
    assert done.returncode == 2 and "--to" in done.stderr
