"""The same bytes of a BMS in the shapes in which people have them, for the tests of replay.

A shape takes pieces, as the BMS sent them (notifications), and returns a file's bytes.
"""

import struct

PEER = bytes.fromhex("c8478c000001")[::-1]
CONNECTION, HANDLE = 0x40, 0x12


def joined(pieces):
    return b"".join(pieces)


# Text


def text(line, encoding="ascii"):
    """A shape: line(piece) for each, one a line."""
    return lambda pieces: "".join(line(piece) + "\n" for piece in pieces).encode(encoding)


def pretty(data, mark="."):
    return data.hex(mark).upper()


def esphome(data):
    head = "\x1b[0;36m[10:11:12.123][VV][jk_bms_ble:123]:   "
    return f"{head}{pretty(data)} ({len(data)})\x1b[0m"


def nrf_connect(pieces):
    """It says each notification twice."""
    lines = ["nRF Connect, 2024-05-01", "Device (C8:47:8C:00:00:01)", ""]
    for piece in pieces:
        uuid = "0000ffe1-0000-1000-8000-00805f9b34fb"
        shown = "(0x) " + pretty(piece, "-")
        lines.append(f"I\t12:00:01.123\tNotification received from {uuid}, value: {shown}")
        lines.append(f'A\t12:00:01.123\t"{shown}" received')
    return "\r\n".join(lines).encode()


def bleak(data):
    said = "2024-05-01 10:11:12,345 DEBUG 0000ffe1-0000-1000-8000-00805f9b34fb: "
    return f"{said}{data.hex()}"


def sent_between(pieces):
    """ESPHome's UART debugger: what went to the BMS stands between."""
    lines = []
    for piece in pieces:
        lines.append(f"[10:11:12][D][uart_debug:114]: <<< {pretty(piece, ':')}")
        lines.append("[10:11:12][D][uart_debug:114]: >>> AA:55:90:EB:96:00:00:00:00:00:00:10")
    return "\n".join(lines).encode()


def c_array(pieces):
    data = joined(pieces)
    rows = [", ".join(f"0x{byte:02x}" for byte in data[i : i + 8]) for i in range(0, len(data), 8)]
    return ("{ " + ",\n  ".join(rows) + " }\n").encode()


def escaped(pieces):
    data = joined(pieces)
    rows = ["".join(f"\\x{byte:02x}" for byte in data[i : i + 16]) for i in range(0, len(data), 16)]
    return ("".join(f'"{row}" \\\n' for row in rows)).replace(" \\\n", "\n").encode()


def plain(data):
    return "".join(chr(byte) if 32 <= byte < 127 else "." for byte in data)


def rows_of(data):
    return [(at, data[at : at + 16]) for at in range(0, len(data), 16)]


def xxd(pieces):
    lines = []
    for at, row in rows_of(joined(pieces)):
        words = " ".join(row[i : i + 2].hex() for i in range(0, len(row), 2))
        lines.append(f"{at:08x}: {words:39}  {plain(row)}")
    return "\n".join(lines).encode()


def squeezed(line, end):
    """hexdump and od: * for lines like the one before."""

    def dump(pieces):
        data = joined(pieces)
        lines, before = [], None
        for at, row in rows_of(data):
            if row != before:
                lines.append(line(at, row))
            elif lines[-1] != "*":
                lines.append("*")
            before = row
        return "\n".join([*lines, end % len(data), ""]).encode()

    return dump


def canonical(at, row):
    left, right = row[:8].hex(" "), row[8:].hex(" ")
    return f"{at:08x}  {left:23}  {right:23}  |{plain(row)}|"


def words(at, row):
    row = row + bytes(len(row) & 1)
    numbers = (f"{low | high << 8:04x}" for low, high in zip(row[::2], row[1::2], strict=True))
    return f"{at:07x} " + " ".join(numbers)


def octal(at, row):
    return f"{at:07o} {row.hex(' ')}"


def wireshark(data, gap=3):
    """A packet's bytes, as Wireshark copies and tshark -x prints them."""
    width = 3 * 16 - 1
    return "".join(
        f"{at:04x}{' ' * gap}{row.hex(' '):{width}}   {plain(row)}\n" for at, row in rows_of(data)
    )


def format_hex(pieces):
    """PowerShell 7's."""
    lines = ["", "   Label: jk.bin", "", f"{'Offset Bytes':>22}{'Ascii':>52}"]
    lines.append(" " * 17 + bytes(range(16)).hex(" ").upper())
    for at, row in rows_of(joined(pieces)):
        lines.append(f"{at:016X} {row.hex(' ').upper():47} {plain(row)}")
    return "\r\n".join(lines).encode("utf-16")


def bluetoothctl(pieces):
    lines = []
    for piece in pieces:
        lines.append("[CHG] Attribute /org/bluez/hci0/dev_C8_47_8C_00_00_01/char0011 Value:")
        lines += [f"  {row.hex(' '):47}  {plain(row):16}" for _, row in rows_of(piece)]
    return "\n".join(lines).encode()


