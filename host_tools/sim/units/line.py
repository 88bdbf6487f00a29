"""The cable between a simulated BMS and the board: what it carries, and what can go wrong with it.

A source says what it sends and when; a test or a user switches its faults on and off meanwhile.
"""

import random
from collections.abc import Iterator

BAUD = 115200
BYTE_S = 10 / BAUD  # start bit, eight bits, stop bit


class Line:
    """A source of bytes: Unit and Capture are such. silent: it is switched off, time goes on."""

    def __init__(self, seed: int = 0):
        self.silent = False
        self._damage = 0.0
        self._chance = random.Random(f"{seed}/line")

    def damage(self, rate: float) -> None:
        """From now on that share of the bytes, 0 to 1, arrives changed or not at all."""
        if not 0 <= rate <= 1:
            raise ValueError(f"a share of the bytes is 0 to 1, not {rate}")
        self._damage = rate

    def bursts(self, t0_s: float, t1_s: float) -> Iterator[tuple[float, bytes]]:
        """(second of the world, bytes) of all that is sent from t0_s until before t1_s, in order.

        Consecutive calls continue each other; a t0_s later than the last t1_s leaves a gap.
        """
        for t_s, data in self.sent(t0_s, t1_s):
            if self._damage:
                data = self._spoiled(data)
            if data and not self.silent:
                yield t_s, data

    def replies(self, data: bytes, now_s: float) -> Iterator[tuple[float, bytes]]:
        """The same of what it says to bytes that were sent to it: nothing, unless it is asked."""
        yield from ()

    def sent(self, t0_s: float, t1_s: float) -> Iterator[tuple[float, bytes]]:
        """What the source sends, whole: its own business."""
        raise NotImplementedError

    def _spoiled(self, data: bytes) -> bytes:
        chance = self._chance
        out = bytearray()
        for byte in data:
            if chance.random() >= self._damage:
                out.append(byte)
            elif chance.random() < 0.5:
                out.append(byte ^ chance.randint(1, 255))
        return bytes(out)
