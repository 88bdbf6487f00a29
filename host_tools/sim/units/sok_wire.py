"""Answers as a SOK sends them: the one place on the PC that writes this wire format.

Plain Python that MicroPython takes too, so that tests of the decoder can use it on both. Units are
the wire's own: mV, mA (charge positive), mAh, %, degC. Facts from aiobmsble; deliberately not
written from the decoder's tables.
"""

NAME, PROTECTIONS, CELLS, TOTALS = 0xC0, 0xC4, 0xC2, 0xC1  # questions
QUESTIONS = {
    NAME: b"\xee\xc0\x00\x00\x00\x41",
    PROTECTIONS: b"\xee\xc4\x00\x00\x00\x4f",
    CELLS: b"\xee\xc2\x00\x00\x00\x46",
    TOTALS: b"\xee\xc1\x00\x00\x00\xce",
}


def crc(data):
    """Of 8 bits, 0x31 reflected, bit by bit."""
    value = 0
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ 0x8C if value & 1 else value >> 1
    return bytes([value])


def _low_first(value, size):
    return bytes([value >> 8 * i & 0xFF for i in range(size)])


def frame(kind, data):
    """A whole one."""
    body = b"\xcc" + bytes([kind]) + data + bytes(17 - len(data))
    return body + crc(body)


def refit(data):
    """The same with a CRC that is right."""
    return data[:-1] + crc(data[:-1])


def name(text):
    """The answer to NAME."""
    return frame(0xF1, text.encode() + b"\r")


def totals(voltage, current, capacity, charge, soc, cycles=0, more=0):
    """The answer to TOTALS, and beside that to CELLS."""
    data = b"".join([_low_first(value, 3) for value in (voltage, current, capacity, charge)])
    return frame(0xF0, data + _low_first(cycles, 2) + bytes([soc]) + _low_first(more, 2))


def states(fets, temperatures):
    """What comes beside TOTALS. fets: of charge, of discharge."""
    data = bytes([fets[0], fets[1], len(temperatures)])
    return frame(0xF2, data + b"".join([_low_first(degrees, 2) for degrees in temperatures]))


def balance(is_on=0):
    """What comes beside CELLS."""
    return frame(0xF3, b"\x17\x03\x12\x00\x64\x00\x00\x01" + bytes([is_on]))


def cells(millivolts):
    """The answers to CELLS: four cells each."""
    found = []
    for first in range(0, len(millivolts), 4):
        data = b""
        for i, mv in enumerate(millivolts[first : first + 4]):
            data += bytes([first + i + 1]) + _low_first(mv, 3)
        found.append(frame(0xF4, data))
    return found


def protections(*places):
    """The answer to PROTECTIONS: a byte for each."""
    return frame(0xF9, bytes([1 if i in places else 0 for i in range(17)]))
