"""Bluetooth HCI packets to the values that devices notify: the fragments of ACL data become
L2CAP packets, those of the attribute protocol have the values (Bluetooth Core Specification 5.4,
volumes 3 A and F, 4 E).

A stream is a characteristic of a device: its address if the log has the connection's beginning.
"""

from collections.abc import Iterator

EVENT, ACL = 4, 2  # types of H4
LE_META, CONNECTED = 0x3E, (0x01, 0x0A, 0x29)  # event and subevents
CONTINUED = 1  # a fragment that is not the first
ATTRIBUTES = 4  # the channel of the attribute protocol
NOTIFIED, INDICATED, SEVERAL = 0x1B, 0x1D, 0x23  # opcodes


class Notifications:
    """take() packets in their order. count: of notifications so far."""

    def __init__(self):
        self.count = 0
        self._addresses = {}  # of connections
        self._parts = {}  # of a connection's packet that is not whole yet

    def take(self, kind: int, packet: bytes) -> Iterator[tuple[str, bytes]]:
        """(stream, value) of what a packet completes. kind: as H4 numbers them."""
        if kind == EVENT:
            self._take_event(packet)
        elif kind == ACL and len(packet) >= 4:
            yield from self._take_fragment(packet)

    def _take_event(self, packet: bytes) -> None:
        if len(packet) >= 13 and packet[0] == LE_META and packet[2] in CONNECTED and not packet[3]:
            connection = _number(packet, 4) & 0xFFF
            self._addresses[connection] = packet[8:14][::-1].hex(":")
            self._parts.pop(connection, None)

    def _take_fragment(self, packet: bytes) -> Iterator[tuple[str, bytes]]:
        first = _number(packet, 0)
        connection, boundary = first & 0xFFF, first >> 12 & 3
        data = packet[4 : 4 + _number(packet, 2)]
        # What goes to a BMS fits in a fragment: one packet under way a connection is enough
        if boundary == CONTINUED:
            data = self._parts.pop(connection, b"") + data
        if len(data) < 4:
            return
        size = _number(data, 0)
        if len(data) < 4 + size:
            self._parts[connection] = data
            return
        if _number(data, 2) == ATTRIBUTES:
            yield from self._values(connection, data[4 : 4 + size])

    def _values(self, connection: int, data: bytes) -> Iterator[tuple[str, bytes]]:
        device = self._addresses.get(connection, f"connection {connection}")
        if len(data) > 3 and data[0] in (NOTIFIED, INDICATED):
            self.count += 1
            yield f"{device}, handle {_number(data, 1)}", data[3:]
        at = 1
        while data[:1] == bytes([SEVERAL]) and at + 4 <= len(data):
            self.count += 1
            end = at + 4 + _number(data, at + 2)
            yield f"{device}, handle {_number(data, at)}", data[at + 4 : end]
            at = end


def is_acl(data: bytes) -> bool:
    """Is this an H4 packet of ACL data, as a whole and no more, of the attribute protocol?"""
    if len(data) < 12 or data[0] != ACL or _number(data, 3) != len(data) - 5:
        return False
    return _number(data, 5) >= len(data) - 9 and _number(data, 7) == ATTRIBUTES


def _number(data: bytes, at: int) -> int:
    return data[at] | data[at + 1] << 8
