"""Servers on loopback for names and TCP connections, good and bad ones, and the driver that goes
through steps against them on MicroPython.
"""

import json
import os
import socket
import struct
import subprocess
import threading
import time
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

from host_tools.ground import micropython
from host_tools.ground.firmware import FIRMWARE

DRIVER = Path(__file__).with_name("resolver_driver.py")
A, CNAME = 1, 5


def name(text):
    return b"".join(bytes([len(label)]) + label.encode() for label in text.split(".")) + b"\0"


def record(owner, kind, data, ttl=300, family=1):
    return owner + struct.pack(">HHIH", kind, family, ttl, len(data)) + data


def address(text):
    return bytes(int(part) for part in text.split("."))


def answer(query, *records, flags=0x8180):
    """An answer to the query; its name stands at offset 12."""
    counts = struct.pack(">HHHHH", flags, 1, len(records), 0, 0)
    return query[:2] + counts + query[12:] + b"".join(records)


ASKED = b"\xc0\x0c"  # a pointer to the name in the question


def found(query, text, **more):
    return answer(query, record(ASKED, A, address(text), **more))


def from_another_end(query, client):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as forger:
        forger.sendto(found(query, "6.6.6.6"), client)
    time.sleep(0.02)
    return [found(query, "1.2.3.4")]


def nonsense(query):
    forged = found(query, "6.6.6.6")
    yield b""
    yield b"\0"
    yield query  # itself, and that is no answer
    yield forged[:11]
    yield forged[:-1]
    yield forged[:-6]
    yield bytes([forged[0] ^ 1]) + forged[1:]  # another ID
    yield forged[:2] + b"\x83\x80" + forged[4:]  # cut short, says the server
    yield forged[:2] + b"\xa9\x80" + forged[4:]  # another operation
    yield forged.replace(b"\x08nonsense", b"\x08nunsense")  # another question
    yield forged.replace(b"\0\1\0\1\xc0", b"\0\x1c\0\1\xc0")  # and another type
    yield answer(query, b"\xc0\x40" + record(b"", A, b"6666"))  # a pointer out of the packet
    circle = len(query)
    yield answer(query, struct.pack(">H", 0xC000 | circle) + record(b"", A, b"6666"))
    yield forged[:6] + b"\xff\xff" + forged[8:]  # says that it has 65535 records
    yield found(query, "1.2.3.4")


def pointers(query):
    """Answers whose names are chains of pointers, each to the one before: all of a packet."""
    start = len(query)
    for step in (2, 4):  # into each other, and a label between them
        hops = [struct.pack(">H", 0xC000 | start + at) for at in range(0, 200, step)]
        packet = answer(query, b"".join([ASKED, *hops] if step == 2 else [ASKED, b"\1a", *hops]))
        tail = record(struct.pack(">H", 0xC000 | start + 200), A, b"6666")
        yield packet[:6] + b"\0\xff" + packet[8:] + 20 * tail


def damaged(query):
    """Answers with a record that is not what it should be."""
    good = record(ASKED, A, address("6.6.6.6"))
    alias = record(ASKED, CNAME, name("other.test"))
    forged = record(name("other.test"), A, address("6.6.6.6"))
    yield answer(query, record(ASKED, A, b"66666666"))  # too long
    yield answer(query, record(ASKED, A, b"6"), good)  # too short
    yield answer(query, record(ASKED, A, b""))
    yield answer(query, good[:-5] + b"\x40" + good[-4:])  # goes beyond the packet's end
    yield answer(query, record(ASKED, CNAME, name("other.test") + b"x"), forged)
    yield answer(query, alias[:11] + bytes([alias[11] - 1]) + alias[12:], forged)
    yield answer(query, record(b"\x80" + bytes(128), A, address("6.6.6.6")))  # no label


def patient(packets):
    """A sender of them, and then of a good answer."""

    def says(query, client):
        yield from packets(query)
        yield found(query, "1.2.3.4")

    return [says]


def chain(query, *hops, last="9.8.7.6", backwards=False):
    """asked -> hops[0] -> ... -> last."""
    owners = [ASKED, *(name(hop) for hop in hops)]
    records = [record(owner, CNAME, target, ttl=500) for owner, target in pairwise(owners)]
    records.append(record(owners[-1], A, address(last)))
    return answer(query, *(records[::-1] if backwards else records))


