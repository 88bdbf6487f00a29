"""Brings a board to the firmware that it is to have, so that the power may go at any moment.

The firmware is one file: written beside the old one, compared, and renamed; the old one stays as
the way back (firmware/boot.py). boot.py and main.py go with the modules of every version, and are
renamed into place as well. On a new board main.py comes last: nothing starts before all is there.

Files that no install has put there are the user's: a boot.py or main.py of theirs gets another
name, and nothing of theirs is ever deleted.
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field

from host_tools.board import files
from host_tools.board.device import Device
from host_tools.board.script import script
from host_tools.build import bundle
from host_tools.ground.errors import PacklogError
from host_tools.ground.firmware import CONFIG
from host_tools.ground.progress import Progress
from host_tools.ground.text import parse_json
from host_tools.install.probe import Board

import settings

BOOT, MAIN = "boot.py", "main.py"
BUNDLE, NEW, PREVIOUS = "/packlog.bundle", "/packlog.new", "/packlog.old"
TRIAL = "/packlog.try"
READY = settings.FINISHED  # beside config.json
PAGE = "page.html.gz"  # what the web server shows
LOOSE = "/packlog.loose"  # the folder of an install with --loose
MANIFEST = "packlog.json"  # of the loose files that an install has put there, in / or in LOOSE
ROOT_LOGGER = ("packlog.mpy", "packlog.py")  # before 0.2 the modules were loose files in /
SPARE = 4  # blocks, for folders and what littlefs itself needs

Step = Callable[[str], None]  # is told before each change of a file on the board


@dataclass
class Manifest:
    """Loose files that an install has put on the board: path -> digest; package -> version."""

    version: str
    files: dict[str, str]
    packages: dict[str, str] = field(default_factory=dict)
    complete: bool = True

    def data(self) -> bytes:
        """As it stands on the board."""
        return json.dumps(vars(self), sort_keys=True).encode()

    @classmethod
    def read(cls, device: Device, path: str = MANIFEST) -> "Manifest | None":
        """The board's; None if it is missing or damaged."""
        try:
            found = cls(**parse_json(files.read_text(device, path)))
        except (ValueError, TypeError):
            return None
        whole = all(isinstance(each, dict) for each in (found.files, found.packages))
        return found if whole else None

    def unchanged(self, device: Device, folder: str = "") -> list[str]:
        """Those of its files that are on the board as the install has left them."""
        there = files.here(device, (folder + path for path in self.files))
        return [p for p, (found, _) in there.items() if self.files[p.removeprefix(folder)] == found]


@dataclass(frozen=True)
class Trial:
    """What /packlog.try says of the last update."""

    identity: str
    version: str
    had_readings: bool
    starts: int

    @classmethod
    def parse(cls, text: str) -> "Trial | None":
        """None if there is none."""
        if not (found := re.fullmatch(r"([0-9a-f]{16}) (\S+) ([01]) (\d+)", text)):
            return None
        return cls(found[1], found[2], found[3] == "1", int(found[4]))

    def text(self) -> str:
        return f"{self.identity} {self.version} {int(self.had_readings)} {self.starts}"


@dataclass(frozen=True)
class State:
    """What there is of packlog on a board. Sizes in bytes, -1: missing."""

    identity: str | None  # of its bundle
    whole: bool  # is that as it was written?
    version: str
    firmware: str  # digest of packlog's own modules in it
    packages: dict[str, str]
    paths: list[str]  # of its modules, in their order in the bundle
    old: int
    new: int
    loose: bool
    manifest: bool
    trial: Trial | None
    readings: bool  # does its logger have any?

    @classmethod
    def read(cls, device: Device) -> "State":
        """Ask the board; PacklogError if it answers with something else."""
        try:
            said = parse_json(device.run(script("firmware_state")))
            about = (said["bundle"] or {}).get("about", {})
            return cls(
                identity=said["bundle"] and str(said["bundle"]["identity"]),
                whole=bool(said["bundle"] and said["bundle"]["whole"]),
                version=str(about.get("version", "")),
                firmware=str(about.get("firmware", "")),
                packages=dict(about.get("packages", {})),
                paths=list(map(str, about.get("paths", []))),
                old=int(said["old"]),
                new=int(said["new"]),
                loose=said["loose"] >= 0,
                manifest=said["json"] >= 0,
                trial=Trial.parse(said["trial"]),
                readings=bool(said["readings"]),
            )
        except (ValueError, TypeError, KeyError, AttributeError):
            raise PacklogError(f"the board at {device.port} answers strangely: reset it") from None

    @property
    def given_up(self) -> Trial | None:
        """The update from which the board has gone back by itself."""
        trial = self.trial
        return trial if trial and trial.starts and trial.identity != self.identity else None

    @property
    def proven(self) -> bool:
        """Has its bundle run well?"""
        return self.whole and not (self.trial and self.trial.identity == self.identity)


