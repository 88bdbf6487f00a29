"""Frames as a JBD unit sends them: the one place on the PC that writes this wire format.

Plain Python that MicroPython takes too, so that tests of the decoder can use it on both. Units are
the wire's own: mV of a cell, 10 mV, 10 mA (charge positive), 10 mAh, 0.1 degC, %. Facts from the
maker's paper V4; deliberately not written from the decoder's tables.
"""

BASIC, CELLS, NAME = 3, 4, 5


def _high_first(value):
    return bytes([value >> 8 & 0xFF, value & 0xFF])


def question(kind):
    """What a client writes to ask for that."""
    return b"\xdd\xa5" + bytes([kind, 0]) + _high_first(-kind) + b"\x77"


def frame(kind, data, status=0):
    """An answer."""
    body = bytes([status, len(data)]) + data
    return b"\xdd" + bytes([kind]) + body + _high_first(-sum(body)) + b"\x77"


def cells_frame(cells):
    """0x04: the cells in mV."""
    return frame(CELLS, b"".join([_high_first(mv) for mv in cells]))


def name_frame(name):
    """0x05: what the unit calls its hardware."""
    return frame(NAME, name.encode())


def basic_frame(
    voltage, current, charge, capacity, soc, temperatures, cells=16, cycles=0, balance=0, errors=0,
    software=0x20, fets=3, more=b"",
):  # fmt: skip
    """0x03: temperatures in 0.1 degC; balance and errors are bits; more stands behind them."""
    data = _high_first(voltage) + _high_first(current) + _high_first(charge)
    data += _high_first(capacity) + _high_first(cycles) + b"\x2c\x7c"
    data += _high_first(balance) + _high_first(balance >> 16) + _high_first(errors)
    data += bytes([software, soc, fets, cells, len(temperatures)])
    data += b"".join([_high_first(tenths + 2731) for tenths in temperatures])
    return frame(BASIC, data + more)
