"""Where a command writes to: whole files or none, and errors that name the file."""

import errno
import os
import resource
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from host_tools.ground import output
from host_tools.ground.errors import PacklogError
from host_tools.ground.output import open_output

ROOT = Path(__file__).resolve().parents[3]
LINE = "x" * 99 + "\n"
needs_dev_full = pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full here")


def write(path, lines=1):
    with open_output(path) as file:
        for _ in range(lines):
            file.write(LINE)


def shell(code: str, *flags: str, **options) -> subprocess.CompletedProcess:
    """Run code in a Python of its own, as a command line would."""
    code = f"from pathlib import Path\nfrom host_tools.ground.output import open_output\n{code}"
    return subprocess.run(
        [sys.executable, *flags, "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        **options,
    )


def test_a_new_file(tmp_path):
    out = tmp_path / "out.csv"
    before = os.umask(0o027)
    try:
        write(out)
    finally:
        os.umask(before)
    assert out.read_text() == LINE
    assert stat.S_IMODE(out.stat().st_mode) == 0o640
    assert list(tmp_path.iterdir()) == [out]


def test_an_old_file_is_replaced_when_complete(tmp_path):
    out = tmp_path / "out.csv"
    out.write_text("old\n")
    out.chmod(0o600)
    with open_output(out) as file:
        file.write(LINE)
        assert out.read_text() == "old\n"
    assert out.read_text() == LINE
    assert stat.S_IMODE(out.stat().st_mode) == 0o600


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, PacklogError])
def test_an_error_leaves_the_old_file_and_nothing_else(tmp_path, error):
    out = tmp_path / "out.csv"
    out.write_text("old\n")
    with pytest.raises(error), open_output(out) as file:
        file.write(LINE * 1000)
        raise error("in the middle")
    assert out.read_text() == "old\n"
    assert list(tmp_path.iterdir()) == [out]


def test_an_error_of_something_else_is_not_blamed_on_the_output(tmp_path):
    with pytest.raises(FileNotFoundError), open_output(tmp_path / "out.csv"):
        os.stat(tmp_path / "another")


def test_a_link_stays_a_link(tmp_path):
    target, link = tmp_path / "target", tmp_path / "link"
    target.write_text("old\n")
    link.symlink_to(target)
    write(link)
    assert link.is_symlink() and target.read_text() == LINE


@pytest.mark.parametrize("point", ["write", "flush", "fsync"])
def test_a_full_disk(tmp_path, monkeypatch, point):
    out = tmp_path / "out.csv"
    out.write_text("old\n")

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(PacklogError, match="full: free some") as error, open_output(out) as file:
        if point == "fsync":
            monkeypatch.setattr(output.os, "fsync", full)
        else:
            monkeypatch.setattr(file, "_stream", Full(file._stream, point, full))
        file.write(LINE)
        file.flush()
    assert str(out) in str(error.value)
    assert out.read_text() == "old\n"
    assert list(tmp_path.iterdir()) == [out]


class Full:
    """A file on a disk that is full at that call."""

    def __init__(self, file, point, full):
        self._file = file
        setattr(self, point, full)

    def __getattr__(self, name):
        return getattr(self._file, name)


def test_nothing_is_said_of_a_file_that_is_closed(tmp_path):
    """-X dev says what Python 3.13 always says: an error when an object is deleted."""
    out = tmp_path / "out.csv"
    for name in (f"Path({str(out)!r})", "Path('/dev/null')", "None"):
        code = f"with open_output({name}) as f:\n    f.write('1')\ndel f"
        done = shell(code, "-X", "dev")
        assert (done.returncode, done.stderr) == (0, "")
    assert out.read_text() == "1"


def test_a_file_that_may_not_grow_on(tmp_path):
    out = tmp_path / "out.csv"
    out.write_text("old\n")
    code = (
        f"with open_output(Path({str(out)!r})) as f:\n    for _ in range(10000): f.write({LINE!r})"
    )

    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))

    done = shell(code, preexec_fn=limit)
    assert f"PacklogError: cannot write {out}: the file would be larger" in done.stderr
    assert out.read_text() == "old\n" and list(tmp_path.iterdir()) == [out]


@needs_dev_full
def test_a_device_is_written_as_it_is():
    write(Path("/dev/null"), 10000)
    for lines in (1, 10000):
        with pytest.raises(PacklogError, match="cannot write /dev/full: the disk is full"):
            write(Path("/dev/full"), lines)
    assert stat.S_ISCHR(os.stat("/dev/full").st_mode)


def test_a_named_pipe(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    read = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_text()))
    reader.start()
    write(pipe, 3)
    reader.join()
    assert read == [LINE * 3] and list(tmp_path.iterdir()) == [pipe]


def test_places_that_cannot_be_written(tmp_path):
    file = tmp_path / "file"
    file.write_text("")
    for path, words in (
        (tmp_path, "folder: name a file"),
        (tmp_path / "no" / "out.csv", "does not exist: create it"),
        (file / "out.csv", "is a file, not a folder"),
    ):
        with pytest.raises(PacklogError, match=words) as error:
            write(path)
        assert str(path) in str(error.value)


def test_a_file_without_permission(tmp_path, monkeypatch):
    out = tmp_path / "out.csv"
    out.write_text("old\n")
    monkeypatch.setattr(output.os, "access", lambda *_: False)  # root may write anything
    with pytest.raises(PacklogError, match="no permission"):
        write(out)
    assert out.read_text() == "old\n"


def test_standard_output(capsys):
    write(None, 2)
    assert capsys.readouterr().out == LINE * 2


@needs_dev_full
def test_a_full_standard_output():
    code = f"with open_output(None) as f: f.write({LINE!r} * 1000)"
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-c", f"from host_tools.ground.output import open_output\n{code}"],
            cwd=ROOT,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
        )
    assert done.returncode == 1
    assert "PacklogError: cannot write standard output: the disk is full" in done.stderr


def test_a_reader_who_has_seen_enough():
    code = "from host_tools.ground.output import open_output\n"
    code += f"with open_output(None) as f:\n    for _ in range(10000): f.write({LINE!r})\n"
    code += "print('and what comes after')"
    with subprocess.Popen(
        [sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout.readline() == LINE.encode()
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 0
