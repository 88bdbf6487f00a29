"""What stands around the frames of a JK of the PB series on RS485: jk_wire.py has the frames.

Plain Python that MicroPython takes too, so that tests of the decoder can use it on both. Facts from
dbus-serialbattery's reader and from frames that others show.
"""

SETTINGS, CELLS, DEVICE = 0x1E, 0x20, 0x1C  # registers of 16xx


def crc(data):
    """The CRC of Modbus, bit by bit; low byte first."""
    value = 0xFFFF
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ 0xA001 if value & 1 else value >> 1
    return bytes([value & 0xFF, value >> 8])


def question(unit, register):
    """What a client writes to ask for that."""
    body = bytes([unit, 0x10, 0x16, register, 0, 1, 2, 0, 0])
    return body + crc(body)


def acknowledgement(unit, register):
    """What stands behind the answer."""
    body = bytes([unit, 0x10, 0x16, register, 0, 1])
    return body + crc(body)
