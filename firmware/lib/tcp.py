"""TCP connections that never block the loop; MicroPython only.

asyncio.open_connection waits for the name in getaddrinfo, for seconds, has no timeout, and takes a
refused connection for a good one: the error comes with the first byte. connect() does none of it.
"""

import asyncio
import errno
import select
import socket
import time
from asyncio import core

_misses = 0
_UNDER_WAY = (115, 119, 36)  # EINPROGRESS of Linux, of an ESP32 and of macOS


def misses():
    """How many connections have been tried since anybody has answered anything."""
    return _misses


def answered():
    """Somebody has answered: the network passes what is sent over it."""
    global _misses
    _misses = 0


def readable(sock):
    """Await it: there is something to read, or an error."""
    yield core._io_queue.queue_read(sock)
    answered()


def writable(sock):
    """Await it: the socket takes data, or has failed."""
    yield core._io_queue.queue_write(sock)
    answered()


async def connect(host, port, resolver, timeout_s, tls=None):
    """An asyncio Stream to host:port. OSError, after timeout_s at the latest.

    tls is an ssl.SSLContext. Its handshake runs with the first data, as asyncio does it: on an
    ESP32 some 40 KB of heap and a second of computing, of which a step with a key is up to a few
    hundred ms and holds the loop. So keep TLS connections open.
    """
    global _misses
    _misses += 1
    begun, most_ms = time.ticks_ms(), int(1000 * timeout_s)
    try:
        # First: a socket takes some KB of the chip's memory
        address = await asyncio.wait_for_ms(resolver.resolve(host), most_ms)
        left_ms = max(1, most_ms - time.ticks_diff(time.ticks_ms(), begun))
        sock = socket.socket()
        try:
            sock.setblocking(False)
            return await asyncio.wait_for_ms(_open(sock, (address, port), host, tls), left_ms)
        except BaseException:  # a cancelled task's too
            sock.close()
            raise
    except asyncio.TimeoutError:
        raise OSError(errno.ETIMEDOUT)


async def _open(sock, place, host, tls):
    try:
        sock.connect(socket.getaddrinfo(*place)[0][-1])  # a number: nobody is asked
    except OSError as error:
        if error.errno not in _UNDER_WAY:
            raise
    await writable(sock)
    _check(sock)
    if tls:
        sock = tls.wrap_socket(sock, server_hostname=host, do_handshake_on_connect=False)
        sock.setblocking(False)
    return asyncio.StreamReader(sock)


def _check(sock):
    # A failed connection is writable too. There is no SO_ERROR to ask, but poll tells, on an ESP32
    # only if it is asked for POLLHUP; then reading says which error it was.
    poll = select.poll()
    poll.register(sock, select.POLLOUT | select.POLLHUP)
    for _, events in poll.poll(0):
        if events & (select.POLLERR | select.POLLHUP):
            sock.read(1)
            raise OSError(errno.ECONNREFUSED)
