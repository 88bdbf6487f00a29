"""MQTT over TLS, with a CA of our own and mosquitto or amqtt as the broker."""

import ssl

import pytest
from tests.helpers.mqtt import certificates
from tests.helpers.mqtt.brokers import BROKERS
from tests.helpers.mqtt.faulty import Faulty
from tests.helpers.mqtt.rig import Board, Listener, patiently


@pytest.fixture
def secure(tmp_path):
    """A broker with a certificate for 127.0.0.1, and who else is there; closed at the end."""
    things = [
        next(iter(BROKERS.values()))(tmp_path / "broker", tls=certificates.make(tmp_path / "tls"))
    ]
    things[0].start()
    yield things
    for thing in things[:0:-1]:
        thing.close()
    things[0].stop()


@pytest.mark.parametrize("form", ["PEM", "DER"])
def test_a_broker_whose_certificate_is_good(secure, tmp_path, form):
    ca = tmp_path / "tls" / "ca.pem"
    file = tmp_path / "ca"
    file.write_bytes(ca.read_bytes() if form == "PEM" else ssl.PEM_cert_to_DER_cert(ca.read_text()))
    board = Board(secure[0].port, tls=True, ca_file=str(file), interval_s=0)
    secure.append(board)
    board.wait_for("Connected")
    listener = Listener(secure[0].port, ca=ca)
    secure.append(listener)
    for soc in (40, 41, 42):
        board.order("read", 0, {"soc": soc})
        listener.wait("chargerybms/soc", b"%d" % soc)
    assert (board.report["connects"], board.report["drops"]) == (1, 0)
    board.order("stop")
    listener.wait("packlog/status", b"offline")


@pytest.mark.parametrize("wrong", ["other CA", "other host"])
def test_a_broker_whose_certificate_is_not_for_it(secure, tmp_path, wrong):
    ca = certificates.make(tmp_path / "other") / "ca.pem"
    options = {"ca_file": str(ca)}
    if wrong == "other host":
        options = {"ca_file": str(tmp_path / "tls" / "ca.pem"), "host": "127.0.0.2"}
        secure[0].stop()
        secure[0].address = "127.0.0.2"
        secure[0].start()
    board = Board(secure[0].port, tls=True, **options)
    secure.append(board)
    board.wait_for("No TLS with broker")
    board.wait(lambda report: report["beats"].get("No TLS with broker", 0) > 50)
    assert board.report["connects"] == 0


OPEN = "packlog: mqtt.tls without mqtt.ca_file: anybody on the way can listen in"


def test_without_a_ca_file_any_certificate_will_do_and_that_is_said_once_a_start(secure):
    board = Board(secure[0].port, tls=True)
    secure.append(board)
    board.wait_for("Connected")
    secure[0].stop()
    board.wait_for("Broker not reached")
    secure[0].start()
    board.wait_for("Connected")
    assert "".join(board.said).count(OPEN) == 1


def test_with_a_ca_file_nothing_is_said(secure, tmp_path):
    board = Board(secure[0].port, tls=True, ca_file=str(tmp_path / "tls" / "ca.pem"))
    secure.append(board)
    board.wait_for("Connected")
    assert board.said == []


@pytest.mark.parametrize("content", [None, b"", b"-----BEGIN CERTIFICATE-----\nAAAA\n", b"xyz"])
def test_a_ca_file_that_is_none(secure, tmp_path, content):
    path = tmp_path / "ca"
    if content is not None:
        path.write_bytes(content)
    board = Board(secure[0].port, tls=True, ca_file=str(path))
    secure.append(board)
    board.wait_for("CA file unusable")
    assert board.report["connects"] == 0


def test_a_broker_without_tls(tmp_path):
    broker = next(iter(BROKERS.values()))(tmp_path / "broker").start()
    board = Board(broker.port, tls=True)
    try:
        board.wait_for("No TLS with broker")
        board.wait(lambda report: report["beats"]["No TLS with broker"] > 50)
        assert board.report["connects"] == 0
    finally:
        board.kill()
        broker.stop()


def test_a_broker_that_lets_the_handshake_hang():
    hole = Faulty(lambda broker, connection: None)
    board = Board(hole.port, tls=True, shorten={"ANSWER_S": 5})
    try:
        board.wait(lambda report: report["beats"].get("No TLS with broker", 0) > 20)  # of some 1000
        assert hole.connections == 1  # whoever waits for the handshake misses all of them
        patiently(lambda: hole.connections >= 2)
    finally:
        board.kill()
        hole.close()
