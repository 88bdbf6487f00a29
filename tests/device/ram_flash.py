"""A flash chip in RAM for littlefs: 4 KB blocks, counted operations, power that can be cut."""

import os

try:
    from vfs import VfsLfs2, mount, umount
except ImportError:
    from os import VfsLfs2, mount, umount

BLOCK = 4096


class RamFlash:
    """cut: the number of the operation (program or erase, from 1) at which the power goes, 0 never.

    A program is cut off in its middle, an erase is not done at all; from then on nothing is.
    journal: a list that takes the operations, as Replay plays them; None takes none.
    """

    def __init__(self, blocks, image=None):
        self.data = bytearray(blocks * BLOCK) if image is None else bytearray(image)
        self._view = memoryview(self.data)
        self.erases = self.programs = self.operations = 0
        self.wear = [0] * (len(self.data) // BLOCK)
        self.cut = 0
        self.journal = None
        self.read_calls = self.read_bytes = 0
        if image is None:
            VfsLfs2.mkfs(self)
        self.erases = self.programs = self.operations = 0

    @property
    def dead(self):
        return 0 < self.cut <= self.operations

    def readblocks(self, block, buf, offset=0):
        self.read_calls += 1
        self.read_bytes += len(buf)
        start = block * BLOCK + offset
        buf[:] = self._view[start : start + len(buf)]

    def writeblocks(self, block, buf, offset=0):
        self.operations += 1
        count = len(buf)
        if self.dead:
            count = count // 2 if self.cut == self.operations else 0
        start = block * BLOCK + offset
        if self.journal is not None:
            self.journal.append((start, bytes(buf)))
        self._view[start : start + count] = memoryview(buf)[:count]
        self.programs += 1

    def ioctl(self, op, arg):
        if op == 4:
            return len(self.data) // BLOCK
        if op == 5:
            return BLOCK
        if op == 6:
            self.operations += 1
            if not self.dead:
                self._view[arg * BLOCK : (arg + 1) * BLOCK] = b"\xff" * BLOCK
            if self.journal is not None:
                self.journal.append((arg * BLOCK, None))
            self.erases += 1
            self.wear[arg] += 1
        return 0

    def mounted(self, path="/flash"):
        """with flash.mounted() as path: the file system is there."""
        return Mounted(self, path)

    def copy(self):
        """What would be there if the power went now."""
        return RamFlash(0, self.data)


class Replay:
    """What was on a flash at each operation of its journal: cutting the power without a rerun."""

    def __init__(self, image, journal):
        self._data = bytearray(image)
        self._journal = journal
        self._done = 0

    def cut(self, number):
        """The flash after the power went at that operation, from 1; ask in rising order.

        A program is half done. So is every second erase; the others are not done at all.
        """
        while self._done < number - 1:
            self._do(self._data, self._done, 1)
            self._done += 1
        flash = RamFlash(0, self._data)
        if number <= len(self._journal):
            self._do(flash.data, number - 1, 2)
        return flash

    def _do(self, target, number, divisor):
        start, data = self._journal[number]
        if data is not None:
            part = data[: len(data) // divisor]
            target[start : start + len(part)] = part
        elif divisor == 1 or number & 1:
            target[start : start + BLOCK // divisor] = b"\xff" * (BLOCK // divisor)


class Mounted:
    def __init__(self, flash, path):
        self.flash = flash
        self.path = path

    def __enter__(self):
        mount(VfsLfs2(self.flash), self.path)
        return self.path

    def __exit__(self, *_):
        umount(self.path)


def fill(folder, leave):
    """Make foreign files in a folder until only so many blocks are free, 0: not even one."""
    os.mkdir(folder)
    n = 0
    try:
        while leave == 0 or os.statvfs(folder)[3] > leave:
            n += 1
            with open(folder + "/" + str(n), "wb") as file:
                file.write(b"x" * (BLOCK - 8))
    except OSError:
        assert leave == 0
