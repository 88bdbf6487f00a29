"""The flash chip of the virtual board: an image file that behaves like NOR flash.

4 KB blocks; an erase sets every bit, a program only clears bits; both take the time that a common
chip takes (W25Q32 data sheet: sector erase 45 ms typical, page program 0.7 ms). Erases are counted
a block, over restarts (FILE.erases), and the power can be cut at any operation, half-way through
it.
"""

import contextlib
import fcntl
import os
from array import array
from pathlib import Path

from host_tools.ground.errors import PacklogError

BLOCK = 4096
PAGE = 256
ERASE_US = 45_000
PROGRAM_US = 700


class PowerCut(Exception):
    """The operation at which the power was to go has been reached."""


def check_free(image: Path) -> None:
    """PacklogError if another virtual board has that flash; a missing one is free."""
    with contextlib.suppress(OSError):
        file = os.open(image, os.O_RDWR)
        try:
            _take(file, image)
        finally:
            os.close(file)


def _take(file: int, image: Path) -> None:
    """Nobody else has the flash until the file is closed."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise PacklogError(
            f"another virtual board runs on {image}: end it, or name another file with --flash"
        ) from None


class Flash:
    """A flash of `blocks` blocks in the file `image`, made (empty) if it does not exist."""

    def __init__(self, image: Path, blocks: int = 512):
        self.image = Path(image)
        try:
            if not self.image.exists():
                self.image.write_bytes(b"\xff" * (blocks * BLOCK))
            self._file = os.open(self.image, os.O_RDWR)
        except OSError as error:
            raise PacklogError(f"the flash {image}: {error.strerror}: name another file") from None
        try:
            _take(self._file, self.image)
        except PacklogError:
            os.close(self._file)
            raise
        self.blocks, rest = divmod(self.image.stat().st_size, BLOCK)
        if rest or not self.blocks:
            os.close(self._file)
            raise PacklogError(f"{image} is not a flash image: name another file")
        self.operations = 0
        self.overprogrammed = 0  # bits that a program wanted to set: a bug of the writer
        self.cut_at: int | None = None  # the operation, counted from 1, that the power cut hits
        self._erases_file = self.image.with_name(self.image.name + ".erases")
        self.erases = self._load_erases()

    def _load_erases(self) -> array:
        counts = array("I", bytes(4 * self.blocks))
        if self._erases_file.exists():
            saved = array("I", self._erases_file.read_bytes())
            counts[: len(saved)] = saved[: self.blocks]
        return counts

    def close(self) -> None:
        """Keep the erase counts beside the image."""
        self._erases_file.write_bytes(self.erases.tobytes())
        os.close(self._file)

    def _count(self) -> bool:
        self.operations += 1
        return self.operations == self.cut_at

    def erase(self, address: int) -> int:
        """Erase the block at the byte address; returns how long it takes in us."""
        cut = self._count()
        self.erases[address // BLOCK] += 1
        os.pwrite(self._file, b"\xff" * (BLOCK // 2 if cut else BLOCK), address)
        if cut:
            raise PowerCut
        return ERASE_US

    def program(self, address: int, data: bytes) -> int:
        """Clear the bits that are 0 in data; returns how long it takes in us."""
        cut = self._count()
        if cut:
            data = data[: len(data) // 2]
        size = len(data)
        old = int.from_bytes(os.pread(self._file, size, address), "little")
        new = int.from_bytes(data, "little")
        self.overprogrammed += (new & ~old).bit_count()
        os.pwrite(self._file, (old & new).to_bytes(size, "little"), address)
        if cut:
            raise PowerCut
        return PROGRAM_US * ((address % PAGE + size + PAGE - 1) // PAGE)
