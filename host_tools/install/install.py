"""Puts packlog on a board: looks at what answers, compiles for it, copies what differs, sees it
run. The config and the history on the board stay.

The steps have modules of their own: probe (what is it), compile, parts (packages of others),
questions (a first config), deploy (the copying), flash_rom (MicroPython itself).
"""

import importlib.metadata
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import typer
from host_tools.board import bluetooth, configure, status
from host_tools.board import files as on_board
from host_tools.board.device import Device
from host_tools.build import compile as compiling
from host_tools.ground.errors import PacklogError
from host_tools.ground.firmware import CONFIG, FIRMWARE, sources
from host_tools.install import deploy, families, flash_rom, packages, probe, questions

import config

RESET_S = 1  # until a board that was reset is in its REPL or in boot.py

_HAS_BLUETOOTH = """
try:
    import bluetooth
    print("yes")
except ImportError:
    print("no")
"""


def own_version() -> str:
    """Of this packlog."""
    try:
        return importlib.metadata.version("packlog")
    except importlib.metadata.PackageNotFoundError:
        return "0"


@dataclass
class Options:
    """How to install, besides where to."""

    terminal: bool = False  # somebody is there to be asked
    yes: bool = False  # what needs a confirmation has it
    micropython: Path | None = None  # an image to flash first
    erase: bool = False  # everything on the chip, with that
    format: bool = False  # make a littlefs of a FAT file system
    bluetooth: bool = False  # bring aioble in any case
    lib: Path | None = None  # packages from this folder, or PACKLOG_LIB, instead of the index
    index: str = packages.INDEX
    firmware: Path = FIRMWARE
    version: str = field(default_factory=own_version)
    on_step: Callable[[str], None] | None = None  # told before each change of a file


def install(
    port: str,
    config_file: Path | None,
    say: Callable[[str], None],
    options: Options | None = None,
) -> None:
    """Install to the board at port and start it. say(line) is told what happens."""
    options = options or Options()
    if options.erase and not options.micropython:
        raise PacklogError("--erase goes with --micropython FILE, which puts MicroPython back")
    own_config = configure.read_file(config_file) if config_file else None
    compiling.compiler_version()
    if options.micropython:
        _flash(port, say, options)
    with Device(port) as device:
        with device.stopped():
            _Install(device, own_config, say, options).run()
        _see_it_run(device, say)


def _flash(port: str, say: Callable[[str], None], options: Options) -> None:
    erase = options.erase
    if options.terminal and not erase and not options.yes:
        erase = typer.confirm("Erase the whole flash first, the history too?", False, err=True)
    flash_rom.flash(port, options.micropython, erase, say)


