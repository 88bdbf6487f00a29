"""The pipe between umqtt.simple, which knows nothing but a socket that blocks, and asyncio.

What it writes waits in a buffer. It reads from a packet that has come as a whole and from nothing
else: where it would wait for an answer, Waiting gets out of it. A packet too long for the buffer is
skipped, and anything that is not a valid broker packet (MQTT 3.1.1) raises OSError.
"""

from lib import once

LONGEST = 256  # bytes of a packet that is taken in
PUBLISH = 0x30
LENGTHS = {0x20: 2, 0x40: 2, 0x90: 3, 0xD0: 0}  # CONNACK, PUBACK, SUBACK, PINGRESP


class Waiting(Exception):
    """umqtt.simple wants to read what has not come yet."""


class Pipe:
    """What umqtt.simple takes for its socket, and for the module that it gets that from.

    out[:size] is to be sent, got[:end] has come. What is written may lie in out itself, further on.
    A method without a docstring is the socket's.
    """

    @once.start
    def __init__(self, room):
        self.out = memoryview(bytearray(room))
        self.size = 0  # of what is to be sent
        self.got = bytearray(LONGEST)
        self.end = 0  # of what has come
        self.skipped = 0  # packets that are too long to be taken in
        self._skip = 0  # bytes of such a one that are still to come
        self._at = self._stop = 0  # what is unread of the packet that is being read

    def socket(self):
        self.size = self.end = self._skip = self._stop = 0
        return self

    def getaddrinfo(self, *_):
        return ((None,),)

    def connect(self, *_):
        pass

    close = setblocking = settimeout = connect

    def write(self, data, count=None):
        data = data if count is None else data[:count]
        end = self.size + len(data)
        if end > len(self.out):
            raise OSError("no room")
        self.out[self.size : end] = data
        self.size = end

    def read(self, count):
        if not self._stop:
            raise Waiting
        at = self._at
        self._at += count
        if not at <= self._at <= self._stop:
            raise OSError("garbage")
        return bytes(self.got[at : self._at])

    def next(self):
        """Turn to the next packet if it is there as a whole."""
        self._drop(self._stop)
        self._at = self._stop = 0
        while True:
            gone = min(self._skip, self.end)
            self._skip -= gone
            self._drop(gone)
            size = self._packet_size()
            if size <= len(self.got):
                break
            self._skip = size
            self.skipped += 1
        if size <= self.end:
            self._stop = size
        return self._stop

    def _drop(self, count):
        self.end -= count
        self.got[: self.end] = self.got[count : count + self.end]

    def _packet_size(self):
        """Of the packet that comes now; 0 while that is not known."""
        got = self.got
        size = 0
        for i in range(1, min(self.end, 5)):
            size |= (got[i] & 0x7F) << 7 * (i - 1)
            if got[i] < 0x80:
                if got[0] & 0xF0 == PUBLISH or LENGTHS.get(got[0]) == size:
                    return i + 1 + size
                raise OSError("garbage")
        if self.end >= 5:
            raise OSError("garbage")
        return 0
