"""The virtual board's DNS: one table of names, asked by getaddrinfo and, as a real server on UDP
(RFC 1035, A records only), by a resolver in the firmware. It also answers multicast DNS (RFC 6762).
"""

import ipaddress
import struct

from host_tools.sim.board.world import World
from host_tools.sim.network import datagrams

A, IN = 1, 1
HEADER = ">HHHHHH"
ANSWER, NO_SUCH_NAME, FAILED = 0x8180, 3, 2
TTL_S = 60
POINTER_TO_QUESTION = 0xC00C


class Names:
    """addresses: by name. silent: nobody answers. fails: SERVFAIL. garbage: answers are noise."""

    def __init__(self):
        self.addresses: dict[str, str] = {}
        self.silent = self.fails = self.garbage = False
        self.asked = 0

    def find(self, name: str) -> str | None:
        """The address of a name; None if there is no such name or the server fails."""
        self.asked += 1
        return None if self.fails else self.addresses.get(name.lower().rstrip("."))

    def answer(self, query: bytes) -> bytes | None:
        """The answer to a query as it comes over UDP, None if there is none."""
        if self.silent:
            return None
        name, end = _name(query)
        if self.garbage:
            return query[:2] + bytes(range(200, 240))
        found = self.find(name)
        code = FAILED if self.fails else 0 if found else NO_SUCH_NAME
        head = struct.pack(HEADER, *struct.unpack_from(">H", query), ANSWER | code, 1, 0, 0, 0)
        kind = struct.unpack_from(">H", query, end)[0]
        question = query[12 : end + 4]
        if not found or kind != A:
            return head + question
        record = struct.pack(">HHHIH", POINTER_TO_QUESTION, A, IN, TTL_S, 4)
        address = ipaddress.ip_address(found).packed
        return head[:6] + struct.pack(">HHH", 1, 0, 0) + question + record + address


def _name(query: bytes) -> tuple[str, int]:
    """The name that a query asks for, and where its type begins."""
    labels, at = [], 12
    while length := query[at]:
        labels.append(query[at + 1 : at + 1 + length].decode())
        at += 1 + length
    return ".".join(labels), at + 1


def serve(world: World, names: Names) -> int:
    """Start a server on the World's loop; returns its port on loopback."""

    def answer(data: bytes) -> bytes | None:
        try:
            return names.answer(data)
        except (IndexError, struct.error, UnicodeDecodeError):
            return None  # no query

    return datagrams.serve(world, answer)
