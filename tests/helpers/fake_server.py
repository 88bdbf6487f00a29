"""An HTTP server of the test's own: it keeps what it is sent, and answers what it is told."""

import contextlib
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit


@dataclass
class Request:
    method: str
    path: str
    options: dict[str, str]
    fields: dict[str, str]
    body: bytes


@dataclass
class Fake:
    """answer(request) is (status, body, further headers); None: the connection is broken off, a
    number: that many seconds of silence before that.
    """

    answer: object
    port: int = 0
    requests: list[Request] = field(default_factory=list)

    @property
    def at(self) -> str:
        return f"127.0.0.1:{self.port}"


@contextlib.contextmanager
def serving(answer):
    """A Fake, on a free port of loopback."""
    fake = Fake(answer)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _take(self):
            parts = urlsplit(self.path)
            options = {name: each[0] for name, each in parse_qs(parts.query).items()}
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            request = Request(self.command, parts.path, options, dict(self.headers), body)
            fake.requests.append(request)
            said = fake.answer(request)
            if said is None or isinstance(said, (int, float)):
                time.sleep(said or 0)
                self.close_connection = True
                return
            status, text, *more = said
            self.send_response(status)
            for name, value in (more[0] if more else {}).items():
                self.send_header(name, value)
            if status != 204:
                self.send_header("Content-Length", str(len(text.encode())))
            self.end_headers()
            if status != 204:
                self.wfile.write(text.encode())

        do_GET = do_POST = _take

        def log_message(self, *words):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    fake.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield fake
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def in_turn(*answers):
    """Those answers one after the other, the last one on and on."""
    left = list(answers)

    def answer(request):
        said = left[0] if len(left) == 1 else left.pop(0)
        return said(request) if callable(said) else said

    return answer
