"""Uptime counts on where the board's ticks wrap."""

from lib.uptime import Uptime

PERIOD = 1 << 30


class Ticks:
    """The board's counter of ms: 30 bits, and differences that are right up to half of it."""

    def __init__(self, start):
        self.now = start

    def ms(self):
        return self.now % PERIOD

    @staticmethod
    def diff(a, b):
        return (a - b + PERIOD // 2) % PERIOD - PERIOD // 2


def test_starts_at_zero_wherever_the_ticks_are():
    ticks = Ticks(123456789)
    uptime = Uptime(ticks.ms, ticks.diff)
    uptime.update()
    assert (uptime.seconds, uptime.ms) == (0, 0)
    ticks.now += 2345
    assert (uptime.seconds, uptime.ms) == (0, 0)  # until it is updated
    uptime.update()
    assert (uptime.seconds, uptime.ms) == (2, 345)
    ticks.now += 655
    uptime.update()
    assert (uptime.seconds, uptime.ms) == (3, 0)


def test_goes_on_across_the_wrap():
    ticks = Ticks(PERIOD - 10)
    uptime = Uptime(ticks.ms, ticks.diff)
    for _ in range(100):  # 500 days, one reading in five days
        ticks.now += 5 * 86400 * 1000
        uptime.update()
    assert (uptime.seconds, uptime.ms) == (500 * 86400, 0)
