"""Boards are found by their names, which multicast DNS answers for."""

import socket

import pytest
from host_tools.board import nearby, site
from host_tools.board.pull import pull_all
from host_tools.ground.errors import PacklogError
from tests.helpers import mdns


def test_who_answers_is_found(monkeypatch):
    with mdns.answering(monkeypatch, "127.0.0.1", "127.0.0.9") as names:
        assert nearby.find() == {names[0]: "127.0.0.1", names[1]: "127.0.0.9"}
        assert nearby.address(names[1].upper() + ".local") == "127.0.0.9"
        assert nearby.address(names[1]) is None  # no name of multicast DNS


def test_nobody_answers(monkeypatch, tmp_path):
    monkeypatch.setattr(nearby, "find", lambda: {})
    with pytest.raises(PacklogError, match=r"no board answers as packlog\.local: .*http://NAME"):
        pull_all(tmp_path, print)
    assert list(tmp_path.iterdir()) == []


def test_a_system_that_does_not_ask_for_names_in_local(monkeypatch):
    """The site asks itself then."""
    with socket.create_server(("127.0.0.9", 0)) as server:
        port = server.getsockname()[1]

        def fails(host, *rest, **more):
            if host.endswith(".local"):
                raise socket.gaierror(-2, "Name or service not known")
            return real(host, *rest, **more)

        real = socket.getaddrinfo
        monkeypatch.setattr(socket, "getaddrinfo", fails)
        monkeypatch.setattr(site, "SILENT_S", 0.2)
        monkeypatch.setattr(site, "ATTEMPTS", 1)
        with mdns.answering(monkeypatch, "127.0.0.9") as names:
            url = f"http://{names[0]}.local:{port}"
            with site.Site(url) as found, pytest.raises(PacklogError, match="timed out"):
                found.text("/")
        connection, _ = server.accept()
        with connection:
            assert f"Host: {names[0]}.local:{port}".encode() in connection.recv(2000)
