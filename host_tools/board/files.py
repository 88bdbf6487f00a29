"""Files on the board: read, compared, and put in place whole."""

import hashlib

from host_tools.board.device import Device
from host_tools.board.script import script
from host_tools.ground.errors import PacklogError

NEW = "packlog.new"  # what is being written
_RENAME = "import os\nos.rename({new!r}, {path!r})"


def digest(data: bytes) -> str:
    """What tells two versions of a file apart: half a SHA-256, as text."""
    return hashlib.sha256(data).hexdigest()[:32]


def read_text(device: Device, path: str) -> str:
    """A text file of the board; empty if it is missing."""
    return device.run(script("text", path)).replace("\r\n", "\n")


def here(device: Device, paths) -> dict[str, tuple[str, int]]:
    """path -> (hash, size) of those files that the board has."""
    paths = sorted(paths)
    lines = device.run(script("hashes", paths)).splitlines()
    said = (line.split() for line in lines)
    return {path: (h, int(n)) for path, (h, n) in zip(paths, said, strict=True) if h != "-"}


def put(device: Device, path: str, data: bytes, progress=None) -> None:
    """Write a file. It takes its place only when it is whole: a board that loses its power before
    that keeps the old one. PacklogError if the flash is full or the file arrives damaged.
    """
    try:
        device.write_file(NEW, data, progress)
    except PacklogError as error:
        if "ENOSPC" in str(error) or "Errno 28" in str(error):
            raise PacklogError(
                f"the board's flash is full, {path} did not fit: delete files of your own on it "
                "and install again"
            ) from None
        raise PacklogError(str(error).replace(NEW, path, 1)) from None
    if here(device, [NEW]).get(NEW, ("",))[0] != digest(data):
        raise PacklogError(f"{path} arrived damaged on the board: install again")
    device.run(_RENAME.format(new=NEW, path=path))
