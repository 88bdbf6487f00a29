"""Answers as a Redodo, LiTime or Power Queen unit sends them: the one place on the PC that writes
this wire format.

Plain Python that MicroPython takes too, so that tests of the decoder can use it on both. Units are
the wire's own: mV, mA (charge positive), 10 mAh, %, degC. Facts from aiobmsble and
dbus-serialbattery; deliberately not written from the decoder's tables.
"""

QUESTION = b"\x00\x00\x04\x01\x13\x55\xaa\x17"


def _low_first(value, size):
    return bytes([value >> 8 * i & 0xFF for i in range(size)])


def refit(frame):
    """The same with a sum that is right."""
    return frame[:-1] + bytes([sum(frame[:-1]) & 0xFF])


def status(
    cells, current, charge, capacity, soc, temperatures, voltage=None, measured=None, soh=100,
    cycles=0, out=0, protections=0, faults=0, balance=0, state=0, switch=0,
):  # fmt: skip
    """The answer to QUESTION. temperatures: the cells', the MOSFETs', up to three more."""
    total = sum(cells) if voltage is None else voltage
    words = list(cells) + [0] * (16 - len(cells))
    degrees = list(temperatures) + [0] * (5 - len(temperatures))
    data = b"\x00\x00\x65\x01\x93\x55\xaa\x00"
    data += _low_first(total if measured is None else measured, 4) + _low_first(total, 4)
    data += b"".join([_low_first(mv, 2) for mv in words]) + _low_first(current, 4)
    data += b"".join([_low_first(each, 2) for each in degrees])
    data += _low_first(charge, 2) + _low_first(capacity, 4)
    for value in (switch, 0, protections, faults, balance):
        data += _low_first(value, 4)
    data += _low_first(state, 2) + _low_first(soc, 2)
    for value in (soh, cycles, out):
        data += _low_first(value, 4)
    return refit(data + b"\x00")
