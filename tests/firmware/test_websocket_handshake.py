"""The WebSocket link's handshake on MicroPython: what it asks, and what it takes for an answer."""

from tests.helpers.websocket import websocket_bench
from tests.helpers.websocket.websocket_bench import accept, console, run
from tests.helpers.websocket.websocket_cases import HELLO
from tests.helpers.websocket.websocket_frames import Chopped, text

NO_WEBSOCKET = "No WebSocket there"
HELLO_FED = (HELLO + b"\n").hex()


def changed(old, new):
    return lambda request: [accept(request).replace(old, new)]


ANSWERS = {
    "as it should be": lambda request: [accept(request)],
    "octet by octet": lambda request: [Chopped(accept(request))],
    "with the first frame": lambda request: [accept(request) + text(HELLO)],
    "other cases and blanks": changed(
        b"Upgrade: websocket\r\nConnection: Upgrade", b"UPGRADE:WebSocket\r\nconnection:  upgrade "
    ),
    "a list of connections": changed(b": Upgrade\r", b": keep-alive, Upgrade\r"),
    "a long head": changed(b"\r\n\r\n", b"\r\nX-Filler: " + b"x" * 800 + b"\r\n\r\n"),
    "its end in pieces": lambda request: [
        Chopped(accept(request)[:-3], 1000),
        b"\n",
        b"\r",
        b"\n",
    ],
}


def test_answers_that_make_a_websocket():
    answers = {f"/{i}": answer for i, answer in enumerate(ANSWERS.values())}

    async def handler(peer, path):
        script = answers[path](peer.heard.request)
        with_head = isinstance(script[0], bytes) and HELLO in script[0]
        await console(peer, script if with_head else [*script, text(HELLO)])

    for name, (result, heard) in zip(ANSWERS, run(handler, *answers), strict=True):
        assert (result["end"], result["fed"]) == ("returned", HELLO_FED), name
        assert heard.close_code == 1000, name


REFUSALS = {
    "wrong key": (changed(b"Accept: ", b"Accept: x"), NO_WEBSOCKET),
    "no key": (changed(b"Sec-WebSocket-Accept", b"X"), NO_WEBSOCKET),
    "no upgrade": (changed(b"Upgrade: websocket\r\n", b""), NO_WEBSOCKET),
    "another upgrade": (changed(b"websocket", b"h2c"), NO_WEBSOCKET),
    "no connection": (changed(b"Connection: Upgrade\r\n", b""), NO_WEBSOCKET),
    "another connection": (changed(b": Upgrade\r", b": close\r"), NO_WEBSOCKET),
    "compressed": (
        changed(b"\r\n\r\n", b"\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n"),
        NO_WEBSOCKET,
    ),
    "a subprotocol": (changed(b"\r\n\r\n", b"\r\nSec-WebSocket-Protocol: x\r\n\r\n"), NO_WEBSOCKET),
    "two keys": (changed(b"\r\n\r\n", b"\r\nSec-WebSocket-Accept: x\r\n\r\n"), NO_WEBSOCKET),
    "not found": (lambda request: [b"HTTP/1.1 404 Not Found\r\n\r\nno"], "HTTP status 404"),
    "moved": (lambda request: [b"HTTP/1.1 301 Moved\r\nLocation: /x\r\n\r\n"], "HTTP status 301"),
    "an ordinary page": (lambda request: [b"HTTP/1.1 200 OK\r\n\r\nhello"], "HTTP status 200"),
    "HTTP 1.0": (changed(b"HTTP/1.1", b"HTTP/1.0"), "HTTP status 101"),
    "not HTTP": (lambda request: [b"SSH-2.0-OpenSSH_9.2\r\n\r\n"], NO_WEBSOCKET),
    "an empty head": (lambda request: [b"\r\n\r\n"], NO_WEBSOCKET),
    "not ASCII": (lambda request: [b"HTTP/1.1 \xff\xfe\xfd\r\n\xff: \xff\r\n\r\n"], NO_WEBSOCKET),
    "a head without end": (changed(b"\r\n\r\n", b"\r\nX: " + b"x" * 5000), NO_WEBSOCKET),
    "hung up": (lambda request: [], "Server has closed"),
    "hung up in the head": (lambda request: [accept(request)[:40]], "Server has closed"),
}


def test_answers_that_make_none():
    answers = {f"/{i}": answer for i, (answer, _) in enumerate(REFUSALS.values())}

    async def handler(peer, path):
        await peer.play(answers[path](peer.heard.request))
        peer.writer.close()

    results = run(handler, *answers)
    for (name, (_, state)), (result, _) in zip(REFUSALS.items(), results, strict=True):
        assert (result["end"], result["state"]) == ("LinkLost", state), name
        assert result["size"] == result["counters"]["connects"] == 0, name
        assert not result["open"], name


def test_the_request_is_what_a_server_needs():
    async def handler(peer, path):
        await console(peer, [accept(peer.heard.request)])

    ((_, first), (_, second)) = run(handler, "/ws/", "/ws/?limit=9")
    lines = first.request.split(b"\r\n")
    assert lines[0] == b"GET /ws/ HTTP/1.1"
    assert lines[1].startswith(b"Host: 127.0.0.1:")
    # As a page of the battery's own would have it: servers that check it let that in.
    assert b"Origin: http://" + lines[1][len("Host: ") :] in lines
    assert {b"Upgrade: websocket", b"Connection: Upgrade", b"Sec-WebSocket-Version: 13"} < set(
        lines
    )
    keys = [heard.request.partition(b"Key: ")[2][:24] for heard in (first, second)]
    assert keys[0] != keys[1]


def test_nobody_at_the_port():
    with websocket_bench.serving(None) as server:
        port = server.port
    (result,) = websocket_bench.drive(port, "/")
    assert result["end"] == "OSError"
    assert (result["state"], result["open"]) == ("Not reachable", False)


def test_a_server_that_does_not_answer_the_handshake():
    async def handler(peer, path):
        await peer.listen()

    ((result, heard),) = run(handler, "/?answer_ms=1000")
    assert (result["end"], result["state"]) == ("LinkLost", NO_WEBSOCKET)
    assert result["beats"] > 10  # of some 1000: the loop went on
    assert heard.ended and not heard.frames
