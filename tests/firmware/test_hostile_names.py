"""Name servers that send anything: random, damaged and malicious answers into the resolver's reader
of packets. What it makes of them is an address that stands in the packet, a no, or nothing; and it
takes a bounded number of looks at the packet, whatever that is.
"""

import random
import struct
import sys
from collections import Counter
from types import SimpleNamespace
from unittest import mock

import pytest
from tests.helpers.websocket.resolver_bench import CNAME, A, answer, name, record

LABELS = ("a", "bc", "broker", "home", "x" * 63)
PACKETS = 100_000
SAMPLE = 6_000  # of them, in the default run
LONGEST = 512  # bytes, as the resolver takes them
MOST_LOOKS = 800  # at a packet; a usual answer takes some 60
WAITING = SimpleNamespace(readable=None)  # the part that reads packets waits for nothing


@pytest.fixture(scope="module")
def resolver():
    """The module; its imports of MicroPython's own are not needed here."""
    with mock.patch.dict(
        sys.modules, {"micropython": SimpleNamespace(const=int), "lib.tcp": WAITING}
    ):
        from lib import dns

        del sys.modules["lib.dns"]
    return dns


class Looked(bytes):
    """A packet that counts how often somebody looks at it."""

    looks = 0

    def __getitem__(self, at):
        self.looks += 1
        return bytes.__getitem__(self, at)


def read(resolver, packet, query, asked):
    """(what comes of the packet, how many looks that took)"""
    packet = Looked(packet)
    try:
        found = resolver._answer(packet, query, asked)
    except (IndexError, ValueError, struct.error):  # on MicroPython that is a ValueError
        found = "nonsense"  # which the resolver ignores
    except OSError:
        found = "cannot help"
    return found, packet.looks


class Server:
    """Answers to one query, right ones and others, from a seed."""

    def __init__(self, seed):
        self.random = random.Random(seed)

    def ask(self):
        """(name, query)"""
        r = self.random
        asked = ".".join(r.choice(LABELS) for _ in range(r.randrange(1, 4)))
        query = r.randbytes(2) + b"\1\0\0\1\0\0\0\0\0\0" + name(asked) + b"\0\1\0\1"
        return asked.encode(), query

    def good(self, query):
        """(packet, address or None): aliases, then an address, among records of other kinds."""
        r = self.random
        owner, records = b"\xc0\x0c", []
        for _ in range(r.randrange(3)):
            alias = name(r.choice("pqrst") + "." + r.choice(LABELS))
            records.append(record(owner, CNAME, alias))
            owner = alias
        address = r.randbytes(4) if r.random() < 0.8 else None
        if address:
            records.append(record(owner, A, address, r.randrange(1 << 32)))
        for _ in range(r.randrange(3)):
            other = record(name("zz"), r.choice((2, 16, 28)), r.randbytes(r.randrange(20)))
            records.insert(r.randrange(len(records) + 1), other)
        names = [each[: each.index(b"\0") + 1] for each in records if each[:1] != b"\xc0"]
        circular = len(names) != len(set(names))  # the same alias twice
        return answer(query, *records), None if circular else address, circular

    def damaged(self, packet):
        r = self.random
        data = bytearray(packet)
        for _ in range(r.randrange(1, 5)):
            at = r.randrange(12, len(data))
            kind = r.randrange(6)
            if kind == 0:
                data[at] = r.randrange(256)
            elif kind == 1:
                data[at : at + 2] = struct.pack(">H", 0xC000 | r.randrange(len(data)))
            elif kind == 2:
                del data[at : at + r.randrange(1, 9)]
            elif kind == 3:
                data[at:at] = r.randbytes(r.randrange(1, 9))
            elif kind == 4:
                data[6:8] = struct.pack(">H", r.randrange(1 << 16))
            else:
                data[at:at] = data[12 : 12 + r.randrange(1, 40)] * r.randrange(1, 5)
            if len(data) < 14:
                break
        return bytes(data[:LONGEST])

    def noise(self):
        return self.random.randbytes(self.random.randrange(LONGEST))

    def maze(self, query):
        """As many records as go in, of names that lead through pointers and labels."""
        r = self.random
        packet = chained(query, r.randrange(1, 125), r.choice((b"", b"\1a")))
        while len(packet) < LONGEST - 16:
            pointer = struct.pack(">H", 0xC000 | r.randrange(len(query) + 12, len(packet) - 1))
            packet += r.choice((b"", b"\1a", b"\1a" * r.randrange(60))) + pointer
            kind, data = r.choice(((A, r.randbytes(4)), (CNAME, pointer), (28, b"")))
            packet += record(b"", kind, data)
        return packet[:LONGEST]


