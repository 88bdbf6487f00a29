"""The wheel, as pipx and uv install it: in an empty environment, with nothing of this folder, on
each Python of this machine.
"""

import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from tests.helpers import pythons
from tests.helpers.command_line import ROOT

from version import VERSION

UV = [sys.executable, "-m", "uv", "--quiet"]
FOREIGN = ("PYTHON", "VIRTUAL_ENV", "PACKLOG", "MICROPYTHON", "COLUMNS")


def run(*command, **options) -> subprocess.CompletedProcess:
    """Without the variables that lead back to this folder."""
    kept = {key: os.environ[key] for key in os.environ if not key.startswith(FOREIGN)}
    done = subprocess.run(
        list(map(str, command)), capture_output=True, text=True, check=False, env=kept, **options
    )
    if "error sending request" in done.stderr:
        pytest.skip("no package index in reach")
    assert done.returncode == 0, done.stderr
    return done


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    """Built once."""
    folder = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder, cwd=ROOT)
    return next(folder.glob("*.whl"))


def environment(folder: Path, python: str, *what) -> Path:
    """An empty one with that in it: its folder of commands."""
    run(*UV, "venv", "--python", python, folder)
    run(*UV, "pip", "install", "--python", folder / "bin/python", *what)
    return folder / "bin"


def test_the_wheel_has_all_of_the_firmware_and_nothing_else_of_this_folder(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.split("/")[0] for name in names} == {
        "host_tools",
        f"packlog-{VERSION}.dist-info",
    }
    ours = {path.relative_to(ROOT) for path in (ROOT / "firmware").rglob("*.py")}
    assert {f"host_tools/_{path.as_posix()}" for path in ours} <= set(names)


NEWEST = list(pythons.found())[-1]


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=[] if name == NEWEST else [pytest.mark.slow])
        for name in pythons.found()
    ],
)
def test_the_demo_runs_from_the_wheel(name, wheel, tmp_path):
    packlog = environment(tmp_path / "empty", pythons.found()[name], wheel) / "packlog"
    assert run(packlog, "--version").stdout == f"packlog {VERSION}\n"
    done = run(packlog, "demo", "out", "--minutes", 5, cwd=tmp_path)
    assert "readings came in over 5 minutes" in done.stdout
    assert "\n  packlog install   put packlog on the board" in done.stdout
    assert re.fullmatch(r"house, frames: \d+ rows, \S+ to \S+", done.stderr.splitlines()[-1])
    assert "Exception" not in done.stderr and "Warning" not in done.stderr
    assert (tmp_path / "out/pack.csv").read_text().startswith("time,voltage,")
    assert (tmp_path / "out/lcd.png").stat().st_size > 1000


@pytest.mark.slow
@pytest.mark.parametrize("name", pythons.found())
def test_the_host_tests_pass_on(name, tmp_path):
    python = environment(tmp_path / "tests", pythons.found()[name], "-e", f"{ROOT}[test]")
    run(python / "python", "-m", "pytest", "-q", "-n", 2, "tests/host", "tests/sim", cwd=ROOT)


@pytest.mark.slow
@pytest.mark.parametrize("tool", ["pipx", "uv"])
def test_it_can_be_installed_as_a_tool(tool, wheel, tmp_path, monkeypatch):
    """As the README has it, but into a folder of the test's own."""
    for name in ("PIPX_HOME", "PIPX_BIN_DIR", "UV_TOOL_DIR", "UV_TOOL_BIN_DIR"):
        monkeypatch.setenv(name, str(tmp_path / name))
    if tool == "uv":
        run(*UV, "tool", "install", wheel)
        packlog = tmp_path / "UV_TOOL_BIN_DIR/packlog"
    else:
        pipx = environment(tmp_path / "pipx", pythons.found()[NEWEST], "pipx") / "pipx"
        run(pipx, "install", wheel)
        packlog = tmp_path / "PIPX_BIN_DIR/packlog"
    assert run(packlog, "--version").stdout == f"packlog {VERSION}\n"
