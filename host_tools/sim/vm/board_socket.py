"""The socket module of the virtual board: lwIP's sockets as MicroPython has them on an ESP32.

What blocks there blocks here, in board time: connect, getaddrinfo, and reading and writing of a
socket that was not set to non-blocking. Numbers of errors are the ESP32's. A socket that nobody
closes stays open: the garbage collector does not close it.
"""

import chips
import link
import memory
import network_words as words
import ops

AF_INET, AF_INET6 = 2, 10
SOCK_STREAM, SOCK_DGRAM, SOCK_RAW = 1, 2, 3
IPPROTO_IP, IPPROTO_TCP, IPPROTO_UDP = 0, 6, 17
SOL_SOCKET = 4095
SO_REUSEADDR, SO_BROADCAST, SO_BINDTODEVICE = 4, 32, 4107
IP_ADD_MEMBERSHIP = 3
TCP_NODELAY = 1
MSG_PEEK, MSG_DONTWAIT = 1, 8

_FOREVER = -1
_CHUNK = 1024
_made = 0  # sockets since the start
_NAMELESS = -202  # lwIP's EAI_FAIL


def _numeric(host):
    """The 4 bytes of a numeric address, None if it is a name."""
    parts = host.split(".")
    if len(parts) != 4:
        return None
    try:
        numbers = [int(part) for part in parts]
    except ValueError:
        return None
    return bytes(numbers) if all(0 <= n <= 255 for n in numbers) else None


def _address(host):
    """The 4 bytes of a name or an address: a name is asked for, and that blocks."""
    if not host:
        return bytes(4)
    found = _numeric(host)
    if found is None:
        try:
            found = link.call(words.RESOLVE, 0, 0, 0, host.encode())
        except OSError as error:
            raise OSError(_NAMELESS if error.errno == words.NO_SUCH_NAME else error.errno)
    return found


def _text(address):
    return ".".join([str(n) for n in address[:4]])


def _end(data):
    return _text(data), data[4] | data[5] << 8


def getaddrinfo(host, port, af=0, type=0, proto=0, flags=0):
    end = (_text(_address(host)), int(port))
    return [(AF_INET, type or SOCK_STREAM, proto, host, end)]


def _take_memory():
    global _made
    _made += 1
    share = "socket " + str(_made)
    if not memory.take(share, chips.SOCKET):
        raise OSError(words.ENOBUFS)
    return share


def _need_a_packet():
    if not memory.has(chips.PACKET):
        raise OSError(words.ENOMEM)


