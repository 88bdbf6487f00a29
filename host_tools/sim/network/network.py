"""The virtual board's network: WiFi, names, and routes from the addresses that the board knows to
servers on loopback.

The Internet is never touched: where no route leads, packets get lost. A server on the World's loop
has answered before board time moves on; one in another process (route(external=True)) is given a
little real time for each answer.
"""

import ipaddress
from collections.abc import Callable

from host_tools.sim.board.peripherals import Answer
from host_tools.sim.board.process import Request
from host_tools.sim.board.world import World
from host_tools.sim.network.dns import Names
from host_tools.sim.network.sockets import Endpoint, Route, Udp, abort
from host_tools.sim.network.tcp import Listener, Tcp
from host_tools.sim.network.wifi import SCAN_US, AccessPoint, Station
from host_tools.sim.vm import network_words as words
from host_tools.sim.vm import ops

MAX_SOCKETS = 10  # CONFIG_LWIP_MAX_SOCKETS
FIRST_FD = 54  # as on an ESP32
ASK_US = 20_000  # a DNS server that answers
GUESTS, POINT_NETWORK = "127.0.4.", "192.168.4."  # who comes from there is in the board's network
SILENT_US = 14_000_000  # one that does not, as lwIP asks: for IPv4 and IPv6, four times each


