"""Prints a file of a flash image whose board is off. Run as: read_file.py IMAGE BLOCKS PATH.

Exits with 1 if there is no such file, or no littlefs.
"""

import sys

import vfs

BLOCK = 4096


class Image:
    """The image as a block device that nothing is written to."""

    def __init__(self, path, blocks):
        self._file = open(path, "rb")
        self._blocks = blocks

    def readblocks(self, block, buffer, offset=0):
        self._file.seek(block * BLOCK + offset)
        self._file.readinto(buffer)

    def writeblocks(self, block, buffer, offset=0):
        raise OSError(30)

    def ioctl(self, op, arg):
        return {4: self._blocks, 5: BLOCK}.get(op, 0)


def main(image, blocks, path):
    try:
        vfs.mount(vfs.VfsLfs2(Image(image, int(blocks))), "/image", readonly=True)
        with open("/image/" + path, "rb") as file:
            sys.stdout.buffer.write(file.read())
    except OSError:
        sys.exit(1)


main(*sys.argv[1:])
