"""A text console behind a WebSocket (RFC 6455), as a client; MicroPython only.

MicroPython's own websocket module wraps the server's side: it makes no handshake, masks nothing and
leaves pings unanswered; the libraries on top of it and beside it put messages together in RAM. Here
they pass in pieces: no message needs more than the buffer.
"""

import asyncio
import binascii
import hashlib
import os

from micropython import const

from lib import once, tcp

KEYS = {"host": ("host", 63), "port": ("number", (1, 65535)), "path": ("path", 63)}
ASK = {"host": "The battery's address in the network"}
RULES = (
    {"rule": "needs", "key": "wifi.networks"},
    {"rule": "unique", "keys": ("host", "port", "path")},
)

DELAYS = (1, 1, 2, 2, 3, 3, 5, 5, 10, 10, 30, 60)  # s before the next attempt

# What the display says while there is no link, 20 characters at most
_CONNECTING = const("Connecting")
_UNREACHABLE = const("Not reachable")
_NO_WEBSOCKET = const("No WebSocket there")
_STATUS = const("HTTP status ")
_SILENT = const("Console is silent")
_CLOSED = const("Server has closed")
_LOST = const("Connection lost")
_WRONG = const("Protocol error")

_REQUEST = const("""GET %s HTTP/1.1\r
Host: %s:%d\r
Origin: http://%s:%d\r
Upgrade: websocket\r
Connection: Upgrade\r
Sec-WebSocket-Version: 13\r
Sec-WebSocket-Key: """)
_HEAD_END = const(b"\r\n\r\n")
_GUID = const(b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11")

_BUFFER = const(1024)  # also the longest head of an HTTP answer
_SHORT = const(125)  # the longest payload of a control frame, and of any that we send
_EIO = const(5)

_TEXT = const(1)
_CLOSE = const(8)
_PING = const(9)
_PONG = const(10)
_FINAL = const(0x80)
_MASKED = const(0x80)

_GOING_AWAY = const(1001)
_VIOLATION = const(1002)
_BAD_TEXT = const(1007)
_TOO_BIG = const(1009)


class LinkLost(OSError):
    """The link could not be made, or ended: errno, what the display says, and the code that the
    server is told, 0 for none.
    """


def _fail(code=_VIOLATION, words=_WRONG):
    raise LinkLost(_EIO, words, code)


@once.packs
def make(settings, parameters, board):
    """The link that a pack's settings describe; board has the resolver."""
    return WebSocketLink(settings["host"], settings["port"], settings["path"], board.resolver)


class WebSocketLink:
    """ws://host:port/path. Binary messages pass like text, but need not be UTF-8."""

    delays = DELAYS
    idle = "Link up, no data"
    connect_s = 10  # to find the address and connect
    answer_ms = 5000  # to the handshake
    close_ms = 2000  # for the server to hang up
    tick_ms = 1000
    ping_after = 15  # ticks without a byte; after twice as many the link is lost
    # RAM does not limit a message, but no console sends one without end. The link is closed (1009)
    # and the rest not just dropped: its beginning was fed, and half a line can pass for a whole.
    limit = 1 << 20

    @once.packs
    def __init__(self, host, port, path, resolver):
        self.state = None
        self.counters = {"connects": 0, "violations": 0, "oversized": 0}
        self._where = path, host, port
        self._resolver = resolver
        self._buffer = bytearray(_BUFFER)
        self._view = memoryview(self._buffer)
        self._out = memoryview(bytearray(6 + _SHORT))

    async def run(self, feed, request):
        """Open the link and call feed(buffer, count) with what comes, and with b"\\n" after each
        message. What request() returns is sent as text: at once, then every second.

        OSError when it fails; returns when the server has closed it properly.
        """
        self.state, self._trouble = _CONNECTING, _UNREACHABLE
        self._stream = self._error = reader = None
        self._ended = asyncio.Event()
        code = _GOING_AWAY
        try:
            await self._open()
            reader = asyncio.create_task(self._read(feed))
            await self._attend(request)
            code = 0
        except OSError as error:
            code = 0
            if isinstance(error, LinkLost):
                self._trouble, code = error.args[1:]
            elif self.state is None:
                self._trouble = _LOST
            raise
        finally:
            if reader:
                reader.cancel()
            if self._stream:
                await self._hang_up(code)
            self.state = self._trouble

    async def _hang_up(self, code):
        try:
            if self.state is None:
                if code:
                    self._send(_FINAL | _CLOSE, code.to_bytes(2, "big"))
                if code > _GOING_AWAY:
                    self.counters["oversized" if code == _TOO_BIG else "violations"] += 1
                if code != _GOING_AWAY:
                    # Closing with data unread resets the connection, and what we have said is lost.
                    await asyncio.wait_for_ms(self._discard(), self.close_ms)
        except (OSError, asyncio.TimeoutError):
            pass
        finally:
            self._stream.s.close()

    async def _discard(self):
        while True:
            await self._some(0, _BUFFER)

    # The way there

    async def _open(self):
        _, host, port = self._where
        self._stream = await tcp.connect(host, port, self._resolver, self.connect_s)
        self._trouble = _NO_WEBSOCKET
        try:
            await asyncio.wait_for_ms(self._shake_hands(), self.answer_ms)
        except asyncio.TimeoutError:
            _fail(0, _NO_WEBSOCKET)
        self.counters["connects"] += 1
        self.state, self._trouble = None, _SILENT

    async def _shake_hands(self):
        key = binascii.b2a_base64(os.urandom(16))[:-1]
        self._put((_REQUEST % (self._where + self._where[1:])).encode() + key + _HEAD_END)
        lines = bytes(self._view[: await self._head()]).split(b"\r\n")
        status = lines[0][9:12]
        if lines[0][:9] != b"HTTP/1.1 " or status != b"101":
            _fail(0, _STATUS + status.decode() if status.isdigit() else _NO_WEBSOCKET)
        if not _agrees(lines, binascii.b2a_base64(hashlib.sha1(key + _GUID).digest())[:-1]):
            _fail(0, _NO_WEBSOCKET)

    async def _head(self):
        """Read the head of the answer and not a byte more; returns its size."""
        have = 0
        missing = 4
        while missing:
            if have + missing > _BUFFER:
                _fail(0, _NO_WEBSOCKET)
            have += await self._some(have, have + missing)
            tail = bytes(self._view[max(0, have - 4) : have])
            missing = 0
            while not tail.endswith(_HEAD_END[: 4 - missing]):
                missing += 1
        return have

    # While it is up

    async def _attend(self, request):
        """Until the reader ends: send what is asked for, look whether somebody is there."""
        while True:
            text = request()
            for i in range(0, len(text), _SHORT):
                first = (0 if i else _TEXT) | (_FINAL if i + _SHORT >= len(text) else 0)
                self._send(first, text[i : i + _SHORT])
            try:
                await asyncio.wait_for_ms(self._ended.wait(), self.tick_ms)
                break
            except asyncio.TimeoutError:
                pass
            self._silence += 1
            if self._silence == self.ping_after:
                self._send(_FINAL | _PING, b"")
            elif self._silence > 2 * self.ping_after:
                _fail(0, _LOST)
        if self._error:
            raise self._error

    async def _read(self, feed):
        # MicroPython prints what ends a task that nobody waits for at that moment: so it is kept.
        try:
            await self._frames(feed)
        except Exception as error:
            self._error = error
        self._ended.set()

    async def _frames(self, feed):
        """Take in frames until the server closes."""
        kind = left = 0  # opcode of the message under way, how long it may still be
        while True:
            await self._exactly(2)
            first, size = self._buffer[:2]
            opcode = first & 15
            if first & 0x70 or size & _MASKED:
                _fail()
            if opcode >= _CLOSE:
                if first < _FINAL or size > _SHORT or opcode > _PONG:
                    _fail()
                await self._exactly(size)
                if opcode == _PING:
                    self._send(_FINAL | _PONG, self._view[:size])
                elif opcode == _CLOSE:
                    return self._answer_close(size)
                continue
            if opcode > 2 or (opcode > 0) == (kind > 0):
                _fail()
            if opcode:
                kind, left = opcode, self.limit
                self._expected = 0
            left -= await self._payload(feed, size, left, kind == _TEXT)
            if first & _FINAL:
                self._check_end()
                feed(b"\n", 1)
                kind = 0

    async def _payload(self, feed, size, limit, is_text):
        """Feed a frame's payload as it comes; returns its size."""
        if size > _SHORT:
            count = 2 if size == 126 else 8
            await self._exactly(count)
            size = int.from_bytes(self._view[:count], "big")
            if size >> 63 or size < (126 if count == 2 else 65536):
                _fail()
        if size > limit:
            _fail(_TOO_BIG)
        left = size
        while left:
            count = await self._some(0, min(left, _BUFFER))
            if is_text:
                self._check(0, count)
            feed(self._buffer, count)
            left -= count
        return size

    def _answer_close(self, size):
        """The same code back, if the server may send it."""
        if size:
            code = self._buffer[0] << 8 | self._buffer[1] if size > 1 else 0
            if not (1000 <= code < 1015 or 3000 <= code < 5000) or 1004 <= code <= 1006:
                _fail()
            self._expected = 0
            self._check(2, size)
            self._check_end()
        self._trouble = _CLOSED
        self._send(_FINAL | _CLOSE, self._view[: min(size, 2)])

    def _check(self, start, end):
        """UTF-8, across the pieces: _expected bytes are to come, the next from low to high."""
        expected = self._expected
        if expected:
            low, high = self._range
        for i in range(start, end):
            byte = self._buffer[i]
            if expected:
                if not low <= byte <= high:
                    _fail(_BAD_TEXT)
                expected -= 1
                low, high = 0x80, 0xBF
            elif byte > 0x7F:
                if not 0xC2 <= byte <= 0xF4:
                    _fail(_BAD_TEXT)
                expected = 1 + (byte >= 0xE0) + (byte >= 0xF0)
                # No longer than need be, no surrogates, nothing above U+10FFFF
                low = 0xA0 if byte == 0xE0 else 0x90 if byte == 0xF0 else 0x80
                high = 0x9F if byte == 0xED else 0x8F if byte == 0xF4 else 0xBF
        self._expected = expected
        if expected:
            self._range = low, high

    def _check_end(self):
        if self._expected:
            _fail(_BAD_TEXT)

    # Bytes

    async def _some(self, start, end):
        """Read into this part of the buffer; returns how many bytes came."""
        count = None
        while count is None:
            count = await self._stream.readinto(self._view[start:end])
        if not count:
            _fail(0, _CLOSED)
        self._silence = 0
        tcp.answered()
        return count

    async def _exactly(self, count):
        have = 0
        while have < count:
            have += await self._some(have, count)

    def _send(self, first, payload):
        out = self._out
        key = os.urandom(4)
        out[0] = first
        out[1] = _MASKED | len(payload)
        out[2:6] = key
        for i in range(len(payload)):
            out[6 + i] = payload[i] ^ key[i & 3]
        self._put(out[: 6 + len(payload)])

    def _put(self, data):
        # All we say is short. A server that leaves it in the socket's buffer does not listen.
        if self._stream.s.write(data) != len(data):
            _fail(0, _LOST)


def _agrees(lines, accept):
    """Has the server taken on the WebSocket, with nothing that we did not ask for?"""
    fields = {}
    for line in lines[1:]:
        name, _, value = line.partition(b":")
        name = name.lower()
        fields[name] = fields.get(name, b"") + b"," + value.strip()
    return (
        fields.get(b"upgrade", b"").lower() == b",websocket"
        and b"upgrade" in fields.get(b"connection", b"").lower().replace(b" ", b"").split(b",")
        and fields.get(b"sec-websocket-accept") == b"," + accept
        and fields.get(b"sec-websocket-extensions", b",") == b","
        and fields.get(b"sec-websocket-protocol", b",") == b","
    )