@dataclass
class Change:
    """What is to be done. bundle None: it stays. write: small files, path -> contents."""

    bundle: bytes | None
    version: str
    write: dict[str, bytes]

    @property
    def size(self) -> int:
        return len(self.bundle or b"") + sum(map(len, self.write.values()))

    def __bool__(self) -> bool:
        return self.bundle is not None or bool(self.write)


def differing(device: Device, wanted: dict[str, bytes]) -> dict[str, bytes]:
    """Those of the files that the board does not have like this."""
    there = files.here(device, wanted)
    return {p: data for p, data in wanted.items() if there.get(p, ("",))[0] != files.digest(data)}


def make_room(device: Device, state: State, board: Board, change: Change) -> None:
    """PacklogError if the files will not fit; where it is narrow, the way back goes first."""
    needed = sum(map(board.blocks_of, map(len, change.write.values()))) + SPARE
    needed += board.blocks_of(len(change.bundle or b""))
    there = board.free + board.blocks_of(max(state.new, 0))
    if needed > there and state.proven and state.old >= 0:
        if needed <= there + board.blocks_of(state.old):
            files.remove(device, [PREVIOUS])
        there += board.blocks_of(state.old)
    if needed > there:
        raise PacklogError(
            f"the board's file system is full, {(needed - there) * board.block // 1024} KB more "
            "are needed: delete files of your own on it, or lower store.budget_kb (packlog config "
            "set) and let the logger run a day"
        )


def carry_out(device: Device, state: State, change: Change, step: Step) -> None:
    """Do it."""
    _keep_users(device, change, step)
    with Progress("copying", change.size) as progress:
        if change.bundle is not None:
            step(f"write {NEW}")
            files.upload(device, NEW, change.bundle, progress.at)
        _put(device, change, (PAGE, BOOT, CONFIG, READY), step)
        if change.bundle is not None:
            step(f"rename {NEW}")
            _put_in_place(device, state, change)
        _put(device, change, (MAIN,), step)
        progress.at(change.size)


def _put(device: Device, change: Change, paths: tuple[str, ...], step: Step) -> None:
    for path in paths:
        if path in change.write:
            step(f"write {path}")
            files.put(device, path, change.write[path])


def _put_in_place(device: Device, state: State, change: Change) -> None:
    has_way_back = state.proven or state.old >= 0 or bool(files.here(device, ROOT_LOGGER))
    trial = Trial(bundle.identity_of(change.bundle), change.version, state.readings, 0)
    device.run(script("put_in_place", trial.text() if has_way_back else "", state.proven))


def _keep_users(device: Device, change: Change, step: Step) -> None:
    """A boot.py or main.py of the user's gets another name."""
    for path in (BOOT, MAIN):
        if path in change.write and _is_users(files.read_text(device, path)):
            step(f"rename {path}")
            device.run(script("rename", path, f"{path}.mine"))


def _is_users(text: str) -> bool:
    """Does it do something, and is it not packlog's? MicroPython's own boot.py is a comment."""
    lines = (line.strip() for line in text.splitlines())
    return "packlog" not in text and any(line and line[0] != "#" for line in lines)
