"""Keeps a link alive by what it delivers: whatever a link says of itself, one that brings no new
reading for its time-out is torn down and built again."""

import asyncio


async def keep_alive(link, feed, age_ms, timeout_s, beat, forget):
    """Run the link for ever. age_ms() is the age of the newest reading. beat() is called every
    second.

    forget() is told that the stream begins anew. A link's own error comes out."""
    while True:
        forget()
        task = asyncio.create_task(link.run(feed))
        try:
            open_s = 0
            while not task.done() and (open_s < timeout_s or age_ms() < 1000 * timeout_s):
                beat()
                await asyncio.sleep(1)
                open_s += 1
        finally:
            stale = not task.done()
            if stale:
                task.cancel()
        try:
            await task
        except asyncio.CancelledError:
            if not stale:
                raise
