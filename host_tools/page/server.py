"""HTTP for a Site, on loopback only: GET and HEAD, Range, ETag; foreign Hosts are refused."""

import re
import socketserver
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote, urlsplit

from host_tools.page.site import Answer, Site

HOST = "127.0.0.1"
PATIENCE_S = 30  # for a request


class Handler(BaseHTTPRequestHandler):
    """Answers one connection's requests."""

    protocol_version = "HTTP/1.1"
    timeout = PATIENCE_S

    def do_GET(self) -> None:
        self._answer(True)

    def do_HEAD(self) -> None:
        self._answer(False)

    def _answer(self, has_body: bool) -> None:
        host = (self.headers.get("Host") or "").rpartition(":")[0]
        if host not in (HOST, "localhost"):  # a page from elsewhere, by a name that means here
            self.send_error(403, "Foreign host")
            return
        found = self.server.site.answer(unquote(urlsplit(self.path).path))
        if found is None:
            self.send_error(404)
        elif self.headers.get("If-None-Match") == found.etag:
            self._head(304, found, {})
        else:
            self._body(found, has_body)

    def _body(self, found: Answer, has_body: bool) -> None:
        body, status, headers = found.body, 200, {}
        asked = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range") or "")
        if asked and not found.is_gzipped:
            first = int(asked[1])
            last = min(int(asked[2] or len(body)), len(body) - 1)
            if first > last:
                self._head(
                    416, found, {"Content-Range": f"bytes */{len(body)}", "Content-Length": 0}
                )
                return
            status, headers = 206, {"Content-Range": f"bytes {first}-{last}/{len(body)}"}
            body = body[first : last + 1]
        self._head(status, found, headers | {"Content-Length": len(body)})
        if has_body:
            self.wfile.write(body)

    def _head(self, status: int, found: Answer, headers: dict) -> None:
        self.send_response(status)
        self.send_header("Content-Type", found.kind)
        if found.is_gzipped:
            self.send_header("Content-Encoding", "gzip")
        if found.is_kept:
            self.send_header("ETag", found.etag)
        self.send_header("Cache-Control", "no-cache" if found.is_kept else "no-store")
        self.send_header("X-Content-Type-Options", "nosniff")
        for name, value in headers.items():
            self.send_header(name, str(value))
        self.end_headers()

    def log_message(self, format, *args) -> None:
        """Nobody reads it."""


class Server(ThreadingHTTPServer):
    """Serves a Site; url is where."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, site: Site, port: int = 0, handler: type[Handler] = Handler):
        self.site = site
        super().__init__((HOST, port), handler)
        self.url = f"http://{HOST}:{self.server_port}/"

    def server_bind(self) -> None:
        """Without asking a name server what this machine is called."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = self.server_address[:2]

    def handle_error(self, request, client_address) -> None:
        """A browser that hangs up is no error."""
