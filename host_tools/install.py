"""Puts the firmware on a board: looks at what answers, copies what differs, sees it run."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import config
from host_tools import status
from host_tools.device import Device
from host_tools.errors import PacklogError
from host_tools.firmware import FIRMWARE
from host_tools.progress import Progress

OLDEST_MICROPYTHON = (1, 24)
ROOM = 256 * 1024  # bytes that must stay free for the history to be worth the name
START_S = 20
CONFIG = "config.json"
_SKIP = {"__pycache__"}

_PROBE = """
import os, sys, gc
try:
    import vfs
    kinds = [repr(m) for m in vfs.mount()]
except Exception:
    kinds = []
s = os.statvfs("/")
print(repr({"name": sys.implementation.name, "version": sys.implementation.version[:2],
    "kinds": kinds, "block": s[0], "free": s[1] * s[3], "size": s[1] * s[2]}))
"""

_HASHES = """
import hashlib, binascii, os
def _h(p):
    try:
        f = open(p, "rb")
    except OSError:
        return "-"
    h = hashlib.sha256()
    while True:
        b = f.read(512)
        if not b:
            break
        h.update(b)
    f.close()
    return binascii.hexlify(h.digest()).decode()
for p in {paths!r}:
    print(_h(p))
"""

_FOLDERS = """
import os
for p in {folders!r}:
    try:
        os.mkdir(p)
    except OSError as e:
        if e.errno != 17:
            raise
"""


def firmware_files() -> dict[str, bytes]:
    """Path on the board -> contents. main.py comes last: until it is there, nothing starts."""
    files = {}
    for path in sorted(FIRMWARE.rglob("*")):
        name = path.relative_to(FIRMWARE).as_posix()
        if path.is_file() and not _SKIP & set(path.parts) and name != CONFIG:
            files[name] = path.read_bytes()
    files["main.py"] = files.pop("main.py")
    return files


def check_config(path: Path) -> bytes:
    """The user's config.json, checked; PacklogError says what is wrong with it."""
    try:
        text = path.read_text(encoding="utf8")
    except (OSError, UnicodeDecodeError) as error:
        raise PacklogError(f"{path} cannot be read: {error}") from None
    try:
        config.parse(text)
    except config.ConfigError as error:
        message = str(error).replace("config.json", str(path), 1)
        raise PacklogError(message) from None
    return text.encode()


def check_board(device: Device) -> None:
    """PacklogError, with the remedy, if packlog cannot live on this board."""
    board = eval(device.run(_PROBE), {"__builtins__": {}})
    if board["name"] != "micropython" or tuple(board["version"]) < OLDEST_MICROPYTHON:
        found = ".".join(map(str, board["version"]))
        wanted = ".".join(map(str, OLDEST_MICROPYTHON))
        raise PacklogError(
            f"the board runs {board['name']} {found}: packlog needs MicroPython {wanted} or newer, "
            "see micropython.org/download"
        )
    if any("Fat" in kind for kind in board["kinds"]):
        raise PacklogError(
            "the board's file system is FAT, which a power cut can destroy: packlog needs littlefs "
            "(on the board's REPL: import vfs, esp32; p = esp32.Partition.find("
            "esp32.Partition.TYPE_DATA, label='vfs')[0]; vfs.VfsLfs2.mkfs(p); that erases it)"
        )
    needed = sum(len(data) for data in firmware_files().values())
    if board["size"] < needed + ROOM:
        raise PacklogError(
            f"the board's file system has {board['size'] // 1024} KB: packlog needs at least "
            f"{(needed + ROOM) // 1024} KB (a board with 4 MB of flash has 2048 KB)"
        )


def changed(device: Device, files: dict[str, bytes]) -> dict[str, bytes]:
    """The files that the board does not have, or has otherwise."""
    there = device.run(_HASHES.format(paths=list(files))).split()
    return {
        path: data
        for (path, data), digest in zip(files.items(), there, strict=True)
        if hashlib.sha256(data).hexdigest() != digest
    }


def install(port: str, config_file: Path | None, say: Callable[[str], None]) -> None:
    """Install to the board at port and start it. say(line) is told what happens."""
    own_config = check_config(config_file) if config_file else None
    device = Device(port)
    try:
        device.interrupt()
        try:
            check_board(device)
            _copy(device, own_config, say)
        finally:
            device.restart()
        _see_it_run(device, say)
    finally:
        device.close()


def _copy(device: Device, own_config: bytes | None, say: Callable[[str], None]) -> None:
    files = changed(device, firmware_files())
    example = (FIRMWARE / CONFIG).read_bytes()
    has_config = device.run(_HASHES.format(paths=[CONFIG])).strip() != "-"
    if own_config or not has_config:
        files |= changed(device, {CONFIG: own_config or example})
    if not files:
        say("everything on the board is up to date")
        return
    folders = sorted({p.as_posix() for name in files for p in Path(name).parents} - {"."})
    device.run(_FOLDERS.format(folders=folders))
    main = files.pop("main.py", None)  # the last one: a half-copied firmware does not start
    if main:
        files["main.py"] = main
    _write(device, files)
    if left := changed(device, files):
        raise PacklogError(f"{', '.join(left)} arrived damaged on the board: install again")
    say(f"copied {len(files)} files, {sum(map(len, files.values())) // 1024} KB")
    if CONFIG in files and not own_config:
        say("the board has the example config.json: edit a copy and install it with --config")


def _write(device: Device, files: dict[str, bytes]) -> None:
    with Progress("copying", sum(map(len, files.values()))) as progress:
        for path, data in files.items():
            done = progress.done
            device.write_file(path, data, lambda size, done=done: progress.at(done + size))
            progress.at(done + len(data))


def _see_it_run(device: Device, say: Callable[[str], None]) -> None:
    """Wait for the logger's status line; what it complains of is an error."""
    running = False
    for line in device.lines(START_S):
        if complaint := status.trouble(line):
            raise PacklogError(complaint)
        found = status.parse(line)
        if found and found.number("readings"):
            say(f"the logger runs: {found.pack} sends readings")
            return
        running = running or found is not None
    if not running:
        raise PacklogError(f"the board at {device.port} did not start packlog: look at its console")
    say("the logger runs, but the BMS sends nothing yet: is it on, and wired as config.json says?")
