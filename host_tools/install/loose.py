"""`packlog install --loose`: modules one by one in the folder /packlog.loose, to change them there.

They keep all their names, so that a module of yours, store/frame.py beside store/frame.mpy, takes
its place. While the folder is there the bundle is not started. It has another name while it is
changed: a board that loses its power meanwhile starts its bundle.
"""

from collections.abc import Callable

from host_tools.board import files
from host_tools.board.device import Device
from host_tools.board.script import script
from host_tools.ground.progress import Progress
from host_tools.ground.words import counted
from host_tools.install.deploy import LOOSE, MANIFEST, Manifest

CHANGING = "/packlog.change"
ASIDE = "/packlog.mine"  # modules of the user's, once the bundle is back


def put(device: Device, modules: dict[str, bytes], version: str, say: Callable[[str], None]) -> int:
    """Bring the folder to these modules; those that the user has changed stay. Returns how many
    files were written or removed.
    """
    folder = LOOSE if _is_there(device, LOOSE) else CHANGING
    before = Manifest.read(device, f"{folder}/{MANIFEST}") or Manifest("", {})
    there = files.here(device, (f"{folder}/{path}" for path in {**modules, **before.files}))
    found = {path.removeprefix(folder + "/"): digest for path, (digest, _) in there.items()}
    users = {p for p, digest in found.items() if before.files.get(p, digest) != digest}
    write = {
        path: data
        for path, data in modules.items()
        if path not in users and found.get(path) != files.digest(data)
    }
    gone = [path for path in before.files if path in found and path not in modules]
    for path in sorted(users):
        say(f"{path} was changed on the board: it stays")
    after = Manifest(version, {path: files.digest(data) for path, data in modules.items()})
    if folder == LOOSE and not write and not gone and after.files == before.files:
        return 0
    _change(device, folder, write, [path for path in gone if path not in users], after)
    size = sum(map(len, write.values())) // 1024
    say(f"copied {counted(len(write), 'module')}, {size} KB, to {LOOSE}")
    return len(write) + len(gone)


def _change(device: Device, folder: str, write: dict, gone: list[str], after: Manifest) -> None:
    if folder == LOOSE:
        device.run(script("rename", LOOSE, CHANGING))
    files.make_folders(device, (f"{CHANGING}/{path}" for path in (*write, MANIFEST)))
    files.remove(device, [f"{CHANGING}/{path}" for path in gone])
    with Progress("copying", sum(map(len, write.values()))) as progress:
        done = 0
        for path, data in write.items():
            files.put(device, f"{CHANGING}/{path}", data)
            done += len(data)
            progress.at(done)
    files.put(device, f"{CHANGING}/{MANIFEST}", after.data())
    device.run(script("rename", CHANGING, LOOSE))


def leave(device: Device, say: Callable[[str], None]) -> None:
    """Go back to the bundle: what is as the install has left it goes, modules of the user's stay in
    another folder.
    """
    aside = next(name for name in _names() if not _is_there(device, name))
    device.run(script("rename", LOOSE, aside))
    manifest = Manifest.read(device, f"{aside}/{MANIFEST}")
    if manifest:
        unchanged = manifest.unchanged(device, aside + "/")
        files.remove(device, [*unchanged, f"{aside}/{MANIFEST}"])
    say("the modules of --loose are gone, the bundle starts again")
    if _is_there(device, aside):
        say(f"modules of your own are in {aside} now")


def _names():
    yield ASIDE
    yield from (f"{ASIDE}{number}" for number in range(2, 1000))


def _is_there(device: Device, path: str) -> bool:
    return device.run(script("is_there", path)).strip() == "yes"
