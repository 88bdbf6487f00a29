"""What keeps a link alive, by a clock that only its own waiting moves."""

import asyncio

from transport import keepalive


class Seconds:
    """What keepalive knows as asyncio: a second passes each time it sleeps for one."""

    CancelledError = asyncio.CancelledError

    def __init__(self):
        self.now = 0

    def create_task(self, coroutine):
        return asyncio.create_task(coroutine)

    async def sleep(self, seconds):
        self.now += seconds
        for _ in range(4):  # everybody else gets a turn
            await asyncio.sleep(0)


class Link:
    """script(link, attempt) is a coroutine function: what an attempt does."""

    state = None
    delays = (1, 2, 5)

    def __init__(self, script):
        self.script = script
        self.counters = {}
        self.began = []  # when each attempt began
        self.ended = []
        self.readings = 0

    async def run(self, feed, request):
        self.began.append(time.now)
        try:
            await self.script(self, len(self.began))
        finally:
            self.ended.append(time.now)

    # A decoder, as far as keepalive needs one
    def feed(self, data, count):
        pass

    def request(self):
        return b""

    def forget(self):
        pass


def run(script, seconds, timeout_s=10):
    """Keep a link of that script alive for so many seconds; returns it."""
    global time
    time = keepalive.asyncio = Seconds()
    link = Link(script)

    async def watch():
        beats = []
        task = asyncio.create_task(
            keepalive.keep_alive(
                link, link, lambda: link.readings, timeout_s, lambda: beats.append(time.now)
            )
        )
        while time.now < seconds and not task.done():
            await asyncio.sleep(0)
        if task.done():
            await task
        task.cancel()
        try:
            await task
        except asyncio.CancelledError:
            pass
        assert len(beats) >= seconds - 1

    try:
        asyncio.run(watch())
    finally:
        keepalive.asyncio = asyncio
    return link


async def hang():
    while True:
        await asyncio.sleep(0)


async def deliver(link, seconds):
    until = time.now + seconds
    while time.now < until:
        at = time.now
        link.readings += 1
        while time.now == at:
            await asyncio.sleep(0)


def test_a_link_that_delivers_is_left_alone():
    link = run(lambda link, attempt: deliver(link, 10**6), 1000)
    assert len(link.began) == 1 and link.counters == {}


def test_a_link_that_delivers_nothing_is_built_anew():
    link = run(lambda link, attempt: hang(), 60)
    assert link.counters["stale"] >= 3
    # timeout 10 s, then 2 s, then 5 s each
    assert [b - link.began[0] for b in link.began[:4]] == [0, 12, 27, 42]


def test_a_link_that_stops_delivering_is_built_anew_after_its_time_out():
    async def script(link, attempt):
        await deliver(link, 100)
        await hang()

    link = run(script, 150)
    assert len(link.ended) >= 1 and 109 <= link.ended[0] <= 112
    assert link.began[1] - link.ended[0] <= 2  # it had delivered: the shortest delay


def test_delays_begin_anew_after_a_success():
    async def script(link, attempt):
        if attempt == 5:
            await deliver(link, 20)
        raise OSError(113)

    link = run(script, 80)
    waited = [b - a for a, b in zip(link.ended, link.began[1:])]
    assert waited[:5] == [3, 6, 6, 6, 2]  # one second each until it is noticed
    assert link.counters["drops"] >= 5


def test_a_link_on_its_way_is_given_time_but_not_for_ever():
    async def script(link, attempt):
        link.state = "Searching"
        await hang()

    link = run(script, 300)
    assert link.ended[0] == keepalive.LONGEST_ATTEMPT_S


def test_a_link_that_swallows_a_cancel_is_cancelled_again():
    async def script(link, attempt):
        while True:
            try:
                await hang()
            except asyncio.CancelledError:
                if link.swallowed:
                    raise
                link.swallowed = True

    Link.swallowed = False
    link = run(script, 60)
    assert link.swallowed and len(link.began) >= 3


def test_what_is_no_outage_comes_out():
    async def script(link, attempt):
        raise ValueError("a bug")

    try:
        run(script, 10)
    except ValueError as error:
        assert str(error) == "a bug"
        return
    raise AssertionError


def test_a_link_is_opened_anew_when_that_is_asked_for():
    """For a capture: neither a failure nor stale; the pause is the first one."""

    async def script(link, attempt):
        if attempt == 2:
            assert link.anew is False
        await deliver(link, 5)
        if attempt == 1:
            link.anew = True
        await deliver(link, 10**6)

    link = run(script, 60)
    assert len(link.began) == 2 and link.counters == {}
    assert link.began[1] - link.ended[0] <= 2
