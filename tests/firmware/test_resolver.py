"""Names and TCP connections on MicroPython, against servers on loopback that answer well, badly or
not at all. Whatever they do, another task in the same loop goes on, and no socket stays open.
"""

import errno
import socket
import ssl
import struct
import sys

import pytest
from tests.helpers.mqtt import certificates
from tests.helpers.websocket.resolver_bench import Names, black_hole, drive, listening

NO_SUCH_NAME = -2
SHORT = [300]  # ms that silence is waited for

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="counts files in /proc")


@pytest.fixture
def names():
    server = Names()
    server.start()
    yield server
    server.stop()


def resolve(host, **more):
    return {"do": "resolve", "host": host, **more}


def addresses(names, *hosts):
    return [result.get("ok") for result in drive(names, *map(resolve, hosts))]


# Names


def test_a_name_and_an_address(names):
    results = addresses(names, "plain.test", "PLAIN.test", "capital.test", "1.2.3.4", "10.0.0.254")
    assert results == ["1.2.3.4", "1.2.3.4", "1.2.3.4", "1.2.3.4", "10.0.0.254"]
    assert names.asked == {"plain.test": 1, "capital.test": 1}


def test_several_records(names):
    two, both = addresses(names, "two.test", "both.test")
    assert two in ("10.0.0.1", "10.0.0.2")
    assert both == "10.0.0.3"


def test_aliases_are_followed_in_any_order(names):
    hosts = ("alias.test", "aliases.test", "backwards.test")
    assert addresses(names, *hosts) == ["9.8.7.6"] * 3


@pytest.mark.parametrize(
    "host",
    ("unknown.test", "none.test", "circle.test", "astray.test", "chaos.test", "blocked.test"),
)
def test_a_definite_no_is_not_asked_for_again(names, host):
    (result,) = drive(names, resolve(host))
    assert result["errno"] == NO_SUCH_NAME
    assert names.asked[host] == 1


@pytest.mark.parametrize("host", ("", ".", "a..b", "x" * 64 + ".test"))
def test_what_is_no_name_is_not_asked_for(names, host):
    (result,) = drive(names, resolve(host))
    assert result["errno"] == NO_SUCH_NAME
    assert not names.asked


def test_a_lost_question_is_sent_again_from_another_port(names):
    (result,) = drive(names, resolve("lost-twice.test", waits_ms=[60, 60, 20000]))
    assert result["ok"] == "1.2.3.4"
    assert names.asked["lost-twice.test"] == 3
    assert len(names.ports) > 1  # by chance two can be the same


def test_silence_ends_and_blocks_nothing(names):
    (result,) = drive(names, resolve("silent.test", waits_ms=SHORT * 3))
    assert result["errno"] == errno.ETIMEDOUT
    assert names.asked["silent.test"] == 3
    assert result["beats"] > 10  # of some 900


def test_nonsense_is_ignored(names):
    assert addresses(names, "nonsense.test", "forged.test") == ["1.2.3.4"] * 2
    assert names.asked == {"nonsense.test": 1, "forged.test": 1}


def test_a_record_that_is_not_what_it_should_be_is_no_answer(names):
    assert addresses(names, "damaged.test", "pointers.test") == ["1.2.3.4"] * 2
    assert names.asked == {"damaged.test": 1, "pointers.test": 1}


def test_the_bit_that_multicast_sets_beside_the_class_is_left_out(names):
    assert addresses(names, "flush.test") == ["1.2.3.4"]


def test_every_server_is_tried(names):
    servers = ["127.0.0.2", "127.0.0.1"]
    first, none = drive(
        names,
        resolve("plain.test", servers=servers, waits_ms=[60, 1000, 20000]),
        resolve("plain.test", servers=[], resolver="without"),
    )
    assert first["ok"] == "1.2.3.4"
    assert none["errno"] == errno.ETIMEDOUT


def test_a_server_that_cannot_help_is_asked_again_later(names):
    once, always = drive(names, resolve("broken-once.test"), resolve("broken.test"))
    assert once["ok"] == "1.2.3.4"
    assert always["errno"] == errno.EIO
    assert names.asked == {"broken-once.test": 2, "broken.test": 3}


