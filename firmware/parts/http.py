"""A small web server (HTTP/1.1): the page, the history's files as they are, and what web.py
composes. Read-only; docs/http.md is for users.

A viewer never costs readings. Bytes go from flash to socket in pieces, with the loop's other tasks
in between; nothing waits for a socket but the task of its connection, and that for a bounded time.
There are few connections: one that waits for nothing makes room for another. What is needed seldom
is loaded when it is asked for, and let go of when nobody has asked for a while.
"""

import asyncio
import os
import socket
import sys
from time import ticks_diff, ticks_ms

from micropython import const

from lib import once
from lib.tasks import counts
from lib.tcp import readable, writable
from net.http_peer import IDLE_MS, PIECE, SEND_MS, Peer
from net.http_request import Request, is_ours, is_right, span
from store import segment
from store.files import DATA

ORDER = 70
IN_USE = ("http.port",)
KEYS = {
    "port": ("number", (0, 65535), 0),
    "password": ("secret", (8, 63), ""),
}
RULES = ({"rule": "needs", "for": "port", "key": "wifi.networks|wifi.access_point"},)

PAGE = "/page.html.gz"
MOST = const(3)  # connections: each takes some KB of the chip's memory
_BACKLOG = const(2)
_PIECES = const(4)  # of them while a file is open: littlefs looks for it anew each time
_HEAD_MS = const(10000)  # for all of it
_LOADED_MS = const(10000)  # without a request: let go of what is needed seldom
_WRONG_MS = const(1000)  # after a wrong password


@once.start
def make(settings, board):
    """None without a network."""
    if not board.network:
        return None
    made = Http(settings, board)
    board.tasks.append(("http", made.guard))
    return made


def kind_of(name):
    """A file's in a history: is it one, and what does it hold? Its name as it is in the address."""
    return name == "draft" or (name[:8].isdigit() and name[8:] in (segment.SUFFIX, segment.SHARD))