class socket:
    def __init__(self, af=AF_INET, type=SOCK_STREAM, proto=0, fd=None):
        self._type = type
        self._timeout_ms = _FOREVER
        self._share = _take_memory()
        if fd is None:
            try:
                link.call(words.SOCKET, words.UDP if type == SOCK_DGRAM else words.TCP)
            except OSError:
                memory.give(self._share)
                raise
            fd = link.value
        self._fd = fd

    # What select asks for

    def poll_bit(self):
        return ops.SOCKETS

    def fileno(self):
        return self._fd

    def wants(self, events):
        """The events that a wait for those has to look for; 0 if there is no need to wait."""
        return events

    def poll_events(self, events):
        if self._fd < 0:
            return words.POLLNVAL
        link.call(words.POLL, self._fd, events)
        return link.value

    # Settings

    def settimeout(self, seconds):
        # The ESP32 counts in steps of 100 ms.
        self._timeout_ms = _FOREVER if seconds is None else int(seconds * 10) * 100
        if seconds and not self._timeout_ms:
            self._timeout_ms = 100

    def setblocking(self, flag):
        self._timeout_ms = _FOREVER if flag else 0

    def setsockopt(self, level, option, value):
        if option == IP_ADD_MEMBERSHIP and len(value) != 8:
            raise ValueError

    def makefile(self, mode=None, buffering=None):
        return self

    # Connections

    def bind(self, end):
        _address(end[0])
        link.call(words.BIND, self._fd, end[1])

    def listen(self, backlog=2):
        link.call(words.LISTEN, self._fd, backlog)

    def accept(self):
        end = _end(self._patiently(words.POLLIN, words.ACCEPT, 0, 0, None))
        fd = link.value
        try:
            return socket(AF_INET, self._type, 0, fd), end
        except OSError:
            link.call(words.CLOSE, fd)
            raise

    def connect(self, end):
        address = _address(end[0])
        _need_a_packet()
        try:
            link.call(words.CONNECT, self._fd, end[1], 0, address)
        except OSError as error:
            if error.errno != words.EINPROGRESS or not self._timeout_ms:
                raise
            self._wait_connected()

    def _wait_connected(self):
        until = self._until()
        while not self.poll_events(words.POLLOUT):
            if 0 <= until <= link.now:
                raise OSError(words.ETIMEDOUT)
            self._wait(words.POLLOUT, until)
        link.call(words.SOCKET_ERROR, self._fd)
        if link.value:
            raise OSError(link.value)

    def close(self):
        fd, self._fd = self._fd, -1
        if fd >= 0:
            memory.give(self._share)
            link.call(words.CLOSE, fd)

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.close()

    # Waiting

    def _until(self):
        return -1 if self._timeout_ms < 0 else link.now + self._timeout_ms * 1000

    def _wait(self, events, until):
        link.wait(until, ops.SOCKETS, bytes((self._fd, events)), True)

    def _patiently(self, events, op, b, value, data):
        """Ask until there is an answer, for as long as the timeout lets."""
        if self._fd < 0:
            raise OSError(words.EBADF)
        until = self._until()
        while True:
            try:
                return link.call(op, self._fd, b, value, data)
            except OSError as error:
                if error.errno != words.EAGAIN or not self._timeout_ms:
                    raise
            if 0 <= until <= link.now:
                raise OSError(words.ETIMEDOUT)
            self._wait(events, until)

    # Calls of a socket: they raise EAGAIN

    def recv(self, count, flags=0):
        peek = words.PEEK if flags & MSG_PEEK else 0
        return bytes(self._patiently(words.POLLIN, words.RECEIVE, peek, count, None) or b"")

    def recvfrom(self, count, flags=0):
        peek = words.PEEK if flags & MSG_PEEK else 0
        data = self._patiently(words.POLLIN, words.RECEIVE_FROM, peek, count, None)
        return bytes(data[6:]), _end(data)

    def send(self, data):
        _need_a_packet()
        self._patiently(words.POLLOUT, words.SEND, 0, 0, data)
        return link.value

    def sendall(self, data):
        if self._all(data) != len(data):
            raise OSError(words.ETIMEDOUT)

    def sendto(self, data, end):
        address = _numeric(end[0])
        if address is None:
            raise ValueError("invalid arguments")
        _need_a_packet()
        self._patiently(words.POLLOUT, words.SEND_TO, end[1], 0, address + bytes(data))
        return link.value

    # Calls of a stream: None instead of EAGAIN, all of it or as much as there is

    def _all(self, data):
        data = memoryview(data)
        done = 0
        while done < len(data):
            try:
                done += self.send(data[done:])
            except OSError as error:
                if done and error.errno == words.EAGAIN:
                    break
                raise
        return done

    def write(self, data, *limits):
        if limits:
            start = limits[0] if len(limits) == 2 else 0
            data = memoryview(data)[start : start + limits[-1]]
        try:
            return self._all(data)
        except OSError as error:
            if error.errno == words.EAGAIN:
                return None
            raise

    def _gather(self, count, kind, done):
        """Up to count bytes, None if there is nothing yet. done(data): nothing more is wanted."""
        data = b""
        while len(data) < count:
            size = min(count - len(data), _CHUNK)
            try:
                more = self._patiently(words.POLLIN, words.RECEIVE, kind, size, None)
            except OSError as error:
                if error.errno != words.EAGAIN:
                    raise
                return data or None
            data += more or b""
            if not more or done(data):
                break
        return data

    def read(self, count=-1):
        return self._gather(1 << 30 if count < 0 else count, 0, lambda data: False)

    def readline(self, count=-1):
        count = 1 << 30 if count < 0 else count
        return self._gather(count, words.LINE, lambda data: data[-1] == 10)

    def readinto(self, buf, *limits):
        view = memoryview(buf)
        if limits:
            start = limits[0] if len(limits) == 2 else 0
            view = view[start : start + limits[-1]]
        data = self.read(len(view))
        if data is None:
            return None
        view[: len(data)] = data
        return len(data)
