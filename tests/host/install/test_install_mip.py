"""The way without packlog's own tools: mpremote's mip, with package.json or a release's files."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from host_tools.build import bundle
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
    paths = {path.removeprefix("packlog.loose/"): source for path, source in listed["urls"]}
    assert all(source == f"firmware/{path}" for path, source in paths.items())
    assert listed["urls"][-1] == ["main.py", "firmware/main.py"]
    assert listed["deps"] == [["aioble", AIOBLE.version]]


def test_config_keys_is_what_the_firmware_says_of_itself_now():
    said = "run python -m host_tools.install.package_json"
    assert package_json.KEYS_MODULE.read_text() == firmware_files.config_keys_source(), said
    assert package_json.SEEN_MODULE.read_text() == firmware_files.seen_as_source(), said


def test_a_board_runs_from_the_files_that_package_json_lists(tmp_path):
    listed = json.loads(package_json.PACKAGE.read_text())["urls"]
    files = {f"/{path}": (package_json.ROOT / source).read_bytes() for path, source in listed}
    config = {"/config.json": (FIRMWARE / "config.json").read_bytes()}
    image = tmp_path / "flash.img"
    with board_on(image):
        pass  # a file system
    add(image, files | config)
    with board_on(image, settings={"heap": "1M"}) as (rig, _):  # sources are for boards with PSRAM
        assert runs(rig)


def mip_install(image, package):
    """Install from a folder in place of GitHub, as docs/release.md says it."""
    packages = {("aioble", AIOBLE.version): aioble_files()}
    with index(packages) as (url, _), board_on(image) as (_, port):
        mip = [MPREMOTE, "connect", port, "mip", "install", "--target", "/", "--index", url]
        done = subprocess.run(
            [*mip, str(package)], capture_output=True, text=True, timeout=120, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
    found = on_flash(image)
    assert "/aioble/client.mpy" in found and "/config.json" not in found
    add(image, {"/config.json": (FIRMWARE / "config.json").read_bytes()})
    return found


def mip_sources(tmp_path, firmware):
    """The flash after mip with package.json."""
    image = tmp_path / "flash.img"
    (tmp_path / "package.json").write_text(package_json.package(firmware))
    found = mip_install(image, tmp_path / "package.json")
    sources = firmware_files.sources(firmware)
    starters = {path: sources.pop(path) for path in ("boot.py", "main.py")}
    del sources["config.json"]
    assert {path: found[f"/packlog.loose/{path}"] for path in sources} == sources
    assert {path: found[f"/{path}"] for path in starters} == starters
    return image


def runs(rig):
    rig.board.stop()
    rig.board.run(15)
    rig.board.background()
    console = rig.board.console.transcript.decode("utf8", "replace")
    return re.search("packlog house .*readings=[1-9]", console)


def test_mip_puts_sources_on_a_board_and_packlogs_own_install_takes_over(tmp_path):
    firmware = mini(tmp_path / "firmware")
    image = mip_sources(tmp_path, firmware)
    with board_on(image) as (rig, port):
        assert runs(rig)
        put(port, firmware)
        assert runs(rig)
    found = on_flash(image)
    assert "/packlog.bundle" in found and "/packlog.mine/greeting.py" in found


def test_mip_puts_a_release_on_a_board_and_it_is_the_file_of_packlogs_own_install(tmp_path):
    firmware, image = mini(tmp_path / "firmware"), tmp_path / "flash.img"
    package_json.NAMES["packlog-x64"] = "x64"
    try:
        package_json.write_release(tmp_path / "release", firmware)
    finally:
        del package_json.NAMES["packlog-x64"]
    made = {path.name for path in (tmp_path / "release").iterdir()}
    assert {"packlog-xtensawin.json", "packlog-rv32imc.bundle", "packlog-bytecode.json"} < made
    mip_install(image, tmp_path / "release" / "packlog-x64.json")
    with board_on(image) as (rig, port):
        assert runs(rig)
        said = put(port, firmware, package_json.VERSION)
    assert said[0] == "everything on the board is up to date"


def test_a_release_has_native_code_for_its_chip_only(tmp_path):
    package_json.write_release(tmp_path, mini(tmp_path / "firmware"))
    paths = {
        name: bundle.read((tmp_path / f"packlog-{name}.bundle").read_bytes()).modules
        for name in ("xtensawin", "rv32imc", "bytecode")
    }
    assert "store/a_viper.mpy" in paths["xtensawin"] and "store/a_plain.mpy" in paths["bytecode"]
    assert "store/a_viper.mpy" not in paths["bytecode"]


@pytest.mark.slow  # some 400 KB in mpremote's small pieces
def test_mip_puts_the_whole_firmware_on_a_board_and_it_runs(tmp_path):
    skip = shutil.ignore_patterns("__pycache__")
    firmware = shutil.copytree(FIRMWARE, tmp_path / "firmware", ignore=skip)
    with board_on(mip_sources(tmp_path, firmware)) as (rig, _):
        assert runs(rig)
