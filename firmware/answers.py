"""Answers what a PC asks on the console while the logger runs: docs/console.md.

An answer is a row of pieces, each written at once, so that no other line gets into it. It yields
between any two. Loaded for a request, unloaded when nothing more has been asked for a while. No
answer has a password.
"""

import asyncio
import json
import os
import sys
from binascii import crc32, hexlify

from lib.uptime import NTP, PC
from store import segment
from store.files import DATA

PASSING = True

VERSION = 1
PIECE = 240  # bytes: with its head it holds the loop for 22 ms at 115200 baud
HEAD = 15  # bytes: ~ kind tag length CRC
MORE, LAST, FAILED = b".", b"=", b"!"
IDLE_MS = 10000  # without a request: unload
LOOK_MS = 5
FLUSH_S = 600  # between two flushes that a PC can ask for: each wears the flash
FLUSHING_MS = 3500  # for the store to find a quiet moment
SURE_S = 2  # a clock that a time server has set is not corrected by less
LONGEST_S = 86400
SINCE = 1735689600  # 2025: a PC whose clock says less does not know the time
HEADS = {segment.SUFFIX: 48, segment.SHARD: 64}  # bytes of a header, without its CRC-32
CONFIG = "/config.json"


class Overtaken(Exception):
    """Another request has come: the PC does not wait for this answer any more."""


class Answer:
    """To one request. begin: its first two letters, which each piece has."""

    def __init__(self, listener, text):
        self.listener = listener
        self.board = listener.board
        self.next = None
        self._tag = text[:2]
        self._crc = crc32(text)
        self.room = memoryview(bytearray(2 * (HEAD + PIECE)))
        self._used = 0

    async def put(self, data):
        """Add bytes."""
        at = 0
        while at < len(data):
            count = min(len(data) - at, PIECE - self._used)
            begin = HEAD + self._used
            self.room[begin : begin + count] = data[at : at + count]
            self._used += count
            at += count
            if self._used == PIECE:
                self._used = 0
                await self.send(0, PIECE)

    async def flush(self):
        """Send what there is, the answer goes on."""
        count, self._used = self._used, 0
        await self.send(0, count)

    async def end(self, kind=LAST):
        """Send what is left, the last piece."""
        await self.send(0, self._used, kind)

    async def send(self, at, count, kind=MORE):
        """Send the piece whose head is at that place in room, before count bytes."""
        begin = at + HEAD
        head = b"~" + kind + self._tag + b"%02x" % count
        crc = crc32(self.room[begin : begin + count], crc32(head, self._crc))
        self._crc = crc
        self.room[at:begin] = head + b"%08x\n" % crc
        sys.stdout.buffer.write(self.room[at : begin + count])
        await asyncio.sleep_ms(0)  # yield to other tasks
        self.next = self.listener.take()
        if self.next:
            raise Overtaken


async def serve(listener, text):
    """Answer this request, and those that follow it within IDLE_MS."""
    while text:
        text = await _answer(Answer(listener, text), text.split()) or await _next(listener)


