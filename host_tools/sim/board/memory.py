"""What a virtual board that has a chip's memory has done with it, for tests and reports."""

import struct
from dataclasses import dataclass

from host_tools.sim.board.process import Request
from host_tools.sim.vm import ops

HAPPENED = {
    ops.GREW: "heap grew",
    ops.TAKEN: "took",
    ops.GIVEN: "gave back",
    ops.REFUSED: "refused",
}


@dataclass(frozen=True)
class Event:
    """Something that took memory, or did not get it. Sizes in bytes of the chip.

    heap: of the Python heap's areas; used: of that, garbage included; free and largest: of
    ESP-IDF's heap and its largest block, afterwards.
    """

    time_us: int
    start: int  # counts the starts of the board
    kind: int  # ops.GREW, TAKEN, GIVEN, REFUSED
    what: str  # wifi, ble, tls 1, socket 1, ...
    heap: int
    used: int
    free: int
    largest: int

    def __str__(self) -> str:
        """One line."""
        sizes = f"heap {self.heap}, used {self.used}, free {self.free}, largest {self.largest}"
        return f"{self.time_us / 1e6:.3f} s: {self.what} {HAPPENED[self.kind]}: {sizes}"


class Memory:
    """All events, oldest first."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def note(self, r: Request, now: int, start: int) -> None:
        """Keep what the VM reports."""
        sizes = struct.unpack_from("<III", r.data)
        what = r.data[12:].decode()
        heap, used, free = sizes
        self.events.append(Event(now, start, r.a, what, heap, used, free, r.value))

    def of(self, kind: int) -> list[Event]:
        """Those of one kind."""
        return [event for event in self.events if event.kind == kind]

    @property
    def refused(self) -> list[str]:
        """What did not get its memory."""
        return [event.what for event in self.of(ops.REFUSED)]
