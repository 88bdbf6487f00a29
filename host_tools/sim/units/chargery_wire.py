"""Packets as a Chargery unit sends them: the one place on the PC that writes this wire format.

Plain Python that MicroPython takes too, so that tests of the decoder can use it on both. Units are
the wire's own: mV, 0.1 A (without a sign), 0.1 degC, %, 0.1 mOhm, 0.001 Wh and 0.001 Ah. Facts from
the maker's protocol papers V1.22 to V1.26; deliberately not written from the decoder's tables.
"""

CELLS, READING, IMPEDANCES = 0x56, 0x57, 0x58
DISCHARGE, CHARGE, STORAGE = 0, 1, 2
SPACER = b"h::3\r\n"  # stands between packets now and then


def packet(command, data):
    """Header, command, length of it all, data, and the sum of all bytes before, mod 256."""
    body = bytes([0x24, 0x24, command, len(data) + 5]) + data
    return body + bytes([sum(body) & 0xFF])


def _high_first(value):
    return bytes([value >> 8 & 0xFF, value & 0xFF])


def _low_first(value, size):
    return bytes([value >> 8 * i & 0xFF for i in range(size)])


def cells_packet(cells, soc=None, energy=None, charge=None):
    """0x56: the cells in mV, then either the SoC (V1.22) or the two counters (from V1.24)."""
    data = b"".join([_high_first(mv) for mv in cells])
    if soc is not None:
        return packet(CELLS, data + bytes([soc]))
    return packet(CELLS, data + _low_first(energy, 4) + _low_first(charge, 4))


def reading_packet(full_mv, mode, current, t1, t2, soc, empty_mv=None, stopped=(0, 0)):
    """0x57: mode and soc None as before V1.21, empty_mv None as before V1.26.

    stopped is (charge, discharge): 1 where a protection has stopped it.
    """
    data = _high_first(full_mv)
    if mode is not None:
        data += bytes([mode])
    data += _high_first(current) + _high_first(t1) + _high_first(t2)
    if soc is not None:
        data += bytes([soc])
    if empty_mv is not None:
        data += _high_first(empty_mv) + bytes(stopped)
    return packet(READING, data)


def impedances_packet(mode, current, impedances):
    """0x58: which way and how much current flowed, then each cell's impedance."""
    data = bytes([mode]) + _low_first(current, 2)
    return packet(IMPEDANCES, data + b"".join([_low_first(z, 2) for z in impedances]))
