"""The WebSocket link once it is up, on MicroPython: silence, endings, requests, sizes, noise."""

import asyncio
import random

import pytest
from tests.helpers.device_runs import passes
from tests.helpers.websocket.websocket_bench import accept, console, run
from tests.helpers.websocket.websocket_cases import HELLO
from tests.helpers.websocket.websocket_frames import (
    CLOSE,
    PING,
    TEXT,
    close,
    frame,
    last,
    more,
    ping,
    text,
)


def test_pauses_between_attempts(tmp_path):
    assert "ok test_the_pauses" in passes(tmp_path, "websocket_delays.py")


def test_a_silent_server_that_lives_is_kept():
    async def handler(peer, path):
        listening = asyncio.create_task(peer.listen())
        await peer.play([accept(peer.heard.request)])
        for count in (1, 2):
            await peer.wait(lambda count=count: len(peer.heard.of(PING)) == count)
            await peer.play([frame(10)])
        await peer.play([close(1000)])
        await peer.until_closed()
        peer.writer.close()
        await listening

    # After as many ticks as it was silent for it is given up: it has a second and a half
    ((result, heard),) = run(handler, "/?tick_ms=10&ping_after=150")
    assert result["end"] == "returned"
    assert heard.of(PING) == [b"", b""]


def test_a_server_that_is_silent_even_when_asked_is_lost():
    async def handler(peer, path):
        listening = asyncio.create_task(peer.listen())
        await peer.play([accept(peer.heard.request)])
        await listening

    ((result, heard),) = run(handler, "/?tick_ms=10&ping_after=5&close_ms=50")
    assert (result["end"], result["state"]) == ("LinkLost", "Connection lost")
    assert heard.of(PING) == [b""]
    assert heard.of(CLOSE) == []
    assert result["beats"] > 10


def test_a_server_that_hangs_up_without_a_word():
    async def handler(peer, path):
        await peer.play([accept(peer.heard.request), text(HELLO), text(b"half", fin=False)])
        if "reset" in path:
            peer.writer.transport.abort()

    for result, _ in run(handler, "/", "/reset"):
        assert result["end"] in ("LinkLost", "OSError")
        assert result["state"] in ("Server has closed", "Connection lost")
        assert not result["open"]


def test_a_server_that_never_hangs_up_is_not_waited_for():
    async def handler(peer, path):
        await peer.play([accept(peer.heard.request), close(1000)])
        await peer.listen()

    ((result, heard),) = run(handler, "/?close_ms=50")
    assert result["end"] == "returned"
    assert heard.close_code == 1000


def test_cancelling_says_goodbye_and_closes():
    async def handler(peer, path):
        await peer.play([accept(peer.heard.request), text(HELLO)])
        await peer.listen()

    ((result, heard),) = run(handler, "/?cancel=1")
    assert (result["end"], result["state"]) == ("cancelled", "Console is silent")
    assert heard.close_code == 1001
    assert not result["open"]


@pytest.mark.parametrize("size", (1, 125, 126, 250, 251, 1000))
def test_what_is_requested_is_sent_as_text(size):
    async def handler(peer, path):
        listening = asyncio.create_task(peer.listen())
        await peer.play([accept(peer.heard.request)])
        await peer.wait(lambda: sum(len(part) for _, part, _ in peer.heard.frames) == size)
        await peer.play([close(1000)])
        await peer.until_closed()
        peer.writer.close()
        await listening

    ((_, heard),) = run(handler, f"/?text={size}")
    sent = [each for each in heard.frames if each[0] != CLOSE]
    assert b"".join(payload for _, payload, _ in sent) == bytes(97 + i % 26 for i in range(size))
    assert [opcode for opcode, _, _ in sent] == [TEXT] + [0] * (len(sent) - 1)
    assert [final for _, _, final in sent] == [0] * (len(sent) - 1) + [1]
    assert not heard.unmasked


BAD_LENGTHS = {
    "16 bits for 125": b"\x81\x7e\x00\x7d" + b"x" * 125,
    "64 bits for 65535": b"\x81\x7f" + (65535).to_bytes(8, "big") + b"x" * 65535,
    "the sign bit": b"\x81\x7f\x80\0\0\0\0\0\0\1x",
    "a long ping": b"\x89\x7e\x00\x80" + b"x" * 128,
    "a mask": b"\x81\x81\1\2\3\4" + b"x",
}


