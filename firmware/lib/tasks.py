"""Tasks that do not end: one that dies is reported and started again, later each time it dies."""

import asyncio

FIRST_PAUSE_S = 1
LONGEST_PAUSE_S = 60


async def keep_running(name, start, report):
    """Run the coroutine function start for ever; report(name, error) each time it fails."""
    pause = FIRST_PAUSE_S
    while True:
        try:
            await start()
            pause = FIRST_PAUSE_S
        except Exception as error:
            report(name, error)
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE_S)
