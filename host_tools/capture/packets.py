"""Files of packets: btsnoop (an Android phone's Bluetooth HCI log), pcap, pcapng and Apple's
PacketLogger (.pklg), and what of their packets is a BMS's: Bluetooth notifications (att.py), and
the text of a WebSocket (websocket.py).

Layouts: the btsnoop format of Frontline as Android writes it; draft-ietf-opsawg-pcap and -pcapng;
link types as tcpdump.org lists them. A packet of more than LONGEST bytes is damage: nothing is read
on its word. What the end of a file cuts off is left out.
"""

import struct
from collections.abc import Callable, Iterator
from pathlib import Path

from host_tools.capture.att import Notifications
from host_tools.capture.websocket import Consoles
from host_tools.ground.errors import PacklogError

LONGEST = 1 << 20  # bytes of a packet
# Link types. H4: the first byte is the packet's type; MONITOR: Linux's, the kind is a number
H4, H4_WITH_DIRECTION, MONITOR = 187, 201, 254
IP_AT = {0: 4, 1: 14, 12: 0, 14: 0, 101: 0, 113: 16, 228: 0, 276: 20}  # where IPv4 begins
EVENT, ACL = 4, 2  # types of H4
MONITOR_TYPES = {3: EVENT, 4: ACL, 5: ACL}
SNOOP = b"btsnoop\0"
PCAP = {
    b"\xd4\xc3\xb2\xa1": "<",
    b"\xa1\xb2\xc3\xd4": ">",
    b"\x4d\x3c\xb2\xa1": "<",
    b"\xa1\xb2\x3c\x4d": ">",
}
PCAPNG = b"\x0a\x0d\x0d\x0a"
BYTE_ORDERS = {b"\x4d\x3c\x2b\x1a": "<", b"\x1a\x2b\x3c\x4d": ">"}
INTERFACE, OLD_PACKET, SIMPLE, ENHANCED = 1, 2, 3, 6  # blocks of pcapng
APPLE_TYPES = {0: 0, 1: EVENT, 2: ACL, 3: ACL}  # command, event, sent, received
APPLE_KNOWN = {*APPLE_TYPES, 0xFB, 0xFC, 0xFD, 0xFE, 0xFF}  # notes of its own, too

Packet = tuple[int, bytes, int]  # link type, what of the packet is there, how long it was


class Bytes:
    """The file's bytes, some at a time. take() returns fewer at the end of the file only."""

    def __init__(self, path: Path, pieces: Iterator[bytes]):
        self.at = 0
        self._path, self._pieces, self._have = path, pieces, bytearray()

    def take(self, count: int) -> bytes:
        if count > LONGEST:
            raise PacklogError(
                f"{self._path}: damaged at byte {self.at}: no packet has {count} bytes"
            )
        while len(self._have) < count:
            piece = next(self._pieces, b"")
            if not piece:
                break
            self._have += piece
        taken = bytes(self._have[:count])
        del self._have[:count]
        self.at += len(taken)
        return taken

    def whole(self, count: int) -> bytes | None:
        """The next count bytes; None if the file has fewer."""
        taken = self.take(count)
        return taken if len(taken) == count else None


def reader(head: bytes) -> Callable[[Bytes], Iterator[Packet]] | None:
    """What reads a file that begins so; None if it has no packets."""
    if head.startswith(SNOOP):
        return _snoop
    if head[:4] in PCAP:
        return _pcap
    if head[:4] == PCAPNG and head[8:12] in BYTE_ORDERS:
        return _pcapng
    for order in "><":
        if _is_apple(head, order):
            return lambda file: _apple(file, order)
    return None


def streams(path: Path, read, pieces: Iterator[bytes]) -> Iterator[tuple[str, bytes]]:
    """(stream, bytes) of what devices sent in the packets."""
    notifications, consoles = Notifications(), Consoles()
    unknown, count, cut, foreign = set(), 0, 0, 0
    for link, data, size in read(Bytes(path, pieces)):
        count += 1
        cut += len(data) < size
        found = _hci(link, data)
        if found:
            yield from notifications.take(*found)
        elif link in IP_AT:
            yield from consoles.take(data[IP_AT[link] :])
        elif link not in (H4, H4_WITH_DIRECTION, MONITOR):
            unknown.add(link)
            foreign += 1
    yield from consoles.finish()
    if foreign == count > 0:
        kinds = ", ".join(map(str, sorted(unknown)))
        raise PacklogError(
            f"{path}: packets of link type {kinds}, but Bluetooth HCI or IP is what is read: "
            "log on the phone or PC itself"
        )
    if cut and not notifications.count:
        raise PacklogError(
            f"{path}: {cut} of {count} packets were logged without their data: switch the phone's "
            "HCI log from filtered to full"
        )


