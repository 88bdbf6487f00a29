"""How fast board time moves: so many times real time, or as fast as it can."""

import time
from collections.abc import Callable

# A PC that talks to the logger does not find it hours later: the board is at most so fast then
TALK_SPEED, TALK_S = 50, 1.0


class Pace:
    """speed: board seconds per second, 0: as many as it can. now() is board time in us."""

    def __init__(self, speed: float, now: Callable[[], int]):
        self.speed = speed
        self._now = now
        self._begun = (0.0, 0)  # real and board time
        self._by = 0.0  # the speed that holds since then
        self._talked = -TALK_S  # real time when the PC has said something last

    def begin(self) -> None:
        """From here on: what was before is not made up for."""
        self._begun = (time.monotonic(), self._now())
        self._by = self._current()

    def talked(self) -> None:
        """The PC has said something to the logger."""
        self._talked = time.monotonic()

    def real_until(self, board_us: float) -> float:
        """Real seconds until the board may be at that time."""
        if self._current() != self._by:
            self.begin()
        if not self._by:
            return 0
        real, board = self._begun
        return real + (board_us - board) / 1e6 / self._by - time.monotonic()

    def board_us(self) -> int:
        """What board time would be at the speed of real time."""
        real, board = self._begun
        return board + int((time.monotonic() - real) * 1e6)

    def _current(self) -> float:
        talks = time.monotonic() - self._talked < TALK_S
        return TALK_SPEED if talks and not 0 < self.speed < TALK_SPEED else self.speed
