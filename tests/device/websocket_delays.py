"""How long the WebSocket link waits between its attempts; test_websocket_link.py runs this on
MicroPython, which that link needs.
"""

import test_keepalive as bench

from transport.websocket import WebSocketLink

TABLE = (1, 1, 2, 2, 3, 3, 5, 5, 10, 10, 30, 60)
FAILURES = 14  # until an attempt that delivers
NOTICED_S = 1  # keepalive looks once a second


def test_the_pauses_grow_to_a_minute_and_begin_anew_after_a_success():
    async def script(link, attempt):
        if attempt == FAILURES + 1:
            await bench.deliver(link, 20)
        raise OSError(113)

    assert WebSocketLink.delays == TABLE
    usual, bench.Link.delays = bench.Link.delays, WebSocketLink.delays
    try:
        link = bench.run(script, 400)
    finally:
        bench.Link.delays = usual
    waited = [b - a - NOTICED_S for a, b in zip(link.ended, link.began[1:])]
    # The first of the table is for a link that had delivered
    assert waited[:FAILURES] == [1, 2, 2, 3, 3, 5, 5, 10, 10, 30, 60, 60, 60, 60]
    assert waited[FAILURES : FAILURES + 4] == [1, 1, 2, 2]
