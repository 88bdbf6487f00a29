"""Answers as a Seplos V3 sends them: the one place on the PC that writes this wire format.

Plain Python that MicroPython takes too, so that tests of the decoder can use it on both. Units are
the wire's own: mV of a cell, 10 mV, 10 mA (charge positive), 10 mAh, 10 Ah, 0.1 %, 0.1 degC. Facts
from the maker's paper and aiobmsble; deliberately not written from the decoder's tables.
"""

STATES, CELLS, TOTALS = "PIC", "PIB", "PIA"
READ = {STATES: (1, 0x1200, 0x90), CELLS: (4, 0x1100, 26), TOTALS: (4, 0x1000, 17)}


def crc(data):
    """The CRC of Modbus, bit by bit; low byte first."""
    value = 0xFFFF
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ 0xA001 if value & 1 else value >> 1
    return bytes([value & 0xFF, value >> 8])


def _high_first(value):
    return bytes([value >> 8 & 0xFF, value & 0xFF])


def question(unit, block):
    """What a client writes to ask that pack for a block."""
    function, first, count = READ[block]
    body = bytes([unit, function]) + _high_first(first) + _high_first(count)
    return body + crc(body)


def answer(unit, function, data):
    """A whole one."""
    body = bytes([unit, function, len(data)]) + data
    return body + crc(body)


def refit(data):
    """The same with a CRC that is right."""
    return data[:-2] + crc(data[:-2])


def totals(
    voltage, current, charge, capacity, soc, soh=1000, cycles=0, out=0, mean=3300, unit=1
):  # fmt: skip
    """17 registers."""
    values = (voltage, current, charge, capacity, out, soc, soh, cycles)
    values += (mean, 2981, mean, mean, 2981, 2981, 0, 180, 180)
    return answer(unit, 4, b"".join([_high_first(value) for value in values]))


def cells(millivolts, temperatures, surroundings=190, mosfet=250, unit=1):
    """26 registers. temperatures: of four sensors on the cells."""
    values = list(millivolts) + [0] * (16 - len(millivolts))
    degrees = list(temperatures) + [0] * (8 - len(temperatures)) + [surroundings, mosfet]
    values += [value + 2731 for value in degrees]
    return answer(unit, 4, b"".join([_high_first(value) for value in values]))


def states(events=(0, 0, 0, 0, 0, 0), fets=3, faults=0, balance=0, system=16, battery=0, unit=1):
    """144 bits."""
    data = bytes(6) + bytes([balance & 0xFF, balance >> 8, system]) + bytes(events)
    return answer(unit, 1, data + bytes([fets, battery, faults]))
