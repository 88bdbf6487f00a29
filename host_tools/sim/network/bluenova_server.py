"""The BlueNova battery as the network sees it: its console as a WebSocket server on the World's
loop (docs/bluenova.md).
"""

import asyncio
import contextlib

from host_tools.sim.board.world import World
from host_tools.sim.units.bluenova import Unit
from websockets.asyncio.server import ServerConnection, broadcast, serve
from websockets.exceptions import ConnectionClosed

PATH = "/ws/"
AHEAD_S = 1.0  # so much of the future is asked of the unit at a time


class Battery:
    """unit: what it says, with faults of its own; its time is the board's. path: of its page."""

    def __init__(self, world: World, unit: Unit, path: str = PATH):
        self._world, self._path = world, path
        self.unit = unit
        self.clients: set[ServerConnection] = set()
        self.connections = 0  # so far
        self._talker: asyncio.Task | None = None
        server = world.run(self._serve())
        self.port = server.sockets[0].getsockname()[1]

    async def _serve(self):
        return await serve(
            self._talk, "127.0.0.1", 0, ping_interval=None, process_request=self._check_path
        )

    def restart(self) -> None:
        """It starts anew: connections end without a word. Let its route refuse for a while."""
        for client in list(self.clients):
            client.transport.abort()

    def _check_path(self, connection: ServerConnection, request):
        return None if request.path == self._path else connection.respond(404, "no such page\n")

    async def _talk(self, connection: ServerConnection) -> None:
        self.connections += 1
        self.clients.add(connection)
        if len(self.clients) == 1:
            self._talker = self._world.create_task(self._say_all())
        with contextlib.suppress(ConnectionClosed):
            async for _ in connection:
                pass  # it does not listen
        self.clients.discard(connection)

    async def _say_all(self) -> None:
        """Say what the unit says as long as somebody is there."""
        at = self._world.time()
        while self.clients:
            for t_s, text in self.unit.messages(at, at + AHEAD_S):
                await asyncio.sleep(t_s - self._world.time())
                broadcast(self.clients, text)
            at += AHEAD_S
            await asyncio.sleep(at - self._world.time())
