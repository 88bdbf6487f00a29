"""What the web server does with a connection. In memory only while there is one: parts/http.py
loads it, and lets go of it.
"""

import asyncio
import os

from lib.tcp import writable
from net.http_peer import IDLE_MS, PIECE, SEND_MS, Peer  # noqa: F401 - Peer is parts/http.py's
from net.http_request import Request, is_ours, is_right, span
from store import segment
from store.files import DATA

PASSING = True

PAGE = "/page.html.gz"
HEAD_MS = 10000  # for all of a request
PIECES = 4  # while a file is open: littlefs looks for it anew each time
WRONG_MS = 1000  # after a wrong password
FILES = 3  # a number of parts.http.MODULES
MODULES = {"/api/status": 1, "/api/live": 1, "/api/time": 1, "/metrics": 2}


def is_file(name):
    """Is it the name of a file of a history?"""
    return name == "draft" or (name[:8].isdigit() and name[8:] in (segment.SUFFIX, segment.SHARD))


async def serve(http, peer):
    """Answer the requests of a connection, until it ends."""
    try:
        rest = b""
        while rest is not None:
            rest = await _next(http, peer, rest)
    except (OSError, EOFError, MemoryError):
        http.counters["dropped"] += 1
    finally:
        peer.sock.close()
        if peer in http.open:
            http.open.remove(peer)


async def _next(http, peer, rest):
    """Answer a request; returns what has come behind it, None to end the connection."""
    request = Request()
    peer.is_idle = not rest
    peer.wait(IDLE_MS)
    while True:
        if not rest:
            rest = await peer.read()
            if not rest:
                return None
        if peer.is_idle:
            peer.is_idle = False
            peer.wait(HEAD_MS)
        rest = request.feed(rest)
        if rest is not None:
            break
    peer.request = request
    if not request.status:
        while len(rest) < request.body_size:
            more = await peer.read()
            if not more:
                return None
            rest += more
    http.counters["requests"] += 1
    peer.wait(SEND_MS)
    await _answer(http, peer, request, rest[: request.body_size])
    return rest[request.body_size :] if request.keep else None


async def _answer(http, peer, request, body):
    status = request.status or _refusal(http, peer, request)
    path = request.path.partition(b"?")[0].decode()
    if status:
        http.counters["refused"] += status != 302
        if status == 401:
            await asyncio.sleep_ms(WRONG_MS)
        more = ""
        if status == 302:
            more = "Location: http://%s/\r\n" % http.board.network.point.ADDRESS
        await peer.say(status, more)
    elif path == "/":
        await _page(http, peer)
    elif path[:13] == "/api/history/":
        await _file(http, peer, path[13:])
    else:
        number = MODULES.get(path, FILES if path[:5] == "/api/" else 0)
        if not number:
            await peer.say(404)
            return
        try:
            module = http.load(number)
        except MemoryError:
            await peer.say(503)
            return
        await module.answer(http, peer, path, body)


def _refusal(http, peer, request):
    """The status of a request that is not answered, else 0."""
    fields = request.fields
    host = fields.get(b"host")
    if host is not None and not is_ours(host, http.name):
        return 302 if _is_guest(http, peer) else 403
    if http.password and not is_right(http.password, fields.get(b"authorization")):
        return 401
    if request.method == b"POST":
        if request.path != b"/api/time":
            return 405
        # What no web page of another host can send without asking first
        kind = fields.get(b"content-type", b"").lower()
        return 0 if kind[:16] == b"application/json" else 415
    if request.method not in (b"GET", b"HEAD"):
        return 405
    return 400 if request.body_size else 0


def _is_guest(http, peer):
    """Is it in the board's own network? Phones ask there whether they are in the internet."""
    point = getattr(http.board.network, "point", None)
    return bool(point and point.is_up and peer.address[:10] == point.NETWORK)


async def _page(http, peer):
    try:
        size = os.stat(PAGE)[6]
        with open(PAGE, "rb") as file:
            file.seek(max(0, size - 8))
            tag = '"' + "".join(["%02x" % each for each in file.read(8)]) + '"'
    except OSError:
        text = "packlog: install brings the page. See /api/status, /api/history, /metrics\n"
        await peer.begin(200, "text/plain", len(text))
        await peer.put(text.encode())
        return
    kind = "text/html; charset=utf-8\r\nContent-Encoding: gzip"
    await _whole(http, peer, PAGE, size, kind, tag)


async def _file(http, peer, path):
    parts = path.split("/")
    try:
        if len(parts) != 3 or not is_file(parts[2]):
            raise ValueError
        segment.check_name(parts[0])
        segment.check_name(parts[1])
        size = os.stat(DATA + "/" + path)[6]
    except (ValueError, OSError):
        await peer.say(404)
        return
    tag = '"%s-%d"' % (parts[2], size)
    await _whole(http, peer, DATA + "/" + path, size, "application/octet-stream", tag)


async def _whole(http, peer, path, size, kind, tag):
    """A file of so many bytes, or the span of it that is asked for."""
    fields = peer.request.fields
    more = "ETag: %s\r\nAccept-Ranges: bytes\r\n" % tag
    known = fields.get(b"if-none-match", b"").decode()
    if known == "*" or tag in known:
        await peer.begin(304, "", None, more)
        return
    wanted = None
    if fields.get(b"if-range", tag.encode()) == tag.encode():
        wanted = span(fields.get(b"range"), size)
    first, end = wanted or (0, size)
    if wanted == (0, 0):
        await peer.say(416, "Content-Range: bytes */%d\r\n" % size)
        return
    if wanted:
        more += "Content-Range: bytes %d-%d/%d\r\n" % (first, end - 1, size)
    await peer.begin(206 if wanted else 200, kind, end - first, more)
    if peer.request.method != b"HEAD":
        await _pass_on(http, peer, path, first, end)


async def _pass_on(http, peer, path, at, end):
    """Bytes of a file. One that is deleted meanwhile ends the connection: OSError."""
    buffer = http.buffer
    left = 0
    while at < end:
        await writable(peer.sock)
        # Opened anew: what the store writes or deletes in between would be read wrong
        with open(path, "rb") as file:
            file.seek(at)
            for _ in range(PIECES):
                size = file.readinto(buffer[: min(PIECE, end - at)])
                if not size:
                    raise EOFError
                taken = peer.sock.write(buffer[:size]) or 0
                at += taken
                left -= taken
                if taken < size or at == end:
                    break
        if left <= 0:
            left = PIECE * PIECES
            peer.wait(SEND_MS)