def columns(line, separator, head=""):
    """A table with a piece a row: line(seconds, piece) returns its texts."""

    def table(pieces):
        rows = (line(f"{0.1 * i:.6f}", piece) for i, piece in enumerate(pieces, 9))
        return "\n".join([head, *(separator.join(row) for row in rows)]).encode()

    return table


# Bluetooth


def connected():
    """The event of a new connection, with its type."""
    body = struct.pack("<BBHBB6sHHHB", 1, 0, CONNECTION, 0, 0, PEER, 24, 0, 500, 0)
    return 4, bytes([0x3E, len(body)]) + body


def notification(value, handle=HANDLE, connection=CONNECTION, most=10000):
    """ACL packets with their type, of at most so many bytes of data."""
    att = struct.pack("<BH", 0x1B, handle) + value
    l2cap = struct.pack("<HH", len(att), 4) + att
    for at in range(0, len(l2cap), most):
        part = l2cap[at : at + most]
        flags = connection | (1 if at else 2) << 12
        yield 2, struct.pack("<HH", flags, len(part)) + part


def hci(pieces, most=10000):
    """All packets of a phone: the connection, the notifications, others' between."""
    yield connected()
    for piece in pieces:
        yield from notification(piece, most=most)
        yield from notification(b"\x55\xaa\x01 a watch's", connection=0x41)
        yield from notification(b"another characteristic", handle=0x20)
        yield 1, bytes.fromhex("0c1400")


def snoop(pieces, link=1002, most=10000, cut=0):
    """cut: bytes that the log keeps of each packet, 0 for all."""
    out = b"btsnoop\0" + struct.pack(">II", 1, link)
    for kind, data in hci(pieces, most):
        flags = {4: 3, 2: 1, 1: 2}[kind]
        if link == 1002:
            data = bytes([kind]) + data
        elif link == 2001:
            flags = {4: 3, 2: 5, 1: 2}[kind]
        size = len(data)
        data = data[: cut or size]
        out += struct.pack(">IIIIq", size, len(data), flags, 0, 0xE03AB44A676000) + data
    return out


def framed(pieces, link):
    """Packets as a link type of pcap has them."""
    for kind, data in hci(pieces):
        if link == 187:
            yield bytes([kind]) + data
        elif link == 201:
            yield struct.pack(">I", kind != 1) + bytes([kind]) + data
        else:
            yield struct.pack(">HH", 0, {4: 3, 2: 5, 1: 2}[kind]) + data


def pcap(packets, link, order="<", magic=0xA1B2C3D4):
    out = struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, 262144, link)
    for data in packets:
        out += struct.pack(order + "IIII", 1714557600, 5, len(data), len(data)) + data
    return out


def block(kind, body, order):
    body += bytes(-len(body) % 4)
    size = struct.pack(order + "I", len(body) + 12)
    return struct.pack(order + "I", kind) + size + body + size


def pcapng(packets, link, order="<", kind=6):
    head = struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1)
    out = block(0x0A0D0D0A, head, order)
    out += block(1, struct.pack(order + "HHI", link, 0, 262144), order)
    out += block(5, bytes(12), order)  # statistics, which are no packet
    for data in packets:
        sizes = struct.pack(order + "II", len(data), len(data))
        if kind == 6:
            body = struct.pack(order + "III", 0, 1, 2) + sizes + data
        elif kind == 3:
            body = sizes[:4] + data
        else:
            body = struct.pack(order + "HHII", 0, 0, 1, 2) + sizes + data
        out += block(kind, body, order)
    return out


def apple(pieces, order=">"):
    out = b""
    for kind, data in hci(pieces):
        body = struct.pack(order + "II", 1714557600, 5) + bytes([{4: 1, 2: 3, 1: 0}[kind]]) + data
        out += struct.pack(order + "I", len(body)) + body
    return out


# A WebSocket


def message(line, first=0x81):
    data = line.encode()
    size = bytes([len(data)]) if len(data) < 126 else struct.pack(">BH", 126, len(data))
    return bytes([first]) + size + data


def ip(payload, number, port=9000, begun=False):
    """An IPv4 packet from the battery to us."""
    tcp = struct.pack(">HHIIBBHHH", port, 50000, number, 1, 0x50, 2 if begun else 24, 512, 0, 0)
    size = 20 + len(tcp) + len(payload)
    head = struct.pack(">BBHHHBBH4s4s", 0x45, 0, size, 1, 0, 64, 6, 0, b"\n\0\0\2", b"\n\0\0\t")
    return head + tcp + payload


def console(lines, split=40):
    """Segments of a console's stream, some out of order, some twice."""
    stream = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n"
    stream += b"\x89\0" + b"".join(map(message, lines))
    first = 0xFFFFFF00  # the numbers wrap
    packets = [ip(b"", first - 1, begun=True)]
    for at in range(0, len(stream), split):
        packets.append(ip(stream[at : at + split], (first + at) & 0xFFFFFFFF))
    packets[1:3] = packets[2], packets[1]
    packets.insert(4, packets[2])
    packets.insert(2, ip(b"\x16\x03\x03 something else", 77, port=443))
    return packets
