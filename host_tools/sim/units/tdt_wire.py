"""Answers as a TDT sends them: the one place on the PC that writes this wire format.

Plain Python that MicroPython takes too, so that tests of the decoder can use it on both. Units are
the wire's own: mV of a cell, 10 mV, 0.1 A (charge positive), 0.1 Ah, %, 0.1 degC. Facts from
wattcycle_ble and aiobmsble; deliberately not written from the decoder's tables.
"""

TEXTS, STATES, DATA = 0x92, 0x8D, 0x8C


def crc(data):
    """The CRC of Modbus, bit by bit; high byte first here."""
    value = 0xFFFF
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ 0xA001 if value & 1 else value >> 1
    return bytes([value >> 8, value & 0xFF])


def _high_first(value, size=2):
    return bytes([value >> 8 * i & 0xFF for i in reversed(range(size))])


def frame(kind, data, version=0, function=3, head=0x7E):
    """A whole one; a question has no data."""
    body = bytes([head, version, 1, function, 0, kind]) + _high_first(len(data)) + data
    return body + crc(body) + b"\x0d"


def question(kind, head=0x7E):
    """What a unit is asked with."""
    return frame(kind, b"", head=head)


def refit(data):
    """The same with a CRC that is right."""
    return data[:-3] + crc(data[:-3]) + data[-1:]


def texts(software, maker, serial):
    """The answer to TEXTS."""
    return frame(
        TEXTS,
        b"".join([each.encode() + bytes(20 - len(each)) for each in (software, maker, serial)]),
    )


def data(
    cells, current, charge, full, soc, temperatures, voltage=None, cycles=0, design=1000,
    in_tenths=True, more=b"", version=0,
):  # fmt: skip
    """The answer to DATA. temperatures: of the MOSFETs, the board, the cells."""
    total = sum(cells) // 10 if voltage is None else voltage
    found = bytes([len(cells)]) + b"".join([_high_first(mv) for mv in cells])
    found += bytes([len(temperatures)])
    found += b"".join([_high_first(degrees + 2731) for degrees in temperatures])
    found += _high_first(abs(current) | (current < 0) << 15 | in_tenths << 14)
    for value in (total, charge, full, cycles, design, soc):
        found += _high_first(value)
    return frame(DATA, found + more, version)


def states(
    count=16, sensors=6, first=0, second=0, fets=6, faults=0, warnings=(0, 0), balance=0, mode=0
):
    """The answer to STATES. fets: bit 1 discharge, 2 charge."""
    found = bytes([count]) + bytes(count) + bytes([sensors]) + bytes(sensors)
    found += bytes([0, 0, 0, mode, first, second, fets | 8, 1, faults, 0, 0x18]) + bytes(warnings)
    width = (count + 7) // 8
    return frame(STATES, found + bytes([balance >> 8 * i & 0xFF for i in range(width)]))