async def _next(listener):
    for _ in range(IDLE_MS // LOOK_MS):
        text = listener.take()
        if text:
            return text
        await asyncio.sleep_ms(LOOK_MS)
    return None


async def _answer(answer, words):
    """Returns the request that has overtaken this one, if one has."""
    try:
        try:
            await VERBS[words[1]](answer, *[word.decode() for word in words[2:]])
            await answer.end()
        except Overtaken:
            raise
        except Exception as error:
            answer._used = 0
            await answer.put(_why(error).encode()[:PIECE])
            await answer.end(FAILED)
    except Overtaken:
        pass
    return answer.next


def _why(error):
    if isinstance(error, (KeyError, IndexError, TypeError)):
        return "not known"
    return "gone" if getattr(error, "errno", 0) == 2 else repr(error)


# What can be asked


async def hello(answer):
    """What language this is, and where the time comes from: 0 if it is not known."""
    await answer.put(b"packlog %d %d" % (VERSION, answer.board.clock.source))


async def time(answer, unix, ms):
    """Set the clock."""
    clock = answer.board.clock
    unix = int(unix)
    if unix < SINCE:
        raise ValueError("before 2025")
    if clock.source != NTP or abs(unix - clock.unix()) >= SURE_S:
        clock.set(unix, PC, int(ms))


async def status(answer):
    """Print what is printed every few seconds, now."""
    await answer.board.report()


async def flush(answer):
    """Have what waits in RAM written, if that is not asked for too often. A line for each pack:
    its name, and for how many seconds its frame in the making has gone on, which is not on flash.
    """
    listener, board = answer.listener, answer.board
    now = board.uptime.seconds
    if listener.flushed is None or now - listener.flushed >= FLUSH_S:
        listener.flushed = now
        for pack in board.packs:
            pack.hurry = True
        for _ in range(FLUSHING_MS // 50):
            if not any(pack.hurry for pack in board.packs):
                break
            await asyncio.sleep_ms(50)
    for pack in board.packs:
        await answer.put(b"%s %d\n" % (pack.name.encode(), pack.history.making_s))


async def release(answer, seconds):
    """Let go of the BMSs that take one client at a time."""
    links = [pack.link for pack in answer.board.packs if hasattr(pack.link, "release")]
    for link in links:
        link.release(min(LONGEST_S, int(seconds)))
    await answer.put(b"%d" % len(links))


async def config(answer):
    """config.json as it is on the flash, but for passwords."""
    import mask  # as long as this runs

    del sys.modules["mask"]
    cover = mask.Mask().cover
    with open(CONFIG, "rb") as file:
        while True:
            count = file.readinto(answer.room[HEAD : HEAD + PIECE])
            if not count:
                return
            cover(answer.room[HEAD : HEAD + count])
            await answer.send(0, count)


async def capture(answer, seconds, name=None):
    """What packs and their BMSs say to each other from now on, as lines: docs/captures.md. name:
    that of one pack.
    """
    import tap  # as long as this runs

    del sys.modules["tap"]
    packs = [pack for pack in answer.board.packs if name in (None, pack.name)]
    if not packs:
        raise KeyError
    await tap.capture(answer, packs, min(LONGEST_S, int(seconds)))


async def files(answer):
    """A line of JSON for each file of the history, and for what else lies there."""
    for pack in _names(DATA) or ():
        for series in await _folder(answer, pack):
            for name in await _folder(answer, pack + "/" + series):
                if name != "draft" and name[8:] != segment.UNFINISHED:
                    await _file(answer, pack, series, name)


async def read(answer, path, offset, count):
    """Bytes of a file of the history."""
    offset = int(offset)
    end = offset + int(count)
    path = _checked(path)
    room = answer.room
    while offset < end:
        # Opened anew for every two pieces: what the store writes or deletes in between would be
        # read wrong through a file that was opened before
        with open(path, "rb") as file:
            file.seek(offset)
            sizes = [
                file.readinto(room[at + HEAD : at + HEAD + max(0, min(PIECE, left))])
                for at, left in ((0, end - offset), (HEAD + PIECE, end - offset - PIECE))
            ]
        if not sizes[0]:
            raise OSError(5)
        for i in range(2):
            if sizes[i]:
                await answer.send(i * (HEAD + PIECE), sizes[i])
                offset += sizes[i]


async def crc(answer, path, count):
    """The CRC-32 of the beginning of a file of the history."""
    path = _checked(path)
    left, at, found = int(count), 0, 0
    while left > 0:
        with open(path, "rb") as file:
            file.seek(at)
            size = file.readinto(answer.room[: min(left, len(answer.room))])
        if not size:
            break
        found = crc32(answer.room[:size], found)
        left -= size
        at += size
        await asyncio.sleep_ms(0)
    await answer.put(b"%08x" % found)


VERBS = {
    b"hello": hello,
    b"time": time,
    b"status": status,
    b"flush": flush,
    b"release": release,
    b"config": config,
    b"capture": capture,
    b"files": files,
    b"read": read,
    b"crc": crc,
}


def _checked(path):
    """The whole path of PACK/SERIES/NAME. ValueError if that is not a file of a history."""
    pack, series, name = path.split("/")
    segment.check_name(pack)
    segment.check_name(series)
    if name[8:] not in HEADS or not name[:8].isdigit():
        raise ValueError("not a file of a history")
    return DATA + "/" + path


async def _file(answer, pack, series, name):
    """["file", pack, series, name, size, CRC-32 of its header, its last four bytes]"""
    path = pack + "/" + series + "/" + name
    try:
        size = os.stat(_checked(path))[6]
        with open(DATA + "/" + path, "rb") as file:
            head = file.read(min(size, HEADS[name[8:]]))
            file.seek(max(0, size - 4))
            tail = hexlify(file.read(4)).decode()
    except (OSError, ValueError):
        await _line(answer, ["stray", DATA + "/" + path])
        return
    await _line(answer, ["file", pack, series, name, size, crc32(head), tail])


async def _folder(answer, path):
    """What is in a folder below DATA; it is reported if it is none."""
    found = _names(DATA + "/" + path)
    if found is None:
        await _line(answer, ["stray", DATA + "/" + path])
    return found or ()


def _names(path):
    try:
        return sorted(os.listdir(path))
    except OSError:
        return None


async def _line(answer, values):
    await answer.put((json.dumps(values) + "\n").encode())
