"""MQTT against brokers that misbehave: whatever one does, the loop goes on and the link comes back.

A heartbeat of 5 ms counts in each state: a call that waits for the broker would leave no beats.
"""

import random
import socket
import threading
import time

import pytest
from tests.helpers.mqtt.faulty import PINGRESP, Faulty, accept, message, packet, topic_of
from tests.helpers.mqtt.rig import HOUSE, Board, patiently

SOON = {
    "ANSWER_S": 1,
    "PING_MS": 300,
    "LOST_MS": 1500,
    "FIRST_PAUSE_S": 0.1,
    "LONGEST_PAUSE_S": 0.2,
}


def verbose(count):
    """A pack whose JSON state has so many bytes more than the usual 400."""
    return (HOUSE[0], HOUSE[1], {**HOUSE[2], "texts": {"errors": "x" * count}})


@pytest.fixture
def bench():
    """bench(behave, **options): a faulty broker and a board that talks to it."""
    things = []

    def make(behave, small=False, **options):
        broker = Faulty(behave, small)
        options.setdefault("shorten", SOON)
        board = Board(broker.port, **options)
        things.extend((broker, board))
        return broker, board

    yield make
    for thing in things:
        thing.close()


def stay(broker, connection):
    """Read what comes, and answer nothing."""
    while True:
        broker.packets.append(packet(connection))


def serve(broker, connection, acknowledge=True):
    """What a good broker does with a client that publishes."""
    while True:
        kind, body = packet(connection)
        broker.packets.append((kind, body))
        if kind == 0xC0:
            connection.sendall(PINGRESP)
        elif kind == 0x82:
            connection.sendall(b"\x90\x03" + body[:2] + b"\x00")
        elif kind & 0xF6 == 0x32 and acknowledge:
            at = 2 + int.from_bytes(body[:2], "big")
            connection.sendall(b"\x40\x02" + body[at : at + 2])


def test_a_broker_that_accepts_and_never_answers(bench):
    broker, board = bench(stay, shorten={**SOON, "ANSWER_S": 5})
    board.wait(lambda report: report["beats"].get("Broker is silent", 0) > 40)  # of some 1000
    assert broker.connections == 1  # whoever waits in a read misses all of them
    patiently(lambda: broker.connections >= 2)
    assert board.report["connects"] == 0


def test_nobody_listens(bench):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        board = Board(unused.getsockname()[1], shorten=SOON)
        board.wait(lambda report: report["beats"].get("Broker not reached", 0) > 100)
        assert board.report["connects"] == 0
        board.kill()


def test_a_broker_that_closes_at_once_is_not_run_down(bench):
    pauses = {"FIRST_PAUSE_S": 0.5, "LONGEST_PAUSE_S": 1}
    begun = time.monotonic()
    broker, board = bench(lambda broker, connection: connection.close(), shorten=pauses)
    board.wait(lambda report: report["ms"] > 2000 and sum(report["beats"].values()) > 40)
    patiently(lambda: broker.connections >= 2)
    connections = broker.connections
    assert connections <= 3 + (time.monotonic() - begun)


@pytest.mark.parametrize(
    ("code", "state"),
    [
        (1, "MQTT version refused"),
        (2, "Client id refused"),
        (3, "Broker unavailable"),
        (4, "Wrong password"),
        (5, "Wrong password"),
    ],
)
def test_a_broker_that_refuses(bench, code, state):
    _, board = bench(lambda broker, connection: accept(connection, code))
    board.wait_for(state)
    assert board.report["connects"] == 0


def test_a_broker_that_falls_silent_later(bench):
    def behave(broker, connection):
        accept(connection)
        (serve if broker.connections > 1 else stay)(broker, connection)

    broker, board = bench(behave, shorten={**SOON, "LOST_MS": 3000})
    report = board.wait(lambda report: report["connects"] == 2)
    assert report["drops"] == 1
    assert (0xC0, b"") in broker.packets  # it was asked
    before = board.beats("Connected")
    assert before > 30  # of 600 until it was given up
    since = report["ms"]
    board.wait(lambda report: report["ms"] > since + 3500)  # longer than that
    assert (board.report["connects"], board.report["drops"]) == (2, 1)


