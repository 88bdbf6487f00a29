"""`network` and `socket` of an ESP32 in a home network: DNS, NTP, an MQTT broker, a WebSocket."""

import binascii
import errno
import io
import time

import rv32
import world
from on_hash import sha1

STA_IF, AP_IF = 0, 1
AF_INET, SOCK_STREAM, SOCK_DGRAM, IPPROTO_TCP, SOL_SOCKET, SO_REUSEADDR = 2, 1, 2, 6, 1, 4
JOIN_MS = 1500
_READABLE, _WRITABLE = 1, 4
_FROM_1900 = 3155673600  # to 2000
_NOW = 844560000  # s since 2000: what NTP says at power-on, in October 2026
_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

published = {}  # by topic: how often
browses = False  # is there a browser?
served = 0  # answers to it
servers = {}  # by port, TCP: what answers
_wlans = {}


def hostname(name=None):
    return name or "packlog"


def country(code=None):
    return code or "XX"


class _Wlan:
    PM_NONE, PM_PERFORMANCE, PM_POWERSAVE = 0, 1, 2

    def __init__(self):
        self._active = False
        self._joined_at = None

    def active(self, on=None):
        if on is not None:
            self._active = on
        return self._active

    def config(self, *_, **__):
        return None

    def scan(self):
        return [(b"harbour", bytes(6), 6, -60, 3, False)]

    def connect(self, *_, **__):
        self._joined_at = time.ticks_add(time.ticks_ms(), JOIN_MS)

    def disconnect(self):
        self._joined_at = None

    def isconnected(self):
        at = self._joined_at
        return at is not None and time.ticks_diff(time.ticks_ms(), at) >= 0

    def status(self, what=None):
        if what == "rssi":
            if not self.isconnected():
                raise OSError("Wifi Not Connected")
            return -60
        return 1010 if self.isconnected() else 1001

    def ifconfig(self, *_):
        return "192.168.1.50", "255.255.255.0", "192.168.1.1", "192.168.1.1"

    ipconfig = ifconfig


def WLAN(interface=STA_IF):
    if interface not in _wlans:
        _wlans[interface] = rv32.aside(_Wlan)
    return _wlans[interface]


def getaddrinfo(host, port, *_, **__):
    return [(AF_INET, SOCK_STREAM, 0, "", (host, port))]


class _Socket(io.IOBase):
    """Sockets of the IDF take 30 bytes of the heap, these none."""

    def __init__(self, kind):
        self.kind = kind
        self.came = []  # of bytes, or (bytes, from whom)
        self.server = None
        self.closed = False

    def ioctl(self, request, argument):
        if request == 3:
            return argument & (_READABLE | _WRITABLE if self.came else _WRITABLE)
        if request == 4:
            self.close()
        return 0

    def setblocking(self, _):
        pass

    def settimeout(self, _):
        pass

    def setsockopt(self, *_):
        pass

    def bind(self, address):
        pass

    def listen(self, backlog):
        if browses:
            world.later(JOIN_MS + 3000, self.came.append, None)

    def accept(self):
        return rv32.aside(self._accept)

    def _accept(self):
        if not self.came:
            raise OSError(errno.EAGAIN)
        self.came.pop()
        client = _Socket(SOCK_STREAM)
        client.server = Browser(client)
        return client, ("192.168.1.20", 50000)

    def connect(self, address):
        rv32.aside(self._connect, address)
        raise OSError(errno.EINPROGRESS)

    def _connect(self, address):
        self.server = servers[address[1]](self)

    def readinto(self, buffer):
        return rv32.aside(self._readinto, buffer)

    def _readinto(self, buffer):
        if not self.came:
            return None
        piece = self.came[0]
        count = min(len(buffer), len(piece))
        buffer[:count] = piece[:count]
        if count == len(piece):
            self.came.pop(0)
        else:
            self.came[0] = piece[count:]
        return count

    def read(self, count=-1):
        return b""

    def write(self, data):
        rv32.aside(self.server.take, data)
        return len(data)

    send = write

    def sendto(self, data, address):
        rv32.aside(self._sendto, bytes(data), address)
        return len(data)

    def _sendto(self, data, address):
        answer = _dns(data) if address[1] == 53 else _ntp(data)
        world.later(20, self.came.append, (answer, address))

    def recvfrom(self, count):
        return self.came.pop(0)

    def recv(self, count):
        return self.came.pop(0)[0]

    def close(self):
        self.closed = True


