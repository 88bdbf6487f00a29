"""CRCs that go backwards (the lowest bit first), by four bits at a time."""

# 0xA001
_MODBUS = (
    0x0000, 0xCC01, 0xD801, 0x1400, 0xF001, 0x3C00, 0x2800, 0xE401,
    0xA001, 0x6C00, 0x7800, 0xB401, 0x5000, 0x9C01, 0x8801, 0x4400,
)  # fmt: skip


def by_table(buf, at, count, crc, table):
    """The CRC of so many bytes that goes on from crc. table: what each four bits change."""
    count += at
    while at < count:
        crc ^= buf[at]
        crc = table[crc & 15] ^ crc >> 4
        crc = table[crc & 15] ^ crc >> 4
        at += 1
    return crc


def crc16(buf, at, count):
    """The CRC of Modbus, of so many bytes."""
    return by_table(buf, at, count, 0xFFFF, _MODBUS)
