"""Finds boards in the network by multicast DNS (RFC 6762).

A board announces no service: MicroPython's builds only answer for its host name. So names are asked
for, all at once: the one that boards have by default, and those that ESP-IDF gives a second and a
third board of that name, packlog-2, packlog-3, ... (its mdns component, on a conflict).
"""

import asyncio
from collections.abc import Iterable

from zeroconf import AddressResolverIPv4, InterfaceChoice, IPVersion
from zeroconf.asyncio import AsyncZeroconf

NAMES = ("packlog", *(f"packlog-{n}" for n in range(2, 10)))
WAIT_MS = 3000  # a board with its radio asleep answers late
LOCAL = ".local"
interfaces: InterfaceChoice | list[str] = InterfaceChoice.All  # over which to ask


def find(names: Iterable[str] | None = None) -> dict[str, str]:
    """The IPv4 address of each host name that somebody answers for, in the order of the names.

    names: without .local; None: NAMES. Empty also if this computer has no network.
    """
    asked = NAMES if names is None else names
    try:
        return asyncio.run(_find(list(dict.fromkeys(asked)), WAIT_MS))
    except OSError:
        return {}


async def _find(names: list[str], wait_ms: int) -> dict[str, str]:
    network = AsyncZeroconf(interfaces=interfaces, ip_version=IPVersion.V4Only)
    try:
        asked = [AddressResolverIPv4(f"{name}{LOCAL}.") for name in names]
        await asyncio.gather(*(each.async_request(network.zeroconf, wait_ms) for each in asked))
        found = [each.parsed_addresses(IPVersion.V4Only) for each in asked]
        return {name: said[0] for name, said in zip(names, found, strict=True) if said}
    finally:
        await network.async_close()


def address(host: str) -> str | None:
    """That of a host named NAME.local, for systems that do not ask for it themselves; None if
    nobody answers.
    """
    name = host.lower().removesuffix(LOCAL)
    return find([name]).get(name) if name != host.lower() else None
