"""Asks a server for the time (RFC 5905, as SNTP), without blocking the loop. In memory only while
somebody asks.
"""

import asyncio
import errno
import os
import socket
import struct
import time

from micropython import const

PASSING = True

_PORT = const(123)
_SIZE = const(48)
_ASK = b"\x23" + bytes(39)  # version 4, client; the rest is ours to leave out
_WAIT_MS = const(3000)
_SLOW_MS = const(1500)  # an answer that took longer says too little
_UNIX_1900 = 2208988800
_ERA = 1 << 32
_OLDEST, _NEWEST = 1735689600, 2840140800  # 2025 and 2060: what else comes is nonsense


async def ask(address):
    """(unix s, ms) when the server sent its answer, and how many ms ago that is. OSError."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        sock.setblocking(False)
        cookie = os.urandom(8)  # nobody can answer who has not seen the question
        begun = time.ticks_ms()
        sock.sendto(_ASK + cookie, socket.getaddrinfo(address, _PORT)[0][-1])
        sent, had_ms = await asyncio.wait_for_ms(_reply(sock, cookie), _WAIT_MS)
        way_ms = time.ticks_diff(time.ticks_ms(), begun) - had_ms
    except asyncio.TimeoutError:
        raise OSError(errno.ETIMEDOUT)
    finally:
        sock.close()
    if not 0 <= way_ms <= _SLOW_MS:
        raise OSError(errno.ETIMEDOUT)
    return sent, way_ms // 2


async def _reply(sock, cookie):
    from lib.tcp import readable  # MicroPython only

    while True:
        await readable(sock)
        found = told(sock.recv(_SIZE), cookie)
        if found:
            return found


def told(packet, cookie):
    """What a packet tells: (unix s, ms) when the server sent it, and for how many ms it had the
    question. None if it does not answer that; OSError if the server does not know the time.
    """
    if len(packet) < _SIZE or packet[24:32] != cookie or packet[0] & 7 != 4:
        return None
    came, sent = _stamp(packet, 32), _stamp(packet, 40)
    had_ms = (sent[0] - came[0]) * 1000 + sent[1] - came[1]
    # RFC 4330, 5: zero means unknown, not a second of 2036; -1 is no time, either
    knows = packet[40:48] not in (bytes(8), b"\xff" * 8)
    knows = knows and packet[0] >> 6 != 3 and 0 < packet[1] < 16 and _OLDEST < sent[0] < _NEWEST
    if not knows or not 0 <= had_ms <= _WAIT_MS:
        raise OSError(errno.EINVAL)
    return sent, had_ms


def _stamp(packet, at):
    """(unix s, ms) of a time as NTP writes it; from 2036 on it counts anew."""
    seconds, fraction = struct.unpack_from(">II", packet, at)
    if seconds < _ERA >> 1:
        seconds += _ERA
    return seconds - _UNIX_1900, (fraction >> 16) * 1000 >> 16
