"""An NTP server (RFC 5905) on the World's loop, that can be wrong in every way a server can.

Its time is that of the world around the board: board time plus an offset.
"""

import struct

from host_tools.sim.board.world import World
from host_tools.sim.network import datagrams

ERA_S = 1 << 32
UNIX_1900 = 2_208_988_800  # seconds from 1900 to 1970
PACKET = ">BBbbII4sQQQQ"
SERVER_MODE = 4
UNSYNCHRONISED = 3  # leap indicator
FAULTS = (
    "",
    "silent",
    "nonsense",  # bytes of no protocol
    "short",  # half a packet
    "zeros",  # a whole packet of nothing
    "kiss",  # "go away": stratum 0, reference RATE
    "stratum 16",  # not synchronised
    "leap",  # not synchronised, by the leap indicator
    "origin",  # the answer to a question that the board has not asked
    "client",  # its own question comes back
)


class NtpServer:
    """fault: one of FAULTS, to be switched at any time. wrong_s: what is added to the truth."""

    def __init__(self, world: World, start_unix_s: float):
        self._world = world
        self.start_unix_s = start_unix_s
        self.wrong_s = 0.0
        self.fault = ""
        self.asked: list[float] = []  # board s
        self.port = datagrams.serve(world, self.answer)

    def unix(self) -> float:
        """The true time now."""
        return self.start_unix_s + self._world.time()

    def _stamp(self) -> int:
        """What it says the time is, as NTP writes it: 32 bits of seconds, 32 of their fraction."""
        since_1900 = self.unix() + self.wrong_s + UNIX_1900
        return int(since_1900 * ERA_S) % (1 << 64)

    def answer(self, question: bytes) -> bytes | None:
        """The answer to a packet, None for no answer."""
        self.asked.append(self._world.time())
        if self.fault == "silent" or len(question) < 48:
            return None
        if self.fault == "nonsense":
            return bytes(range(7, 67))
        if self.fault == "zeros":
            return bytes(48)
        if self.fault == "client":
            return question
        return self._packet(question)[: 24 if self.fault == "short" else 48]

    def _packet(self, question: bytes) -> bytes:
        version = question[0] & 0x38
        leap = UNSYNCHRONISED << 6 if self.fault in ("leap", "stratum 16", "kiss") else 0
        stratum = {"kiss": 0, "stratum 16": 16}.get(self.fault, 2)
        reference = b"RATE" if self.fault == "kiss" else bytes((192, 0, 2, 1))
        origin = struct.unpack_from(">Q", question, 40)[0]
        if self.fault == "origin":
            origin ^= 1
        now = self._stamp()
        head = (leap | version | SERVER_MODE, stratum, 6, -20, 100, 200, reference)
        return struct.pack(PACKET, *head, now - (16 << 32), origin, now, now)
