"""The sockets of the virtual board: lwIP's ends of connections whose other ends are real sockets on
loopback. Times are board times in us.

Routes say where they are and what goes wrong on the way. A byte takes the route's delay each way.
TCP is in tcp.py.
"""

import contextlib
import select
import socket
import struct
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from host_tools.sim.vm import network_words as words

DATAGRAMS = 6  # that wait to be read; the others are lost
LOOPBACK = "127.0.0.1"
STRANGER = bytes((192, 168, 4, 2))  # who asks a socket of the board's


@dataclass
class Route:
    """Where an end that the board knows really is. The faults can be switched on at any time."""

    port: int | None  # on loopback; None: nobody there
    external: bool = False  # another process: it answers in real time
    grace_s: float = 0.005  # real time that it gets for every answer
    delay_us: int = 2000  # each way
    refuses: bool = False
    lost: bool = False  # packets that open a connection, and datagrams, get lost
    frozen: bool = False  # packets of open connections get lost, both ways
    opened: int = 0  # connections so far

    def __post_init__(self):
        self.drops = 0

    def drop(self) -> None:
        """End every connection that is open now, with a reset."""
        self.drops += 1


class Endpoint:
    """What TCP and UDP have in common. link(): does the WiFi pass packets?"""

    def __init__(self, link: Callable[[], bool]):
        self._link = link
        self.out: deque[tuple[int, bytes]] = deque()  # (when it arrives, data)
        self.inbox: deque[tuple[int, bytes]] = deque()
        self.real: socket.socket | None = None

    def use(self, link: Callable[[], bool]) -> None:
        """It is in another network: does that pass packets?"""
        self._link = link

    def fileno(self) -> int:
        return self.real.fileno()

    def next_us(self, now: int) -> int | None:
        """When the next packet arrives, on either side."""
        first = None
        for queue in (self.out, self.inbox):
            if queue and queue[0][0] > now and (first is None or queue[0][0] < first):
                first = queue[0][0]
        return first


class Udp(Endpoint):
    """A socket for datagrams. find(address, port): the route there; whose(port): its address."""

    def __init__(self, link: Callable[[], bool]):
        super().__init__(link)
        self.received: deque[tuple[tuple[bytes, int], bytes]] = deque()
        self.routes: dict[int, tuple[tuple[bytes, int], Route]] = {}  # by the real port
        self.real = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.real.bind((LOOPBACK, 0))
        self.real.setblocking(False)
        self.wrote = False
        self.is_bound = False  # anybody may ask it
        self._waits_for = 0.0

    def send(self, data: bytes, end: tuple[bytes, int], route: Route | None, now: int) -> int:
        """Send a datagram on its way. OSError."""
        if not self._link():
            raise OSError(words.EHOSTUNREACH, "")
        known = (found for address, found in self.routes.values() if address == end)
        route = route or next(known, None)
        if route and route.port is not None:
            self.routes[route.port] = (end, route)
            self.out.append((now + max(1, route.delay_us), struct.pack("<H", route.port) + data))
        return len(data)

    def pump(self, now: int) -> bool:
        """Let happen what is due. True: somebody has something to react to."""
        sent = False
        while self.out and self.out[0][0] <= now:
            data = self.out.popleft()[1]
            route = self.routes[struct.unpack_from("<H", data)[0]][1]
            if self._link() and not route.lost:
                self.real.sendto(data[2:], (LOOPBACK, route.port))
                sent = True
                self._waits_for = max(self._waits_for, route.grace_s if route.external else 0)
        self._collect(now)
        while self.inbox and self.inbox[0][0] <= now:
            data = self.inbox.popleft()[1]
            end = self.routes[struct.unpack_from("<H", data)[0]][0]
            if len(self.received) < DATAGRAMS:
                self.received.append((end, data[2:]))
        return sent

    def _collect(self, now: int) -> None:
        with contextlib.suppress(BlockingIOError):
            while True:
                data, (_, port) = self.real.recvfrom(65536)
                if self.is_bound and port not in self.routes:
                    self.routes[port] = ((STRANGER, port), Route(port))
                if port in self.routes and self._link() and not self.routes[port][1].lost:
                    due = now + max(1, self.routes[port][1].delay_us)
                    self.inbox.append((due, struct.pack("<H", port) + data))

    def give_time(self) -> None:
        """Datagrams have gone to another process: let it answer."""
        if self._waits_for:
            select.select([self.real], [], [], self._waits_for)
        self._waits_for = 0.0

    def poll(self, events: int) -> int:
        """Which of the events there are."""
        return events & ((words.POLLIN if self.received else 0) | words.POLLOUT)

    def take_error(self) -> int:
        return 0

    def receive(self, kind: int, count: int) -> tuple[tuple[bytes, int], bytes]:
        """The first datagram: (where from, as many of its bytes). OSError."""
        if not self.received:
            raise OSError(words.EAGAIN, "")
        end, data = self.received[0] if kind == words.PEEK else self.received.popleft()
        return end, data[:count]

    def close(self) -> None:
        self.real.close()


def abort(real: socket.socket) -> None:
    """Close a real socket with a reset."""
    with contextlib.suppress(OSError):
        real.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    real.close()
