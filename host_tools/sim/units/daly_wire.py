"""Answers as a Daly unit of the newer protocol sends them: the one place on the PC that writes this
wire format.

Plain Python that MicroPython takes too, so that tests of the decoder can use it on both. Units are
the wire's own: mV of a cell, 0.1 V, 0.1 A (charge positive), 0.1 Ah, 0.1 %, degC. Facts from
ESPHome and aiobmsble; deliberately not written from the decoder's tables.
"""

SLAVE, READ = 0xD2, 3
STATUS, MOSFET, TEXTS = (0x0000, 62), (0x003E, 9), (0x00A9, 32)  # register, count


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


def question(block):
    """What a client writes to ask for a block of registers."""
    body = bytes([SLAVE, READ]) + _high_first(block[0]) + _high_first(block[1])
    return body + crc(body)


def answer(registers):
    """The answer with these registers."""
    data = b"".join([_high_first(value) for value in registers])
    body = bytes([SLAVE, READ, len(data)]) + data
    return body + crc(body)


def status(
    cells, current, charge, soc, temperatures, voltage=None, cycles=0, balancing=0, fets=(1, 1),
    alarms=(0, 0, 0, 0),
):  # fmt: skip
    """62 registers: alarms are four of them."""
    state = 0 if not current else 1 if current > 0 else 2
    degrees = [value + 40 for value in temperatures]
    total = sum(cells)
    voltage = total // 100 if voltage is None else voltage
    registers = list(cells) + [0] * (32 - len(cells)) + degrees + [0] * (8 - len(degrees))
    registers += [voltage, current + 30000, soc, max(cells), min(cells)]
    registers += [max(degrees), min(degrees), state, charge, len(cells), len(degrees), cycles]
    registers += [balancing, fets[0], fets[1], total // len(cells), max(cells) - min(cells)]
    registers += [abs(voltage * current) // 100]
    return answer(registers + list(alarms))


def mosfet(degrees, balance=0):
    """9 registers: None is no sensor; balance in mA."""
    value = 0xFFFF if degrees is None else degrees + 40
    return answer([0, 0, balance + 30000, 0, value] + [0] * 4)


def texts(software, hardware):
    """32 registers."""
    data = software.encode() + bytes(32 - len(software))
    data += hardware.encode() + bytes(32 - len(hardware))
    return answer([data[i] << 8 | data[i + 1] for i in range(0, 64, 2)])
