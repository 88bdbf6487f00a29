"""Servers on UDP in the world around the virtual board."""

import asyncio
from collections.abc import Callable

from host_tools.sim.board.world import World


def serve(world: World, answer: Callable[[bytes], bytes | None]) -> int:
    """Send back what answer() makes of each datagram; returns the server's port on loopback."""
    made = world.create_datagram_endpoint(lambda: _Server(answer), ("127.0.0.1", 0))
    transport, _ = world.run(made)
    return transport.get_extra_info("sockname")[1]


class _Server(asyncio.DatagramProtocol):
    def __init__(self, answer: Callable[[bytes], bytes | None]):
        self._answer = answer

    def connection_made(self, transport):
        self._transport = transport

    def datagram_received(self, data, end):
        if answer := self._answer(data):
            self._transport.sendto(answer, end)
