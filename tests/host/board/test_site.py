"""A web server that is no board, or means harm: what a pull takes of it is bounded."""

import http.server
import threading

import pytest
from host_tools.board import site
from host_tools.board.site import Site
from host_tools.ground.errors import PacklogError


class Answers(http.server.BaseHTTPRequestHandler):
    """More than was asked for, and an answer in words without an end."""

    def do_GET(self):
        is_file = self.path.startswith("/api/history/")
        self.send_response(206 if is_file else 200)
        if is_file:
            self.send_header("Content-Range", "bytes 0-99/100")
        self.end_headers()
        try:
            for _ in range(400):
                self.wfile.write(bytes(8192))
        except OSError:
            pass  # the other side has had enough

    def log_message(self, *_):
        """Nothing is said."""


@pytest.fixture
def url():
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
        threading.Thread(target=server.serve_forever).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_no_more_of_a_file_than_was_asked_for(url):
    with Site(url) as found:
        assert b"".join(found.read("house/pack/00000001.seg", 0, 100)) == bytes(100)


def test_words_without_an_end_are_refused(url):
    with Site(url) as found, pytest.raises(PacklogError, match="refuses to answer"):
        found.text("/api/console")


def test_words_that_drip_in_are_given_up(url, monkeypatch):
    monkeypatch.setattr(site, "SLOWEST_S", -1)
    monkeypatch.setattr(site, "PAUSE_S", 0)
    with Site(url) as found, pytest.raises(PacklogError, match="too slowly"):
        found.text("/api/console")
