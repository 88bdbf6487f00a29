"""Frames as a JK unit sends them on its TTL port: the one place on the PC that writes this format.

Plain Python that MicroPython takes too, so that tests of the decoder can use it on both. Units are
the wire's own: mV of a cell, 10 mV, 10 mA (charge positive here), %, Ah, degC. Facts from ESPHome's
JK component and from frames that others show; deliberately not written from the decoder's tables.
"""

QUESTION = b"NW\x00\x13\x00\x00\x00\x00\x06\x03\x00\x00\x00\x00\x00\x00\x68\x00\x00\x01\x29"
PASSWORD = b"K7q2s3cr3t"


def _high_first(value, size=2):
    return bytes([value >> 8 * i & 0xFF for i in range(size - 1, -1, -1)])


def frame(tags):
    """Tags with their values, with all that stands around them."""
    body = bytes([0, 0, 0, 0, 6, 0, 1]) + tags + bytes(4) + b"\x68"
    data = b"NW" + _high_first(len(body) + 6) + body
    return data + bytes(2) + _high_first(sum(data))


def _degrees(value):
    return _high_first(value if value >= 0 else 100 - value)


def reading(
    cells, current, soc, temperatures, voltage=None, cycles=0, errors=0, states=3, capacity=280,
    version=1,
):  # fmt: skip
    """All that matters, some settings, and a password for the worst case. temperatures: of the
    MOSFETs, then the two sensors.
    """
    voltage = sum(cells) // 10 if voltage is None else voltage
    as_new = current | 0x8000 if current > 0 else -current
    current = as_new if version else 10000 - current
    data = b"\x79" + bytes([3 * len(cells)])
    data += b"".join([bytes([i + 1]) + _high_first(cells[i]) for i in range(len(cells))])
    for i in range(3):
        data += bytes([0x80 + i]) + _degrees(temperatures[i])
    data += b"\x83" + _high_first(voltage) + b"\x84" + _high_first(current)
    data += b"\x85" + bytes([soc]) + b"\x86\x02\x87" + _high_first(cycles)
    data += b"\x89" + bytes(4) + b"\x8a" + _high_first(len(cells))
    data += b"\x8b" + _high_first(errors) + b"\x8c" + _high_first(states)
    data += b"\x8e\x16\x26\x9d\x01\xa9" + bytes([len(cells)]) + b"\xaa" + _high_first(capacity, 4)
    data += b"\xb2" + PASSWORD + b"\xb7" + b"11.XA_S11.51___" + b"\xc0" + bytes([version])
    return frame(data)