class _Install:
    """One installation to a board whose REPL is there."""

    def __init__(self, device: Device, own_config: bytes | None, say, options: Options):
        self._device = device
        self._config = own_config
        self._say = say
        self._options = options
        self._lib = options.lib or packages.folder_of_environment()

    def run(self) -> None:
        """All of it but the restart."""
        self._board = probe.probe(self._device)
        if self._options.format:
            self._format()
        compiling_fits = self._board.mpy and self._board.version >= probe.OLDEST_MICROPYTHON
        if compiling_fits:
            compiling.check_fit(self._board.mpy)
        self._files = self._build() if compiling_fits else {}
        probe.check(self._board, map(len, self._files.values()))
        self._before = deploy.Manifest.read(self._device)
        own = self._own_config()
        settings = self._settings(own)
        if advice := probe.bluetooth_advice(self._board, settings):
            self._say(advice)
        plan = self._plan({**self._files, **own}, settings)
        if not plan.write and not plan.remove:
            self._say("everything on the board is up to date")
            return
        self._carry_out(plan)

    def _build(self) -> dict[str, bytes]:
        return compiling.build(self._options.firmware, self._board.mpy)

    # The file system

    def _format(self) -> None:
        if not self._board.is_fat:
            self._say("the board's file system is littlefs already: it stays as it is")
            return
        if not self._options.yes:
            if not self._options.terminal:
                raise PacklogError("--format erases all files on the board: say --yes with it")
            typer.confirm("This ERASES all files on the board. Go on?", abort=True, err=True)
        probe.make_littlefs(self._device)
        self._say("the board's file system is littlefs now, and empty")
        self._device.restart()
        time.sleep(RESET_S)
        self._device.interrupt()
        self._board = probe.probe(self._device)

    # The config

    def _own_config(self) -> dict[str, bytes]:
        """The config to put on the board; none if it keeps its own."""
        if self._config:
            return {CONFIG: self._config}
        if on_board.here(self._device, [CONFIG]):
            return {}
        if self._options.terminal:
            text = questions.ask(self._board.family, self._hear)
            return {CONFIG: text.encode()}
        self._say("the board gets the example config.json: edit a copy, install it with --config")
        text = (self._options.firmware / CONFIG).read_text(encoding="utf8")
        if self._board.family != families.USUAL:
            text = questions.example(self._board.family, text)
        return {CONFIG: text.encode()}

    def _settings(self, own: dict[str, bytes]) -> dict | None:
        """What the config will say; None if it is wrong, which the logger then complains of."""
        text = own[CONFIG].decode() if own else on_board.read_text(self._device, CONFIG)
        try:
            return config.parse(text)
        except config.ConfigError:
            return None

    def _hear(self, seconds: int) -> list:
        """Scan, with all of the firmware on the board but what starts it."""
        files = {path: data for path, data in self._files.items() if path != deploy.MAIN}
        self._say("copying what a scan needs first ...")
        self._carry_out(self._plan(files, None, bluetooth=True))
        self._before = deploy.Manifest.read(self._device)
        self._say(f"listening for {seconds} s ...")
        return bluetooth.heard(self._device, seconds)

    # Packages of others

    def _packages(self, settings: dict | None, bluetooth: bool) -> list[packages.Package]:
        bluetooth = bluetooth or self._options.bluetooth
        if settings:
            wanted = packages.needed(settings, bluetooth)
        else:
            wanted = [packages.AIOBLE] if bluetooth else []
        if packages.AIOBLE in wanted and self._device.run(_HAS_BLUETOOTH).strip() != "yes":
            raise PacklogError(
                f"the board ({self._board.machine}) has no Bluetooth: for a jk take an ESP32, "
                "ESP32-S3, C3 or C6"
            )
        return wanted

    def _bring(self, wanted: list[packages.Package]) -> tuple[dict[str, bytes], deploy.Manifest]:
        """The packages' files to put on the board; and a manifest of those that are there."""
        manifest = deploy.Manifest(self._options.version, self._kept_files())
        if self._before:
            manifest.packages = dict(self._before.packages)
        files: dict[str, bytes] = {}
        for package in wanted:
            if not self._has(package, manifest):
                self._say(f"getting {package.name}, for {package.purpose}")
                files |= packages.get(package, self._board.mpy, self._lib, self._options.index)
                manifest.packages[package.name] = packages.LOCAL if self._lib else package.version
        return files, manifest

    def _kept_files(self) -> dict[str, str]:
        """The packages' files of earlier installs: those stay, wanted or not."""
        if not self._before:
            return {}
        stems = {f"lib/{module}" for package in packages.PACKAGES for module in package.modules}
        files = self._before.files.items()
        return {path: digest for path, digest in files if path.rpartition(".")[0] in stems}

    def _has(self, package: packages.Package, manifest: deploy.Manifest) -> bool:
        """Is it there, in the version that is wanted, or not ours to change?"""
        version = manifest.packages.get(package.name)
        if version is None:
            return packages.board_has(self._device, package)
        if self._lib or version not in (package.version, packages.LOCAL):
            return False
        stems = {f"lib/{module}" for module in package.modules}
        ours = {p: d for p, d in manifest.files.items() if p.rpartition(".")[0] in stems}
        there = on_board.here(self._device, ours)
        return bool(ours) and all(there.get(p, ("",))[0] == digest for p, digest in ours.items())

    # Copying

    def _plan(
        self, files: dict[str, bytes], settings: dict | None, bluetooth: bool = False
    ) -> deploy.Plan:
        brought, manifest = self._bring(self._packages(settings, bluetooth))
        files = {**files, **brought}
        manifest.files |= {path: on_board.digest(files[path]) for path in files if path != CONFIG}
        names = deploy.forms(sources(self._options.firmware))
        names |= deploy.forms(manifest.files)
        return deploy.make_plan(self._device, files, self._before, manifest, names - {CONFIG})

    def _carry_out(self, plan: deploy.Plan) -> None:
        deploy.check_room(plan, probe.probe(self._device))
        self._say(self._board.describe())
        if self._before and self._before.version != plan.manifest.version:
            self._say(f"packlog {self._before.version} becomes {plan.manifest.version}")
        deploy.carry_out(self._device, plan, self._options.on_step)
        size = sum(map(len, plan.write.values()))
        removed = f", removed {len(plan.remove)}" if plan.remove else ""
        self._say(f"copied {len(plan.write)} files, {size // 1024} KB{removed}")


def _see_it_run(device: Device, say: Callable[[str], None]) -> None:
    """Wait for the logger's status line; what it complains of is an error."""
    running, pack = status.see_start(device.lines(status.START_S))
    if not running:
        raise PacklogError(f"the board at {device.port} did not start packlog: look at its console")
    if pack:
        say(f"the logger runs: {pack} sends readings")
    else:
        say(
            "the logger runs, but the BMS sends nothing yet: is it on, and wired as config.json "
            "says?"
        )
