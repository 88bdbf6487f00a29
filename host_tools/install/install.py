"""Puts packlog on a board: looks at what answers, compiles for it, copies what differs, sees it
run. The config and the history on the board stay.

The steps have modules of their own: probe (what is it), compile and bundle, packages (of others),
questions (a first config), deploy (the copying), loose (modules one by one), tidy (what an older
install has left), flash_rom (MicroPython itself).
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import typer
from host_tools.board import bluetooth, config_file, files, hidden, links, networks, status
from host_tools.board.device import Device, persist
from host_tools.board.script import script
from host_tools.build import bundle, names
from host_tools.build import compile as compiling
from host_tools.build.compile import AS_SOURCE
from host_tools.ground import asking
from host_tools.ground.errors import PacklogError, UsageError
from host_tools.ground.firmware import CONFIG, FIRMWARE
from host_tools.ground.text import parse_json
from host_tools.ground.words import counted
from host_tools.install import (
    deploy,
    families,
    flash_rom,
    loose,
    packages,
    probe,
    questions,
    room,
    tidy,
)
from host_tools.install.answers import Answers
from host_tools.page.built import PAGE

import config
from version import VERSION

RESET_S = 1  # until a board that was reset is in its REPL or in boot.py


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
    loose: bool = False  # modules one by one in a folder, for people who change them there
    index: str = packages.INDEX
    firmware: Path = FIRMWARE
    answers: Path | None = None  # where those of a first install are kept until it has succeeded
    version: str = VERSION
    on_step: Callable[[str], None] | None = None  # told before each change of a file

    def __post_init__(self):
        if self.erase and not self.micropython:
            raise UsageError("--erase goes with --micropython FILE, which puts MicroPython back")


def install(
    port: str,
    config_path: Path | None,
    say: Callable[[str], None],
    options: Options | None = None,
) -> None:
    """Install to the board at port and start it. say(line) is told what happens."""
    options = options or Options()
    own_config = config_file.read_file(config_path, with_hidden=True) if config_path else None
    compiling.compiler_version()
    if options.micropython:
        _flash(port, say, options)
    work = _Install(own_config, str(config_path), say, options)
    try:
        persist(port, say, work)
    except BaseException:  # Ctrl-C, too
        if work.answers:
            say("your answers are kept for the next try, without the passwords")
        raise


def _flash(port: str, say: Callable[[str], None], options: Options) -> None:
    erase = options.erase
    if options.terminal and not erase and not options.yes:
        erase = asking.confirm("Erase the whole flash first, the history too?", False)
    flash_rom.flash(port, options.micropython, erase, say)


class _Install:
    """One installation. It goes on where it was on a board that restarts under it."""

    def __init__(self, own_config: bytes | None, name: str, say, options: Options):
        self._config, self._name = own_config, name  # the user's file
        self._say = say
        self._options = options
        self._lib = options.lib or packages.folder_of_environment()
        self._step = options.on_step or (lambda what: None)
        self.answers = Answers(options.answers)
        self._checked: dict | None = None  # what the board's config says
        self._frozen_only = False  # the board needs no firmware of ours

    def __call__(self, device: Device) -> None:
        self._device = device
        with device.stopped():
            self._run()
        has_readings = _see_it_run(device, self._say, self._checked)
        if has_readings and self._leaves_something:
            with device.stopped():
                tidy.tidy(device, self._say)

    def _run(self) -> None:
        """All of it but the restart."""
        self._board = probe.probe(self._device)
        if self._options.format:
            self._format()
        compiling_fits = self._board.mpy and self._board.version >= probe.OLDEST_MICROPYTHON
        if compiling_fits:
            compiling.check_fit(self._board.mpy)
        self._build(compiling_fits)
        probe.check(self._board, self._sizes())
        self._look()
        own = self._own_config()
        settings = self._checked = self._settings(own)
        if advice := probe.bluetooth_advice(self._board, settings):
            self._say(advice)
        if self._options.loose:
            wanted = self._packages(settings, self._options.bluetooth)
            self._modules |= self._package_files(wanted)
            done = loose.put(self._device, self._modules, self._options.version, self._say)
            change = self._change(own, None)
        else:
            change = self._change(own, self._bundle(settings, self._options.bluetooth))
            done = False
        if change:
            if said := room.words(self._board, settings):
                self._say(said)
            self._carry_out(change)
        elif not done and self._options.loose == self._state.loose:
            self._say("everything on the board is up to date")
        if self._state.given_up and not change.bundle:
            files.remove(self._device, [deploy.TRIAL])  # the user knows now
        if self._state.loose and not self._options.loose:
            loose.leave(self._device, self._say)

    @property
    def _leaves_something(self) -> bool:
        """Is there something for tidy, once the new firmware has proven itself?"""
        return self._state.manifest and not self._options.loose

    def _build(self, fits: bool) -> None:
        form = compiling.Form.READABLE if self._options.loose else compiling.Form.JOINED
        built, self._names = (
            compiling.build_and_map(self._options.firmware, self._board.mpy, form=form)
            if fits
            else ({}, None)
        )
        self._starters = {path: data for path, data in built.items() if path in AS_SOURCE}
        self._modules = {path: data for path, data in built.items() if path not in AS_SOURCE}

    def _sizes(self) -> list[int]:
        """Of the files that will be on the board: the bundle, and the one before."""
        if self._options.loose:
            return list(map(len, {**self._starters, **self._modules}.values()))
        size = sum(map(len, self._modules.values()))
        return [size, size, *map(len, self._starters.values())]

    def _look(self) -> None:
        self._state = deploy.State.read(self._device)
        self._before = deploy.Manifest.read(self._device) if self._state.manifest else None
        if trial := self._state.given_up:
            self._say(
                f"packlog {trial.version} did not work on this board: it went back to the one "
                "before by itself"
            )
        frozen = self._device.run(script("is_frozen")).strip() == "yes"
        if frozen and not self._state.identity and not self._options.loose:
            self._say(
                "packlog is frozen into this board's MicroPython: only its config is copied; to "
                "update it, packlog install --micropython FILE with a new image"
            )
            self._starters, self._frozen_only = {}, True

    # The file system

    def _format(self) -> None:
        if not self._board.is_fat:
            self._say("the board's file system is littlefs already: it stays as it is")
            return
        if not self._options.yes:
            if not self._options.terminal:
                raise PacklogError("--format erases all files on the board: say --yes with it")
            if not asking.confirm("This ERASES all files on the board. Go on?", False):
                raise typer.Abort
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
            self._config = self._with_secrets(self._config)
            return {CONFIG: self._config}
        if files.here(self._device, [CONFIG]):
            return {}
        if self._options.terminal:
            senses = questions.Senses(self._hear, lambda: networks.in_reach(self._device))
            self._config = questions.ask(self._board.family, senses, self.answers).encode()
            return {CONFIG: self._config}
        self._say("the board gets the example config.json: edit a copy, install it with --config")
        text = (self._options.firmware / CONFIG).read_text(encoding="utf8")
        if self._board.family != families.USUAL:
            text = questions.example(self._board.family, text)
        return {CONFIG: text.encode()}

    def _with_secrets(self, given: bytes) -> bytes:
        """The user's config; secrets that are hidden in it are the board's own."""
        data = parse_json(given.decode().lstrip("\ufeff"))
        if not hidden.hidden_in(data):
            return given
        try:
            theirs = parse_json(files.read_text(self._device, CONFIG).lstrip("\ufeff"))
        except ValueError:  # none, or one that is not JSON
            theirs = None
        taken = hidden.restore(data, theirs, self._name)
        self._say(f"hidden in {self._name}, so it stays as on the board: {', '.join(taken)}")
        return config_file.as_text(data).encode()

    def _settings(self, own: dict[str, bytes]) -> dict | None:
        """What the config will say; None if it is wrong, which the logger then complains of."""
        text = own[CONFIG].decode() if own else files.read_text(self._device, CONFIG)
        try:
            return config.parse(text)
        except (ValueError, RecursionError):  # ConfigError and what no UTF-8 can have
            return None

    def _hear(self, seconds: int) -> list:
        """Scan, with all of the firmware on the board but what starts it."""
        self._say("copying what a scan needs first ...")
        change = self._change({}, self._bundle(None, bluetooth=True))
        change.write.pop(deploy.MAIN, None)
        if change:
            self._carry_out(change)
            self._device.soft_reset()  # boot.py finds the bundle
        self._state = deploy.State.read(self._device)
        self._say(f"listening for {seconds} s ...")
        found = bluetooth.heard(self._device, seconds)
        bluetooth.ask_all(self._device, found)
        return found

    # Packages of others

    def _packages(self, settings: dict | None, bluetooth: bool) -> list[packages.Package]:
        """Those that the config needs and that the board has not from elsewhere."""
        bluetooth = bluetooth or self._options.bluetooth
        if settings:
            wanted = packages.needed(settings, bluetooth)
        else:
            wanted = [packages.AIOBLE] if bluetooth else []
        if packages.AIOBLE in wanted and self._device.run(script("has_bluetooth")).strip() != "yes":
            raise PacklogError(
                f"the board ({self._board.machine}) has no Bluetooth: for a BMS by Bluetooth "
                "take an ESP32, ESP32-S3, C3 or C6"
            )
        ours = set(self._before.packages if self._before else ()) | set(self._state.packages)
        return [it for it in wanted if it.name in ours or not packages.board_has(self._device, it)]

    def _is_there(self, package: packages.Package) -> bool:
        """Is it in the board's bundle, in the version that is wanted?"""
        version = self._state.packages.get(package.name) if self._state.whole else None
        return not self._lib and version in (package.version, packages.LOCAL)

    def _package_files(self, wanted: list[packages.Package]) -> dict[str, bytes]:
        found: dict[str, bytes] = {}
        for package in wanted:
            if self._is_there(package):
                found |= packages.from_board(
                    self._device, package, deploy.BUNDLE, self._state.paths
                )
                continue
            self._say(f"getting {package.name}, for {package.purpose}")
            found |= packages.get(package, self._board.mpy, self._lib, self._options.index)
        return found

    def _versions(self, wanted: list[packages.Package]) -> dict[str, str]:
        return {
            it.name: self._state.packages[it.name]
            if self._is_there(it)
            else packages.LOCAL
            if self._lib
            else it.version
            for it in wanted
        }

    # Copying

    def _bundle(self, settings: dict | None, bluetooth: bool) -> bytes | None:
        """The bundle to put on the board; None if it has that."""
        if self._frozen_only:
            return None
        wanted = self._packages(settings, bluetooth)
        state, version = self._state, self._options.version
        same = state.whole and (state.version, state.firmware) == (
            version,
            bundle.digest(self._modules),
        )
        if same and all(map(self._is_there, wanted)):
            return None
        data = bundle.pack(
            self._modules, version, self._package_files(wanted), self._versions(wanted)
        )
        names.keep(bundle.identity_of(data), self._names)
        if state.whole and bundle.identity_of(data) == state.identity:
            return None
        return data

    def _change(self, own: dict[str, bytes], data: bytes | None) -> deploy.Change:
        small = deploy.differing(self._device, {**self._starters, **own, **self._page()})
        if data or CONFIG in small:
            small |= deploy.differing(self._device, self._finished(own))
        return deploy.Change(data, self._options.version, small)

    def _page(self) -> dict[str, bytes]:
        """The page, for a board with a web server."""
        wanted = self._checked and "http" in self._checked["parts"]
        return {deploy.PAGE: PAGE.read_bytes()} if wanted else {}

    def _finished(self, own: dict[str, bytes]) -> dict[str, bytes]:
        """The config's finished form for this firmware: a board that has it need not check."""
        data = own.get(CONFIG) or files.read_text(self._device, CONFIG).encode()
        try:
            return {deploy.READY: config_file.finished(data)}
        except (ValueError, RecursionError):
            return {}

    def _carry_out(self, change: deploy.Change) -> None:
        deploy.make_room(self._device, self._state, probe.probe(self._device), change)
        self._say(self._board.describe())
        before = self._state.version or (self._before.version if self._before else "")
        if before and before != change.version and change.bundle:
            self._say(f"packlog {before} becomes {change.version}")
        deploy.carry_out(self._device, self._state, change, self._step)
        if CONFIG in change.write:
            self.answers.forget()
        if change.bundle:
            blocks = self._board.blocks_of(len(change.bundle))
            self._say(f"the firmware takes {blocks} blocks of flash, twice with the one before")
        count = len(change.write) + (change.bundle is not None)
        self._say(f"copied {counted(count, 'file')}, {change.size // 1024} KB")


def _see_it_run(device: Device, say: Callable[[str], None], settings: dict | None) -> bool:
    """Wait for the logger's status line; what it complains of is an error. Returns whether it has
    readings.
    """
    health: dict[str, str] = {}
    running, pack = status.see_start(links.noting(device.lines(status.START_S), health))
    if not running:
        raise PacklogError(f"the board at {device.port} did not start packlog: look at its console")
    if pack:
        say(f"the logger runs: {pack} sends readings")
    else:
        say(f"the logger runs, without a reading yet. {links.silence(settings, health)}")
    return bool(pack)