class Network:
    """A Device of the virtual board. access_points: what is in reach; names: what DNS knows."""

    bit = ops.SOCKETS
    ops = ops.NETWORK

    def __init__(self, world: World):
        self.world = world
        self.access_points: list[AccessPoint] = []
        self.station = Station(self.access_points)
        self.point: tuple[str, str] | None = None  # SSID and key of the board's own access point
        self.guests = 0  # in that
        self.names = Names()
        self.routes: dict[tuple[bool, bytes, int], Route] = {}
        self.published: dict[int, int] = {}  # the board's port: on loopback, 0 for any free one
        self._sockets: dict[int, Endpoint] = {}
        self._listening: dict[int, Listener] = {}  # by the board's port
        self._bound: dict[int, int] = {}
        self._watched: list[tuple[int, int]] = []
        self._lingering: list[Tcp] = []  # closed by the board, with data on its way
        self._left: list[tuple[object, Route]] = []  # real sockets whose end on the board is gone
        self._address = bytes(4)

    # What a test or a rig sets up

    def route(self, host: str, port: int, real_port: int, udp: bool = False, **more) -> Route:
        """Let a server on that port of loopback be at that address. more: see Route."""
        made = self.routes[udp, _packed(host), port] = Route(real_port, **more)
        return made

    def port_of(self, port: int) -> int:
        """The port on loopback of a server of the board's own."""
        return self._listening[port].real.getsockname()[1]

    def publish(self, port: int, real_port: int = 0) -> None:
        """Let a server on that port of the board be at that one of loopback, over resets too; 0:
        any that is free, see port_of().
        """
        self.published[port] = real_port

    def join_point(self, ssid: str, key: str) -> bool:
        """A phone tries to join the board's own network; its address there is GUEST."""
        joined = self.point == (ssid, key)
        self.guests += joined
        return joined

    def udp_port_of(self, port: int) -> int:
        """The port on loopback of a socket for datagrams that the board has bound."""
        fd = next(fd for fd, bound in self._bound.items() if bound == port)
        return self._sockets[fd].real.getsockname()[1]

    def has_link(self) -> bool:
        """Do packets pass, in somebody else's network or the board's own?"""
        return self.station.has_link() or self.point is not None

    @property
    def serves(self) -> bool:
        """Is a program of this computer connected to a server that was published?"""
        return bool(self.published) and any(
            isinstance(each, Tcp) and each.is_accepted for each in self._sockets.values()
        )

    def close(self) -> None:
        """Take the network away: the other ends see resets."""
        self.reset()
        for real, _ in self._left:
            real.close()
        self._left.clear()

    # Device

    def handle(self, r: Request, now: int) -> Answer:
        """Do what the VM asks for."""
        self._pump(now)
        try:
            return self._actions[r.op](self, r, now)
        except OSError as error:
            return Answer(errno=error.errno)

    def watch(self, streams: bytes) -> None:
        """A wait begins for these sockets."""
        self._watched = list(zip(streams[::2], streams[1::2], strict=True))

    def ready(self, now: int) -> bool:
        """Has one of them something?"""
        self._pump(now)
        return any(self._poll(fd, events) for fd, events in self._watched)

    def has_events(self) -> bool:
        return False

    def next_us(self, now: int) -> int | None:
        """When the next packet arrives or the WiFi changes."""
        self._pump(now)
        first = self.station.next_us(now)
        if first is not None and first <= now:
            first = None
        for each in (*self._sockets.values(), *self._lingering):
            due = each.next_us(now)
            if due is not None and due > now and (first is None or due < first):
                first = due
        return first

    def reset(self) -> None:
        """The chip was reset or lost its power: nobody is told."""
        for each in (*self._sockets.values(), *self._lingering):
            if isinstance(each, Tcp):
                self._leave(each, each.vanish())
            else:
                each.close()
        self._sockets.clear()
        self._lingering.clear()
        self._listening.clear()
        self._bound.clear()
        self._watched.clear()
        self._address = bytes(4)
        self.point, self.guests = None, 0
        self.station.reset()

    # Packets

    def _pump(self, now: int) -> None:
        """Let everything happen that is due, and the other ends react to it."""
        self.station.advance(now)
        self._follow_address()
        if self._left and self.station.has_link():
            self._left = [each for each in self._left if not _refused(*each)]
        if self._lingering:
            self._lingering = [each for each in self._lingering if each.linger(now)]
        sockets = list(self._sockets.values())
        sent = [each.pump(now) for each in sockets]
        if any(sent):
            self.world.settle()
            for each in sockets:
                each.give_time()
            for each in sockets:
                each.pump(now)

    def _follow_address(self) -> None:
        # lwIP ends what was bound to an address that the board has no more.
        if self.station.address == self._address:
            return
        self._address = self.station.address
        for each in self._sockets.values():
            if isinstance(each, Tcp) and not each.is_new and not each.is_guest:
                self._leave(each, each.vanish())

    def _leave(self, tcp: Tcp, real) -> None:
        if real:
            self._left.append((real, tcp.route))

    def _find(self, udp: bool, address: bytes, port: int) -> Route | None:
        found = self.routes.get((udp, address, port))
        if found or udp:
            return found
        is_there = any(known == address for _, known, _ in self.routes)
        return Route(None) if is_there else None  # a host that refuses, or none

    def _poll(self, fd: int, events: int) -> int:
        return self._sockets[fd].poll(events) if fd in self._sockets else words.POLLNVAL

    # Ops

    def _endpoint(self, r: Request, *kinds: type) -> Endpoint:
        found = self._sockets.get(r.a)
        if found is None:
            raise OSError(words.EBADF, "")
        if kinds and not isinstance(found, kinds):
            raise OSError(words.EINVAL, "")
        return found

    def _add(self, endpoint: Endpoint) -> int:
        numbers = range(FIRST_FD, FIRST_FD + MAX_SOCKETS)
        fd = next((n for n in numbers if n not in self._sockets), None)
        if fd is None:
            endpoint.close()
            raise OSError(words.ENFILE, "")
        self._sockets[fd] = endpoint
        return fd

    def _socket(self, r: Request, now: int) -> Answer:
        made = Udp(self.has_link) if r.a == words.UDP else Tcp(self.station.has_link)
        return Answer(value=self._add(made))

    def _close(self, r: Request, now: int) -> Answer:
        endpoint = self._endpoint(r)
        del self._sockets[r.a]
        port = self._bound.pop(r.a, None)
        self._listening.pop(port, None)
        real = endpoint.close()
        if real:
            self._left.append((real, endpoint.route))
        elif isinstance(endpoint, Tcp) and endpoint.lingers:
            self._lingering.append(endpoint)
        return Answer()

    def _connect(self, r: Request, now: int) -> Answer:
        tcp = self._endpoint(r, Tcp)
        if self.station.address == bytes(4):
            raise OSError(words.EHOSTUNREACH, "")
        return Answer(errno=tcp.connect(self._find(False, r.data, r.b), now))

    def _point(self, r: Request, now: int) -> Answer:
        ssid, key = r.data.decode().split("\0")
        self.point = (ssid, key) if r.a else None
        self.guests = self.guests if r.a else 0
        return Answer()

    def _serves_guests(self) -> bool:
        return self.point is not None

    def _bind(self, r: Request, now: int) -> Answer:
        endpoint = self._endpoint(r)
        if isinstance(endpoint, Udp):
            endpoint.is_bound = True
        if r.b and r.b in self._bound.values():
            raise OSError(words.EADDRINUSE, "")
        self._bound[r.a] = r.b
        return Answer()

    def _listen(self, r: Request, now: int) -> Answer:
        self._endpoint(r, Tcp)
        port = self._bound.get(r.a, 0)
        real_port = self.published.get(port, 0)
        listener = Listener(self.has_link, real_port, r.b)
        if port in self.published:
            self.published[port] = listener.real.getsockname()[1]
        self._sockets[r.a] = self._listening[port] = listener
        return Answer()

    def _accept(self, r: Request, now: int) -> Answer:
        tcp, (host, port) = self._endpoint(r, Listener).accept()
        tcp.is_guest = host.startswith(GUESTS)
        tcp.use(self._serves_guests if tcp.is_guest else self.station.has_link)
        host = host.replace(GUESTS, POINT_NETWORK)
        fd = self._add(tcp)
        return Answer(value=fd, data=_packed(host) + port.to_bytes(2, "little"))

    def _send(self, r: Request, now: int) -> Answer:
        return Answer(value=self._endpoint(r, Tcp).send(r.data, now))

    def _send_to(self, r: Request, now: int) -> Answer:
        udp = self._endpoint(r, Udp)
        end = (r.data[:4], r.b)
        return Answer(value=udp.send(r.data[4:], end, self._find(True, *end), now))

    def _receive(self, r: Request, now: int) -> Answer:
        endpoint = self._endpoint(r, Tcp, Udp)
        data = endpoint.receive(r.b, r.value)
        return Answer(data=data if isinstance(endpoint, Tcp) else data[1])

    def _receive_from(self, r: Request, now: int) -> Answer:
        (address, port), data = self._endpoint(r, Udp).receive(r.b, r.value)
        return Answer(data=address + port.to_bytes(2, "little") + data)

    def _poll_one(self, r: Request, now: int) -> Answer:
        return Answer(value=self._poll(r.a, r.b))

    def _socket_error(self, r: Request, now: int) -> Answer:
        return Answer(value=self._endpoint(r).take_error())

    def _resolve(self, r: Request, now: int) -> Answer:
        if self.station.addresses[12:] == bytes(4):
            return Answer(errno=words.NO_SUCH_NAME)
        if self.names.silent or not self.station.has_link():
            return Answer(SILENT_US, errno=words.NO_SUCH_NAME)
        found = self.names.find(r.data.decode())
        if not found:
            return Answer(ASK_US, errno=words.NO_SUCH_NAME)
        return Answer(ASK_US, data=_packed(found))

    def _active(self, r: Request, now: int) -> Answer:
        return Answer(self.station.active(bool(r.a), now))

    def _join(self, r: Request, now: int) -> Answer:
        ssid, key = r.data.decode().split("\0")
        return Answer(errno=self.station.join(ssid, key, now))

    def _scan(self, r: Request, now: int) -> Answer:
        return Answer(SCAN_US, data=self.station.scan())

    def _rssi(self, r: Request, now: int) -> Answer:
        if self.station.rssi is None:
            raise OSError(words.WIFI_NOT_CONNECTED, "")
        return Answer(value=self.station.rssi)

    def _set_addresses(self, r: Request, now: int) -> Answer:
        self.station.set_addresses(r.data)
        return Answer()

    def _set_reconnects(self, r: Request, now: int) -> Answer:
        self.station.reconnects = r.value
        return Answer()

    _actions: dict[int, Callable[["Network", Request, int], Answer]] = {  # noqa: RUF012
        words.SOCKET: _socket,
        words.CLOSE: _close,
        words.CONNECT: _connect,
        words.BIND: _bind,
        words.LISTEN: _listen,
        words.ACCEPT: _accept,
        words.SEND: _send,
        words.SEND_TO: _send_to,
        words.RECEIVE: _receive,
        words.RECEIVE_FROM: _receive_from,
        words.POLL: _poll_one,
        words.SOCKET_ERROR: _socket_error,
        words.RESOLVE: _resolve,
        words.ACTIVE: _active,
        words.JOIN: _join,
        words.LEAVE: lambda self, r, now: Answer(errno=self.station.leave(now)),
        words.STATUS: lambda self, r, now: Answer(value=self.station.status()),
        words.IS_CONNECTED: lambda self, r, now: Answer(value=int(self.station.is_up)),
        words.RSSI: _rssi,
        words.SCAN: _scan,
        words.ADDRESSES: lambda self, r, now: Answer(data=self.station.addresses),
        words.SET_ADDRESSES: _set_addresses,
        words.SET_RECONNECTS: _set_reconnects,
        words.POINT: _point,
        words.STATIONS: lambda self, r, now: Answer(value=self.guests),
    }


def _packed(address: str) -> bytes:
    return ipaddress.ip_address(address).packed


def _refused(real, route: Route) -> bool:
    """A packet comes for a connection that the board does not know: it answers with a reset."""
    if route.frozen:
        return False
    try:
        real.recv(1)
    except BlockingIOError:
        return False
    except OSError:
        pass
    abort(real)
    return True
