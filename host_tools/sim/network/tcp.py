"""TCP of the virtual board, as lwIP does it. Times are board times in us.

What the board sends waits in its send buffer until it has arrived; what it has not read fills its
window and stops the sender. While packets do not pass, both stay where they are, and nobody learns
of it.
"""

import contextlib
import select
import socket
from collections.abc import Callable

from host_tools.sim.network.sockets import LOOPBACK, Endpoint, Route, abort
from host_tools.sim.vm import network_words as words

# ESP-IDF's defaults (CONFIG_LWIP_...)
SEND_BUFFER = WINDOW = 5760
SEND_LOW_WATER = 2881  # free bytes from which on a socket counts as writable
SEGMENT = 1440
SYN_US = 1_500_000  # between two attempts to connect
SYN_ATTEMPTS = 12
GIVE_UP_US = 450_000_000  # unanswered data: 12 retransmissions that back off

FIRST_ANSWER_S = 0.5  # real seconds that a route to another process is given to answer first


class Tcp(Endpoint):
    """A connection, from socket() on. wrote: data has gone out to another process, unanswered."""

    def __init__(self, link: Callable[[], bool], connected: socket.socket | None = None):
        super().__init__(link)
        self.route: Route | None = Route(0) if connected else None
        self.is_accepted = connected is not None  # the other end is a client
        self.is_guest = False  # in the board's own network
        self.lingers = False
        self.error = 0
        self.failed = self.ended = False
        self.received = bytearray()
        self.wrote = self.answered = False
        self._due = self._attempts = self._drops = 0
        self._stuck_us: int | None = None
        if connected:
            self._take(connected)
        self.connecting = False

    def _take(self, real: socket.socket) -> None:
        real.setblocking(False)
        real.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.real = real

    @property
    def is_new(self) -> bool:
        return not (self.connecting or self.real or self.failed)

    def connect(self, route: Route | None, now: int) -> int:
        """Send the first packet; returns an errno."""
        if self.real:
            return words.EISCONN
        if self.connecting:
            return words.EALREADY
        self.failed, self.error = False, 0
        self.connecting = True
        self.route = route
        self._due = now + (2 * route.delay_us if route else SYN_US)
        self._attempts = SYN_ATTEMPTS
        return words.EINPROGRESS

    def fail(self, error: int) -> None:
        """The connection is gone."""
        self.connecting = False
        self.failed, self.error = True, error
        if self.real:
            abort(self.real)
        self.real = None
        self.out.clear()

    def next_us(self, now: int) -> int | None:
        first = super().next_us(now) if self._passes() else None
        if self.connecting and self._due > now:
            first = self._due if first is None else min(first, self._due)
        if self._stuck_us is not None and self._stuck_us + GIVE_UP_US > now:
            gives_up = self._stuck_us + GIVE_UP_US
            first = gives_up if first is None else min(first, gives_up)
        return first

    def _passes(self) -> bool:
        return self._link() and self.route is not None and not self.route.frozen

    def pump(self, now: int) -> bool:
        """Let happen what is due. True: the other side has something to react to."""
        if self.connecting:
            return self._go_on_connecting(now)
        if not self.real:
            return False
        if self._drops != self.route.drops:
            self.fail(words.ECONNRESET)
            return True
        if not self._passes():
            self._wait_for_acknowledgement(now)
            return False
        self._stuck_us = None
        sent = self._deliver(now)
        self._collect(now)
        self._arrive(now)
        return sent

    def _go_on_connecting(self, now: int) -> bool:
        while self.connecting and self._due <= now:
            if not self._link() or self.route is None or self.route.lost:
                self._due += SYN_US
                self._attempts -= 1
                if not self._attempts:
                    self.fail(words.ECONNABORTED)
            elif self.route.refuses or self.route.port is None:
                self.fail(words.ECONNRESET)  # as lwIP says it
            else:
                self._open()
                return True
        return False

    def _open(self) -> None:
        try:
            self._take(socket.create_connection((LOOPBACK, self.route.port), timeout=2))
        except OSError:
            self.fail(words.ECONNRESET)
            return
        self.connecting = False
        self.route.opened += 1
        self._drops = self.route.drops

    def _wait_for_acknowledgement(self, now: int) -> None:
        if not self.out:
            self._stuck_us = None
        elif self._stuck_us is None:
            self._stuck_us = now
        elif now - self._stuck_us >= GIVE_UP_US:
            self.fail(words.ECONNABORTED)

    def _deliver(self, now: int) -> bool:
        sent = False
        try:
            while self.out and self.out[0][0] <= now:
                due, data = self.out.popleft()
                count = self.real.send(data)
                sent = True
                if count < len(data):
                    self.out.appendleft((due, data[count:]))
                    break
        except BlockingIOError:
            self.out.appendleft((due, data))
        except OSError:
            self.fail(words.ECONNRESET)
        self.wrote = self.wrote or (sent and self.route.external)
        return sent

    def _collect(self, now: int) -> None:
        """Take in what the other side has sent, as far as the window goes."""
        due = now + max(1, self.route.delay_us)
        waiting = len(self.received) + sum(len(data) for _, data in self.inbox)
        ended = self.ended or (self.inbox and not self.inbox[-1][1])
        while self.real and not ended and waiting < WINDOW:
            try:
                data = self.real.recv(min(SEGMENT, WINDOW - waiting))
            except BlockingIOError:
                return
            except OSError:
                self.fail(words.ECONNRESET)
                return
            self.inbox.append((due, data))
            waiting += len(data)
            ended = not data
            self.answered, self.wrote = True, False

    def _arrive(self, now: int) -> None:
        while self.inbox and self.inbox[0][0] <= now:
            data = self.inbox.popleft()[1]
            self.received += data
            self.ended = self.ended or not data

    def give_time(self) -> None:
        """Data has gone to another process: let it answer."""
        if self.wrote and self.real:
            first = 0 if self.answered else FIRST_ANSWER_S
            select.select([self.real], [], [], max(first, self.route.grace_s))
        self.wrote = False

    def poll(self, events: int) -> int:
        """Which of the events there are."""
        if self.is_new:
            return events & words.POLLOUT | words.POLLHUP
        if self.failed:
            return events & (words.POLLIN | words.POLLOUT | words.POLLHUP)
        if self.connecting:
            return 0
        found = words.POLLIN if self.received or self.ended else 0
        if self._room() >= SEND_LOW_WATER:
            found |= words.POLLOUT
        return found & events

    def _room(self) -> int:
        return SEND_BUFFER - sum(len(data) for _, data in self.out)

    def take_error(self) -> int:
        """The error that nobody has been told yet."""
        error, self.error = self.error, 0
        return error

    def receive(self, kind: int, count: int) -> bytes:
        """What has come in; b"" at the end. OSError."""
        if self.is_new:
            raise OSError(words.ENOTCONN, "")
        if not self.received:
            if self.failed:
                raise OSError(self.take_error() or words.ENOTCONN, "")
            if not self.ended:
                raise OSError(words.EAGAIN, "")
            return b""
        if kind == words.LINE:
            count = min(count, self.received.find(b"\n") + 1 or count)
        data = bytes(self.received[:count])
        if kind != words.PEEK:
            del self.received[:count]
        return data

    def send(self, data: bytes, now: int) -> int:
        """Put into the send buffer what there is room for. OSError."""
        if self.failed or self.is_new:
            raise OSError(self.take_error() or words.ENOTCONN, "")
        count = 0 if self.connecting else min(len(data), self._room())
        if not count:
            raise OSError(words.EAGAIN, "")
        self.out.append((now + max(1, self.route.delay_us), data[:count]))
        return count

    def vanish(self) -> socket.socket | None:
        """The board's end is gone, and the other end does not learn of it: its real socket."""
        real, self.real = self.real, None
        self.fail(words.ECONNABORTED)
        return real

    def close(self) -> socket.socket | None:
        """Send what waits and the end. Returns a real socket whose peer knows nothing of it."""
        self.connecting = False
        if self.is_accepted and self.real and self.out:
            self.lingers = True  # a client that reads slowly gets all of it, as of lwIP
            return None
        real, self.real = self.real, None
        if not real or not self._passes():
            return real
        with contextlib.suppress(OSError):
            for _, data in self.out:
                real.send(data)
        real.close()
        return None

    def linger(self, now: int) -> bool:
        """After close(): go on sending. False once all is sent, or the connection gone."""
        if self.real and self._passes():
            self._deliver(now)
        if self.real and not self.out:
            self.real.close()
            self.real = None
        return bool(self.real)


