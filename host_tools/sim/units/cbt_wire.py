"""Answers as a CBT Power sends them: the one place on the PC that writes this wire format.

Plain Python that MicroPython takes too, so that tests of the decoder can use it on both. Units are
the wire's own: mV, mA (charge positive), Ah, %, degC. Facts from aiobmsble; deliberately not
written from the decoder's tables.
"""

KINDS = (0x21, 0x15, 0x09, 0x0A, 0x05, 0x06, 0x07, 0x08, 0x0B)
CELLS = KINDS[4:8]


def question(kind):
    """What asks for that."""
    return bytes((0xAA, 0x55, kind, 0, kind, 0x0A, 0x0D))


def _low_first(value, size):
    return bytes([value >> 8 * i & 0xFF for i in range(size)])


def frame(kind, data):
    """A whole answer."""
    body = bytes((kind, len(data))) + data
    return b"\xaa\x55" + body + bytes((sum(body) & 0xFF,)) + b"\r\n"


def refit(data):
    """The same with a sum that is right."""
    return data[:-3] + bytes((sum(data[2:-3]) & 0xFF,)) + data[-2:]


def values(voltage, current):
    """The answer to 0B."""
    return frame(0x0B, _low_first(voltage, 4) + _low_first(current, 4))


def soc(percent, more=b"\x13\x0d\0\0\0"):
    """The answer to 0A."""
    return frame(0x0A, bytes((percent,)) + more)


def degrees(first):
    """The answer to 09."""
    return frame(0x09, 2 * _low_first(first, 2) + bytes(8))


def rated(capacity, cycles):
    """The answer to 15."""
    return frame(0x15, _low_first(capacity, 2) + _low_first(cycles, 2))


def alarms(bits=0):
    """The answer to 21."""
    return frame(0x21, _low_first(bits, 4))


def cells(group, millivolts):
    """The answer to 05, 06, 07 or 08 (group 0 to 3) of a unit with these cells."""
    mine = list(millivolts[5 * group : 5 * group + 5])
    data = b"".join([_low_first(mv, 2) for mv in mine + [0] * (5 - len(mine))])
    return frame(CELLS[group], data)
