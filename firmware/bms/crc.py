"""The CRC of Modbus, 16 bits: 0xA001 backwards, from 0xFFFF on."""

from array import array

_table = None  # by the byte: half a KB, and half of the time


def prepare():
    """Make the table: as soon as it is known that it is needed, before the heap is in pieces."""
    global _table
    if not _table:
        _table = array("H", bytes(512))
        for byte in range(256):
            _table[byte] = _by_bits(byte)


def _by_bits(crc):
    for _ in range(8):
        crc = crc >> 1 ^ 0xA001 if crc & 1 else crc >> 1
    return crc


def crc16(buf, at, count):
    """The CRC of so many bytes."""
    prepare()
    crc = 0xFFFF
    table = _table
    for i in range(at, at + count):
        crc = crc >> 8 ^ table[crc & 255 ^ buf[i]]
    return crc
