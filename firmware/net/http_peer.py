"""A connection of the web server: what it reads and writes, without ever blocking the loop."""

from binascii import hexlify
from time import ticks_add, ticks_diff, ticks_ms

from lib.tcp import readable, writable

PIECE = 512  # bytes between flash and socket at a time
IDLE_MS = 15000  # until the first byte of a request
SEND_MS = 20000  # for each 2 KB that a client is to take
WORDS = {
    302: "This way",
    400: "Not a request",
    403: "Not a name of this board: ask it by its address",
    404: "Nothing there",
    405: "Only to be read",
    409: "The clock is set",
    415: "Not JSON",
    416: "No such range",
    503: "Too many are watching, or no memory",
}


def identity():
    """The board's, in hexadecimal."""
    from machine import unique_id

    return hexlify(unique_id()).decode()


def times(board):
    """The board's uptime and time, as members of a JSON object."""
    unix = board.clock.unix()
    return ',"uptime":%d,"time":%s' % (board.uptime.seconds, "null" if unix is None else unix)


class Peer:
    """A connection. due: when it is ended, in ticks; address: whose, as text. buffer: anybody's
    between two awaits.
    """

    def __init__(self, sock, address, buffer):
        self._buffer = buffer
        self.sock = sock
        self.address = address
        self.is_idle = True
        self.request = self.task = None
        self._waiting = b""  # of a body of unknown length
        self.wait(IDLE_MS)

    def wait(self, ms):
        """It may take so long from now on."""
        self.due = ticks_add(ticks_ms(), ms)

    def idle_ms(self):
        """For how long it has been waiting for a request; 0 if it is not."""
        return IDLE_MS - ticks_diff(self.due, ticks_ms()) if self.is_idle else 0

    async def read(self):
        """What has come, b"" at the end."""
        while True:
            await readable(self.sock)
            count = self.sock.readinto(self._buffer)
            if count is not None:
                return bytes(self._buffer[:count])

    async def put(self, data):
        """Send all of it."""
        at = 0
        while at < len(data):
            await writable(self.sock)
            at += self.sock.write(data[at : at + PIECE]) or 0

    async def begin(self, status, kind, size=None, more=""):
        """Send the head of an answer. size None: text() and end() bring the body, if any."""
        request = self.request
        head = "HTTP/1.1 %d \r\nCache-Control: no-cache\r\n" % status
        if kind:
            head += "Content-Type: %s\r\nX-Content-Type-Options: nosniff\r\n" % kind
        if size is not None:
            head += "Content-Length: %d\r\n" % size
        elif kind and not request.is_old:
            head += "Transfer-Encoding: chunked\r\n"
        elif kind:
            request.keep = False
        if not request.keep:
            head += "Connection: close\r\n"
        await self.put((head + more + "\r\n").encode())

    async def say(self, status, more=""):
        """An answer of one line, in words if there are any."""
        request = self.request
        text = "%d %s\n" % (status, WORDS.get(status, "Refused"))
        if request.status or request.body_size:
            request.keep = False  # nobody knows what comes next
        if status == 401:
            more += 'WWW-Authenticate: Basic realm="packlog"\r\n'
        elif status == 405:
            more += "Allow: GET, HEAD\r\n"
        await self.begin(status, "text/plain", len(text), more)
        if request.method != b"HEAD":
            await self.put(text.encode())

    async def text(self, data):
        """Add to a body of unknown length."""
        self._waiting += data.encode() if isinstance(data, str) else data
        if len(self._waiting) >= PIECE:
            await self.flush()

    async def flush(self):
        """Send what waits."""
        data, self._waiting = self._waiting, b""
        if data and not self.request.is_old:
            data = b"%x\r\n%s\r\n" % (len(data), data)
        await self.put(data)
        self.wait(SEND_MS)

    async def compose(self, kind, compose, http):
        """An answer of unknown length: compose(http, self) calls text()."""
        await self.begin(200, kind)
        if self.request.method != b"HEAD":
            await compose(http, self)
            await self.flush()
            if not self.request.is_old:
                await self.put(b"0\r\n\r\n")
