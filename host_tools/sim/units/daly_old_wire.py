"""Frames as a Daly unit of the older protocol sends them: the one place on the PC that writes this
wire format.

Plain Python that MicroPython takes too, so that tests of the decoder can use it on both. Units are
the wire's own: 0.1 V, 0.1 A (discharge positive), 0.1 %, mV of a cell, degC, mAh. Facts from the
maker's paper V1.2; deliberately not written from the decoder's tables.
"""

TOTALS, STATE, SIZES, CELLS = 0x90, 0x93, 0x94, 0x95
TEMPERATURES, BALANCE, FAULTS = 0x96, 0x97, 0x98
UNIT, WIRE, RADIO = 0x01, 0x40, 0x80  # who speaks


def _high_first(value, size=2):
    return bytes([value >> 8 * i & 0xFF for i in range(size - 1, -1, -1)])


def frame(who, kind, data):
    """A question (with no data) or an answer; data is filled up to eight bytes."""
    body = bytes([0xA5, who, kind, 8]) + data + bytes(8 - len(data))
    return body + bytes([sum(body) & 0xFF])


def question(kind, who=WIRE):
    """What a client writes to ask for that."""
    return frame(who, kind, b"")


def totals(voltage, current, soc):
    """0x90."""
    data = _high_first(voltage) + bytes(2) + _high_first(current + 30000) + _high_first(soc)
    return frame(UNIT, TOTALS, data)


def state(mode, fets, charge, heartbeat=0):
    """0x93: mode 0 still, 1 charge, 2 discharge; fets (charge, discharge)."""
    data = bytes([mode, fets[0], fets[1], heartbeat])
    return frame(UNIT, STATE, data + _high_first(charge, 4))


def sizes(cells, sensors, cycles=0):
    """0x94."""
    return frame(UNIT, SIZES, bytes([cells, sensors, 0, 0, 0]) + _high_first(cycles))


def cells(mvs):
    """0x95: the frames with three cells each."""
    found = []
    for i in range(0, len(mvs), 3):
        data = b"".join([_high_first(mv) for mv in mvs[i : i + 3]])
        found.append(frame(UNIT, CELLS, bytes([i // 3 + 1]) + data))
    return found


def temperatures(degrees):
    """0x96: the frames with seven temperatures each."""
    found = []
    for i in range(0, len(degrees), 7):
        data = bytes([value + 40 for value in degrees[i : i + 7]])
        found.append(frame(UNIT, TEMPERATURES, bytes([i // 7 + 1]) + data))
    return found


def balance(bits):
    """0x97: of 48 cells, cell 1 is bit 0."""
    return frame(UNIT, BALANCE, bytes([bits >> 8 * i & 0xFF for i in range(6)]))


def faults(*data):
    """0x98: eight bytes."""
    return frame(UNIT, FAULTS, bytes(data))