def socket(family=AF_INET, kind=SOCK_STREAM, *_):
    return rv32.aside(_Socket, kind)


def _dns(query):
    """Whatever is asked for is at 10.0.0.1."""
    head = query[:2] + b"\x81\x80\0\1\0\1\0\0\0\0"
    return head + query[12:] + b"\xc0\x0c\0\1\0\1\0\0\1\x2c\0\4\x0a\0\0\1"


def _ntp(query):
    now = (_FROM_1900 + _NOW + time.ticks_ms() // 1000).to_bytes(4, "big") + bytes(4)
    return b"\x24\1\0\0" + bytes(20) + query[40:48] + now + now


class Broker:
    """MQTT 3.1.1, as far as one client that publishes asks."""

    def __init__(self, sock):
        self._sock = sock
        self._data = b""

    def take(self, data):
        self._data += bytes(data)
        while True:
            size, at = _length(self._data)
            if size is None or at + size > len(self._data):
                return
            self._answer(self._data[0], self._data[at : at + size])
            self._data = self._data[at + size :]

    def _answer(self, first, packet):
        kind = first >> 4
        if kind == 1:
            self._send(b"\x20\2\0\0")
        elif kind == 8:
            self._send(b"\x90\3" + packet[:2] + b"\0")
        elif kind == 12:
            self._send(b"\xd0\0")
        elif kind == 3:
            end = 2 + (packet[0] << 8 | packet[1])
            topic = packet[2:end]
            published[topic] = published.get(topic, 0) + 1
            if first & 6:
                self._send(b"\x40\2" + packet[end : end + 2])

    def _send(self, data):
        world.later(20, self._sock.came.append, data)


def _length(data):
    """(size, where it begins) of the packet at hand, (None, 0) while that is not known."""
    size = 0
    for i in range(1, min(len(data), 5)):
        size |= (data[i] & 0x7F) << 7 * (i - 1)
        if data[i] < 0x80:
            return size, i + 1
    return None, 0


class Browser:
    """Looks at the board's state and at its history, again and again."""

    _PATHS = (b"/api/status", b"/api/history", b"/metrics", b"/api/history/house/pack/draft")
    _REQUEST = b"GET %s HTTP/1.1\r\nHost: packlog.local\r\nUser-Agent: %s\r\n\r\n"

    def __init__(self, sock):
        self._sock = sock
        self._next = 0
        world.later(500, self._ask)

    def _ask(self):
        path = self._PATHS[self._next % len(self._PATHS)]
        self._sock.came.append(self._REQUEST % (path, bytes(300).replace(b"\0", b"x")))
        self._next += 1
        self._whole = False

    def take(self, data):
        global served
        data = bytes(data)
        ended = data.endswith(b"0\r\n\r\n") or b"HTTP/1.1 404" in data or b"octet" in data
        if ended and not self._whole:
            self._whole = True
            served += 1
            world.later(3000, self._ask)


class Console:
    """A text console behind a WebSocket: a round of lines every period_ms."""

    rounds = ()  # of bytes
    period_ms = 2000

    def __init__(self, sock):
        self._sock = sock
        self._head = b""
        self._next = 0

    def take(self, data):
        if self._head is None:
            return  # pings and pongs: none are needed
        self._head += bytes(data)
        if not self._head.endswith(b"\r\n\r\n"):
            return
        for line in self._head.split(b"\r\n"):
            if line[:18].lower() == b"sec-websocket-key:":
                key = line[18:].strip()
        self._head = None
        accept = binascii.b2a_base64(sha1(key + _GUID).digest())[:-1]
        answer = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
        answer += b"Connection: Upgrade\r\nSec-WebSocket-Accept: " + accept + b"\r\n\r\n"
        world.later(20, self._sock.came.append, answer)
        world.later(500, self._tell)

    def _tell(self):
        if self._sock.closed:
            return
        text = self.rounds[self._next % len(self.rounds)]
        self._next += 1
        self._sock.came.append(b"\x81\x7e" + len(text).to_bytes(2, "big") + text)
        world.later(self.period_ms, self._tell)
