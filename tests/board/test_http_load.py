"""Many clients, slow and hostile ones, at the board's web server: no reading is lost, nothing
stalls the loop, and whoever comes after them is served. HttpBoard.run() looks at each second of it.
"""

import random

import pytest
from chance import Chance
from request_noise import REQUESTS, mutated
from tests.helpers.http_bench import Answer, Shared, request
from tests.helpers.segment_bytes import frames, header

DATA = header() + frames(*range(0, 40000, 10))
OLD = "data/house/pack/00000001.seg"
FILE = "/api/history/house/pack/00000001.seg"


@pytest.fixture(scope="module")
def seen(installed, tmp_path_factory):
    shared = Shared(installed, tmp_path_factory.mktemp("load"), {OLD: DATA})
    for path in ("/api/status", "/api/history", "/metrics", FILE):  # their names stay in memory
        assert shared.board.ask(path).status == 200
    yield shared.board
    shared.close()


def heap_at_rest(seen):
    """Free bytes when the server has let go of what it loads for a client: 15 s until it ends a
    connection on which nothing comes, 10 s more.
    """
    seen.run(40)
    return seen.bench.count("heap")


def is_served(seen):
    """Is an honest client, and that soon?"""
    return seen.ask("/api/status", seconds=5).json["packs"][0]["fresh"]


def test_three_clients_that_read_slowly_get_all_of_it(seen):
    heap = heap_at_rest(seen)
    dropped = seen.counter("dropped")
    clients = [seen.client(request(FILE), reads=False) for _ in range(3)]
    for _ in range(150):
        for each in clients:
            each.take(seen, 1500)
        seen.board.run(0.2)
        if all(each.ended for each in clients):
            break
    seen.run(5)
    for each in clients:
        assert Answer(each.data).body.startswith(DATA)
        each.close()
    assert is_served(seen)
    assert heap_at_rest(seen) > heap - 3000 and seen.counter("dropped") == dropped


def test_clients_that_never_read_are_let_go_of(seen):
    clients = [seen.client(request(FILE), reads=False) for _ in range(20)]
    seen.run(15)
    assert not is_there_room(seen)
    seen.run(30)
    for each in clients:
        each.close()
    seen.run(5)
    assert is_served(seen) and seen.counter("dropped") >= 3


def is_there_room(seen):
    """Is a client answered within two seconds?"""
    client = seen.client(request("/nothing"))
    seen.board.run(2)
    client.close()
    return bool(client.data)


def test_half_requests_and_silence_make_room(seen):
    """A slow loris sends a byte now and then; who says nothing makes room at once."""
    silent = [seen.client() for _ in range(3)]
    seen.run(5)
    assert is_served(seen)  # they wait for nothing
    half = [seen.client(b"GET / HTTP/1.1\r\n") for _ in range(3)]
    for _ in range(6):
        for each in half:
            each.send(seen, b"X: y\r\n")
        seen.run(5)
    assert is_served(seen) and all(each.ended for each in half)
    for each in silent + half:
        each.close()
    assert is_served(seen)


def test_garbage_and_endless_heads(seen):
    chance = Chance(5)
    heap = heap_at_rest(seen)
    for i in range(60):
        data = mutated(chance, REQUESTS[i % len(REQUESTS)])
        if i % 10 == 0:
            data = b"GET / HTTP/1.1\r\nX: " + 100_000 * b"y"
        elif i % 10 == 1:
            data = chance.data(700)
        clients = [seen.client(data) for _ in range(2)]
        seen.board.run(0.1)
        for each in clients:
            each.close()
    seen.run(30)
    assert is_served(seen)
    assert heap_at_rest(seen) > heap - 3000
    assert seen.counter("refused") > 20


@pytest.mark.parametrize(
    "seconds", [2, pytest.param(180, marks=pytest.mark.slow, id="three minutes")]
)
def test_connections_that_open_and_close_a_hundred_times_a_second(seen, seconds):
    chance = random.Random(seconds)
    heap = heap_at_rest(seen)
    for _ in range(seconds):
        readings = seen.bench.count("readings")
        for _ in range(100):
            client = seen.client(chance.choice((b"", request("/"), request(FILE), b"GET ")))
            seen.board.run(0.01)
            client.close()
        assert seen.bench.count("readings") >= readings
    seen.run(30)
    assert is_served(seen)
    assert heap_at_rest(seen) > heap - 3000


def test_networks_that_fail_meanwhile(seen):
    """The WiFi goes while somebody reads, and comes back: the server is there again."""
    client = seen.client(request("/api/live"))
    seen.run(5)
    assert client.data
    seen.home.wifi.up = False
    seen.run(20)
    seen.home.wifi.up = True
    assert seen.resumes()
    assert is_served(seen)
    client.close()
