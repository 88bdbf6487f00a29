"""The web server's state as JSON, new readings as they come, and the clock. Keys and units are
those of MQTT's payload. out is a connection's Peer.
"""

import asyncio
import json

from lib.uptime import BROWSER, NO_CLOCK
from net import payload
from net.http_peer import identity, times
from sample import Sample
from version import VERSION

PASSING = True

MOST_LIVE = 2  # one connection is left for everybody else
SINCE = 1735689600  # 2025: a browser whose clock says less does not know the time
QUIET_S = 15  # between two signs of life
TICK_MS = 1000


async def answer(http, out, path, body):
    """Answer a request that is allowed."""
    if path == "/api/time":
        await _time(http, out, body)
    elif path == "/api/live" and http.live >= MOST_LIVE:
        await out.say(503)
    elif path == "/api/live":
        await out.compose("text/event-stream", live, http)
    else:
        await out.compose("application/json", status, http)


class _Text(payload.Payload):
    """Composed text, to be taken piece by piece."""

    def __init__(self):
        self._parts = []
        self.clear()

    def add(self, text):
        self._parts.append(text)
        self.size += 1

    def take(self):
        text = "".join(self._parts)
        self._parts.clear()
        return text


async def status(http, out):
    """The logger's health, and the newest reading of each pack."""
    board = http.board
    clock = board.clock
    await out.text('{"version":"%s","board":"%s"' % (VERSION, identity()))
    await out.text(times(board))
    settable = clock.source == NO_CLOCK
    local = board.local
    offset = local.offset(clock.unix()) if local and not settable else 0
    words = ',"clock":%d,"clock_settable":%s,"timezone_offset":%d,"health":'
    await out.text(words % (clock.source, json.dumps(settable), offset))
    comma = "{"
    for key, value in board.values:
        await out.text('%s"%s":%s' % (comma, key, json.dumps(value)))
        comma = ","
    empty = "{" if comma == "{" else ""
    await out.text('%s},"troubles":%s,"packs":[' % (empty, json.dumps(board.complaints)))
    sample = Sample()
    for i, pack in enumerate(board.packs):
        await out.text('%s{"name":"%s","bms":"%s"' % ("," if i else "", pack.name, pack.bms))
        age = json.dumps(pack.age_s() if pack.readings else None)
        fresh = pack.fresh()
        state = json.dumps(pack.link.state), json.dumps(fresh)
        await out.text(',"age_s":%s,"state":%s,"fresh":%s' % ((age,) + state))
        await out.text(',"tolerances":' + json.dumps(http.tolerances[pack.name]))
        await _reading(out, board, pack, sample if fresh else None)
        await out.text("}")
    await out.text("]}\n")


async def _reading(out, board, pack, sample):
    """Its values as MQTT has them, and its cells. sample: for a copy; None: there is no reading."""
    now = board.clock.unix()
    energy = ()
    if sample:
        sample.clear()
        sample.copy_from(pack.sample)
        payload.say_errors(sample, pack.errors)
        energy = pack.energy.values(sample)
        now = None if now is None else now - pack.age_s()
    text = _Text()
    await out.text(',"values":')
    for _ in payload.state(text, sample, pack.bms, now, energy):
        await out.text(text.take())
    cells = sample.cells[: payload.count_of(sample, "cells")] if sample else ()
    text.add(
        ',"cells":[%s]' % ",".join([payload.element(mv, "cells", 3) or "null" for mv in cells])
    )
    await out.text(text.take())


async def live(http, out):
    """Each new reading, at most one a second of a pack: server-sent events. Never ends."""
    board = http.board
    seen = {}
    sample = Sample()
    quiet = QUIET_S
    http.live += 1
    try:
        while True:
            for pack in board.packs:
                if seen.get(pack.name) != pack.readings and pack.fresh():
                    seen[pack.name] = pack.readings
                    now = board.clock.unix()
                    at = json.dumps(None if now is None else now - pack.age_s())
                    await out.text('data: {"pack":"%s","time":%s' % (pack.name, at))
                    await _reading(out, board, pack, sample)
                    await out.text("}\n\n")
                    quiet = 0
            quiet += 1
            if quiet > QUIET_S:
                quiet = 1
                await out.text(":\n\n")
            await out.flush()
            await asyncio.sleep_ms(TICK_MS)
    finally:
        http.live -= 1


async def _time(http, out, body):
    """Set a clock that nobody has set."""
    clock = http.board.clock
    try:
        said = json.loads(body)
        unix, ms = int(said["time"]), int(said.get("ms", 0))
        if unix < SINCE or unix >> 32 or not 0 <= ms < 1000:
            raise ValueError
    except (ValueError, TypeError, KeyError, AttributeError):
        await out.say(400)
        return
    if out.request.method != b"POST":
        await out.say(405)
    elif clock.source != NO_CLOCK:
        await out.say(409)
    else:
        clock.set(unix, BROWSER, ms)
        await out.begin(204, "")
