"""Targets by their addresses; and passwords, which no address, output or process list has."""

import os
import subprocess
import sys

import numpy as np
import pytest
from host_tools.export.targets import address, cursors, rows, targets, texts
from host_tools.export.targets.cursors import Cursor, batches
from host_tools.ground.errors import PacklogError, UsageError
from host_tools.sync.export import export
from tests.helpers import export_history
from tests.helpers.command_line import PACKLOG, ROOT
from tests.helpers.fake_server import serving

TOY = '''
"""A target that counts what it is given."""

EXTENSION = ".toy"


def open_target(path, how):
    return Toy(path)


class Toy:
    SERIES = ("frames",)
    ONE = False

    def __init__(self, path):
        self._path = path

    def cursors(self, table):
        return {}

    def write(self, batch):
        with self._path.open("a") as file:
            file.write(f"{batch.rows.pack} {len(batch.rows)}\\n")

    def __enter__(self):
        return self

    def __exit__(self, *error):
        pass
'''


def test_a_new_target_is_one_file(tmp_path, monkeypatch):
    module = type(targets)("host_tools.export.targets.toy")
    exec(TOY, module.__dict__)
    (tmp_path / "toy.py").write_text(TOY)
    for path in (ROOT / "host_tools/export/targets").glob("*.py"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    monkeypatch.setattr(targets, "__file__", str(tmp_path / "targets.py"))
    monkeypatch.setitem(sys.modules, "host_tools.export.targets.toy", module)
    history = export_history.write(tmp_path / "history")
    assert export([history], str(tmp_path / "out.toy")) == 300
    assert (tmp_path / "out.toy").read_text() == "house 300\n"


def test_what_targets_there_are():
    said = targets.known()
    for each in (".parquet", "DIR/", "influx2://", "sqlite://", "homeassistant://"):
        assert each in said


def test_the_parts_of_an_address():
    found = address.parse("influx2+https://me@[fe80::1]:99/a/b?node=3&password_file=/x")
    assert (found.scheme, found.secure, found.user, found.host) == (
        "influx2",
        True,
        "me",
        "fe80::1",
    )
    assert (found.port, found.path, found.options) == (99, "/a/b", {"node": "3"})
    assert found.file == "/x" and found.url == "https://[fe80::1]:99"
    with pytest.raises(UsageError, match="no option 'node', it takes rp, password_file"):
        found.only("rp")
    for wrong in ("influx://h:x/y", "influx://[::1/x"):
        with pytest.raises(UsageError, match="is not an address such as"):
            address.parse(wrong)


def test_a_password_in_the_address_is_refused_and_not_shown(capsys):
    with pytest.raises(UsageError) as error:
        address.parse("postgresql://me:hunter2@host/db")
    assert "hunter2" not in str(error.value) and "postgresql://me@host/db has a" in str(error.value)


def test_where_a_password_comes_from(tmp_path, monkeypatch):
    file = tmp_path / "secret"
    file.write_text("of the file\n")
    monkeypatch.setenv(address.PASSWORD, "of the environment")
    plain = address.parse("influx://me@host/db")
    filed = address.parse(f"influx://me@host/db?password_file={file}")
    assert plain.secret() == "of the environment" and filed.secret() == "of the file"
    assert address.without_file(filed.text) == plain.text
    monkeypatch.delenv(address.PASSWORD)
    assert plain.secret() is None
    with pytest.raises(PacklogError, match="asks for a token: put it in PACKLOG_TARGET_PASSWORD"):
        plain.asked("token")
    monkeypatch.setattr(address.sys.stdin, "isatty", lambda: True)
    monkeypatch.setattr(address.sys.stderr, "isatty", lambda: True)
    monkeypatch.setattr(address.asking, "secret", lambda question, default, take: question)
    assert plain.asked("token") == "token of host (not shown)"
    with pytest.raises(PacklogError, match="cannot be read: No such file"):
        address.parse("influx://me@host/db?password_file=/nonesuch").secret()


def test_no_process_list_and_no_output_has_the_password(tmp_path):
    """While an export runs: what everybody can see of it, and what it says, with --debug, too."""
    history = export_history.write(tmp_path / "history")
    seen = []

    def answer(request):
        for entry in os.listdir("/proc"):
            if entry.isdigit():
                try:
                    with open(f"/proc/{entry}/cmdline", "rb") as file:
                        seen.append(file.read())
                except OSError:
                    continue
        return 401, "no"

    if not os.path.isdir("/proc"):
        pytest.skip("no /proc here")
    with serving(answer) as fake:
        done = subprocess.run(
            [*PACKLOG, "export", history, f"influx2://{fake.at}/o/b", "--debug"],
            cwd=ROOT,
            env=os.environ | {address.PASSWORD: "hunter2"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert fake.requests[0].fields["Authorization"] == "Token hunter2"
    assert done.returncode == 1 and "hunter2" not in done.stdout + done.stderr
    assert any(b"influx2" in line for line in seen) and not any(b"hunter2" in s for s in seen)
    assert "hunter2" not in "".join(p.read_text() for p in history.glob(".packlog-sent*"))


# Rows and cursors


def a_table(positions, groups, replaced=False, values=None):
    """One with a column n, whose values are those of the positions unless others are given."""
    position, group = np.array(positions), np.array(groups)
    n = position if values is None else np.array(values)
    return rows.Table(
        "packlog_toy",
        "house",
        (rows.Column("n", rows.INTEGER),),
        {"n": n},
        ("n",),
        group,
        [f"7/{number}" for number in range(5)],
        position,
        position * 1000,
        replaced,
    )


def sent(table, known):
    return [
        (each.rows.values["n"].tolist(), each.again, each.cursors) for each in batches(table, known)
    ]


def test_what_is_new_is_sent_with_the_cursors_that_hold_afterwards(monkeypatch):
    table = a_table([1, 2, 5, 1, 3], [0, 0, 0, 1, 1])
    monkeypatch.setattr(cursors, "ROWS", 2)
    assert sent(table, {}) == [
        ([1, 2], False, {"7/0": Cursor(2, 2)}),
        ([5, 1], False, {"7/0": Cursor(5, 3), "7/1": Cursor(1, 1)}),
        ([3], False, {"7/1": Cursor(3, 2)}),
    ]
    assert sent(table, {"7/0": Cursor(5, 3), "7/1": Cursor(1, 1)}) == [
        ([3], False, {"7/1": Cursor(3, 2)})
    ]
    assert sent(table, {"7/0": Cursor(5, 3), "7/1": Cursor(3, 2)}) == []


def test_a_group_with_rows_that_were_not_there_is_sent_again():
    table = a_table([1, 2, 5, 1, 3], [0, 0, 0, 1, 1])
    assert sent(table, {"7/0": Cursor(5, 2), "7/1": Cursor(3, 2)}) == [
        ([1, 2, 5], True, {"7/0": Cursor(5, 3)})
    ]
    fewer_here = {"7/0": Cursor(5, 9), "7/1": Cursor(3, 2)}
    assert sent(table, fewer_here) == []


def test_rows_that_change_are_noticed():
    before = a_table([1, 2], [0, 0], True)
    known = next(iter(batches(before, {}))).cursors
    assert list(batches(before, known)) == []
    after = a_table([1, 2, 3], [0, 0, 0], True, [1, 9, 3])
    (again,) = batches(after, known)
    assert again.again and again.rows.values["n"].tolist() == [1, 9, 3]
    longer = a_table([1, 2, 3], [0, 0, 0], True)
    (more,) = batches(longer, known)
    assert not more.again and more.rows.values["n"].tolist() == [3]


def test_rows_of_one_second_have_a_time_each():
    seconds = np.array([5, 5, 7, 5, 6])
    assert rows.stamps(seconds).tolist() == [5000, 5001, 7000, 5002, 6000]
    assert rows.stamps(np.zeros(0, np.int64)).tolist() == []


def test_values_as_python_s_own():
    table = rows.Table(
        "t",
        "house",
        tuple(rows.Column(kind, kind) for kind in (rows.TIME, rows.DATE, rows.REAL, rows.TEXT)),
        {
            rows.TIME: np.array([0, rows.NOTHING]),
            rows.DATE: np.array([20605, rows.NOTHING]),
            rows.REAL: np.array([0.1, np.nan]),
            rows.TEXT: np.array([b"a", b""]),
        },
        (),
        np.zeros(2, int),
        ["7/1"],
        np.arange(2),
        np.arange(2),
    )
    assert [texts.objects(table, each.name) for each in table.columns] == [
        ["1970-01-01 00:00:00", None],
        ["2026-06-01", None],
        [0.1, None],
        ["a", None],
    ]
    said = [texts.column(table, c.name, "-", lambda t: f"<{t}>").tolist() for c in table.columns]
    assert said == [
        ["<1970-01-01 00:00:00>", "-"],
        ["<2026-06-01>", "-"],
        ["0.1", "-"],
        ["<a>", "-"],
    ]
