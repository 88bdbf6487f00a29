"""Answers as an EG4 LL sends them: the one place on the PC that writes this wire format.

Plain Python that MicroPython takes too, so that tests of the decoder can use it on both. Units are
the wire's own: mV of a cell, 10 mV, 10 mA by wire and 100 mA by radio (charge positive), Ah by wire
and 100 mAh by radio, %, degC. Facts from aiobmsble and readers of the maker's paper; deliberately
not written from the decoder's tables.
"""

TEXTS, STATUS = 0x69, 0  # the first register
COUNTS = {TEXTS: 23, STATUS: 39}


def crc(data):
    """The CRC of Modbus, bit by bit; low byte first."""
    value = 0xFFFF
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ 0xA001 if value & 1 else value >> 1
    return bytes([value & 0xFF, value >> 8])


def _high_first(value, size):
    return bytes([value >> 8 * i & 0xFF for i in reversed(range(size))])


def question(unit, kind):
    """What a unit is asked with."""
    body = bytes([unit, 3]) + _high_first(kind, 2) + _high_first(COUNTS[kind], 2)
    return body + crc(body)


def frame(data, unit=1):
    """A whole answer."""
    body = bytes([unit, 3, len(data)]) + data
    return body + crc(body)


def refit(data):
    """The same with a CRC that is right."""
    return data[:-2] + crc(data[:-2])


def texts(model, software, serial, unit=1):
    """The answer to TEXTS."""
    found = b""
    for text, size in ((model, 24), (software, 6), (serial, 16)):
        found += text.encode() + bytes(size - len(text))
    return frame(found, unit)


def status(
    cells, current, charge, full, soc, temperatures, voltage=None, board=None, soh=100, state=2,
    warnings=0, protections=0, errors=0, cycles=0, design=0, balance=0, most=750, unit=1,
):  # fmt: skip
    """The answer to STATUS. full: mA times seconds; temperatures: of up to six sensors."""
    total = sum(cells) // 10 if voltage is None else voltage
    data = _high_first(total, 2) + _high_first(current, 2)
    data += b"".join([_high_first(mv, 2) for mv in cells]) + bytes(2 * (16 - len(cells)))
    first = temperatures[0] if board is None else board
    for value in (first, temperatures[0], max(temperatures), charge, most, soh, soc):
        data += _high_first(value, 2)
    for value in (state, warnings, protections, errors):
        data += _high_first(value, 2)
    data += _high_first(cycles, 4) + _high_first(full, 4)
    data += bytes([degrees & 0xFF for degrees in temperatures]) + bytes(6 - len(temperatures))
    for value in (len(cells), design, balance):
        data += _high_first(value, 2)
    return frame(data, unit)
