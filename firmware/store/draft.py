"""What is in the making, kept on the flash so that a power cut costs no more than the window: the
frame, the hour, and with them the sums of charge and energy since the history began.

A small file of its own, written over and over: littlefs keeps a file of up to 128 bytes in its
metadata log, so that some thirty of them cost one erase. docs/format.md has the bytes.
"""

import binascii
import struct

from lib import once
from store import files, frame, hours

NAME = "/draft"
FOLDER = "/now"  # of its own: the more files a folder has, the more often its log is full
SPARES = "/hours", "/pack"  # a copy of each hour's end; that of version 0.1.0
_FORMAT = "<III"  # boot, uptime at which the frame begins and at which it ends, then the frame
_FRAME = 12
_OLD_SIZE = 25  # of version 0.1.0, which had no more; a checksum follows
_HOUR = 29  # the hour's record, after the uptime at which it begins
_SUMS = _HOUR + hours.SIZE
_KEPT = "<4IHHII"  # Hours.sums and Hours.rests
SIZE = _SUMS + 28
NO_HOUR = 0xFFFFFFFF  # instead of its begin


class Totals:
    """Charge (mAh) and energy (mWh) in and out since the history began, as of the last save."""

    charge_in = charge_out = energy_in = energy_out = 0

    def keep(self, making):
        """They are those of an Hours from here on."""
        self.charge_in = making.total(0, 10)
        self.charge_out = making.total(1, 10)
        self.energy_in = making.total(2, 100)
        self.energy_out = making.total(3, 100)


class Draft:
    """The draft of a pack, by its folder. boot, start, end (uptime in s) and record are what load()
    found of the frame, begin (NO_HOUR: none) and hour of the hour's record. damaged: files.
    """

    @once.packs
    def __init__(self, folder):
        self._folder = folder
        self._data = bytearray(SIZE)
        view = memoryview(self._data)
        self.record = view[_FRAME : _FRAME + frame.SIZE]
        self.hour = view[_HOUR : _HOUR + hours.SIZE]
        self.boot = self.start = self.end = 0
        self.begin = NO_HOUR
        self.damaged = 0
        self.totals = Totals()
        self._made = ()  # folders that are there

    def save(self, boot, span, making, spare):
        """Make durable the frame in record, of that span of uptime, and what an Hours has. OSError.

        spare: the copy, too.
        """
        data = self._data
        struct.pack_into(_FORMAT, data, 0, boot, *span)
        struct.pack_into("<I", data, _OLD_SIZE, making.begin if making.making else NO_HOUR)
        making.encode(data, _HOUR)
        struct.pack_into(_KEPT, data, _SUMS, *making.sums, *making.rests)
        self._write(FOLDER)
        self.totals.keep(making)
        if spare:
            self._write(SPARES[0])

    def _write(self, place):
        path = self._folder + place
        if place not in self._made:
            files.make_folder(path)
            self._made += (place,)
        with open(path + NAME, "wb") as file:
            file.write(self._data)
            file.write(struct.pack("<I", binascii.crc32(self._data)))

    @once.packs
    def load(self, making):
        """Read it back, sums and rests into an Hours. Returns False if it is missing or damaged."""
        for place in (FOLDER,) + SPARES:
            data = self._read(self._folder + place + NAME)
            if data:
                self._data[: len(data)] = data
                self.boot, self.start, self.end = struct.unpack_from(_FORMAT, data)
                if len(data) == SIZE:
                    self._take_up(making)
                return True
        return False

    @once.packs
    def _read(self, path):
        """The file without its checksum; None if it is missing or damaged."""
        try:
            with open(path, "rb") as file:
                data = file.read(SIZE + 5)
        except OSError:
            return None
        size = len(data) - 4
        if size in (SIZE, _OLD_SIZE):
            crc = binascii.crc32(data[:size])
            if data[size:] == struct.pack("<I", crc):
                return data[:size]
        self.damaged += 1
        return None

    @once.packs
    def _take_up(self, making):
        """The hour's record is one to be written: its sums are among the others from here on."""
        data = self._data
        self.begin = struct.unpack_from("<I", data, _OLD_SIZE)[0]
        kept = struct.unpack_from(_KEPT, data, _SUMS)
        if self.begin == NO_HOUR:
            units = (0, 0, 0, 0)
        else:
            units = struct.unpack_from("<4I", self.hour, hours.SUMS)
        for i in range(4):
            making.sums[i] = kept[i] + units[i]
            making.rests[i] = kept[4 + i]
        self.totals.keep(making)
