"""A captured byte stream played to the board as the BMS sent it: a reading a second."""

from bisect import bisect_left
from collections.abc import Iterator
from pathlib import Path

from host_tools.capture.captures import read_capture
from host_tools.ground.errors import PacklogError
from host_tools.sim.units.line import BYTE_S, Line

READING = b"\x24\x24\x57"  # how a Chargery's begins, once a second
READING_S = 1.0
PIECE = 512  # bytes at most in a burst


class Capture(Line):
    """Plays data once, or over and over, from the first second that it is asked for. reading: what
    each second of it begins with.
    """

    def __init__(self, data: bytes, loop: bool = False, seed: int = 0, reading: bytes = READING):
        super().__init__(seed)
        self._bursts = list(paced(data, reading))
        last_s, last = self._bursts[-1] if self._bursts else (0.0, b"")
        self.duration_s = last_s + max(READING_S, len(last) * BYTE_S)
        self._loop = loop
        self._start_s = None

    @classmethod
    def from_file(
        cls, path: Path, hex: bool | None = None, loop: bool = False, reading: bytes = READING
    ) -> "Capture":
        """A capture in any shape that replay reads; which of them, the file shows."""
        data = b"".join(read_capture(path, hex))
        if not data:
            raise PacklogError(f"the capture {path} is empty: there is nothing to play")
        return cls(data, loop, reading=reading)

    def write(self, data: bytes, now_s: float) -> None:
        """A capture answers nobody."""

    def disconnect(self) -> None:
        """It plays on."""

    def sent(self, t0_s: float, t1_s: float) -> Iterator[tuple[float, bytes]]:
        """See Line.bursts."""
        if self._start_s is None:
            self._start_s = t0_s
        begin_s = self._start_s
        if self._loop and self._bursts:
            begin_s += (t0_s - begin_s) // self.duration_s * self.duration_s
        while begin_s < t1_s:
            first = bisect_left(self._bursts, t0_s - begin_s, key=lambda burst: burst[0])
            for at_s, data in self._bursts[first:]:
                if begin_s + at_s >= t1_s:
                    return
                yield begin_s + at_s, data
            if not self._loop or not self._bursts:
                return
            begin_s += self.duration_s


def paced(data: bytes, reading: bytes = READING) -> Iterator[tuple[float, bytes]]:
    """(second, bytes): each reading starts a second, and no second holds more than the line can."""
    t_s = 0.0
    begin = 0
    while begin < len(data):
        end = data.find(reading, begin + 1)
        end = len(data) if end < 0 else end
        for at in range(begin, end, PIECE):
            yield t_s + (at - begin) * BYTE_S, data[at : min(at + PIECE, end)]
        t_s += max(READING_S, (end - begin) * BYTE_S)
        begin = end