def test_a_broker_that_stops_reading(bench):
    def behave(broker, connection):
        accept(connection)
        if broker.connections > 1:
            serve(broker, connection)

    # The send buffer of an ESP32 is as small; nobody takes 40 readings of 500 bytes any more
    broker, board = bench(behave, small=True, send_buffer=4096, interval_s=0)
    board.wait_for("Connected")
    for soc in range(40):
        before = sum(board.report["beats"].values())
        board.order("read", 0, {"soc": soc})
        board.wait(lambda report, b=before: sum(report["beats"].values()) > b + 4)
    report = board.wait(lambda report: report["connects"] == 2)
    assert report["drops"] == 1
    patiently(lambda: any(b"chargerybms/soc39" in body for _, body in broker.packets))


@pytest.mark.parametrize("accepted", [False, True])
def test_a_broker_that_sends_garbage(bench, accepted):
    def behave(broker, connection):
        if accepted:
            accept(connection)
        connection.sendall(random.Random(broker.connections).randbytes(3000))
        stay(broker, connection)

    broker, board = bench(behave)
    patiently(lambda: broker.connections >= 5)
    board.wait(lambda report: sum(report["beats"].values()) > 40)  # 200 ms between two


def test_every_kind_of_damage_to_a_packet_ends_the_link(bench):
    damaged = (
        b"\x40\x03\x00\x01\x02",  # PUBACK of a length that there is not
        b"\x00\x00",  # no such packet
        b"\xd0\x01\x00",  # PINGRESP with something in it
        b"\x30\xff\xff\xff\xff\x01",  # a length of five bytes
        b"\x30\x03\x00\x09x",  # the topic is longer than the packet
        b"\x30\x01\x00",  # no room for its length
        b"\x34\x05\x00\x01x\x00\x01",  # QoS 2, never asked for
    )

    def behave(broker, connection):
        accept(connection)
        if broker.connections <= len(damaged):
            connection.sendall(damaged[broker.connections - 1])
        serve(broker, connection)

    _, board = bench(behave)
    report = board.wait(lambda report: report["connects"] == len(damaged) + 1)
    assert report["drops"] == len(damaged)
    board.wait(lambda report: report["state"] == "Connected")


def test_messages_in_pieces_and_too_long_ones(bench):
    home = b"homeassistant/status"
    stream = (
        message(home, bytes(1 << 20)) + message(home, b"offline") + message(b"x" * 300, b"")
    ) + message(home, b"online")

    def behave(broker, connection):
        accept(connection)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        at = 0
        for size in [1, 1, 1, 1, 2, 7, 500000, 100003, 448000]:
            connection.sendall(stream[at : at + size])
            at += size
        for i in range(at, len(stream)):
            connection.sendall(stream[i : i + 1])
        serve(broker, connection)

    broker, board = bench(behave, discovery=True, shorten={**SOON, "LOST_MS": 60000})
    board.wait(lambda report: report["skipped"] == 2)
    states = "packlog/house/status"
    patiently(lambda: [topic_of(b) for k, b in broker.packets if k == 0x31].count(states) == 2)
    assert (board.report["connects"], board.report["drops"]) == (1, 0)


def test_messages_that_are_never_acknowledged(bench):
    def behave(broker, connection):
        accept(connection)
        serve(broker, connection, acknowledge=broker.connections > 1)

    broker, board = bench(behave, qos=1)
    board.wait(lambda report: report["connects"] == 2)
    board.wait(lambda report: report["published"] >= 4 + 17)
    first = [packet for packet in broker.packets if packet[0] & 0xF0 == 0x30][:5]
    assert [topic_of(body) for _, body in first] == [  # four under way, the fifth in the next link
        "packlog/status",
        "packlog/house/status",
        "packlog/house/state",
        "chargerybms/watthour",
        "packlog/status",
    ]


def test_packet_identifiers_go_around_without_a_zero(bench):
    def behave(broker, connection):
        accept(connection)
        serve(broker, connection)

    broker, board = bench(behave, qos=1, packet_id=65530)
    board.wait(lambda report: report["published"] >= 17)

    def numbers():
        found = []
        for kind, body in list(broker.packets):
            if kind & 0xF6 == 0x32:
                at = 2 + int.from_bytes(body[:2], "big")
                found.append(int.from_bytes(body[at : at + 2], "big"))
        return found if len(found) >= 17 else None

    found = patiently(numbers)
    assert found[:17] == [65531, 65532, 65533, 65534, 65535, *range(1, 13)]


def test_no_network_is_a_normal_state(bench):
    broker, board = bench(lambda broker, connection: None, network=False)
    board.wait(lambda report: report["beats"].get("No network", 0) > 100)
    assert broker.connections == 0
    board.order("network", True)
    patiently(lambda: broker.connections)


