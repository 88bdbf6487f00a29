"""The UART of the virtual board and the wire to it, byte by byte in time.

As on an ESP32: 128 bytes of hardware FIFO, emptied into the driver's receive buffer by an interrupt
when 120 bytes are in or the line has been idle for 10 symbols; while the flash is erased or programmed
the interrupt does not run and the FIFO must hold what comes. What does not fit is lost and counted.
Times are board times in us.
"""

import random
from collections.abc import Iterator

FIFO = 128
FIFO_THRESHOLD = 120
IDLE_SYMBOLS = 10


class Line:
    """A wire that brings bursts of bytes: an iterator of (time in s, bytes), in order of time."""

    def __init__(self, bursts: Iterator[tuple[float, bytes]], baudrate: int = 115200):
        self.baudrate = baudrate
        self._bursts = bursts
        self._end_us = 0
        self._next: tuple[int, bytes] | None = None

    @property
    def symbol_us(self) -> float:
        return 10e6 / self.baudrate

    def peek(self) -> tuple[int, bytes] | None:
        """The burst on the wire or the next one: (us at which its first byte starts, bytes)."""
        if self._next is None:
            burst = next(self._bursts, None)
            if burst is None:
                return None
            start = max(int(burst[0] * 1e6), self._end_us)
            self._next = (start, burst[1])
            self._end_us = start + int(len(burst[1]) * self.symbol_us)
        return self._next

    def take(self, count: int) -> bytes:
        """Remove the first bytes of the burst: they have arrived."""
        start, data = self.peek()
        rest = data[count:]
        self._next = (start + int(count * self.symbol_us), rest) if rest else None
        return data[:count]

    def arrived(self, now_us: int) -> int:
        """How many bytes of the burst have come in by now."""
        burst = self.peek()
        if burst is None or now_us < burst[0]:
            return 0
        return min(len(burst[1]), int((now_us - burst[0]) / self.symbol_us))


class Uart:
    """One of the board's UARTs, opened by the firmware, with a Line on its RX pin (or nothing)."""

    def __init__(self, line: Line | None, baudrate: int, size: int):
        self.line = line
        self.baudrate = baudrate
        self.size = size
        self.lost = 0
        self.buffer = bytearray()
        self._fifo = bytearray()
        self._noise = random.Random(0)

    def skip(self, now_us: int) -> None:
        """Let pass what came before the UART was open."""
        if self.line:
            while count := self.line.arrived(now_us):
                self.line.take(count)

    def _visible_us(self) -> float | None:
        # When the interrupt empties the FIFO next: at once if a stall has left something in it.
        if self._fifo:
            return 0
        burst = self.line.peek() if self.line else None
        if burst is None:
            return None
        start, data = burst
        if len(data) > FIFO_THRESHOLD:
            return start + FIFO_THRESHOLD * self.line.symbol_us
        return start + (len(data) + IDLE_SYMBOLS) * self.line.symbol_us

    def ready_us(self, now_us: int) -> float | None:
        """When there will be something to read: None if never."""
        self.advance(now_us)
        if self.buffer:
            return now_us
        return self._visible_us()

    def advance(self, now_us: int) -> None:
        """Receive, with the interrupt running, what comes until now."""
        while (due := self._visible_us()) is not None and due <= now_us:
            if self.line and not self._fifo:
                self._push(self.line.take(min(self.line.arrived(now_us), FIFO_THRESHOLD)))
            self._drain()

    def stall(self, until_us: int) -> None:
        """Receive until then with the interrupt held up: only the FIFO takes bytes."""
        if self.line:
            while count := self.line.arrived(until_us):
                self._push(self.line.take(count))

    def _push(self, data: bytes) -> None:
        if abs(self.line.baudrate - self.baudrate) > 0.03 * self.line.baudrate:
            data = self._noise.randbytes(max(1, len(data) * self.baudrate // self.line.baudrate))
        room = FIFO - len(self._fifo)
        self._fifo += data[:room]
        self.lost += max(0, len(data) - room)

    def _drain(self) -> None:
        room = self.size - len(self.buffer)
        self.buffer += self._fifo[:room]
        self.lost += max(0, len(self._fifo) - room)
        self._fifo.clear()

    def read(self, count: int) -> bytes:
        """What the driver's buffer has, at most count bytes."""
        data = bytes(self.buffer[:count])
        del self.buffer[:count]
        return data
