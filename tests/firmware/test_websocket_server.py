"""The WebSocket link on MicroPython against a server of others: Python's `websockets`.

Autobahn's well-formed cases once more, as far as that server can be brought to send them, with a
judge that is not ours; the numbers are the suite's. OURS_ALONE are those that only the server of
test_websocket_cases.py plays: how the octets are cut and what comes together is not to be had here,
nor is anything after a close. The suite itself: test_websocket_autobahn.py.
"""

import asyncio
import zlib

import pytest
from tests.helpers.websocket import websocket_bench
from tests.helpers.websocket.websocket_cases import CASES, HELLO, MICRO
from websockets.asyncio.server import serve

FRAGMENTS = [f"fragment{i}" for i in range(1, 6)]
JOINED = "".join(FRAGMENTS).encode()
SIZES = (0, 125, 126, 127, 128, 65535, 65536)
CODES = (1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999)


async def pinged(server, *payloads):
    """Send pings one after the other; each must be answered."""
    for payload in payloads:
        await asyncio.wait_for(await server.ping(payload), websocket_bench.PATIENCE_S)


async def ping_between(server):
    async def fragments():
        yield FRAGMENTS[0]
        await pinged(server, b"pongme 1!")
        yield FRAGMENTS[1]

    await server.send(fragments())


def sending(*messages):
    async def play(server):
        for message in messages:
            await server.send(message)

    return play


def pinging(*payloads):
    return lambda server: pinged(server, *payloads)


def closing(code, reason=""):
    return lambda server: server.close(code, reason)


async def pong_and_ping(server):
    await server.pong(b"x")
    await pinged(server, HELLO)


def whole(groups):
    """The good cases of these groups that are one message, or the same one over and over."""
    for case in CASES:
        group, _, _ = case.number.rpartition(".")
        if group in groups and not case.broken:
            message, _, _ = case.fed.partition(b"\n")
            count = case.fed.count(b"\n")
            message = message if group in ("9.2", "9.8") else message.decode()
            yield case.number, (sending(*[message] * count), case.fed)


# number: (what the server does, what is fed, the code that comes back)
PLAYS = {
    **{f"1.1.{i}": (sending("*" * n), b"*" * n + b"\n") for i, n in enumerate(SIZES, 1)},
    **{f"1.2.{i}": (sending(b"\xfe" * n), b"\xfe" * n + b"\n") for i, n in enumerate(SIZES, 1)},
    "2.1": (pinging(b""), b""),
    "2.2": (pinging(HELLO), b""),
    "2.3": (pinging(b"\x00\xff\xfe\xfd\xfc\xfb\x00\xff"), b""),
    "2.4": (pinging(b"\xfe" * 125), b""),
    "2.7": (lambda server: server.pong(), b""),
    "2.8": (lambda server: server.pong(b"unsolicited pong"), b""),
    "2.9": (pong_and_ping, b""),
    "2.10": (pinging(*(b"payload-%d" % i for i in range(10))), b""),
    "5.3": (sending(FRAGMENTS), JOINED + b"\n"),
    "5.6": (ping_between, b"fragment1fragment2\n"),
    "6.1.1": (sending(""), b"\n"),
    "6.1.2": (sending(["", "", ""]), b"\n"),
    "6.1.3": (sending(["", "middle frame payload", ""]), b"middle frame payload\n"),
    "6.2.1": (sending(MICRO.decode()), MICRO + b"\n"),
    "6.2.2": (sending(["Hello-µ@ßöä", "üàá-UTF-8!!"]), MICRO + b"\n"),
    "7.1.1": (sending(HELLO.decode()), HELLO + b"\n"),
    **dict(whole(("6.5", "6.6", "6.7", "6.9", "6.11", "6.22", "6.23"))),
    "7.3.3": (closing(1000), b""),
    "7.3.4": (closing(1000, "Hello World!"), b""),
    "7.3.5": (closing(1000, "*" * 123), b""),
    **{f"7.7.{i}": (closing(code), b"", code) for i, code in enumerate(CODES, 1)},
    **dict(whole(("9.1", "9.2", "9.7", "9.8"))),
    "10.1.1": (sending(["*" * 1300] * 50 + ["*" * 536]), b"*" * 65536 + b"\n"),
}
OURS_ALONE = {
    *("1.1.8", "1.2.8", "2.6", "2.11", "5.5", "5.8", "5.20", "6.2.3", "6.2.4"),  # by the octet
    *("5.4", "5.7", "5.19"),  # in one piece, or with a pause between
    *("7.1.2", "7.1.3", "7.1.4", "7.1.5", "7.1.6", "7.3.1"),  # after a close, or one without a code
    *(f"9.{group}.{i}" for group in (5, 6) for i in range(1, 7)),  # so many octets at a time
}


@pytest.fixture(scope="module")
def played():
    """number: (how the link ended, the code that closed the connection)."""
    codes = {}

    async def handler(server):
        number = server.request.path[1:]
        await PLAYS[number][0](server)
        await server.close()
        codes[number] = server.protocol.close_rcvd.code

    async def start():
        return await serve(handler, "127.0.0.1", 0)

    with websocket_bench.in_a_thread(start) as server:
        port = server.sockets[0].getsockname()[1]
        results = websocket_bench.drive(port, *("/" + number for number in PLAYS))
        websocket_bench.wait_until(lambda: len(codes) == len(PLAYS))
    return {number: (result, codes[number]) for number, result in zip(PLAYS, results, strict=True)}


@pytest.mark.parametrize("number", PLAYS)
def test_case_by_another_server(number, played):
    result, code = played[number]
    _, fed, *expected = PLAYS[number]
    assert result["end"] == "returned"
    assert (result["size"], result["crc"]) == (len(fed), zlib.crc32(fed))
    assert [code] == (expected or [1000])


def test_the_numbers_are_those_of_the_list():
    good = {case.number for case in CASES if not case.broken}
    assert set(PLAYS) | OURS_ALONE == good and not OURS_ALONE & set(PLAYS)


def test_a_server_that_refuses_the_path():
    async def start():
        return await serve(
            None,
            "127.0.0.1",
            0,
            process_request=lambda connection, request: connection.respond(404, "no\n"),
        )

    with websocket_bench.in_a_thread(start) as server:
        (result,) = websocket_bench.drive(server.sockets[0].getsockname()[1], "/ws/")
    assert (result["end"], result["state"]) == ("LinkLost", "HTTP status 404")