def test_a_pack_that_has_never_been_heard_is_offline(bench):
    def behave(broker, connection):
        accept(connection)
        serve(broker, connection)

    mute = ("mute", "jk", None)
    broker, _ = bench(behave, packs=(mute, HOUSE))
    patiently(lambda: any(topic_of(b) == "chargerybms/soc" for k, b in broker.packets if k == 0x30))
    said = {topic_of(b): b for k, b in broker.packets if k & 0xF0 == 0x30}
    assert said["packlog/mute/status"].endswith(b"offline")
    assert said["packlog/mute/state"].endswith(b'{"bms":"jk","time":1700000000}')


def test_a_state_that_is_too_long_is_left_out_and_counted(bench):
    def behave(broker, connection):
        accept(connection)
        serve(broker, connection)

    name, kind, fields = HOUSE
    verbose = (name, kind, {**fields, "texts": {"errors": "x" * 2000}})
    broker, board = bench(behave, packs=(verbose,))
    patiently(lambda: any(topic_of(b) == "chargerybms/soc" for k, b in broker.packets if k == 0x30))
    board.wait(lambda report: report["skipped"] == 1)
    assert "packlog/house/state" not in {topic_of(b) for k, b in broker.packets if k == 0x31}


def test_the_heap_stays_as_it_is(bench):
    def behave(broker, connection):
        accept(connection)
        serve(broker, connection)

    _, board = bench(behave, qos=1, interval_s=0, cells=True, discovery=True)

    def heap_after(count):
        for soc in range(count):
            enough = board.report["published"] + 22
            board.order("read", 0, {"soc": soc})
            board.wait(lambda report, enough=enough: report["published"] >= enough)
        board.order("collect")
        return board.wait(lambda report: report["heap"])["heap"]

    first = heap_after(10)
    board.order("forget")
    assert heap_after(30) - first < 500


def hangs_up_over(limit):
    """A broker that takes no packet of more bytes than that and says nothing of it."""

    def behave(broker, connection):
        accept(connection)
        while True:
            kind, body = packet(connection)
            if len(body) > limit:
                broker.refused += 1
                connection.close()
                return
            broker.packets.append((kind, body))

    return behave


def is_limited(report):
    return report["state"].startswith("Packet limit ")


@pytest.mark.parametrize("more", [200, 600])
def test_a_broker_with_a_packet_limit_gets_what_it_takes_and_that_is_said(bench, more):
    limit = 500
    pauses = SOON | {"LOST_MS": 60000, "PING_MS": 60000, "FIRST_PAUSE_S": 0.02}
    broker, board = bench(
        hangs_up_over(limit), packs=(verbose(more),), interval_s=0, shorten=pauses
    )
    broker.refused = 0
    state = board.wait(is_limited)["state"]
    patiently(lambda: any(topic_of(b) == "chargerybms/soc" for k, b in broker.packets if k == 0x30))
    board.wait(lambda report: report["skipped"] == 1)
    assert broker.refused == 3
    board.wait(lambda report: report["beats"].get(state, 0) > 100)
    assert broker.refused == 3 and not any(len(b) > limit for _, b in broker.packets)


def test_a_broker_that_hangs_up_whatever_comes_is_called_so_and_left_alone(bench):
    pauses = {**SOON, "FIRST_PAUSE_S": 0.02, "LONGEST_PAUSE_S": 0.4}
    broker, board = bench(hangs_up_over(30), shorten=pauses)
    broker.refused = 0
    board.wait_for("Broker hangs up")
    refused = broker.refused
    board.wait(lambda report, since=board.report["ms"]: report["ms"] > since + 1500)
    assert broker.refused <= refused + 6  # and not every 20 ms


def test_a_broker_that_hangs_up_on_short_packets_has_no_limit(bench):
    broker, board = bench(hangs_up_over(0), shorten={**SOON, "FIRST_PAUSE_S": 0.02})
    broker.refused = 0
    board.wait_for("Broker hangs up")
    assert broker.refused == 3 and not board.report["skipped"]


def test_a_connection_that_has_held_makes_up_for_it(bench):
    def behave(broker, connection):
        if broker.connections <= 3:
            hangs_up_over(100)(broker, connection)
        accept(connection)
        if broker.connections == 4:
            threading.Timer(0.6, connection.shutdown, [socket.SHUT_RDWR]).start()
        serve(broker, connection)

    broker, board = bench(behave, interval_s=0, shorten={**SOON, "STEADY_MS": 300})
    broker.refused = 0
    board.wait(is_limited)
    board.wait_for("Connected")