def test_the_last_good_answer_serves_on_when_the_servers_are_silent(names):
    results = drive(
        names,
        resolve("once.test"),
        resolve("once.test"),
        {"do": "age", "host": "once.test", "by_s": 200},
        resolve("once.test"),
        {"do": "age", "host": "once.test", "by_s": 101},
        resolve("once.test", waits_ms=SHORT),
        resolve("once.test", waits_ms=SHORT),
    )
    found = [result["ok"] for result in results]
    assert found[:2] + found[3:4] + found[5:] == ["1.2.3.4"] * 5
    # Asked for when it was new, and once each time that it was too old: nobody waits for long
    assert names.asked["once.test"] == 3


def test_an_address_that_has_changed_is_noticed(names):
    results = drive(
        names,
        resolve("moves.test"),
        {"do": "age", "host": "moves.test", "by_s": 301},
        resolve("moves.test"),
    )
    assert [result["ok"] for result in results] == ["1.2.3.4", 300, "5.6.7.8"]


def test_a_clock_that_goes_back_makes_nothing_last_for_ever(names):
    results = drive(
        names,
        resolve("moves.test"),
        {"do": "age", "host": "moves.test", "by_s": -1000000},
        resolve("moves.test"),
    )
    assert results[2]["ok"] == "5.6.7.8"


def test_how_long_an_answer_is_good_for_has_bounds(names):
    hosts = ("short.test", "long.test", "aliases.test")
    steps = [resolve(host) for host in hosts]
    steps += [{"do": "age", "host": host, "by_s": 0} for host in hosts]
    assert [result["ok"] for result in drive(names, *steps)[3:]] == [60, 3600, 300]


def test_local_names_are_asked_for_by_multicast(names):
    """The driver gives this server as the group: servers() are not asked."""
    (result,) = drive(names, resolve("battery.local", servers=[]))
    assert result["ok"] == "10.0.0.2"
    assert names.asked == {"battery.local": 1}


def test_cancelling_closes_the_socket(names):
    cancelled, after = drive(
        names, resolve("silent.test", cancel_ms=30, waits_ms=[5000]), resolve("plain.test")
    )
    assert cancelled["cancelled"]
    assert after["ok"] == "1.2.3.4"


# Connections


def connect(port, **more):
    return {"do": "connect", "host": "127.0.0.1", "tcp_port": port, **more}


def echo(connection):
    connection.sendall(connection.recv(100))


def test_connecting_and_talking(names):
    with listening(echo) as port:
        (result,) = drive(names, connect(port, host="here.test", say="hello"))
    assert result["ok"] == "hello"


def test_talking_over_tls(tmp_path):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    folder = certificates.make(tmp_path / "tls")
    context.load_cert_chain(folder / "server.pem", folder / "server.key")

    def serve(connection):
        with context.wrap_socket(connection, server_side=True) as secured:
            echo(secured)

    with listening(serve) as port:
        (result,) = drive(None, connect(port, say="hello", tls=True))
    assert result["ok"] == "hello"


def test_a_server_that_speaks_first_and_hangs_up():
    with listening(lambda connection: connection.sendall(b"banner")) as port:
        (result,) = drive(None, connect(port))
    assert result["ok"] == "banner"


def test_nobody_there_is_an_error_at_once():
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        (result,) = drive(None, connect(unused.getsockname()[1], timeout_ms=20000))
    assert result["errno"] == errno.ECONNREFUSED
    assert not result["connected"]
    assert result["beats"] < 1000


def test_a_black_hole_ends_in_a_time_out_and_blocks_nothing():
    with black_hole() as port:
        (result,) = drive(None, connect(port, timeout_ms=1000))
    assert result["errno"] == errno.ETIMEDOUT
    assert result["beats"] > 10  # of some 1000


def test_cancelling_a_connection_closes_the_socket():
    with black_hole() as port:
        (result,) = drive(None, connect(port, timeout_ms=20000, cancel_ms=30))
    assert result["cancelled"]


def test_a_server_that_resets_at_once():
    def reset(connection):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    with listening(reset) as port:
        (result,) = drive(None, connect(port, say="hello"))
    assert result["errno"] in (errno.ECONNRESET, errno.EPIPE)


def test_a_name_that_is_not_found_opens_nothing(names):
    silent, unknown = drive(
        names,
        connect(1, host="silent.test", timeout_ms=100),
        connect(1, host="unknown.test"),
    )
    assert silent["errno"] == errno.ETIMEDOUT
    assert unknown["errno"] == NO_SUCH_NAME