def test_what_is_left_unread_does_not_reset_the_connection():
    """A reset can overtake the close frame, which says what was wrong."""

    async def handler(peer, path):
        listening = asyncio.create_task(peer.listen())
        await peer.play([accept(peer.heard.request), frame(3) + text(b"x" * 50000)])
        await peer.until_closed()
        peer.writer.write_eof()
        await listening

    ((_, heard),) = run(handler, "/")
    assert heard.close_code == 1002
    assert not heard.reset


def test_a_closing_reason_that_breaks_off():
    async def handler(peer, path):
        listening = asyncio.create_task(peer.listen())
        await peer.play([accept(peer.heard.request), close(1000, b"gone \xe2\x82")])
        await peer.until_closed()
        peer.writer.close()
        await listening

    ((result, heard),) = run(handler, "/")
    assert result["end"] == "LinkLost"
    assert heard.close_code == 1007


def test_lengths_and_masks_that_no_server_may_send():
    wires = {f"/{i}": wire for i, wire in enumerate(BAD_LENGTHS.values())}

    async def handler(peer, path):
        listening = asyncio.create_task(peer.listen())
        await peer.play([accept(peer.heard.request), wires[path]])
        await peer.until_closed()
        peer.writer.close()
        await listening

    for name, (result, heard) in zip(BAD_LENGTHS, run(handler, *wires), strict=True):
        assert (result["end"], result["size"]) == ("LinkLost", 0), name
        assert heard.close_code == 1002, name


def test_a_message_above_the_limit_closes_the_link():
    scripts = {
        "/1?limit=1000": [text(b"x" * 1000)],
        "/2?limit=1000": [text(b"x" * 1001)[:4]],
        "/3?limit=1000": [text(b"x" * 999, False), more(b""), last(b"yz")[:2]],
        "/4?limit=1000": [b"\x81\x7f\x7f" + b"\xff" * 7],
    }

    async def handler(peer, path):
        listening = asyncio.create_task(peer.listen())
        await peer.play([accept(peer.heard.request), *scripts[path]])
        if path.startswith("/1"):
            await peer.play([close(1000)])
        await peer.until_closed()
        peer.writer.close()
        await listening

    within, *above = run(handler, *scripts)
    assert (within[0]["end"], within[0]["size"]) == ("returned", 1001)
    for result, heard in above:
        assert heard.close_code == 1009
        assert result["counters"]["oversized"] == 1
        assert b"\n" not in bytes.fromhex(result["fed"])


def test_a_long_message_needs_no_heap():
    async def handler(peer, path):
        await console(peer, [accept(peer.heard.request), text(b"x" * (1 << 20)), ping(b"done")])

    ((result, _),) = run(handler, "/?count=1", heap="192k")
    assert result["end"] == "returned"
    assert result["size"] == (1 << 20) + 1


def test_noise_ends_the_link_and_nothing_else():
    chance = random.Random(6455)
    wires = {}
    for i in range(150):
        good = text(HELLO) + ping(b"p") + text("µ".encode() * 40, False) + last(b"end")
        noise = bytearray(good * 3)
        for _ in range(chance.randrange(1, 6)):
            noise[chance.randrange(len(noise))] = chance.randrange(256)
        wires[f"/{i}"] = bytes(noise) if i % 3 else chance.randbytes(200)

    async def handler(peer, path):
        listening = asyncio.create_task(peer.listen())
        await peer.play([accept(peer.heard.request), wires[path]])
        peer.writer.write_eof()  # what waits for more gets none
        await listening

    results = run(handler, *wires)
    ends = {result["end"] for result, _ in results}
    assert ends <= {"LinkLost", "returned"}
    assert not any(result["open"] for result, _ in results)
    assert not any(heard.unmasked for _, heard in results)


def test_a_flood_leaves_time_for_others():
    async def handler(peer, path):
        await console(peer, [accept(peer.heard.request), text(HELLO) * 20000])

    ((result, _),) = run(handler, "/")
    assert result["size"] == 20000 * (len(HELLO) + 1)
    assert result["beats"] > 20  # of some 300, on a fast machine fewer
