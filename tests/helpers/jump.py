"""Makes a board's uptime jump ahead: hours are over at once."""

_TEXT = """import asyncio, os, time
ticks = time.ticks_ms
ahead = [0]
time.ticks_ms = lambda: (ticks() + ahead[0]) & 0x3FFFFFFF
async def jump():
    await asyncio.sleep({after})
    ahead[0] = {ms}
    for path in {remove!r}:
        try:
            os.remove(path)
        except OSError:
            pass
asyncio.create_task(jump())
"""


def ahead(after: int, seconds: int, remove: tuple[str, ...] = ()) -> str:
    """Text for the front of main.py: after so many s it is that much later, and files are gone."""
    return _TEXT.format(after=after, ms=1000 * seconds, remove=remove)