class Http:
    """settings: the section http of config.json."""

    @once.start
    def __init__(self, settings, board):
        self.counters = dict.fromkeys(("requests", "refused", "dropped"), 0)
        self.board = board
        self.live = 0  # connections that are told of new readings
        self.buffer = memoryview(bytearray(PIECE))  # between two awaits: anybody's
        self._port = settings["port"]
        self._password = settings["password"].encode()
        self._name = board.settings["wifi"]["hostname"].encode()
        self._open = []
        self._api = None
        self._came = ()  # names of the modules that came with it

    def values(self):
        """Counters."""
        return counts("http", self.counters)

    async def run(self):
        """Take connections, forever. OSError if the chip refuses: run it again later."""
        sock = socket.socket()
        try:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.setblocking(False)
            sock.bind(socket.getaddrinfo("0.0.0.0", self._port)[0][-1])
            sock.listen(_BACKLOG)
            while True:
                await readable(sock)
                if len(self._open) < MOST or self._make_room():
                    self._accept(sock)
                else:
                    await asyncio.sleep_ms(100)
                await asyncio.sleep_ms(0)
        finally:
            sock.close()

    def _accept(self, sock):
        try:
            client, end = sock.accept()
        except OSError:  # it has gone away again, or there is no memory for it
            self.counters["dropped"] += 1
            return
        client.setblocking(False)
        peer = Peer(client, end[0], self.buffer)
        self._open.append(peer)
        peer.task = asyncio.create_task(self._serve(peer))

    def _make_room(self):
        """End a connection that waits for a request. False if there is none."""
        for peer in self._open:
            if peer.is_idle:
                self._drop(peer)
                return True
        return False

    def _drop(self, peer):
        self._open.remove(peer)
        peer.task.cancel()
        peer.sock.close()  # one that has not begun yet would not

    async def guard(self):
        """End what takes too long, and unload what nobody needs, forever."""
        asked = ticks_ms()
        while True:
            await asyncio.sleep(1)
            for peer in list(self._open) if self._open else ():
                if ticks_diff(peer.due, ticks_ms()) < 0:
                    self.counters["dropped"] += not peer.is_idle
                    self._drop(peer)
            if self._open:
                asked = ticks_ms()
            elif self._api and ticks_diff(ticks_ms(), asked) > _LOADED_MS:
                self._unload()

    async def _serve(self, peer):
        try:
            rest = b""
            while rest is not None:
                rest = await self._next(peer, rest)
        except (OSError, EOFError):
            self.counters["dropped"] += 1
        except MemoryError:
            self._unload()
        finally:
            peer.sock.close()
            if peer in self._open:
                self._open.remove(peer)

    async def _next(self, peer, rest):
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
                peer.wait(_HEAD_MS)
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
        self.counters["requests"] += 1
        peer.wait(SEND_MS)
        await self._answer(peer, request, rest[: request.body_size])
        return rest[request.body_size :] if request.keep else None

    # Answers

    async def _answer(self, peer, request, body):
        status = request.status or self._refusal(peer, request)
        path = request.path.partition(b"?")[0].decode()
        if status:
            self.counters["refused"] += status != 302
            if status == 401:
                await asyncio.sleep_ms(_WRONG_MS)
            more = ""
            if status == 302:
                more = "Location: http://%s/\r\n" % self.board.network.point.ADDRESS
            await peer.say(status, more)
        elif path == "/":
            await self._page(peer)
        elif path[:13] == "/api/history/":
            await self._file(peer, path[13:])
        else:
            try:
                api = self._load()
            except MemoryError:
                self._unload()
                await peer.say(503)
                return
            await api.answer(self, peer, path, body)

    def _refusal(self, peer, request):
        """The status of a request that is not answered, else 0."""
        fields = request.fields
        host = fields.get(b"host")
        if host is not None and not is_ours(host, self._name):
            return 302 if self._is_guest(peer) else 403
        if self._password and not is_right(self._password, fields.get(b"authorization")):
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

    def _is_guest(self, peer):
        """Is it in the board's own network? Phones ask there whether they are in the internet."""
        point = getattr(self.board.network, "point", None)
        return bool(point and point.is_up and peer.address[:10] == point.NETWORK)

    async def _page(self, peer):
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
        await self._whole(peer, PAGE, size, kind, tag)

    async def _file(self, peer, path):
        parts = path.split("/")
        try:
            if len(parts) != 3 or not kind_of(parts[2]):
                raise ValueError
            segment.check_name(parts[0])
            segment.check_name(parts[1])
            size = os.stat(DATA + "/" + path)[6]
        except (ValueError, OSError):
            await peer.say(404)
            return
        tag = '"%s-%d"' % (parts[2], size)
        await self._whole(peer, DATA + "/" + path, size, "application/octet-stream", tag)

    async def _whole(self, peer, path, size, kind, tag):
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
            await self._pass_on(peer, path, first, end)

    async def _pass_on(self, peer, path, at, end):
        """Bytes of a file. One that is deleted meanwhile ends the connection: OSError."""
        buffer = self.buffer
        left = 0
        while at < end:
            await writable(peer.sock)
            # Opened anew: what the store writes or deletes in between would be read wrong
            with open(path, "rb") as file:
                file.seek(at)
                for _ in range(_PIECES):
                    size = file.readinto(buffer[: min(PIECE, end - at)])
                    if not size:
                        raise EOFError
                    taken = peer.sock.write(buffer[:size]) or 0
                    at += taken
                    left -= taken
                    if taken < size or at == end:
                        break
            if left <= 0:
                left = PIECE * _PIECES
                peer.wait(SEND_MS)

    # What is needed seldom

    def _load(self):
        if not self._api:
            before = set(sys.modules)
            try:
                __import__("web")
            finally:
                self._came = [name for name in sys.modules if name not in before]
            self._api = sys.modules["web"]
        return self._api

    def _unload(self):
        self._api = None
        for name in self._came:
            # A place of a dict that is deleted keeps its value alive, so that is overwritten before
            folder, _, last = name.rpartition(".")
            if name in sys.modules:
                sys.modules[name] = None
                del sys.modules[name]
            if folder in sys.modules and hasattr(sys.modules[folder], last):
                setattr(sys.modules[folder], last, None)
                delattr(sys.modules[folder], last)
        self._came = ()
