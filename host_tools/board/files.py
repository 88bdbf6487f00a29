"""Files on a board: read, compared, and put in place so that the power may go at any moment."""

import base64
import hashlib
from collections.abc import Callable, Iterable
from pathlib import PurePosixPath

from host_tools.board.device import Device
from host_tools.board.port import Restarted
from host_tools.board.script import script
from host_tools.ground.errors import PacklogError

PART = "packlog.part"  # a small file that is being written
PIECE = 768  # bytes of an upload: more take RAM on the board, fewer take time
DURABLE = 32  # pieces after which they are on flash: an upload that is cut off goes on there


class FullError(PacklogError):
    """The board's flash is full."""


def digest(data: bytes) -> str:
    """What tells two versions of a file apart: half a SHA-256, as text."""
    return hashlib.sha256(data).hexdigest()[:32]


def read_text(device: Device, path: str) -> str:
    """A text file of the board; empty if it is missing."""
    return device.run(script("text", path)).replace("\r\n", "\n")


def here(device: Device, paths: Iterable[str]) -> dict[str, tuple[str, int]]:
    """path -> (digest, size) of those files that the board has."""
    paths = sorted(paths)
    lines = device.run(script("hashes", paths)).splitlines()
    said = (line.split() for line in lines)
    try:
        return {path: (h, int(n)) for path, (h, n) in zip(paths, said, strict=True) if h != "-"}
    except ValueError:
        raise PacklogError(f"the board at {device.port} answers strangely: reset it") from None


def put(device: Device, path: str, data: bytes) -> None:
    """Write a small file; a board that loses its power meanwhile keeps the old one."""
    _writing(device, path, lambda: device.write_file(PART, data))
    if here(device, [PART]).get(PART, ("",))[0] != digest(data):
        raise PacklogError(f"{path} arrived damaged on the board: install again")
    device.run(script("rename", PART, path))


def upload(device: Device, path: str, data: bytes, progress: Callable[[int], None]) -> None:
    """Write a large file, from where an earlier upload of the same data was cut off.

    progress(bytes that are there). PacklogError if it did not arrive as it is.
    """
    there, size = here(device, [path]).get(path, ("", 0))
    if size > len(data) or there != digest(data[:size]):
        size = 0
    if size < len(data):
        try:
            _writing(device, path, lambda: _append(device, path, data, size, progress))
        except FullError:
            device.run(script("give_up_upload", path))
            raise
    if here(device, [path]).get(path, ("",))[0] != digest(data):
        remove(device, [path])
        raise PacklogError(f"{path} arrived damaged on the board: install again")


def _append(device: Device, path: str, data: bytes, size: int, progress) -> None:
    device.run(script("begin_upload", path, size))
    for number, begin in enumerate(range(size, len(data), PIECE), 1):
        piece = base64.b64encode(data[begin : begin + PIECE]).decode()
        device.run(f"add('{piece}')" + ("\nupload.flush()" if number % DURABLE == 0 else ""))
        progress(min(begin + PIECE, len(data)))
    device.run("upload.close()")


def _writing(device: Device, path: str, write: Callable[[], None]) -> None:
    """PacklogError of what goes wrong in words of the user's."""
    try:
        write()
    except Restarted:
        raise
    except PacklogError as error:
        if any(sign in str(error) for sign in ("ENOSPC", "Errno 28", "OSError: 28")):
            raise FullError(
                f"the board's flash is full, {path} did not fit: delete files of your own on it "
                "and install again"
            ) from None
        raise PacklogError(str(error).replace(PART, path, 1)) from None


def remove(device: Device, paths: Iterable[str]) -> None:
    """Remove files, and the folders that are empty then."""
    folders = folders_of(paths)
    device.run(script("remove", list(paths), sorted(folders, key=len, reverse=True)))


def make_folders(device: Device, paths: Iterable[str]) -> None:
    """Make the folders of these files."""
    device.run(script("make_folders", sorted(folders_of(paths))))


def folders_of(paths: Iterable[str]) -> set[str]:
    """All folders that these files are in."""
    return {p.as_posix() for path in paths for p in PurePosixPath(path).parents} - {".", "/"}
