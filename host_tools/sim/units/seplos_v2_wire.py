"""Answers as a Seplos V2 sends them by Bluetooth: the one place on the PC that writes this wire
format.

Plain Python that MicroPython takes too, so that tests of the decoder can use it on both. Units are
the wire's own: mV of a cell, 10 mV, 10 mA (charge positive), 10 mAh, 0.1 %, 0.1 degC. Facts from
ESPHome and aiobmsble; deliberately not written from the decoder's tables.
"""

TEXTS, DATA = 0x51, 0x61
QUESTIONS = {
    TEXTS: b"\x7e\x10\x00\x46\x51\x00\x00\x3a\x7f\x0d",
    DATA: b"\x7e\x10\x00\x46\x61\x00\x01\x00\xf7\xc1\x0d",
}


def crc(data):
    """Of XModem, bit by bit; high byte first."""
    value = 0
    for byte in data:
        value ^= byte << 8
        for _ in range(8):
            value = (value << 1 ^ 0x1021 if value & 0x8000 else value << 1) & 0xFFFF
    return _high_first(value)


def _high_first(value):
    return bytes([value >> 8 & 0xFF, value & 0xFF])


def frame(kind, data, version=0x14, error=0):
    """A whole one."""
    body = bytes([version, 0, kind, error]) + _high_first(len(data)) + data
    return b"\x7e" + body + crc(body) + b"\x0d"


def refit(data):
    """The same with a CRC that is right."""
    return data[:-3] + crc(data[1:-3]) + data[-1:]


def texts(maker, model, version):
    """The answer to TEXTS."""
    data = maker.encode() + bytes(19 - len(maker)) + model.encode() + bytes(10 - len(model))
    return frame(TEXTS, data + b"\x20" + bytes(version) + b"\x01\x01\x46\x01")


def status(
    cells, current, charge, capacity, soc, temperatures, voltage=None, cycles=0, soh=1000,
    switches=3, events=(0,) * 8, balance=0, state=0, more=b"",
):  # fmt: skip
    """The answer to DATA. temperatures: of sensors on the cells, the surroundings, the MOSFETs."""
    total = sum(cells) // 10 if voltage is None else voltage
    data = bytes([0, 0, len(cells)]) + b"".join([_high_first(mv) for mv in cells])
    data += bytes([len(temperatures)])
    data += b"".join([_high_first(degrees + 2731) for degrees in temperatures])
    data += _high_first(current) + _high_first(total) + _high_first(charge) + b"\x06"
    for value in (capacity, soc, capacity, cycles, soh, total):
        data += _high_first(value)
    data += bytes(len(cells) + len(temperatures) + 2)
    data += bytes([state, switches, len(events)]) + bytes(events)
    width = (len(cells) + 7) // 8
    data += bytes([balance >> 8 * i & 0xFF for i in range(width)]) + bytes(width)
    return frame(DATA, data + more)
