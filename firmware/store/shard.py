"""A shard: a full segment rewritten column by column and compressed, to a third and less.

    "PKLS" | version | size of the segment's header | size of the parameters | rows | marks | boot
    the segment's header | parameters | CRC-32 of all that | a zlib stream of the planes

docs/format.md has the details, store/encoder.py writes one.
"""

import binascii
import struct

try:
    from deflate import ZLIB, DeflateIO
except ImportError:  # CPython
    DeflateIO = None

PASSING = True

MAGIC = b"PKLS"
VERSION = 2
MARKS_WHOLE = 1  # the version before, whose marks stand in full; 255 at most
VERSIONS = MARKS_WHOLE, VERSION
HEADER = "<4sBBHHHI"
MOST_ROWS = 65535


class ShardError(ValueError):
    """What is wrong with a shard."""


def read_info(file):
    """(the segment's header in bytes, number of records, highest boot) of a shard, an open file.

    The file is at the zlib stream then. ShardError if its header is damaged or of another version.
    """
    start = file.read(struct.calcsize(HEADER))
    if len(start) < struct.calcsize(HEADER) or start[:4] != MAGIC or start[4] not in VERSIONS:
        raise ShardError("not a shard of this version")
    _, _, head_size, params_size, rows, _, boot = struct.unpack(HEADER, start)
    rest = file.read(head_size + params_size)
    crc = struct.pack("<I", binascii.crc32(start + rest))
    if len(rest) < head_size + params_size or file.read(4) != crc:
        raise ShardError("its header is damaged")
    return rest[:head_size], rows, boot


def check(file):
    """Generator: read a shard, an open file, to its end and compare its checksums.

    ShardError, OSError or EOFError if something is wrong. Where there is nothing to inflate with
    (CPython) only the header is looked at.
    """
    read_info(file)
    yield
    if DeflateIO is None:
        return
    stream = DeflateIO(file, ZLIB)
    buffer = bytearray(256)
    while stream.readinto(buffer):
        yield
    if file.read(1):
        raise ShardError("something follows its data")
