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
    """

    def __init__(self, blocks, image=None):
        self.data = bytearray(blocks * BLOCK) if image is None else bytearray(image)
        self._view = memoryview(self.data)
        self.erases = self.programs = self.operations = 0
        self.wear = [0] * (len(self.data) // BLOCK)
        self.cut = 0
        if image is None:
            VfsLfs2.mkfs(self)
        self.erases = self.programs = self.operations = 0

    @property
    def dead(self):
        return 0 < self.cut <= self.operations

    def readblocks(self, block, buf, offset=0):
        start = block * BLOCK + offset
        buf[:] = self._view[start : start + len(buf)]

    def writeblocks(self, block, buf, offset=0):
        self.operations += 1
        count = len(buf)
        if self.dead:
            count = count // 2 if self.cut == self.operations else 0
        start = block * BLOCK + offset
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
            self.erases += 1
            self.wear[arg] += 1
        return 0

    def mounted(self, path="/flash"):
        """with flash.mounted() as path: the file system is there."""
        return Mounted(self, path)

    def copy(self):
        """What would be there if the power went now."""
        return RamFlash(0, self.data)


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
