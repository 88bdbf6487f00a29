"""Answers as an ANT before 2021 sends them: the one place on the PC that writes this wire format.

Plain Python that MicroPython takes too, so that tests of the decoder can use it on both. Units are
the wire's own: mV of a cell, 0.1 V, 0.1 A (above 0: discharge), uAh, mAh, %, degC. Facts from
ESPHome and aiobmsble; deliberately not written from the decoder's tables.
"""

QUESTION = b"\xdb\xdb\x00\x00\x00\x00"


def _high_first(value, size):
    return bytes([value >> 8 * i & 0xFF for i in reversed(range(size))])


def refit(frame):
    """The same with a sum that is right."""
    return frame[:138] + _high_first(sum(frame[4:138]), 2) + frame[140:]


def status(
    cells, current, charge, capacity, soc, temperatures, voltage=None, fets=(1, 1), balancer=0,
    out=0, uptime=0,
):  # fmt: skip
    """The answer to QUESTION. temperatures: of four sensors, and two more."""
    total = sum(cells) // 100 if voltage is None else voltage
    words = list(cells) + [0] * (32 - len(cells))
    degrees = list(temperatures) + [-40] * (6 - len(temperatures))
    data = b"\xaa\x55\xaa\xff" + _high_first(total, 2)
    data += b"".join([_high_first(mv, 2) for mv in words]) + _high_first(current, 4)
    data += bytes([soc])
    for value in (capacity, charge, out, uptime):
        data += _high_first(value, 4)
    data += b"".join([_high_first(each, 2) for each in degrees])
    data += bytes([fets[0], fets[1], balancer, 0x03, 0xE8, 0, 23, 0])
    data += _high_first(total * current // 100, 4)
    high, low = max(cells), min(cells)
    for value in (high, low):
        data += bytes([cells.index(value) + 1]) + _high_first(value, 2)
    data += _high_first(sum(cells) // len(cells), 2) + bytes([len(cells)])
    return refit(data + b"\x00\x00\x00\x70\x00\x6b\x02\xac" + bytes(8))
