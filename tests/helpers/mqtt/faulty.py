"""Brokers that misbehave, on loopback: each is a function that gets one connection and does its
worst with it. Some are good for a while, see accept().
"""

import socket
import threading
from contextlib import suppress

CONNACK = b"\x20\x02\x00\x00"
PINGRESP = b"\xd0\x00"


def remaining_length(size: int) -> bytes:
    """The size as MQTT writes it: seven bits a byte, the lowest first."""
    out = bytearray()
    while True:
        out.append((size & 0x7F) | (0x80 if size > 0x7F else 0))
        size >>= 7
        if not size:
            return bytes(out)


def message(topic: bytes, payload: bytes) -> bytes:
    """A PUBLISH packet of QoS 0."""
    body = len(topic).to_bytes(2, "big") + topic + payload
    return b"\x30" + remaining_length(len(body)) + body


def exactly(connection, count: int) -> bytes:
    data = b""
    while len(data) < count:
        piece = connection.recv(count - len(data))
        if not piece:
            raise ConnectionError
        data += piece
    return data


def packet(connection) -> tuple[int, bytes]:
    """The next packet: its first byte and what follows the length."""
    first = exactly(connection, 1)[0]
    size = shift = 0
    while True:
        byte = exactly(connection, 1)[0]
        size |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return first, exactly(connection, size)


def topic_of(body: bytes) -> str:
    """The topic of a PUBLISH packet."""
    return body[2 : 2 + int.from_bytes(body[:2], "big")].decode()


def accept(connection, code=0):
    """Read CONNECT and answer it."""
    first, body = packet(connection)
    assert (first, body[:7]) == (0x10, b"\x00\x04MQTT\x04"), (first, body)
    connection.sendall(CONNACK[:3] + bytes([code]))


class Faulty:
    """A server that gives each connection to behave(connection), in a thread of its own.

    small: its receive buffer is as small as can be. packets: for behave() to keep what came.
    """

    def __init__(self, behave, small=False):
        self.connections = 0
        self.packets = []
        self._behave = behave
        self._open = []
        self._server = socket.socket()
        if small:
            self._server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        self._server.bind(("127.0.0.1", 0))
        self._server.listen()
        self.port = self._server.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                connection, _ = self._server.accept()
            except OSError:
                return
            self.connections += 1
            self._open.append(connection)
            threading.Thread(target=self._run, args=(connection,), daemon=True).start()

    def _run(self, connection):
        with suppress(OSError):
            self._behave(self, connection)

    def close(self):
        for thing in [self._server, *self._open]:
            with suppress(OSError):
                thing.shutdown(socket.SHUT_RDWR)
            thing.close()