def chained(query, hops, label=b""):
    """An answer with a chain of pointers in a text, as many as hops, and a record of the last."""
    start = len(query) + 12  # of the text
    text = b"\0" + label + struct.pack(">H", 0xC000 | start)
    while hops > 1 and len(text) < 255 - len(label):
        at = start + len(text) - 2 - len(label)
        text += label + struct.pack(">H", 0xC000 | at)
        hops -= 1
    last = struct.pack(">H", 0xC000 | start + len(text) - 2)
    packet = answer(query, record(b"\xc0\x0c", 16, text), record(last, CNAME, last))
    return packet[:6] + b"\xff\xff" + packet[8:]


def campaign(resolver, packets, seed):
    """Let so many packets be read; returns how often what came of them."""
    server = Server(seed)
    tried = Counter()
    most = 0
    for i in range(packets):
        asked, query = server.ask()
        packet, address, circular = server.good(query)
        kind = ("good", "damaged", "damaged", "maze", "noise")[i % 5]
        if kind == "damaged":
            packet = server.damaged(packet)
        elif kind == "maze":
            packet = server.maze(query)
        elif kind == "noise":
            packet = (
                query[:2] + b"\x81\x80" + server.random.randbytes(server.random.randrange(LONGEST))
            )
        found, looks = read(resolver, packet, query, asked)
        most = max(most, looks)
        assert looks <= MOST_LOOKS, (seed, i, kind, packet)
        if kind == "good" and not circular:
            text = ".".join(map(str, address)) if address else None
            assert found is not None and found[0] == text, (seed, i, packet, found)
        if isinstance(found, tuple) and found[0]:
            assert bytes(map(int, found[0].split("."))) in packet, (seed, i, packet)
            assert 0 <= found[1] <= 3600
        outcome = found if isinstance(found, str) else "ignored" if found is None else "read"
        tried[f"{kind}: {outcome}"] += 1
    print(
        f"tried: {packets} packets, seed {seed}, at most {most} looks:", dict(sorted(tried.items()))
    )
    return tried


def check_that_it_tried_everything(tried, packets):
    assert tried["good: read"] == packets // 5
    for outcome in ("damaged: read", "damaged: nonsense", "maze: nonsense", "noise: ignored"):
        assert tried[outcome] > packets // 100, tried


def test_any_packet_is_read_in_a_bounded_number_of_looks(resolver):
    check_that_it_tried_everything(campaign(resolver, SAMPLE, 1), SAMPLE)


@pytest.mark.slow
def test_many_packets_are_read_in_a_bounded_number_of_looks(resolver):
    check_that_it_tried_everything(campaign(resolver, PACKETS, 2), PACKETS)


def test_many_names_at_the_end_of_a_long_chain_take_no_longer(resolver):
    asked, query = Server(3).ask()
    packet = chained(query, 120)
    last = packet[-14:]
    while len(packet) < LONGEST - len(last):
        packet += last
    found, looks = read(resolver, packet, query, asked)
    assert found == "nonsense" and looks <= MOST_LOOKS
    found, looks = read(resolver, packet[:6] + b"\0\1" + packet[8:], query, asked)
    assert found == (None, 0)  # the chain itself is nobody's name
