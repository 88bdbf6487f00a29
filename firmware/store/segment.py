"""Segments: the files that records are appended to, a header of 52 bytes and then records.

docs/format.md has the bytes. A file is named after its sequence number, 00000001.seg; so is the
shard that is made of it later. What is damaged or foreign is left alone: the next file is begun
beside it.
"""

import binascii
import os
import struct
from array import array

from lib.uptime import BROWSER, DS3231, KEPT, NO_CLOCK, NTP, PC  # noqa: F401 - a header's clock
from store import frame

MAGIC = b"PKLG"
VERSION = 1
GAPS_VERSION = 2  # of the pack's: there may be GAPs
HEADER_SIZE = 52
MAX_SIZE = 65536
COARSE_SIZES = 24576, 32768  # of hours and days: their shards fill two blocks of flash nearly
BLOCK = 4096  # bytes from one CHECK to the next, at most
LONG_RECORD = 40  # bytes; of longer ones a block is twice that: a CHECK is as long as a record
BUFFER = 416  # bytes that are read or written at a time: 32 frames, 6 records of 32 cells
SUFFIX = ".seg"
SHARD = ".shard"  # what a segment is compacted to
UNFINISHED = ".tmp"  # a shard that is being written

PACK, CELLS, EVENTS, HOURS, DAYS = 1, 2, 3, 4, 5  # series
# Below the pack's own
FOLDERS = {PACK: "pack", CELLS: "cells", EVENTS: "events", HOURS: "hours", DAYS: "days"}

_HEADER = "<4sBBBBHHIIIIB17sH"
SIZE_AT, BOOT_AT = 8, 16  # offsets of header_size and boot
_NOT_FOUND = 2  # errno
_NAME_LENGTH = 16
_NAME = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-"


class SegmentError(ValueError):
    """What is wrong with a segment, or with what was asked of it."""


class Header:
    """A segment's header; the attributes are docs/format.md's fields."""

    def __init__(self, series, layout, cell_count, name, log, record_size=frame.SIZE):
        self.series = series
        self.layout = layout
        self.cell_count = cell_count
        self.name = name
        self.log = log
        self.header_size = HEADER_SIZE
        self.record_size = record_size
        self.sequence = self.boot = self.uptime = self.utc = 0
        self.clock = NO_CLOCK

    def pack(self):
        """The 52 bytes."""
        data = struct.pack(
            _HEADER,
            MAGIC,
            version(self.series),
            self.series,
            self.layout,
            self.cell_count,
            self.header_size,
            self.record_size,
            self.sequence,
            self.boot,
            self.uptime,
            self.utc,
            self.clock,
            self.name.encode(),
            self.log,
        )
        return data + struct.pack("<I", binascii.crc32(data))


def parse_header(data):
    """The Header at the start of data. Raises SegmentError if it is not a valid one."""
    if data[:4] != MAGIC[: len(data)] or not data:
        raise SegmentError("not a packlog segment" if data else "empty")
    if len(data) < HEADER_SIZE:
        raise SegmentError("cut off in its header, after " + str(len(data)) + " bytes")
    if binascii.crc32(data[:48]) != struct.unpack_from("<I", data, 48)[0]:
        raise SegmentError("its header is damaged (the checksum is wrong)")
    fields = struct.unpack_from(_HEADER, data)
    if not VERSION <= fields[1] <= GAPS_VERSION:
        raise SegmentError("of format version " + str(fields[1]) + ": a newer packlog reads it")
    header = Header(fields[2], fields[3], fields[4], _text(fields[12]), fields[13], fields[6])
    header.version = fields[1]
    header.header_size = fields[5]
    header.sequence, header.boot, header.uptime, header.utc, header.clock = fields[7:12]
    _check(header)
    return header


def version(series):
    """The format version of new segments of that series."""
    return GAPS_VERSION if series == PACK else VERSION


def check_name(name):
    """Return a pack's name if it is one: 1 to 16 of A-Z a-z 0-9 _ and -."""
    if not 0 < len(name) <= _NAME_LENGTH or any(c not in _NAME for c in name):
        raise SegmentError(repr(name) + " is not 1 to 16 letters, digits, - and _")
    return name


def _text(raw):
    return check_name("".join(chr(c) for c in raw.split(b"\0")[0]))


def _check(header):
    if header.header_size < HEADER_SIZE or header.record_size < frame.SIZE:
        raise SegmentError("its header contradicts itself (sizes)")
    if header.series == PACK:
        if header.layout not in frame.LAYOUTS:
            raise SegmentError("of the unknown layout " + str(header.layout))
        if header.record_size != frame.SIZE:
            raise SegmentError("its frames are not of " + str(frame.SIZE) + " bytes")


def most(series):
    """Bytes of a segment of that series, at most."""
    return MAX_SIZE if series < HOURS else COARSE_SIZES[series - HOURS]


def file_name(sequence, suffix=SUFFIX):
    """The name of segment number sequence, or of what is made of it."""
    return "{:08d}".format(sequence) + suffix


