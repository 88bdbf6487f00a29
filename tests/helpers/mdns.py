"""Answers multicast DNS on the loopback interface, as boards do in a network."""

import contextlib
import secrets
import socket

from host_tools.board import nearby
from zeroconf import IPVersion, ServiceInfo, Zeroconf

LOOPBACK = ["127.0.0.1"]
KIND = "_packlog-test._tcp.local."


@contextlib.contextmanager
def answering(monkeypatch, *addresses: str):
    """Host names that nobody else has, one for each address; nearby.py asks for these and one more
    that nobody answers for.
    """
    mark = secrets.token_hex(4)
    names = [f"packlog-{mark}-{n}" for n in range(len(addresses) + 1)]
    monkeypatch.setattr(nearby, "NAMES", tuple(names))
    monkeypatch.setattr(nearby, "WAIT_MS", 6000)  # beside other tests an answer takes longer
    monkeypatch.setattr(nearby, "interfaces", LOOPBACK)
    with Zeroconf(interfaces=LOOPBACK, ip_version=IPVersion.V4Only) as network:
        for name, address in zip(names, addresses, strict=False):
            packed = [socket.inet_aton(address)]
            service = ServiceInfo(
                KIND, f"{name}.{KIND}", 80, addresses=packed, server=f"{name}.local."
            )
            network.register_service(service)
        yield names
