"""Keeps a link alive by what it delivers: whatever a link says of itself, one that brings no new
reading for its timeout is torn down and built again, forever.

A link has run(feed, request), a state (None while it is up, otherwise words for the display),
delays (s to wait before each attempt after a failure; the last one stays) and counters. request()
is asked every second, and at once after a feed() that returned True. anew, set on it, has it opened
anew: see tap.py.
"""

import asyncio

LONGEST_ATTEMPT_S = 120  # every stage of a link has its own timeout; this is for one that forgot


async def keep_alive(link, decoder, readings, timeout_s, beat):
    """Run the link forever. readings() counts the new ones; beat() is called every second. What is
    no OSError comes out.
    """
    failures = 0
    while True:
        decoder.forget()
        delivered = await _run(link, decoder, readings, timeout_s, beat)
        failures = 0 if delivered else failures + 1
        for _ in range(link.delays[min(failures, len(link.delays) - 1)]):
            beat()
            await asyncio.sleep(1)


async def _run(link, decoder, readings, timeout_s, beat):
    """Run the link until it fails or is stale; returns whether it brought a reading."""
    link.anew = False
    task = asyncio.create_task(_attempt(link, decoder))
    seconds = up_s = 0
    before = seen = readings()
    anew = False
    try:
        while not (task.done() or anew) and up_s < timeout_s and seconds < LONGEST_ATTEMPT_S:
            beat()
            await asyncio.sleep(1)
            if readings() != seen:
                seen = readings()
                up_s = seconds = 0
            seconds += 1
            up_s += link.state is None
            anew = getattr(link, "anew", False)
    finally:
        stale = not task.done()
        if stale:
            task.cancel()
    pause_s = 0
    while not task.done():  # asyncio's wait_for can swallow a cancel: once is not always enough
        await asyncio.sleep(pause_s)
        pause_s = 1
        beat()
        task.cancel()
    try:
        error = await task
    except asyncio.CancelledError:
        if not stale:
            raise
        if not anew:
            _count(link, "stale")
        error = None
    if error:
        raise error
    return seen != before


async def _attempt(link, decoder):
    # MicroPython prints what ends a task that nobody waits for at that moment: so nothing does.
    try:
        await link.run(decoder.feed, decoder.request)
    except OSError:
        _count(link, "drops")
    except Exception as error:
        return error


def _count(link, what):
    link.counters[what] = link.counters.get(what, 0) + 1
