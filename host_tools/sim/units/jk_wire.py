"""Frames as a JK unit sends them: the one place on the PC that writes this wire format.

Plain Python that MicroPython takes too, so that tests of the decoder can use it on both. Units are
the wire's own: mV, mA (charge positive), 0.1 degC, mOhm, mAh, %, s. Facts from captures and from
ESPHome's JK component; deliberately not written from the decoder's tables.
"""

HEADER = b"\x55\xaa\xeb\x90"
SETTINGS, CELLS, DEVICE = 1, 2, 3
LENGTH = 300
ASKS_CELLS, ASKS_DEVICE = 0x96, 0x97
COMMAND_LENGTH = 20
AT = b"AT\r\n"  # what the radio module says to the unit's UART now and then
NO_SENSOR = -2000
PASSCODE, SETUP_PASSCODE = "K7q2", "s3cr3t"  # what must never get anywhere


def _low_first(value, size):
    return bytes([value >> 8 * i & 0xFF for i in range(size)])


def _sum(data):
    return bytes([sum(data) & 0xFF])


def _text(text, size):
    return text.encode()[:size] + bytes(size - len(text))


def frame(kind, counter, parts):
    """A frame of that kind: parts are (place, bytes)."""
    data = bytearray(LENGTH - 1)
    data[:6] = HEADER + bytes([kind, counter & 0xFF])
    for place, part in parts:
        data[place : place + len(part)] = part
    return bytes(data) + _sum(data)


def command(code):
    """What a client writes to ask for something."""
    data = b"\xaa\x55\x90\xeb" + bytes([code]) + bytes(14)
    return data + _sum(data)


def asked(data):
    """The codes of the commands that a client wrote; anything else is ignored, as by the unit."""
    pieces = [data[at : at + COMMAND_LENGTH] for at in range(0, len(data), COMMAND_LENGTH)]
    return [piece[4] for piece in pieces if len(piece) > 4 and piece == command(piece[4])]


ACKNOWLEDGEMENT = b"\xaa\x55\x90\xeb\xc8\x01\x01" + bytes(12) + b"\x44"


def device_frame(model="JK_PB2A16S15P", hardware="14.XA", software="14.20", name="JK", counter=0):
    """0x03: texts in fixed places, the passcodes among them."""
    parts = [(6, _text(model, 16)), (22, _text(hardware, 8)), (30, _text(software, 8))]
    parts += [(46, _text(name, 16)), (62, _text(PASSCODE, 16)), (86, _text("30925721340", 11))]
    parts.append((118, _text(SETUP_PASSCODE, 16)))
    return frame(DEVICE, counter, parts)


def settings_frame(cells=16, capacity=280000, counter=0):
    """0x01: some of the limits, each in 4 bytes, and a passcode for the worst case."""
    limits = [(10, 2800), (14, 3050), (18, 3620), (22, 3380), (26, 5), (114, cells)]
    limits += [(118, 1), (122, 1), (126, 1), (130, capacity)]
    parts = [(place, _low_first(value, 4)) for place, value in limits]
    parts.append((200, _text(PASSCODE, 16)))
    return frame(SETTINGS, counter, parts)


# The values of a cell_frame besides the cells: name, size, place in 32S and in 24S
VALUES = (
    ("present", 4, 70, 54),
    ("mosfet", 2, 144, 134),
    ("voltage", 4, 150, 118),
    ("power", 4, 154, 122),
    ("current", 4, 158, 126),
    ("t1", 2, 162, 130),
    ("t2", 2, 164, 132),
    ("errors", 4, 166, None),
    ("balance_current", 2, 170, 138),
    ("balancing", 1, 172, 140),
    ("soc", 1, 173, 141),
    ("charge", 4, 174, 142),
    ("capacity", 4, 178, 146),
    ("cycles", 4, 182, 150),
    ("charge_out", 4, 186, 154),
    ("soh", 1, 190, 158),
    ("uptime", 4, 194, 162),
    ("charge_on", 1, 198, 166),
    ("discharge_on", 1, 199, 167),
    ("sensors", 2, 214, 182),
    ("t3", 2, 254, None),
    ("t4", 2, 256, None),
    ("t5", 2, 258, None),
)


def cell_frame(layout, cells, resistances=(), counter=0, **values):
    """0x02 in layout "32S" or "24S". cells are those from the first on, 0 where there is none.

    values are numbers by the names above, 0 by default; present, voltage and power follow from the
    rest where they are not given, and the sensors are all there.
    """
    wide = layout == "32S"
    wired = [mv for mv in cells if mv]
    total = values.get("voltage", sum(cells))
    full = {
        "present": sum([1 << i for i in range(len(cells)) if cells[i]]),
        "voltage": total,
        "power": abs(total * values.get("current", 0)) // 1000,
        "sensors": 0xFF if wide else 7,
    }
    full.update(values)
    start = 74 if wide else 58  # mean, difference, highest, lowest, then the resistances
    parts = [(6 + 2 * i, _low_first(cells[i], 2)) for i in range(len(cells))]
    if wired:
        parts.append((start, _low_first(sum(wired) // len(wired), 2)))
        parts.append((start + 2, _low_first(max(wired) - min(wired), 2)))
        highest, lowest = list(cells).index(max(wired)), list(cells).index(min(wired))
        parts.append((start + 4, bytes([highest, lowest])))
    for i in range(len(resistances)):
        parts.append((start + 6 + 2 * i, _low_first(resistances[i], 2)))
    for name, size, in_32s, in_24s in VALUES:
        place = in_32s if wide else in_24s
        if place is not None:
            parts.append((place, _low_first(full.pop(name, 0), size)))
    if not wide:
        parts.append((136, _low_first(full.pop("errors", 0), 2)))
    if full:
        raise ValueError("a " + layout + " frame has no " + ", ".join(sorted(full)))
    return frame(CELLS, counter, parts)