class Listener(Endpoint):
    """A socket of the board that waits for connections; real.getsockname() says where.

    port: on loopback, 0 for any free one. backlog: how many may wait; to the others nobody answers.
    """

    def __init__(self, link: Callable[[], bool], port: int = 0, backlog: int = 2):
        super().__init__(link)
        self.real = socket.create_server((LOOPBACK, port), backlog=backlog)
        self.real.setblocking(False)
        self._due: int | None = None  # when the board learns of one

    def pump(self, now: int) -> bool:
        if not self._waits():
            self._due = None
        elif self._due is None:
            self._due = now + max(1, Route(0).delay_us)
        return False

    def next_us(self, now: int) -> int | None:
        return self._due if self._due is not None and self._due > now else None

    def give_time(self) -> None:
        """A connection is made in the time of the one who connects."""

    def _waits(self) -> bool:
        return bool(self._link() and select.select([self.real], [], [], 0)[0])

    def poll(self, events: int) -> int:
        """Which of the events there are."""
        return events & words.POLLIN if self._waits() else 0

    def accept(self) -> tuple[Tcp, tuple[str, int]]:
        """The connection that waits, and where from. OSError."""
        if not self.poll(words.POLLIN):
            raise OSError(words.EAGAIN, "")
        real, end = self.real.accept()
        real.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)  # who is slow is felt
        self._due = None
        return Tcp(self._link, real), end

    def take_error(self) -> int:
        return 0

    def close(self) -> None:
        self.real.close()