def scan(folder):
    """Generator: (number, suffix, size) of the segments and shards in a folder, in any order.

    Nothing if there is no such folder. One entry at a time: a large flash has hundreds of files.
    """
    try:
        for name, size in _entries(folder):
            if name[8:] in (SUFFIX, SHARD, UNFINISHED) and name[:8].isdigit():
                yield int(name[:8]), name[8:], size
    except OSError as error:
        if error.errno != _NOT_FOUND:
            raise


def _entries(folder):
    if not hasattr(os, "ilistdir"):  # CPython
        for name in os.listdir(folder):
            yield name, os.stat(folder + "/" + name)[6]
        return
    for entry in os.ilistdir(folder):
        # A file system other than littlefs may not tell the size.
        yield entry[0], entry[3] if len(entry) > 3 else os.stat(folder + "/" + entry[0])[6]


def read_header(path):
    """The Header of a file."""
    with open(path, "rb") as file:
        return parse_header(file.read(HEADER_SIZE))


# A Writer's sums: where the block begins that has no CHECK yet, the CRC-32 of what is in it, and
# the run that holds where it begins. Then the same as of the last sync
BEGIN, CRC, BOOT, BASE = 0, 1, 2, 3
_SUMS = 4


def new_sums(begin, boot, base):
    """The sums of a block without records."""
    return array("I", [begin, 0, boot, base] * 2)


class Writer:
    """Appends to one file. What was put is on the flash, durable, when sync() has returned.

    size: bytes that are there already, of at most limit. buffer: a memoryview of BUFFER bytes, this
    Writer's alone between put() and sync(). sums: as read_tail() has found them.
    """

    def __init__(self, path, size, limit, buffer, record_size=frame.SIZE, sums=None):
        self.path = path
        self.size = size  # bytes that are durable
        self.record_size = record_size
        self._limit = limit
        self._put = 0  # bytes since the last sync
        self._buffer = buffer
        self._used = 0
        self._file = None
        self._sums = sums
        if sums:
            self._keep_sums()

    @property
    def room(self):
        """How many records still fit, besides a CHECK at the end."""
        rest = self._limit - max(HEADER_SIZE, self.size + self._put)
        return max(0, rest // self.record_size - 1)

    def is_due(self, more):
        """Is it time for a CHECK, for that many more records would make the block too long?"""
        longest = BLOCK << (self.record_size > LONG_RECORD)
        more = (more + 1) * self.record_size
        return self.size + self._put - self._sums[BEGIN] + more > longest

    def begin(self, header):
        """Put the header of a new segment."""
        self._sums = new_sums(header.header_size, header.boot, header.uptime)
        self.put(header.pack())
        self._write()
        self._sums[CRC] = 0  # it has a checksum of its own

    def put(self, data):
        """Append bytes, at most as many as the buffer has."""
        if self._used + len(data) > len(self._buffer):
            self._write()
        self._buffer[self._used : self._used + len(data)] = data
        self._used += len(data)
        self._put += len(data)

    def put_mark(self, timestamp, kind, a, b):
        """Append a mark."""
        if self._used + self.record_size > len(self._buffer):
            self._write()
        frame.mark_into(self._buffer, self._used, timestamp, kind, a, b)
        for i in range(self._used + frame.SIZE, self._used + self.record_size):
            self._buffer[i] = 0
        self._used += self.record_size
        self._put += self.record_size

    def put_check(self, boot, base):
        """End the block with a CHECK, if it has records. boot, base: the run that holds."""
        sums = self._sums
        if self.size + self._put <= sums[BEGIN]:
            return
        self.put_mark(sums[BOOT] & 0xFFFF, frame.CHECK, sums[BASE], 0)
        at = self._used - self.record_size + frame.CHECKED
        crc = binascii.crc32(self._buffer[:at], sums[CRC])
        struct.pack_into("<I", self._buffer, at, crc)
        self._write()
        sums[BEGIN], sums[CRC] = self.size + self._put, 0
        sums[BOOT], sums[BASE] = boot, base

    def sync(self):
        """Make everything put so far durable. After an OSError see abandon()."""
        self._write()
        if self._file:
            self._file.flush()
        self.size += self._put
        self._put = 0
        self._keep_sums()

    def _keep_sums(self):
        for i in range(_SUMS):
            self._sums[_SUMS + i] = self._sums[i]

    def _write(self):
        if self._used:
            if self._file is None:
                self._file = open(self.path, "ab")  # noqa: SIM115 - it stays open
            data = self._buffer[: self._used]
            self._file.write(data)
            self._sums[CRC] = binascii.crc32(data, self._sums[CRC])
            self._used = 0

    def close(self):
        """Let go of the file. It is opened again when it is needed."""
        file, self._file = self._file, None
        if file:
            file.close()

    def abandon(self):
        """After a failure: forget what was put. True if the file can go on where it was durable."""
        self._used = self._put = 0
        for i in range(_SUMS):
            self._sums[i] = self._sums[_SUMS + i]
        try:
            self.close()
        except OSError:
            pass
        try:
            return os.stat(self.path)[6] == self.size
        except OSError:
            return self.size == 0