# What the server says to the first question for a name, to the second, ...; the last one stays.
# Each is (query, client) -> packets.
SAYS = {
    "plain.test": [lambda q, c: [found(q, "1.2.3.4")]],
    "here.test": [lambda q, c: [found(q, "127.0.0.1")]],
    "capital.test": [lambda q, c: [found(q, "1.2.3.4").replace(b"test", b"TEST")]],
    "two.test": [
        lambda q, c: [answer(q, *(record(ASKED, A, address(f"10.0.0.{i}")) for i in (1, 2)))]
    ],
    "both.test": [
        lambda q, c: [
            answer(q, record(ASKED, 28, bytes(16)), record(ASKED, A, address("10.0.0.3")))
        ]
    ],
    "alias.test": [lambda q, c: [chain(q, "other.test")]],
    "aliases.test": [lambda q, c: [chain(q, "b.test", "c.example", "d.example")]],
    "backwards.test": [lambda q, c: [chain(q, "b.test", "c.example", backwards=True)]],
    "circle.test": [lambda q, c: [answer(q, record(ASKED, CNAME, ASKED))]],
    "astray.test": [lambda q, c: [answer(q, record(name("other.test"), A, address("6.6.6.6")))]],
    "none.test": [lambda q, c: [answer(q)]],
    "blocked.test": [lambda q, c: [found(q, "0.0.0.0")]],
    "unknown.test": [lambda q, c: [answer(q, flags=0x8183)]],
    "broken.test": [lambda q, c: [answer(q, flags=0x8182)]],
    "broken-once.test": [
        lambda q, c: [answer(q, flags=0x8182)],
        lambda q, c: [found(q, "1.2.3.4")],
    ],
    "silent.test": [lambda q, c: []],
    "lost-twice.test": [lambda q, c: []] * 2 + [lambda q, c: [found(q, "1.2.3.4")]],
    "nonsense.test": [lambda q, c: nonsense(q)],
    "pointers.test": patient(pointers),
    "damaged.test": patient(damaged),
    "flush.test": [lambda q, c: [found(q, "1.2.3.4", family=0x8001)]],
    "chaos.test": [lambda q, c: [found(q, "6.6.6.6", family=3)]],
    "forged.test": [from_another_end],
    "once.test": [lambda q, c: [found(q, "1.2.3.4")], lambda q, c: []],
    "moves.test": [lambda q, c: [found(q, "1.2.3.4")], lambda q, c: [found(q, "5.6.7.8")]],
    "short.test": [lambda q, c: [found(q, "1.2.3.4", ttl=0)]],
    "long.test": [lambda q, c: [found(q, "1.2.3.4", ttl=0xFFFFFFFF)]],
    "battery.local": [lambda q, c: [found(q, "10.0.0.2", ttl=120)]],
}


class Names(threading.Thread):
    """A DNS server that says what SAYS says; asked[name] counts."""

    def __init__(self):
        super().__init__()
        self.asked = {}
        self.ports = set()
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]

    def run(self):
        while True:
            query, client = self._socket.recvfrom(512)
            if query == b"stop":
                return
            asked, at = [], 12
            while query[at]:
                asked.append(query[at + 1 : at + 1 + query[at]].decode())
                at += 1 + query[at]
            assert query[2:12] == b"\1\0\0\1\0\0\0\0\0\0" and query[at:] == b"\0\0\1\0\1"
            self._say(".".join(asked), query, client)

    def _say(self, asked, query, client):
        count = self.asked[asked] = self.asked.get(asked, 0) + 1
        self.ports.add(client[1])
        says = SAYS[asked]
        for packet in says[min(count, len(says)) - 1](query, client):
            self._socket.sendto(packet, client)

    def stop(self):
        self._socket.sendto(b"stop", ("127.0.0.1", self.port))
        self.join()
        self._socket.close()


def drive(names, *steps):
    """Let one MicroPython take the steps; how each went."""
    defaults = {"servers": ["127.0.0.1"], "port": names.port if names else 1}
    steps = [{**defaults, **step} for step in steps]
    done = subprocess.run(
        [micropython.find(), str(DRIVER)],
        input=json.dumps(steps),
        env={**os.environ, "MICROPYPATH": f"{FIRMWARE}:.frozen"},
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert done.returncode == 0 and not done.stderr, done.stdout + done.stderr
    results = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(results) == len(steps)
    assert not any(result["left_open"] for result in results)
    return results


@contextmanager
def listening(serve, backlog=5):
    """The port of a TCP server that lets serve(connection) have one connection."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen(backlog)
        server.settimeout(60)

        def run():
            try:
                connection, _ = server.accept()
            except OSError:
                return
            with connection:
                connection.settimeout(60)
                serve(connection)

        thread = threading.Thread(target=run)
        thread.start()
        yield server.getsockname()[1]
        thread.join()


@contextmanager
def black_hole():
    """The port of a server that takes no connection and refuses none: its queue is full."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen(0)
        waiting = []
        for _ in range(4):
            client = socket.socket()
            client.setblocking(False)
            client.connect_ex(server.getsockname())
            waiting.append(client)
        yield server.getsockname()[1]
        for client in waiting:
            client.close()
