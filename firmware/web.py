"""What the web server composes: state, files, new readings as they come, Prometheus' text.

In memory only while somebody asks: parts/http.py loads it, and what it imports, and lets go of
both. The keys and units are those of MQTT's topics. out is a connection's Peer throughout.
"""

import asyncio
import json
import os
from binascii import hexlify

from console import TROUBLE, lines
from fields import EXTRAS, FIELDS, TEXT, value_of
from lib.uptime import BROWSER, NO_CLOCK
from net import topics
from sample import Sample
from store import segment
from store.files import DATA
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
    elif path[:9] == "/api/crc/":
        file, _, count = path[9:].rpartition("/")
        await _ask(http, out, file, count)
    elif path == "/api/files":
        await _ask(http, out)
    elif path not in BODIES:
        await out.say(404)
    elif path == "/api/live" and http.live >= MOST_LIVE:
        await out.say(503)
    else:
        kind, compose = BODIES[path]
        await out.begin(200, kind)
        if out.request.method != b"HEAD":
            await compose(http, out)
        await out.end()


class _Text(topics.Payload):
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
    await out.text('{"version":"%s","board":"%s"' % (VERSION, _identity()))
    await out.text(_times(board))
    settable = clock.source == NO_CLOCK
    local = getattr(board, "local", None)
    offset = local.offset(clock.unix()) if local and not settable else 0
    words = ',"clock":%d,"clock_settable":%s,"timezone_offset":%d,"health":'
    await out.text(words % (clock.source, json.dumps(settable), offset))
    await out.text(json.dumps(dict(board.values)))
    await out.text(',"troubles":%s,"packs":[' % json.dumps(board.complaints))
    sample = Sample()
    for i, pack in enumerate(board.packs):
        await out.text('%s{"name":"%s","bms":"%s"' % ("," if i else "", pack.name, pack.bms))
        age = json.dumps(pack.age_s() if pack.readings else None)
        fresh = pack.fresh()
        state = json.dumps(pack.link.state), json.dumps(fresh)
        await out.text(',"age_s":%s,"state":%s,"fresh":%s' % ((age,) + state))
        await _reading(out, board, pack, sample if fresh else None)
        await out.text("}")
    await out.text("]}\n")


def _identity():
    from machine import unique_id

    return hexlify(unique_id()).decode()


def _times(board):
    return ',"uptime":%d,"time":%s' % (board.uptime.seconds, json.dumps(board.clock.unix()))


async def _reading(out, board, pack, sample):
    """Its values as MQTT has them, and its cells. sample: for a copy; None: there is no reading."""
    now = board.clock.unix()
    if sample:
        sample.clear()
        sample.copy_from(pack.sample)
        topics.say_errors(sample, pack.errors)
        now = None if now is None else now - pack.age_s()
    text = _Text()
    await out.text(',"values":')
    for _ in topics.state(text, sample, pack.bms, now):
        await out.text(text.take())
    cells = sample.cells[: topics.count_of(sample, "cells")] if sample else ()
    text.add(',"cells":[%s]' % ",".join([topics.element(mv, "cells", 3) or "null" for mv in cells]))
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


async def history(http, out):
    """Which files there are."""
    board = http.board
    boot = board.packs[0].history.boot if board.packs else 0
    await out.text('{"board":"%s","boot":%d%s,"files":[' % (_identity(), boot, _times(board)))
    comma = ""
    row = '%s{"pack":"%s","series":"%s","name":"%s","size":%d}'
    for pack, series in _folders():
        for sequence, suffix, size in segment.scan(DATA + "/" + pack + "/" + series):
            if suffix != segment.UNFINISHED:
                name = segment.file_name(sequence, suffix)
                await out.text(row % (comma, pack, series, name, size))
                comma = ","
                await asyncio.sleep_ms(0)
        try:
            size = os.stat(DATA + "/" + pack + "/" + series + "/draft")[6]
        except OSError:
            continue
        await out.text(row % (comma, pack, series, "draft", size))
        comma = ","
    await out.text("]}\n")


def _folders():
    """(pack, series) of each; also of packs that are not in the config any more."""
    for pack in _names(""):
        for series in _names("/" + pack):
            try:
                yield segment.check_name(pack), segment.check_name(series)
            except ValueError:
                pass


def _names(path):
    try:
        return sorted(os.listdir(DATA + path))
    except OSError:
        return ()


async def metrics(http, out):
    """Prometheus' text: numbers that are known now. All lines of a name stand together."""
    board = http.board
    packs = [pack for pack in board.packs if pack.fresh()]
    row = 'packlog_%s{pack="%s"%s} %s\n'
    for pack in board.packs:
        await out.text(row % ("up", pack.name, "", int(pack in packs)))
    for pack in packs:
        await out.text(row % ("age_seconds", pack.name, "", pack.age_s()))
    for table in (FIELDS, EXTRAS):
        for _, decimals, kind, *keys in table:
            for key in keys if kind != TEXT else ():
                for pack in packs:
                    sample = pack.sample
                    value = value_of(sample, key) if table is FIELDS else sample.extras.get(key)
                    if value is not None:
                        text = topics.decimal(int(value), decimals)
                        await out.text(row % (key, pack.name, "", text))
            await asyncio.sleep_ms(0)
    for key, name, _, decimals in topics.LISTS:
        for pack in packs:
            count = topics.count_of(pack.sample, key)
            for i, value in enumerate(topics.list_of(pack.sample, key)[:count]):
                text = topics.element(value, key, decimals)
                if text:
                    label = ',number="%d"' % (i + 1)
                    await out.text(row % ("each_" + name, pack.name, label, text))
    for key, value in board.values:
        if type(value) is int:
            await out.text("packlog_logger_%s %d\n" % (key.replace("-", "_"), value))


async def said(http, out):
    """The lines that the logger prints on its console: for packlog watch and info."""
    board = http.board
    for complaint in board.complaints:
        await out.text(TROUBLE + complaint + "\n")
    for words in lines(board):
        line = " ".join(words)
        if line:
            await out.text(line + "\n")


async def _ask(http, out, path=None, count="0"):
    """What the console answers: a list of the files, or the CRC-32 of so many bytes of one."""
    import answers

    await out.begin(200, "text/plain")
    answer = _Answer(http, out)
    if out.request.method != b"HEAD":
        try:
            await (answers.crc(answer, path, count) if path else answers.files(answer))
        except (OSError, ValueError):
            await out.text("gone\n")
    await out.end()


class _Answer:
    """As answers.py takes it."""

    def __init__(self, http, out):
        self.board = http.board
        self.room = memoryview(bytearray(480))
        self.put = out.text


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


BODIES = {
    "/api/status": ("application/json", status),
    "/api/history": ("application/json", history),
    "/api/live": ("text/event-stream", live),
    "/api/console": ("text/plain", said),
    "/metrics": ("text/plain; version=0.0.4", metrics),
}
