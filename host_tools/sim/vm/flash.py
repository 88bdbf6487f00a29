"""The flash chip as a block device: 4 KB erase blocks, programming clears bits and never sets them.

Reads come straight from the image file; erasing and programming are the supervisor's, which counts
them and can cut the power in the middle. Nothing in here raises or allocates (littlefs calls in).
"""

import link
import ops

BLOCK = 4096


class Flash:
    def __init__(self, path, blocks):
        self._file = open(path, "rb")
        self._blocks = blocks

    def readblocks(self, block, buf, offset=0):
        self._file.seek(block * BLOCK + offset)
        self._file.readinto(buf)
        link.spend(10 + len(buf) // 20)

    def writeblocks(self, block, buf, offset=-1):
        if offset < 0:  # the simple protocol (FAT): whole blocks, erased first
            for i in range(len(buf) // BLOCK):
                link.request(ops.ERASE, 0, 0, (block + i) * BLOCK)
            offset = 0
        link.request(ops.PROGRAM, 0, 0, block * BLOCK + offset, buf)

    def ioctl(self, op, arg):
        if op == 4:
            return self._blocks
        if op == 5:
            return BLOCK
        if op == 6:
            link.request(ops.ERASE, 0, 0, arg * BLOCK)
        return 0
