"""Brings the files on a board to what they are to be, so that the power may go at any moment.

main.py goes first and comes last: until all is there, nothing starts. Each file is written beside
its place, compared, and renamed. /packlog.json on the board, the manifest, says which files are an
install's; before anything else changes it names the old and the new ones, so that the next run
knows what may go, whatever came between. Files that it does not name are the user's.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from host_tools.board.device import Device
from host_tools.board.files import NEW, digest, here, put, read_text
from host_tools.ground.errors import PacklogError
from host_tools.ground.firmware import CONFIG
from host_tools.ground.progress import Progress
from host_tools.install.probe import Board

MANIFEST = "packlog.json"
CRASHES = "crashes"  # boot.py's count: other files, another chance
MAIN = "main.py"
_SPARE = 4  # blocks, for folders and what littlefs itself needs
_INLINE = 512  # bytes: files that are smaller may have no block of their own

_FOLDERS = """
import os
for p in {folders!r}:
    try:
        os.mkdir(p)
    except OSError as e:
        if e.errno != 17:
            raise
"""
_REMOVE = """
import os
for p in {paths!r}:
    try:
        os.remove(p)
    except OSError as e:
        if e.errno != 2:
            raise
for p in {folders!r}:
    try:
        os.rmdir(p)
    except OSError:
        pass
"""


@dataclass
class Manifest:
    """What an install has put on the board: path -> the hash; package -> its version."""

    version: str
    files: dict[str, str]
    packages: dict[str, str] = field(default_factory=dict)
    complete: bool = True

    def data(self) -> bytes:
        """As it stands on the board."""
        return json.dumps(vars(self), sort_keys=True).encode()

    @classmethod
    def read(cls, device: Device) -> "Manifest | None":
        """The board's; None if it has none that can be read."""
        try:
            found = cls(**json.loads(read_text(device, MANIFEST)))
        except (ValueError, TypeError):
            return None
        whole = isinstance(found.files, dict) and isinstance(found.packages, dict)
        return found if whole else None


@dataclass
class Plan:
    """What is to be done: files to write, in order, and files to remove."""

    manifest: Manifest
    write: dict[str, bytes]
    remove: list[str]
    old: dict[str, int]  # sizes on the board of what is replaced or removed
    intent: Manifest | None  # what the board is to know before, if it does not yet

    @property
    def stops_logger(self) -> bool:
        """Does more change than what is one rename?"""
        return bool(set(self.write) - {CONFIG, MAIN, MANIFEST} or set(self.remove) - {NEW})


def make_plan(
    device: Device,
    files: dict[str, bytes],
    before: Manifest | None,
    manifest: Manifest,
    names: set[str],
) -> Plan:
    """Compare. files: all that is to be there. names: where only an install's files may be, as
    MicroPython would import them in place of one of files.
    """
    wanted = {**files, MANIFEST: manifest.data()}
    earlier = set(before.files) if before else set()
    staying = set(wanted) | set(manifest.files)
    there = here(device, staying | earlier | names | {NEW})
    write = {
        path: data
        for path, data in wanted.items()
        if path not in there or there[path][0] != digest(data)
    }
    remove = sorted(set(there) & (earlier | names | {NEW}) - staying)
    plan = Plan(manifest, write, remove, {}, None)
    if plan.stops_logger and MAIN in files:
        write[MAIN] = files[MAIN]  # it goes first
    plan.write = _in_order(write)
    plan.old = {path: there[path][1] for path in [*write, *remove] if path in there}
    if plan.stops_logger and set(manifest.files) - earlier:
        known = {**(before.files if before else {}), **manifest.files}
        plan.intent = Manifest(manifest.version, known, manifest.packages, complete=False)
    return plan


def _in_order(files: dict[str, bytes]) -> dict[str, bytes]:
    """Modules, then what makes them start: boot.py, the manifest, the config, main.py."""
    last = ("boot.py", MANIFEST, CONFIG, MAIN)
    ordered = {path: files[path] for path in sorted(files) if path not in last}
    return ordered | {path: files[path] for path in last if path in files}


def check_room(plan: Plan, board: Board) -> None:
    """PacklogError if the files will not fit, before anything was touched."""

    def freed(path: str) -> int:
        size = plan.old.get(path, 0)
        return board.blocks_of(size) if size > _INLINE else 0

    free = board.free - _SPARE + sum(freed(path) for path in plan.remove)
    lowest = free
    for path, data in plan.write.items():
        free -= board.blocks_of(len(data))
        lowest = min(lowest, free)
        free += freed(path)
    if lowest < 0 and plan.write:
        raise PacklogError(
            f"the board's file system is full, {-lowest * board.block // 1024} KB more are needed: "
            "delete files of your own on it, or lower store.budget_kb (packlog config set) and let "
            "the logger run a day"
        )


def carry_out(device: Device, plan: Plan, on_step: Callable[[str], None] | None = None) -> None:
    """Do it. on_step(what) is told before each change of a file on the board."""
    step = on_step or (lambda what: None)
    if plan.intent:
        step(f"write {MANIFEST}")
        put(device, MANIFEST, plan.intent.data())
    if plan.stops_logger:
        step(f"remove {MAIN}")
        _remove(device, [MAIN, CRASHES])
    for path in plan.remove:
        step(f"remove {path}")
        _remove(device, [path])
    _make_folders(device, plan.write)
    with Progress("copying", sum(map(len, plan.write.values()))) as progress:
        for path, data in plan.write.items():
            step(f"write {path}")
            done = progress.done
            put(device, path, data, lambda size, done=done: progress.at(done + size))
            progress.at(done + len(data))


def _make_folders(device: Device, paths) -> None:
    folders = {p.as_posix() for path in paths for p in PurePosixPath(path).parents}
    if folders := sorted(folders - {"."}):
        device.run(_FOLDERS.format(folders=folders))


def _remove(device: Device, paths: list[str]) -> None:
    """The files, and the folders that are empty then."""
    folders = {p.as_posix() for path in paths for p in PurePosixPath(path).parents} - {"."}
    device.run(_REMOVE.format(paths=paths, folders=sorted(folders, key=len, reverse=True)))


def forms(paths) -> set[str]:
    """All forms in which these modules could be there: hub.py would be imported before hub.mpy."""
    stems = {path.rpartition(".")[0] for path in paths if path.endswith((".py", ".mpy"))}
    return {stem + end for stem in stems for end in (".py", ".mpy")}