def _hci(link: int, data: bytes) -> tuple[int, bytes] | None:
    """(type, packet) of a Bluetooth HCI packet as H4 numbers them."""
    if link == H4 and data:
        return data[0], data[1:]
    if link == H4_WITH_DIRECTION and len(data) > 4:
        return data[4], data[5:]
    if link == MONITOR and len(data) > 4:
        return MONITOR_TYPES.get(data[3], 0), data[4:]
    return None


def _snoop(file: Bytes) -> Iterator[Packet]:
    link = struct.unpack(">I", file.take(16)[12:].ljust(4, b"\0"))[0]
    while head := file.whole(24):
        size, have, flags = struct.unpack(">III", head[:12])
        data = file.whole(have)
        if data is None:
            return
        if link == 2001:
            yield MONITOR, bytes(2) + struct.pack(">H", flags & 0xFFFF) + data, size + 4
        elif link == 1001:  # which kind it is, two bits say: received, and no data
            kind = (ACL, ACL, 0, EVENT)[flags & 3]
            yield H4, bytes([kind]) + data, size + 1
        else:
            yield H4 if link == 1002 else link, data, size


def _pcap(file: Bytes) -> Iterator[Packet]:
    head = file.take(24).ljust(24, b"\0")
    order = PCAP[head[:4]]
    link = struct.unpack(order + "I", head[20:])[0] & 0xFFFF
    while head := file.whole(16):
        have, size = struct.unpack(order + "8xII", head)
        data = file.whole(have)
        if data is None:
            return
        yield link, data, size


def _pcapng(file: Bytes) -> Iterator[Packet]:
    order, links = "<", []
    while head := file.whole(8):
        if head[:4] == PCAPNG:
            mark = file.take(4)
            order, links = BYTE_ORDERS.get(mark, order), []
            file.take(max(0, struct.unpack(order + "I", head[4:])[0] - 12))
            continue
        kind, size = struct.unpack(order + "II", head)
        body = file.whole(max(4, size - 8))
        if body is None:
            return
        if kind == INTERFACE:
            links.append(struct.unpack_from(order + "H", body)[0])
        elif kind in (OLD_PACKET, SIMPLE, ENHANCED):
            yield from _block(kind, order, body[:-4], links)


def _block(kind: int, order: str, body: bytes, links: list[int]) -> Iterator[Packet]:
    """The packet in a block, if it is whole."""
    layouts = {OLD_PACKET: ("H10xII", 20), SIMPLE: ("I", 4), ENHANCED: ("I8xII", 20)}
    layout, begin = layouts[kind]
    if len(body) < begin:
        return
    interface, *sizes = struct.unpack_from(order + layout, body)
    if kind == SIMPLE:
        interface, sizes = 0, (min(interface, len(body) - begin), interface)
    if interface < len(links):
        have, size = sizes
        yield links[interface], body[begin : begin + have], size


def _is_apple(head: bytes, order: str) -> bool:
    """Do its first records follow each other as they say?"""
    at = count = 0
    while at + 13 <= len(head) and count < 8:
        size = struct.unpack_from(order + "I", head, at)[0]
        if not 9 <= size <= 65536 or head[at + 12] not in APPLE_KNOWN:
            return False
        at += 4 + size
        count += 1
    return count > 1 or (count == 1 and at == len(head))


def _apple(file: Bytes, order: str) -> Iterator[Packet]:
    while head := file.whole(4):
        data = file.whole(struct.unpack(order + "I", head)[0])
        if data is None or len(data) < 9:
            return
        yield H4, bytes([APPLE_TYPES.get(data[8], 0)]) + data[9:], len(data) - 8
