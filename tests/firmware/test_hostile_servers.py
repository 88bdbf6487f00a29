"""Brokers and consoles that do anything, on MicroPython: whatever one sends, and whenever it hangs
up, the loop goes on, nothing stays open or grows, no task dies, and a good one is served after it.

Each does something else at each connection, from a seed; the long campaigns have many of them.
"""

import asyncio
import random
import socket
import struct
from collections import Counter

import pytest
from tests.helpers.mqtt import faulty
from tests.helpers.mqtt.rig import Board, patiently
from tests.helpers.websocket import websocket_frames as frames
from tests.helpers.websocket.websocket_bench import accept, drive, serving

SOON = {
    "ANSWER_S": 0.3,
    "PING_MS": 60,
    "LOST_MS": 300,
    "FIRST_PAUSE_S": 0.005,
    "LONGEST_PAUSE_S": 0.01,
}
CONNACK, PUBACK, SUBACK, PINGRESP = (
    faulty.CONNACK,
    b"\x40\x02\x00\x01",
    b"\x90\x03\x00\x01\x00",
    faulty.PINGRESP,
)


# Brokers


class Broker:
    """What a broker does with its connections, from a seed. tried: what it did, how often."""

    def __init__(self, seed, good_from):
        self.seed = seed
        self.good_from = good_from  # the number of the connection
        self.tried = Counter()

    def behave(self, broker, connection):
        number = broker.connections
        if number >= self.good_from:
            faulty.accept(connection)
            self.serve(broker, connection)
        r = random.Random(f"{self.seed} {number}")
        if r.random() < 0.8:  # most begin well
            faulty.accept(connection)
        connection.settimeout(0.5)
        for _ in range(r.randrange(1, 8)):
            act = r.choice(
                (self.garbage, self.packets, self.long, self.drip, self.hear, self.reset)
            )
            self.tried[act.__name__] += 1
            act(r, connection)
        connection.close()

    def serve(self, broker, connection):
        while True:
            kind, body = faulty.packet(connection)
            broker.packets.append((kind, body))
            if kind == 0xC0:
                connection.sendall(PINGRESP)

    def garbage(self, r, connection):
        connection.sendall(r.randbytes(r.choice((1, 2, 5, 40, 3000))))

    def packets(self, r, connection):
        """Packets of a broker's, of which some bytes are wrong."""
        topic = r.choice((b"homeassistant/status", b"", b"x" * 40, b"\xff\0", b"a/#"))
        news = faulty.message(topic, r.choice((b"online", b"", r.randbytes(50))))
        all_of_them = (CONNACK, PUBACK, SUBACK, PINGRESP, news)
        data = bytearray(b"".join(r.choice(all_of_them) for _ in range(r.randrange(1, 20))))
        for _ in range(r.choice((0, 0, 1, 3))):
            data[r.randrange(len(data))] = r.randrange(256)
        connection.sendall(data)

    def long(self, r, connection):
        connection.sendall(faulty.message(b"a", bytes(r.choice((257, 5000, 100_000)))))

    def drip(self, r, connection):
        for byte in faulty.message(b"homeassistant/status", b"online") * 2:
            connection.sendall(bytes([byte]))

    def hear(self, r, connection):
        """Take what comes, for a while."""
        for _ in range(r.randrange(6)):
            faulty.packet(connection)

    def reset(self, r, connection):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.close()


def meet(server, connections):
    """Wait until there were so many, as long as they go on coming."""
    for count in [*range(0, connections, 10), connections]:
        patiently(lambda count=count: server.connections >= count)


def heap_of(board):
    """Bytes in use after a collection; more while a connection is being made."""
    board.order("collect")
    found = board.wait(lambda report: report["heap"])["heap"]
    board.order("forget")
    board.wait(lambda report: not report["heap"])
    return found


def hostile_brokers(seed, connections):
    """Let a board meet so many connections, and then a good broker."""
    hostile = Broker(seed, connections)
    server = faulty.Faulty(hostile.behave)
    board = Board(server.port, interval_s=0, discovery=True, shorten=SOON)
    heaps = []
    try:
        for count in (connections // 2, connections * 3 // 4):  # both among hostile ones
            meet(server, count)
            heaps.append(min(heap_of(board) for _ in range(LOOKS)))
        meet(server, connections)
        patiently(lambda: any(kind & 0xF0 == 0x30 for kind, _ in server.packets))
        assert board.report["running"] and board.said == []
        beats = sum(board.report["beats"].values())
        board.wait(lambda report: sum(report["beats"].values()) > beats + 20)
    finally:
        board.close()
        server.close()
    print(f"tried: brokers, seed {seed}, {connections} connections: {dict(hostile.tried)}")
    assert heaps[1] - heaps[0] < 2000, heaps
    return hostile.tried


LOOKS = 12  # one may come while Home Assistant is told, whose module is in memory then
ACTS = {"garbage", "packets", "long", "drip", "hear", "reset"}


def test_a_board_outlives_brokers_that_do_anything():
    assert set(hostile_brokers(1, 40)) == ACTS


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2, 6))
def test_a_board_outlives_many_brokers_that_do_anything(seed):
    assert set(hostile_brokers(seed, 500)) == ACTS


