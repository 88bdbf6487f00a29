"""Answers as an ANT of 2021 and later sends them: the one place on the PC that writes this wire
format.

Plain Python that MicroPython takes too, so that tests of the decoder can use it on both. Units are
the wire's own: mV of a cell, 10 mV, 0.1 A (above 0: discharge), uAh, mAh, %, degC. Facts from
ESPHome and aiobmsble; deliberately not written from the decoder's tables.
"""

STATUS, TEXTS = 1, 2
QUESTIONS = {
    STATUS: b"\x7e\xa1\x01\x00\x00\xbe\x18\x55\xaa\x55",
    TEXTS: b"\x7e\xa1\x02\x6c\x02\x20\x58\xc4\xaa\x55",
}


def crc(data):
    """The CRC of Modbus, bit by bit; low byte first."""
    value = 0xFFFF
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ 0xA001 if value & 1 else value >> 1
    return bytes([value & 0xFF, value >> 8])


def _low_first(value, size):
    return bytes([value >> 8 * i & 0xFF for i in range(size)])


def frame(command, address, data):
    """A whole one."""
    body = bytes([0xA1, command]) + _low_first(address, 2) + bytes([len(data)]) + data
    return b"\x7e" + body + crc(body) + b"\xaa\x55"


def refit(data):
    """The same with a CRC that is right."""
    end = data[5] + 6
    return data[:end] + crc(data[1:end]) + data[end + 2 :]


def texts(hardware, software, is_as_said=False):
    """The answer to TEXTS. Units send six bytes more than they say, behind the CRC."""
    data = hardware.encode() + bytes(16 - len(hardware))
    data += software.encode() + bytes(16 - len(software))
    whole = frame(0x12, 0x026C, data)
    return whole if is_as_said else whole[:-2] + b"\xff\x0b\x00\x00\x41\xf2\xaa\x55"


def status(
    cells, current, charge, capacity, soc, temperatures, voltage=None, soh=100, fets=(1, 1),
    balancer=0, protections=0, warnings=0, out=0, into=0, uptime=0,
):  # fmt: skip
    """The answer to STATUS. temperatures: of the sensors, the MOSFETs, the balancer."""
    total = sum(cells) // 10 if voltage is None else voltage
    state = 1 if not current else 3 if current > 0 else 2
    data = bytes([5, state, len(temperatures) - 2, len(cells)])
    data += _low_first(protections, 8) + _low_first(warnings, 8) + bytes(8)
    data += b"".join([_low_first(mv, 2) for mv in cells])
    data += b"".join([_low_first(degrees, 2) for degrees in temperatures])
    data += _low_first(total, 2) + _low_first(current, 2) + _low_first(soc, 2) + _low_first(soh, 2)
    data += bytes([fets[0], fets[1], balancer, 0])
    for value in (capacity, charge, (out + into) // 2, total * current // 1000, uptime, 0):
        data += _low_first(value, 4)
    high, low = max(cells), min(cells)
    for value in (high, cells.index(high) + 1, low, cells.index(low) + 1, high - low):
        data += _low_first(value, 2)
    data += _low_first(sum(cells) // len(cells), 2) + b"\x00\x00\x80\x00\x7a\x00\x0f\x02\xf2\xfa"
    for value in (out, into, 0, 0):
        data += _low_first(value, 4)
    return frame(0x11, 0, data)
