"""The board's own WiFi network: a phone in it is shown the page, and dates the history of a board
that has no other network.
"""

import json
import socket

import pytest
from tests.helpers.boards import example
from tests.helpers.home_bench import START
from tests.helpers.http_bench import Answer, HttpBoard, http_config, request

KEY = "green barn"
POINT = {"ssid": "van", "password": KEY}
PROBES = (
    ("connectivitycheck.gstatic.com", "/generate_204"),
    ("captive.apple.com", "/hotspot-detect.html"),
    ("www.msftconnecttest.com", "/connecttest.txt"),
)


def as_guest(seen, data):
    """What a phone in the board's network is answered."""
    client = seen.client(data, home="127.0.4.2")
    for _ in range(200):
        seen.board.run(0.05)
        if client.ended:
            break
    client.close()
    return Answer(client.data)


def asked_name(seen, name):
    """The answer to a question for a name, of the board's name server."""
    port = seen.home.network.udp_port_of(53)
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.settimeout(5)
        sock.sendto(b"\0\7\1\0\0\1\0\0\0\0\0\0" + labels + b"\0\0\1\0\1", ("127.0.0.1", port))
        for _ in range(4):
            seen.board.run(0.5)
        return sock.recv(500)


def test_a_board_without_any_network(bench):
    settings = example() | {"status_s": 1, "http": {"port": 80}}
    settings["wifi"] = {"access_point": POINT | {"when": "always"}}
    seen = HttpBoard(bench, settings)
    network = seen.home.network
    assert not network.join_point("van", "wrong") and network.join_point("van", KEY)
    seen.run(10)
    assert seen.health()["access_point"] == "up" and seen.health()["guests"] == "1"
    assert seen.health()["wifi"] == "up" and seen.health()["clock"] == "not_set"
    assert asked_name(seen, "captive.apple.com")[-4:] == bytes((192, 168, 4, 1))
    for host, path in PROBES:
        answer = as_guest(seen, request(path, host=host))
        assert answer.status == 302 and answer.fields["location"] == "http://192.168.4.1/"
    assert as_guest(seen, request("/", host="192.168.4.1")).status == 200
    body = json.dumps({"time": START + int(seen.board.now / 1e6)})
    fields = ("Content-Type: application/json", f"Content-Length: {len(body)}")
    post = request("/api/time", *fields, method="POST", host="192.168.4.1") + body.encode()
    assert as_guest(seen, post).status == 204
    seen.run(5)
    assert seen.health()["clock"] == "browser"
    assert KEY not in seen.bench.console()


@pytest.mark.slow  # tests/device/test_access_point.py says when
def test_it_comes_when_the_known_network_goes(bench):
    settings = http_config()
    settings["wifi"]["access_point"] = POINT
    seen = HttpBoard(bench, settings)
    network = seen.home.network
    assert network.point is None and seen.ask("/nothing", host="evil.com").status == 403
    seen.home.wifi.up = False
    seen.run(60)
    assert network.point is None
    seen.run(25)
    assert network.join_point("van", KEY)
    assert as_guest(seen, request("/api/status", host="192.168.4.1")).json["packs"]
    seen.home.wifi.up = True
    seen.run(100)
    assert network.point  # the guest is left in peace
    network.guests = 0
    seen.run(150)
    assert network.point is None and seen.health()["wifi"] == "up"
    assert seen.health()["access_point"] == "off"
    assert seen.ask("/api/status").status == 200