# Consoles


class ConsoleServer:
    """What a console's server does with a connection, from a seed."""

    def __init__(self, seed):
        self.seed = seed
        self.tried = Counter()

    async def play(self, peer, path):
        number = int(path[1:].split("?")[0])
        r = random.Random(f"{self.seed} {number}")
        hello = accept(peer.heard.request)
        if r.random() < 0.2:
            hello = self.damaged(r, hello)
            self.tried["damaged hello"] += 1
        await peer.write(hello[: r.randrange(len(hello))] if r.random() < 0.1 else hello)
        for _ in range(r.randrange(1, 8)):
            act = r.choice((self.garbage, self.lines, self.damaged_frames, self.huge, self.control))
            self.tried[act.__name__] += 1
            await peer.write(act(r))
            await asyncio.sleep(0)
        if r.random() < 0.3:
            self.tried["reset"] += 1
            peer.writer.transport.abort()
        elif r.random() < 0.3:
            self.tried["silence"] += 1
            await peer.reader.read(100)
            await asyncio.sleep(0.3)

    def damaged(self, r, data):
        data = bytearray(data)
        for _ in range(r.randrange(1, 4)):
            data[r.randrange(len(data))] = r.randrange(256)
        return bytes(data)

    def garbage(self, r):
        return r.randbytes(r.choice((1, 3, 100, 5000)))

    def line(self, r):
        return r.choice(
            (b"Vpack: 53250", b"SOC: %d" % r.randrange(300), b"C01) T: 9, V: x", b"\x1b[2J")
        )

    def lines(self, r):
        return b"".join(frames.text(self.line(r)) for _ in range(r.randrange(1, 30)))

    def damaged_frames(self, r):
        return self.damaged(r, self.lines(r) + self.control(r))

    def huge(self, r):
        """A frame that says it has more than comes, or has it."""
        size = r.choice((126, 65536, 1 << 21, 1 << 40, (1 << 64) - 1))
        head = b"\x81\x7f" + size.to_bytes(8, "big")
        return head + bytes(min(size, r.choice((0, 300, 70_000))))

    def control(self, r):
        payload = r.randbytes(r.choice((0, 2, 125, 126)))
        return frames.frame(
            r.choice((8, 9, 10, 11, 3, 0)), payload, r.random() < 0.8, r.choice((0, 0, 1))
        )


ENDS = {"returned", "LinkLost", "OSError"}
QUICK = "?tick_ms=5&ping_after=5&close_ms=30&answer_ms=200"


def hostile_consoles(seed, connections):
    """Let the link meet so many connections, each for itself; the last server is a good one."""
    hostile = ConsoleServer(seed)

    async def handler(peer, path):
        if path.startswith("/good"):
            await peer.write(
                accept(peer.heard.request) + frames.text(b"SOC: 55") + frames.close(1000)
            )
            await peer.listen()
        else:
            await hostile.play(peer, path)

    paths = [f"/{i}{QUICK}" for i in range(connections)] + ["/good"]
    with serving(handler) as server:
        *results, good = drive(server.port, *paths, heap="2m")
    for path, result in zip(paths, results, strict=False):
        assert result["end"] in ENDS and not result["open"], (path, result)
        assert result["longest"] <= 1024 and result["state"] is not None, (path, result)
    assert bytes.fromhex(good["fed"]) == b"SOC: 55\n" and good["end"] == "returned"
    ends = Counter(f"{result['end']}: {result['state']}" for result in results)
    print(f"tried: consoles, seed {seed}: {dict(hostile.tried)}: {dict(ends)}")
    return hostile.tried


TRICKS = {"garbage", "lines", "damaged_frames", "huge", "control", "reset", "silence"}


def test_the_link_outlives_consoles_that_do_anything():
    assert set(hostile_consoles(1, 60)) >= TRICKS


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2, 6))
def test_the_link_outlives_many_consoles_that_do_anything(seed):
    assert set(hostile_consoles(seed, 600)) >= TRICKS
