"""The frame in the making, kept on the flash, so that a power cut does not cost a long frame.

A small file of its own, written over and over: littlefs keeps such a file in its metadata log, so
that some forty of them cost one erase. docs/format.md has the bytes.
"""

import binascii
import struct

from lib import once
from store import frame

NAME = "draft"
_FORMAT = "<III13s"  # boot, uptime at which the frame begins and at which it ends, the frame
_SIZE = 25


class Draft:
    """The draft in folder. boot, start, end (uptime in s) and record are what load() found."""

    @once.packs
    def __init__(self, folder):
        self._path = folder + "/" + NAME
        self.record = bytearray(frame.SIZE)
        self.boot = self.start = self.end = 0

    def save(self, boot, start, end):
        """Make record durable as the frame of that time. OSError."""
        data = struct.pack(_FORMAT, boot, start, end, self.record)
        with open(self._path, "wb") as file:
            file.write(data)
            file.write(struct.pack("<I", binascii.crc32(data)))

    @once.packs
    def load(self):
        """Read it back. Returns False if it is missing or incomplete."""
        try:
            with open(self._path, "rb") as file:
                data = file.read(_SIZE + 5)
        except OSError:
            return False
        if len(data) != _SIZE + 4:
            return False
        if binascii.crc32(data[:_SIZE]) != struct.unpack_from("<I", data, _SIZE)[0]:
            return False
        self.boot, self.start, self.end, record = struct.unpack_from(_FORMAT, data)
        self.record[:] = record
        return True
