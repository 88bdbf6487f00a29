"""Packages of others that the firmware needs and that are not in every MicroPython: pinned, got
with mpremote's mip, or from a folder on the PC.

They are brought to the PC first and go into the bundle: one file with the firmware's own modules.
A bundle that has them already gives them to the next one, without internet.
"""

import base64
import contextlib
import http.client
import io
import os
import socket
from dataclasses import dataclass
from pathlib import Path

from host_tools.board.device import Device
from host_tools.board.script import script
from host_tools.build import compile as compiling
from host_tools.ground.errors import PacklogError
from host_tools.ground.firmware import declared
from mpremote import mip
from mpremote.commands import CommandError

INDEX = "https://micropython.org/pi/v2"
PATIENCE_S = 20  # for each answer of the index
LOCAL = "local"  # the version of what came from a folder


@dataclass(frozen=True)
class Package:
    """A package: modules are those of its files that packlog needs (less RAM on the board)."""

    name: str  # in the index
    version: str
    imported: str  # to see whether the board has it
    modules: tuple[str, ...]  # paths without their suffix
    purpose: str


AIOBLE = Package(
    "aioble",
    "0.6.1",
    "aioble",
    tuple(f"aioble/{m}" for m in ("__init__", "core", "device", "central", "client")),
    "Bluetooth",
)
UMQTT = Package("umqtt.simple", "1.6.0", "umqtt.simple", ("umqtt/simple",), "MQTT")
PACKAGES = (AIOBLE, UMQTT)


def needed(settings: dict, bluetooth: bool) -> list[Package]:
    """What a config, checked by config.parse, asks for."""
    things = [("transport", pack["link"]) for pack in settings["packs"]]
    things += [("parts", part) for part in settings["parts"]]
    asked = {name for thing in things for name in declared(*thing).get("NEEDS", ())}
    if bluetooth:
        asked.add(AIOBLE.name)
    return [package for package in PACKAGES if package.name in asked]


def folder_of_environment() -> Path | None:
    """PACKLOG_LIB names the folder for PCs that are always without internet."""
    named = os.environ.get("PACKLOG_LIB")
    return Path(named) if named else None


def board_has(device: Device, package: Package) -> bool:
    """Can the board import it: frozen into its MicroPython, or put there by somebody?"""
    return device.run(script("can_import", package.imported)).strip() == "yes"


def from_board(device: Device, package: Package, path: str, paths: list[str]) -> dict[str, bytes]:
    """Its files out of the bundle at path on the board, which has modules of these paths."""
    wanted = [i for i, it in enumerate(paths) if it.rpartition(".")[0] in package.modules]
    lines = device.run(script("read_modules", path, wanted)).splitlines()
    try:
        data = (b"".join(map(base64.b64decode, line.split())) for line in lines)
        return dict(zip((paths[i] for i in wanted), data, strict=True))
    except ValueError:
        raise PacklogError(f"the board at {device.port} answers strangely: reset it") from None


def get(package: Package, mpy: int, folder: Path | None, index: str) -> dict[str, bytes]:
    """Its files, path in a bundle -> contents, for a board that says so of its mpy."""
    if folder:
        return _from_folder(package, mpy, folder)
    try:
        with _patience(), contextlib.redirect_stdout(io.StringIO()):
            download = _Download(mpy)
            mip._install_package(
                download, package.name, index.rstrip("/"), "lib", package.version, True
            )
    except (CommandError, OSError, http.client.HTTPException, ValueError) as error:
        raise PacklogError(
            f"{package.name} (for {package.purpose}) could not be downloaded: {error}; without "
            "internet: packlog install --lib FOLDER, or PACKLOG_LIB=FOLDER before any command, "
            "takes it from a folder"
        ) from None
    files = _of_package(package, download.files)
    if not files:
        raise PacklogError(f"{package.name} {package.version} at {index} has no files that fit")
    return files


def _of_package(package: Package, files: dict[str, bytes]) -> dict[str, bytes]:
    """Only what is needed of it."""
    inside = {path.removeprefix("lib/"): data for path, data in files.items()}
    return {path: it for path, it in inside.items() if path.rpartition(".")[0] in package.modules}


def _from_folder(package: Package, mpy: int, folder: Path) -> dict[str, bytes]:
    arch = compiling.ARCHITECTURES[compiling.unpack(mpy)[2]]
    files = {}
    for module in package.modules:
        path = folder / f"{module}.py"
        if path.is_file():
            source = path.read_bytes()
            files[f"{module}.mpy"] = compiling.compiled(f"{module}.py", source, arch)
    if not files:
        raise PacklogError(
            f"{folder} has no {package.modules[0]}.py: put {package.name} there, from "
            "github.com/micropython/micropython-lib"
        )
    return files


@contextlib.contextmanager
def _patience():
    """mip opens its connections without a timeout."""
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(PATIENCE_S)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)


class _Download:
    """What mip takes for a board: keeps the files on the PC."""

    def __init__(self, mpy: int):
        self.files: dict[str, bytes] = {}
        self._mpy_version = compiling.unpack(mpy)[0]

    def exec(self, code):
        """mip imports sys."""

    def eval(self, expression):
        """mip asks for the version of .mpy files."""
        return self._mpy_version

    def fs_exists(self, path):
        return True

    def fs_hashfile(self, path, algorithm):
        raise FileNotFoundError(path)

    def fs_writefile(self, path, data, progress_callback=None):
        self.files[path] = bytes(data)
