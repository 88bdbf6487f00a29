"""A small web server (HTTP/1.1): the page, the history's files as they are, the state as JSON.
Read-only; docs/http.md is for users.

A viewer never costs readings. Bytes go from flash to socket in pieces, with the loop's other tasks
in between; nothing waits for a socket but the task of its connection, and that for a bounded time.
There are few connections: one that asks for nothing makes room for another. Nothing but this file
is in memory while nobody asks; without the memory for more, nobody is answered.
"""

import asyncio
import gc
import socket
import sys
from time import ticks_diff, ticks_ms

from micropython import const

from lib import once, passing
from lib.tasks import counts
from lib.tcp import readable

ORDER = 70
IN_USE = ("http.port",)
KEYS = {
    "port": ("number", (0, 65535), 0),
    "password": ("secret", (8, 63), ""),
}
RULES = ({"rule": "needs", "for": "port", "key": "wifi.networks|wifi.access_point"},)

MODULES = ("web_server", "web_state", "web_metrics", "web_files")  # as load() takes their numbers
MOST = const(3)  # connections: each takes some KB of the chip's memory
PIECE = const(512)  # bytes between flash and socket at a time
_BACKLOG = const(2)
_QUIET_MS = const(500)  # for so long a connection may be about to ask
_LOADED_MS = const(10000)  # without a connection: let go of what was loaded


@once.start
def make(settings, board):
    """None without a network."""
    if not board.network:
        return None
    made = Http(settings, board)
    board.tasks.append(("http", made.guard))
    return made


class Http:
    """settings: the section http of config.json. live: connections that are told of new readings;
    buffer: anybody's between two awaits; open: Peers.
    """

    @once.start
    def __init__(self, settings, board):
        self.counters = dict.fromkeys(("requests", "refused", "dropped"), 0)
        self.board = board
        self.live = 0
        self.buffer = memoryview(bytearray(PIECE))
        self.password = settings["password"].encode()
        self.name = board.settings["wifi"]["hostname"].encode()
        # Of each pack; config.json's sections are gone later
        self.tolerances = {pack["name"]: pack["tolerances"] for pack in board.settings["packs"]}
        self.open = []
        self._port = settings["port"]
        self._came = []  # names of the modules that were loaded

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
                if len(self.open) < MOST or self._make_room():
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
        try:
            server = self.load(0)
        except MemoryError:
            self.counters["dropped"] += 1
            client.close()
            return
        peer = server.Peer(client, end[0], self.buffer)
        self.open.append(peer)
        peer.task = asyncio.create_task(server.serve(self, peer))

    def _make_room(self):
        """End the oldest connection that does not ask anything. False if there is none."""
        for peer in self.open:
            if peer.idle_ms() > _QUIET_MS:
                self._drop(peer)
                return True
        return False

    def _drop(self, peer):
        self.open.remove(peer)
        peer.task.cancel()
        peer.sock.close()  # one that has not begun yet would not

    async def guard(self):
        """End what takes too long, and unload what nobody needs, forever."""
        asked = ticks_ms()
        while True:
            await asyncio.sleep(1)
            for peer in list(self.open) if self.open else ():
                if ticks_diff(peer.due, ticks_ms()) < 0:
                    self.counters["dropped"] += not peer.is_idle
                    self._drop(peer)
            peer = None  # or the last one's task, and so the modules, would stay
            if self.open:
                asked = ticks_ms()
            elif self._came and ticks_diff(ticks_ms(), asked) > _LOADED_MS:
                self.unload()

    def load(self, number):
        """One of MODULES, in memory as long as somebody is connected. MemoryError."""
        name = MODULES[number]
        if name not in self._came:
            gc.collect()  # in whole pieces, and no import has to
            before = set(sys.modules)
            try:
                __import__(name)
            except MemoryError:
                self._note(before)
                if not self.open:
                    self.unload()
                raise
            self._note(before)
        return sys.modules[name]

    def _note(self, before):
        self._came += [name for name in sys.modules if name not in before]

    def unload(self):
        """Let go of all that load() has brought."""
        for name in self._came:
            passing.forget(name)
        self._came = []
