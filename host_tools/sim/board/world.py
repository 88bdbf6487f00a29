"""The world around the virtual board that runs on asyncio: radio peers, servers, whatever answers.

An event loop that goes by board time: a timer of 5 s is due when 5 s of board time have passed,
however fast that is. Nothing in it waits for real time: settle() runs what is due and returns. Two
ends of a connection that are both in this process have therefore always said all they had to say
before board time moves on, and runs repeat.
"""

import asyncio
import selectors
from collections.abc import Callable

TURNS = 10_000  # a world that is not at rest by then never will be


class World(asyncio.SelectorEventLoop):
    """now() is board time in us."""

    def __init__(self, now: Callable[[], int] = lambda: 0):
        self._now = now
        self._looker = _Looker()
        super().__init__(self._looker)

    def go_by(self, now: Callable[[], int]) -> None:
        """Take the time from there: the board that has just been built."""
        self._now = now

    def time(self) -> float:
        """Board time in s: what asyncio goes by."""
        return self._now() / 1e6

    def settle(self) -> None:
        """Run everything that is due by now, until nothing more happens."""
        for _ in range(TURNS):
            if not self._ready and not self._is_due() and not self._looker.select():
                return
            self.call_soon(self.stop)
            self.run_forever()
        raise RuntimeError("the world around the board does not come to rest")

    def next_us(self) -> int | None:
        """When the next timer is due in us of board time; None without one."""
        while self._scheduled and self._scheduled[0].cancelled():
            self.call_soon(self.stop)  # a turn sweeps the cancelled ones out
            self.run_forever()
        return int(self._scheduled[0].when() * 1e6) + 1 if self._scheduled else None

    def _is_due(self) -> bool:
        # A cancelled timer hides those behind it: a turn sweeps it out.
        if not self._scheduled:
            return False
        first = self._scheduled[0]
        return first.cancelled() or first.when() <= self.time()

    def close(self) -> None:
        """End what runs in it."""
        if not self.is_closed():
            for task in asyncio.all_tasks(self):
                task.cancel()
            self.settle()
        super().close()

    def run(self, coroutine):
        """Run a coroutine that needs no time to pass to its end; returns its result."""
        return self.run_until_complete(coroutine)


class _Looker(selectors.DefaultSelector):
    """Looks and never waits."""

    def select(self, timeout=None):
        return super().select(0)
