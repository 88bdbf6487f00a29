"""The way without packlog's own tools: package.json, and mpremote's mip with it."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from host_tools.ground import firmware as firmware_files
from host_tools.ground.firmware import FIRMWARE
from host_tools.install import package_json
from host_tools.install.packages import AIOBLE
from tests.helpers.installing import add, board_on, mini, on_flash, put
from tests.helpers.package_index import aioble_files, index

MPREMOTE = str(Path(sys.executable).with_name("mpremote"))


def test_package_json_is_what_the_firmware_has_now():
    said = "run python -m host_tools.install.package_json"
    assert package_json.PACKAGE.read_text() == package_json.package(), said
    listed = json.loads(package_json.PACKAGE.read_text())
    there = {p.relative_to(package_json.ROOT).as_posix() for p in FIRMWARE.rglob("*.py")}
    there.remove("firmware/manifest.py")
    assert {source for _, source in listed["urls"]} == there
    assert all(source == f"firmware/{path}" for path, source in listed["urls"])
    assert listed["urls"][-1] == ["main.py", "firmware/main.py"]
    assert listed["deps"] == [["aioble", AIOBLE.version]]


def mip_install(tmp_path, firmware):
    """Install from a folder in place of GitHub, as docs/release.md says it; returns the flash."""
    (tmp_path / "package.json").write_text(package_json.package(firmware))
    image = tmp_path / "flash.img"
    packages = {("aioble", AIOBLE.version): aioble_files()}
    with index(packages) as (url, _), board_on(image) as (_, port):
        mip = [MPREMOTE, "connect", port, "mip", "install", "--target", "/", "--index", url]
        done = subprocess.run(
            [*mip, str(tmp_path / "package.json")],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
    sources = {
        path: data for path, data in firmware_files.sources(firmware).items() if "json" not in path
    }
    found = on_flash(image)
    assert {path: found[f"/{path}"] for path in sources} == sources
    assert "/aioble/client.mpy" in found and "/config.json" not in found
    add(image, {"/config.json": (firmware / "config.json").read_bytes()})
    return image


def runs(rig):
    rig.board.stop()
    rig.board.run(15)
    rig.board.background()
    return re.search("packlog house .*readings=[1-9]", rig.board.console.transcript.decode())


def test_mip_puts_a_release_on_a_board_and_packlogs_own_install_takes_over(tmp_path):
    firmware = mini(tmp_path / "firmware")
    image = mip_install(tmp_path, firmware)
    with board_on(image) as (rig, port):
        assert runs(rig)
        put(port, firmware)
    found = on_flash(image)
    assert {path for path in found if path.endswith(".py")} == {"/boot.py", "/main.py"}


@pytest.mark.slow  # some 400 KB in mpremote's small pieces
def test_mip_puts_the_whole_firmware_on_a_board_and_it_runs(tmp_path):
    skip = shutil.ignore_patterns("__pycache__")
    firmware = shutil.copytree(FIRMWARE, tmp_path / "firmware", ignore=skip)
    with board_on(mip_install(tmp_path, firmware)) as (rig, _):
        assert runs(rig)
