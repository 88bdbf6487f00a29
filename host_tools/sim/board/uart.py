"""The UART of the virtual board and the wire to it, byte by byte in time.

As on an ESP32: 128 bytes of hardware FIFO, emptied into the driver's receive buffer by an interrupt
when 120 bytes are in or the line has been idle for 10 symbols; while the flash is erased or
programmed the interrupt does not run and the FIFO must hold what comes. What does not fit is lost
and counted. Times are board times in us.
"""

import random
from collections import deque

from host_tools.sim.units.line import BAUD, Line

FIFO = 128
FIFO_THRESHOLD = 120
IDLE_SYMBOLS = 10
TOLERANCE = 0.03  # of the two speeds
WINDOW_US = 1_000_000  # the source is asked for so much of the future at a time


class Wire:
    """What its sources send, as bytes that arrive one after the other at the line's speed."""

    def __init__(self, source: Line, baudrate: int = BAUD):
        self.source = source
        self.others: list[Line] = []  # further units on the same line
        self.baudrate = baudrate
        self.symbol_us = 10e6 / baudrate
        self.horizon_us = 0  # what is sent later is not known yet
        self._bursts: deque[tuple[float, bytes]] = deque()
        self._end_us = 0.0

    def listen(self, now_us: int) -> None:
        """From now on somebody listens: what came before is gone."""
        self._bursts.clear()
        self.horizon_us = now_us
        self._end_us = now_us

    def first(self, now_us: int) -> tuple[float, bytes] | None:
        """The burst on the wire or the next one: (when its first byte begins, bytes)."""
        while self.horizon_us <= now_us:
            self._ask()
        return self._bursts[0] if self._bursts else None

    def _ask(self) -> None:
        start, self.horizon_us = self.horizon_us, self.horizon_us + WINDOW_US
        for source in (self.source, *self.others):
            for t_s, data in source.bursts(start / 1e6, self.horizon_us / 1e6):
                self._add(t_s, data)

    def write(self, data: bytes, now_us: int) -> None:
        """The board says that: its units may answer. Only those that are asked say anything."""
        heard_s = now_us / 1e6 + len(data) * self.symbol_us / 1e6
        for source in (self.source, *self.others):
            for t_s, answer in source.replies(data, heard_s):
                self._add(t_s, answer)

    def _add(self, t_s: float, data: bytes) -> None:
        begin = max(t_s * 1e6, self._end_us)
        self._end_us = begin + len(data) * self.symbol_us
        self._bursts.append((begin, data))

    def arrived(self, now_us: int) -> int:
        """How many bytes of the first burst have come in by now."""
        burst = self.first(now_us)
        if burst is None or now_us < burst[0]:
            return 0
        return min(len(burst[1]), int((now_us - burst[0]) / self.symbol_us))

    def take(self, count: int) -> bytes:
        """Remove the first bytes of the burst: they have arrived."""
        begin, data = self._bursts.popleft()
        if count < len(data):
            self._bursts.appendleft((begin + count * self.symbol_us, data[count:]))
        return data[:count]


class Uart:
    """One of the board's UARTs, opened by the firmware, with a Wire on its RX pin (or nothing)."""

    def __init__(self, wire: Wire | None, baudrate: int, size: int, now_us: int):
        self.wire = wire
        self.baudrate = baudrate
        self.size = size
        self.lost = 0
        self.buffer = bytearray()
        self._fifo = bytearray()
        self._noise = random.Random(0)
        if wire:
            wire.listen(now_us)

    def ready_us(self, now_us: int) -> float | None:
        """When there may be something to read (or it is time to ask again): None if never."""
        if self.wire is None:
            return None
        self.advance(now_us)
        if self.buffer:
            return now_us
        due = self._interrupt_us(now_us)
        return self.wire.horizon_us if due is None else due

    def advance(self, now_us: int) -> None:
        """Receive what comes until now, with the interrupt running."""
        while (due := self._interrupt_us(now_us)) is not None and due <= now_us:
            if not self._fifo:
                self._push(self.wire.take(min(self.wire.arrived(now_us), FIFO_THRESHOLD)))
            self._drain()

    def stall(self, until_us: int) -> None:
        """Receive what comes until then with the interrupt held up: only the FIFO takes bytes."""
        if self.wire:
            while count := self.wire.arrived(until_us):
                self._push(self.wire.take(count))

    def write(self, data: bytes, now_us: int) -> None:
        """Send it; who listens at another speed understands nothing."""
        if self.wire and abs(self.baudrate / self.wire.baudrate - 1) <= TOLERANCE:
            self.wire.write(data, now_us)

    def read(self, count: int) -> bytes:
        """What the driver's buffer has, at most count bytes."""
        data = bytes(self.buffer[:count])
        del self.buffer[:count]
        return data

    def _interrupt_us(self, now_us: int) -> float | None:
        """When the FIFO is emptied next: at once if a stall has left something in it."""
        if self.wire is None:
            return None
        if self._fifo:
            return now_us
        burst = self.wire.first(now_us)
        if burst is None:
            return None
        begin, data = burst
        symbols = FIFO_THRESHOLD if len(data) > FIFO_THRESHOLD else len(data) + IDLE_SYMBOLS
        return begin + symbols * self.wire.symbol_us

    def _push(self, data: bytes) -> None:
        speed = self.baudrate / self.wire.baudrate
        if abs(speed - 1) > TOLERANCE:  # the two do not understand each other
            data = self._noise.randbytes(max(1, int(len(data) * speed)))
        room = FIFO - len(self._fifo)
        self._fifo += data[:room]
        self.lost += max(0, len(data) - room)

    def _drain(self) -> None:
        room = self.size - len(self.buffer)
        self.buffer += self._fifo[:room]
        self.lost += max(0, len(self._fifo) - room)
        self._fifo.clear()
