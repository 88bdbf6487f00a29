"""Asks for the IPv4 address of a name, without blocking the loop; MicroPython only.

DNS over UDP (RFC 1035), and for names in .local one multicast question with the answer sent to us
alone (RFC 6762, 5.1 and 6.7). In memory only while somebody asks.
"""

import asyncio
import errno
import os
import socket
import struct

from micropython import const

from lib.tcp import readable

PASSING = True

_LONGEST_S = const(3600)  # however long an answer says that it is good for
_NO_SUCH_NAME = const(-2)  # as getaddrinfo has it
_ALIAS = const(5)
_ADDRESS = const(1)
_INTERNET = const(1)
_MOST_LABELS = const(256)  # of all names of an answer, pointers among them: each takes some 20 us


async def ask(name, ends, waits_ms, local):
    """What the first server that answers says: address, None without one, and TTL in s. OSError.

    ends: (address as text, port) of each. local: is it a question to everybody?
    """
    failure = OSError(errno.ETIMEDOUT)
    for wait_ms in waits_ms:
        for end in ends:
            try:
                return await _exchange(name, end, wait_ms, local)
            except asyncio.TimeoutError:
                pass
            except OSError as error:
                failure = error
    raise failure


async def _exchange(name, end, wait_ms, local):
    # A port of its own for each question makes an answer hard to forge.
    query = _query(name)
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        sock.setblocking(False)
        end = socket.getaddrinfo(end[0], end[1])[0][-1]
        sock.sendto(query, end)
        return await asyncio.wait_for_ms(_reply(sock, query, name, local or end), wait_ms)
    finally:
        sock.close()


async def _reply(sock, query, name, asked):
    """The first answer from whom we asked, True: from anybody. Anything else is ignored."""
    while True:
        await readable(sock)
        packet, sender = sock.recvfrom(512)
        if asked is True or sender == asked:
            try:
                found = _answer(packet, query, name)
                if found:
                    return found
            except (IndexError, ValueError):
                pass  # cut off, or nonsense


def _query(name):
    # Recursion desired, one question
    query = os.urandom(2) + b"\1\0\0\1\0\0\0\0\0\0"
    for label in name.split(b"."):
        if not 0 < len(label) < 64:
            raise OSError(_NO_SUCH_NAME)
        query += bytes([len(label)]) + label
    return query + b"\0\0\1\0\1"  # type A, class IN


def _answer(packet, query, name):
    """(address or None, TTL); None if this does not answer the query; OSError if the server
    cannot help.
    """
    end = len(query)
    if packet[:2] != query[:2] or packet[2] & 0xFA != 0x80:  # an answer, and not cut short
        return None
    if packet[4:6] != b"\0\1" or packet[12:end].lower() != query[12:]:
        return None
    code = packet[3] & 15
    if code not in (0, 3):
        raise OSError(errno.EIO)
    return _follow(name, _records(packet, end))


def _records(packet, at):
    """The A and CNAME records of the answers: {name: (address or name, TTL, type)}.

    IndexError and ValueError: it is no right packet, or one that takes too long to be read.
    """
    records = {}
    left = [_MOST_LABELS]
    for _ in range(packet[6] << 8 | packet[7]):
        owner, at = _name(packet, at, left)
        kind, family, ttl, size = struct.unpack_from(">HHIH", packet, at)
        at += 10 + size
        if at > len(packet):
            raise ValueError
        if family & 0x7FFF != _INTERNET:  # the highest bit is multicast DNS's own
            continue
        if kind == _ALIAS:
            alias, end = _name(packet, at - size, left)
            if end != at:
                raise ValueError
            records[owner] = alias, ttl, kind
        elif kind == _ADDRESS:
            if size != 4:
                raise ValueError
            if any(packet[at - 4 : at]):  # filters answer 0.0.0.0 for no
                records[owner] = ".".join([str(packet[i]) for i in range(at - 4, at)]), ttl, kind
    return records


def _follow(name, records):
    least = _LONGEST_S
    for _ in range(len(records) + 1):  # aliases may go round in circles
        name, ttl, kind = records.get(name, (None, 0, _ADDRESS))
        least = min(least, ttl)
        if kind == _ADDRESS:
            return name, least
    return None, 0


def _name(packet, at, left):
    """The name at this place, in lower case, and where it ends. left[0] is how many labels and
    pointers may still be read; pointers can go in circles.
    """
    labels = []
    end = 0
    while left[0] > 0:
        left[0] -= 1
        size = packet[at]
        if not size:
            return b".".join(labels).lower(), end or at + 1
        if size >= 0xC0:
            end = end or at + 2
            at = (size & 63) << 8 | packet[at + 1]
        elif size < 64:
            labels.append(packet[at + 1 : at + 1 + size])
            at += 1 + size
        else:
            break
    raise ValueError
