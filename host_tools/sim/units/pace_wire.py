"""Answers as a PACE sends them by Bluetooth: the one place on the PC that writes this wire format.

Plain Python that MicroPython takes too, so that tests of the decoder can use it on both. Units are
the wire's own: mV of a cell, 10 mV, 10 mA (charge positive), 10 mAh, %, 0.1 degC. Facts from
aiobmsble; deliberately not written from the decoder's tables.
"""

CELLS, PACK, TOTALS = 2, 1, 0
QUESTIONS = {
    CELLS: b"\x9a\x00\x00\x0a\x02\x00\x00\x02\x01\x01\x28\x9c\x9d",
    PACK: b"\x9a\x00\x00\x0a\x01\x00\x00\x02\x01\x01\x1b\x9c\x9d",
    TOTALS: b"\x9a\x00\x00\x0a\x00\x00\x00\x00\x19\x51\x9d",
}


def crc(data):
    """The CRC of Modbus, bit by bit; high byte first here."""
    value = 0xFFFF
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ 0xA001 if value & 1 else value >> 1
    return bytes([value >> 8, value & 0xFF])


def _high_first(value, size):
    return bytes([value >> 8 * i & 0xFF for i in reversed(range(size))])


def frame(kind, data):
    """A whole one."""
    body = b"\x9a\x00\x00\x0a" + bytes([kind, 0, 0, len(data)]) + data
    return body + crc(body) + b"\x9d"


def refit(data):
    """The same with a CRC that is right."""
    return data[:-3] + crc(data[:-3]) + data[-1:]


def totals(units, more=bytes(50)):
    """The answer to TOTALS. more: what stands behind the number of packs; of a pack that is not the
    main one all of it is 0.
    """
    return frame(TOTALS, bytes([units]) + more)


def pack(voltage, current, charge, capacity, soc, soh=100, cycles=0, more=bytes(28)):
    """The answer to PACK. more: what stands behind the cycles."""
    data = b"\x02"
    for value in (current, voltage, charge, capacity, capacity):
        data += _high_first(value, 2)
    return frame(PACK, data + bytes([soc, soh]) + _high_first(cycles, 2) + more)


def cells(millivolts, temperatures):
    """The answer to CELLS. temperatures: of four sensors, the MOSFETs, the surroundings."""
    data = b"\x02" + _high_first(sum(millivolts) // 10, 2) + bytes([len(millivolts)])
    for i in range(len(millivolts)):
        degrees = temperatures[i] if i < len(temperatures) else None
        data += _high_first(millivolts[i], 2)
        data += _high_first(0 if degrees is None else degrees + 2731, 2)
    return frame(CELLS, data)
