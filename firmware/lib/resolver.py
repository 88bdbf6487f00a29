"""Names to IPv4 addresses without blocking the loop, which getaddrinfo does; MicroPython only.

dns.py asks. The last good answer serves on when the servers are silent.
"""

import errno
import time

from micropython import const

from lib import once, passing

_SHORTEST_S = const(60)  # however short an answer says that it is good for
_NO_SUCH_NAME = const(-2)  # as getaddrinfo has it


class Resolver:
    """servers() -> addresses of DNS servers as text, possibly none."""

    port = 53
    multicast = ("224.0.0.251", 5353)
    waits_ms = (1000, 1000, 2000)  # for each server's answer, before the question is sent again

    @once.packs
    def __init__(self, servers):
        self._servers = servers
        self._asking = 0  # how many do
        self._kept = {}  # of the few names in config.json: address, when it was told, TTL in s

    async def resolve(self, host):
        """The address as text. OSError: the servers are silent, or there is no such name (-2)."""
        if _is_address(host):
            return host
        name = host.lower().encode()
        kept = self._kept.get(name)
        # The clock may have been set meanwhile
        if kept and 0 <= time.time() - kept[1] < kept[2]:
            return kept[0]
        try:
            # With something to fall back to, callers should not wait long
            address, ttl = await self._ask(name, self.waits_ms[: 1 if kept else 9])
        except OSError:
            if not kept:
                raise
            return kept[0]
        if not address:
            raise OSError(_NO_SUCH_NAME)
        self._kept[name] = address, time.time(), max(ttl, _SHORTEST_S)
        return address

    async def _ask(self, name, waits_ms):
        """Address, None without one, and TTL in s. OSError, also if there is no room for asking."""
        local = name.endswith(b".local")
        ends = [self.multicast] if local else [(each, self.port) for each in self._servers()]
        self._asking += 1
        try:
            from lib import dns  # as long as somebody asks

            return await dns.ask(name, ends, waits_ms, local)
        except MemoryError:  # there will be more later
            raise OSError(errno.ENOMEM)
        finally:
            self._asking -= 1
            if not self._asking:
                passing.forget("lib.dns")


def _is_address(host):
    try:
        return len(bytes([int(part) for part in host.split(".")])) == 4
    except ValueError:
        return False
