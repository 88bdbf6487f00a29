"""What the PC sends to a running main.py: bytes that come one after the other at the line's speed,
and wait in MicroPython's buffer until they are read. What finds no room there is lost.
"""

from collections import deque

from host_tools.sim.units.line import BAUD

SIZE = 260  # of MicroPython's buffer on an ESP32


class Received:
    """Times are board times in us. baudrate 0: bytes are there at once."""

    def __init__(self, baudrate: int = BAUD):
        self._symbol_us = 10e6 / baudrate if baudrate else 0.0
        self._coming: deque[tuple[float, int]] = deque()  # (when a byte is here, the byte)
        self._have = bytearray()
        self._end_us = 0.0

    def put(self, data: bytes, now_us: int) -> None:
        """The PC begins to send this now, or after what it is still sending."""
        for byte in data:
            self._end_us = max(self._end_us, now_us) + self._symbol_us
            self._coming.append((self._end_us, byte))

    def waiting(self, now_us: int) -> int:
        """How many bytes can be read."""
        while self._coming and self._coming[0][0] <= now_us:
            byte = self._coming.popleft()[1]
            if len(self._have) < SIZE:
                self._have.append(byte)
        return len(self._have)

    def next_us(self, now_us: int) -> int | None:
        """When there is something to read, None if nothing comes."""
        if self.waiting(now_us):
            return now_us
        return int(self._coming[0][0]) + 1 if self._coming else None

    def read(self, count: int, now_us: int) -> bytes:
        """At most count of the bytes that have come."""
        self.waiting(now_us)
        data = bytes(self._have[:count])
        del self._have[:count]
        return data

    def rest(self) -> bytes:
        """All that has come and is to come."""
        data = bytes(self._have) + bytes(byte for _, byte in self._coming)
        self._have.clear()
        self._coming.clear()
        return data
