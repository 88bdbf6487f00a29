"""Time on 32 bits: the ticks' own wrap at 2**30 ms, and a clock whose year 0 is 2000.

Time passes as instructions do here, so a test takes as long each time.
"""

import asyncio
import sys
import time

import fakes
import rv32

from hub import Hub
from lib import tasks
from lib.uptime import KEPT, NO_CLOCK, NTP, PC, Uptime
from sample import Sample

fakes.install(("machine",))
import net.clock as clock_2000  # noqa: E402

PERIOD = 1 << 30
TO_UNIX = 946684800


class Time1970:
    """A time module that counts from 1970, for the same clock."""

    @staticmethod
    def gmtime(seconds=None):
        return time.gmtime(None if seconds is None else seconds - TO_UNIX)

    @staticmethod
    def time():
        return time.time() + TO_UNIX


class Listener:
    """Of a clock: told is what it was told."""

    def __init__(self):
        self.told = []

    def tell(self, *what):
        self.told.append(what)


def clocks():
    """net.clock on this board and on one whose year 0 is 1970."""
    del sys.modules["net.clock"]
    sys.modules["time"] = Time1970()
    try:
        __import__("net.clock")
    finally:
        sys.modules["time"] = time
    return clock_2000, sys.modules["net.clock"]


def test_numbers_are_those_of_32_bits():
    assert sys.maxsize == 0x7FFFFFFF
    assert 16777217.0 == 16777216.0
    assert time.gmtime(0)[:6] == (2000, 1, 1, 0, 0, 0)


def test_ticks_wrap():
    rv32.set_ticks(PERIOD - 20)
    before = time.ticks_ms()
    time.sleep_ms(40)
    after = time.ticks_ms()
    assert before == PERIOD - 20 and 20 <= after < 22
    assert 40 <= time.ticks_diff(after, before) < 42


def test_uptime_goes_on_across_the_wrap():
    rv32.set_ticks(PERIOD - 1500)
    uptime = Uptime()
    rv32.set_ticks(PERIOD - 1)
    uptime.update()
    assert uptime.seconds == 1 and 497 <= uptime.ms <= 499
    rv32.set_ticks(600)
    uptime.update()
    assert uptime.seconds == 2 and 98 <= uptime.ms <= 100
    for day in range(1, 31):  # a month, of which the ticks wrap twice
        for _ in range(2):
            rv32.set_ticks((time.ticks_ms() + 43200000) % PERIOD)
            uptime.update()
        assert uptime.seconds == day * 86400 + 2


def test_a_reading_ages_across_the_wrap():
    rv32.set_ticks(PERIOD - 1000)
    hub = Hub(Uptime())
    hub.put(Sample())
    rv32.set_ticks(4000)
    assert 4990 <= hub.age_ms() <= 5000
    rv32.set_ticks(4000 + 500000000)
    assert 500004990 <= hub.age_ms() <= 500005000


def test_tasks_that_fail_wait_longer_across_the_wrap_too():
    begun = []

    async def fail():
        begun.append(time.ticks_ms())
        raise ValueError

    async def main():
        rv32.set_ticks(PERIOD - 50)
        task = asyncio.create_task(tasks.keep_running("it", fail, lambda name, error: None))
        await asyncio.sleep_ms(200)
        task.cancel()

    pause, tasks.FIRST_PAUSE_S = tasks.FIRST_PAUSE_S, 0.1
    try:
        asyncio.run(main())
    finally:
        tasks.FIRST_PAUSE_S = pause
    assert len(begun) == 2 and begun[1] < PERIOD // 2 < begun[0]
    assert 100 <= time.ticks_diff(begun[1], begun[0]) < 110


def test_unix_seconds_on_both_kinds_of_board():
    # 2025, 2034 (2**30 s from 2000 on), 2038 (2**31 from 1970 on), 2068 (2**31 from 2000 on)
    for unix in (1735689600, (1 << 30) + TO_UNIX - 1, (1 << 31) - 1, 3094168448 - 10):
        for module in clocks():
            clock = module.Clock()
            listener = Listener()
            clock.set(unix, NTP, 250)
            clock.add_listener(listener.tell)
            assert clock.unix() == unix and clock.source == NTP
            assert listener.told[0] in ((unix, NTP, 250), (unix, NTP, 251))
            clock.set(unix + 5, PC)
            assert listener.told[1] == (unix + 5, PC, 0)
            assert time.time() == unix + 5 - TO_UNIX


def test_seconds_go_on_across_2_to_the_30():
    clock = clock_2000.Clock()
    clock.set((1 << 30) + TO_UNIX - 1, NTP, 900)
    time.sleep_ms(150)
    assert clock.unix() == (1 << 30) + TO_UNIX
    assert time.gmtime()[:6] == (2034, 1, 9, 13, 37, 4)


def test_a_clock_that_was_never_set():
    rv32.set_time(0, 0)
    for module in clocks():
        clock = module.Clock()
        assert clock.source == NO_CLOCK and clock.unix() is None
    for seconds, source in ((789004799, NO_CLOCK), (789004800, KEPT)):  # the first of 2025
        rv32.set_time(seconds, 0)
        for module in clocks():
            assert module.Clock().source == source
