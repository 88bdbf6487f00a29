"""Every exporter of host_tools/export, and a new one that is one more file."""

import inspect
import os
import shutil
import subprocess
import sys

import pytest
from host_tools.export import exporters
from host_tools.export.decode import How, decode
from host_tools.ground.errors import PacklogError
from host_tools.ground.firmware import FIRMWARE
from host_tools.history.frames import load
from tests.helpers.command_line import ROOT
from tests.helpers.segment_bytes import NOON, frames, header, put

TOY = '''
"""A line a row: how many seconds the pack's logger had been up."""

EXTENSION = ".toy"


def write(rows, put, epoch=False, progress=lambda done: None):
    for done, uptime in enumerate(rows.uptime, 1):
        put(f"up {uptime} s\\n")
        progress(done)
'''


@pytest.fixture
def history(tmp_path):
    return put(tmp_path, header(utc=NOON, clock=3) + frames(0, 10, 20))


@pytest.mark.parametrize("name", exporters.extensions())
def test_an_exporter_writes_all_rows(name, history):
    exporter = exporters.get(name)
    assert list(inspect.signature(exporter.write).parameters)[:4] == [
        "rows",
        "put",
        "epoch",
        "progress",
    ]
    parts, done = [], []
    exporter.write(load([history]), parts.append, True, done.append)
    assert done[-1] == 3
    if exporters.mode(exporter) == "wb":
        assert all(isinstance(part, bytes) for part in parts) and len(b"".join(parts)) > 1000
    else:
        assert all(isinstance(part, str) for part in parts) and str(NOON + 20) in "".join(parts)


def test_the_format_is_that_of_the_extension_or_csv():
    assert exporters.extensions()["csv"] == ".csv"
    csv = exporters.get("csv")
    assert (
        exporters.of_file("a.CSV") is exporters.of_file("a.txt") is exporters.of_file(None) is csv
    )


def test_an_unknown_format_is_refused_before_anything_is_written(history, tmp_path):
    with pytest.raises(PacklogError, match="no format 'xml': there are csv and png"):
        decode([history], tmp_path / "out.xml", how=How("xml"))
    assert not (tmp_path / "out.xml").exists()


def test_a_new_exporter_is_one_file(history, tmp_path):
    tree = tmp_path / "tree"
    shutil.copytree(ROOT / "host_tools", tree / "host_tools")
    shutil.copytree(FIRMWARE, tree / "firmware")
    (tree / "host_tools/export/toy.py").write_text(TOY)
    program = [sys.executable, "-c", "from host_tools.cli.cli import main; main()", "decode"]
    environment = {**os.environ, "PYTHONPATH": str(tree)}
    for options in (["--format", "toy"], ["-o", "out.toy"]):
        done = subprocess.run(
            [*program, history, *options],
            cwd=tree,
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        written = (tree / "out.toy").read_text() if "-o" in options else done.stdout
        assert written == "up 0 s\nup 10 s\nup 20 s\n"
