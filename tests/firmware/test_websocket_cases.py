"""Autobahn's cases for WebSocket clients, one by one, against the link on MicroPython.

The list is websocket/websocket_cases.py. The suite itself needs Python 2:
test_websocket_autobahn.py runs it where it is installed. The link runs on MicroPython alone:
CPython's asyncio reads no streams into buffers and has no queue for sockets.
"""

import zlib

import pytest
from tests.helpers.websocket import websocket_bench
from tests.helpers.websocket.websocket_cases import CASES
from tests.helpers.websocket.websocket_frames import PONG, VIOLATION


@pytest.fixture(scope="session")
def played():
    """number: (how the link ended, what the server heard), all cases played by one MicroPython."""
    by_path = {"/" + case.number: case for case in CASES}

    async def handler(peer, path):
        await websocket_bench.play_case(peer, by_path[path])

    with websocket_bench.serving(handler) as server:
        results = websocket_bench.drive(server.port, *by_path)
        server.finish()
    assert server.errors == []
    return {
        path[1:]: (result, server.heard[path])
        for path, result in zip(by_path, results, strict=True)
    }


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.number} {case.what}")
def test_client_case(case, played):
    result, heard = played[case.number]
    assert heard.of(PONG) == case.pongs
    assert heard.close_code == case.code
    assert heard.ended
    assert not result["open"]
    assert not heard.unmasked
    if case.broken:
        assert (result["end"], result["state"]) == ("LinkLost", "Protocol error")
        check_beginning(result, case)
    else:
        assert (result["end"], result["state"]) == ("returned", "Server has closed")
        assert result["size"] == len(case.fed)
        assert result["crc"] == zlib.crc32(case.fed)
        assert sum(result["counters"].values()) == result["counters"]["connects"] == 1


def check_beginning(result, case):
    """Of a message that was refused, at most the right part has been fed, and no end."""
    allowed = case.fed + case.partial
    assert len(case.fed) <= result["size"] <= len(allowed)
    assert result["crc"] == zlib.crc32(allowed[: result["size"]])
    counters = result["counters"]
    assert counters["violations"] + counters["oversized"] == 1
    assert counters["oversized"] == (case.code not in (VIOLATION, 1007))


def test_every_frame_has_a_mask_of_its_own(played):
    masks = [mask for _, heard in played.values() for mask in heard.masks]
    assert len(masks) > len(CASES)
    assert len(set(masks)) > 0.99 * len(masks)


def test_no_piece_is_longer_than_the_buffer(played):
    assert max(result["longest"] for result, _ in played.values()) <= 1024
