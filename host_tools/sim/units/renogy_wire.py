"""Answers as a Renogy battery sends them: the one place on the PC that writes this wire format.

Plain Python that MicroPython takes too, so that tests of the decoder can use it on both. Units are
the wire's own: 0.1 V, 10 mA (charge positive; 100 mA of a Pro), mAh, 0.1 degC. Facts from aiobmsble
and readers of the maker's paper; deliberately not written from the decoder's tables.
"""

TEXTS, STATES, CELLS, TOTALS = 5104, 5100, 5000, 5042  # the first register
COUNTS = {TEXTS: 28, STATES: 8, CELLS: 34, TOTALS: 7}


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


def frame(data, unit=48):
    """A whole answer."""
    body = bytes([unit, 3, len(data)]) + data
    return body + crc(body)


def refit(data):
    """The same with a CRC that is right."""
    return data[:-2] + crc(data[:-2])


def texts(serial, model, software, unit=48):
    """The answer to TEXTS: four words of states are before them."""
    data = bytes(5) + b"\x0e" + bytes(5) + b"\xc0"
    data += serial.encode() + bytes(16 - len(serial)) + b"01000100"
    return frame(data + model.encode() + bytes(16 - len(model)) + software.encode(), unit)


def states(protections=0, warnings=0, fets=6, volts=0, degrees=0, others=0, more=2, unit=48):
    """The answer to STATES. fets: bits 1 charge, 2 discharge; volts, degrees, others: 32 bits."""
    data = b"".join([_high_first(value, 4) for value in (volts, degrees, others)])
    return frame(data + _high_first(protections | fets | 8, 2) + bytes([more, warnings]), unit)


def cells(tenths, temperatures, unit=48):
    """The answer to CELLS."""
    data = b""
    for values in (tenths, temperatures):
        data += _high_first(len(values), 2) + b"".join([_high_first(each, 2) for each in values])
        data += bytes(2 * (16 - len(values)))
    return frame(data, unit)


def totals(voltage, current, charge, capacity, cycles=0, unit=48):
    """The answer to TOTALS."""
    data = _high_first(current, 2) + _high_first(voltage, 2)
    data += _high_first(charge, 4) + _high_first(capacity, 4) + _high_first(cycles, 2)
    return frame(data, unit)
