"""Tasks that do not end, and how the counters of links and parts are reported."""

import asyncio
import time

FIRST_PAUSE_S = 1
LONGEST_PAUSE_S = 60


async def keep_running(name, start, report):
    """Run the coroutine function start forever; report(name, error) each time it fails.

    The pauses double, and begin anew once it has run for longer than the longest of them.
    """
    pause = FIRST_PAUSE_S
    while True:
        begun = time.ticks_ms()
        try:
            await start()
        except Exception as error:
            if time.ticks_diff(time.ticks_ms(), begun) > 1000 * LONGEST_PAUSE_S:
                pause = FIRST_PAUSE_S
            try:
                report(name, error)
            except Exception:
                pass  # no memory to say it with: the task matters more
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE_S)


def counts(name, counters):
    """Counters as pairs of a key with the name in front and the number."""
    return [(name + "_" + key, counters[key]) for key in sorted(counters)]
