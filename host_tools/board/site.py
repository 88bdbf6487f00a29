"""Asks a board over the network: the web server that http.port of its config switches on
(docs/http.md).

A password comes from PACKLOG_PASSWORD or is asked for at the terminal; it is never an argument.
What the board says is bounded, and a connection that breaks is made anew.
"""

import base64
import http.client
import json
import os
import socket
import sys
import time
from collections.abc import Iterator
from urllib.parse import urlsplit

from host_tools.board import clock
from host_tools.board.talk import Lost, Refused
from host_tools.ground import asking
from host_tools.ground.errors import PacklogError, UsageError
from host_tools.ground.text import parse_json

SCHEME = "http://"
PASSWORD = "PACKLOG_PASSWORD"
SILENT_S = 25  # the board gives a client 20
ATTEMPTS = 5  # at an answer, without a byte of it
PAUSE_S = 1.0
LONGEST = 1 << 20  # bytes of an answer in words
SLOWEST_S = 120  # for all of them
PIECE = 8192
POLL_S = 2  # between two rounds of what the board says
BROKEN = (OSError, http.client.HTTPException)
_WORDS = {
    403: "does not know itself by that name: use its address, or the name in wifi.hostname",
    404: "has nothing there: update packlog on the board",
    409: "knows the time already",
}


def is_url(text: str | None) -> bool:
    """Is it a board in the network?"""
    return bool(text) and text.startswith(SCHEME)


class Site:
    """A board at http://HOST or http://HOST:PORT. name: the host, for messages. address: where to
    find it, if that is known already.
    """

    def __init__(self, url: str, address: str | None = None):
        parts = urlsplit(url)
        try:
            self._port = parts.port or 80
        except ValueError:
            self._port = 0
        if not self._port or not parts.hostname or parts.username or parts.path.strip("/"):
            raise UsageError(f"{url.split('@')[-1]!r} is not like http://packlog.local")
        self.name = parts.hostname
        self._place = address or self.name
        self._password = os.environ.get(PASSWORD)
        self._asked = False
        self._connection: http.client.HTTPConnection | None = None

    # Answers

    def text(self, path: str) -> str:
        """An answer in words, bounded."""
        return self._whole("GET", path).decode("utf8", "replace")

    def json(self, path: str) -> dict:
        """An object; PacklogError if it is something else."""
        try:
            found = parse_json(self.text(path))
        except ValueError:
            found = None
        if not isinstance(found, dict):
            raise PacklogError(f"{self.name} answers strangely: is it a board?")
        return found

    def tell_time(self) -> None:
        """Set the clock of a board that nobody has told the time."""
        unix, ms = clock.parts(self.name)
        if self.json("/api/status").get("clock_settable") and unix >= clock.SINCE:
            self._whole("POST", "/api/time", json.dumps({"time": unix, "ms": ms}).encode())

    def lines(self, again: bool = True) -> Iterator[str]:
        """What the logger says of itself on its console, round after round."""
        while True:
            yield from self.text("/api/console").splitlines()
            if not again:
                return
            time.sleep(POLL_S)

    def read(self, path: str, offset: int, count: int) -> Iterator[bytes]:
        """count bytes of a file of the history. Refused("gone") if it is not there any more."""
        end, failed = offset + count, 0
        while offset < end:
            before = offset
            try:
                for piece in self._span(path, offset, end):
                    offset += len(piece)
                    yield piece
            except BROKEN as error:
                self._close()
                failed = failed + 1 if offset == before else 0
                if failed == ATTEMPTS:
                    raise self._unreached(error) from None
                time.sleep(PAUSE_S if failed else 0)

    def _span(self, path: str, offset: int, end: int) -> Iterator[bytes]:
        fields = {"Range": f"bytes={offset}-{end - 1}"}
        answer = self._ask("GET", f"/api/history/{path}", None, fields)
        if answer.status in (404, 416):
            answer.read(LONGEST)
            raise Refused("gone")
        said = answer.getheader("Content-Range", "").partition("/")[0]
        if answer.status != 206 or said != f"bytes {offset}-{end - 1}":
            self._close()
            raise Lost(f"{self.name} answers strangely: update packlog on the board")
        while offset < end and (piece := answer.read(min(PIECE, end - offset))):
            offset += len(piece)
            yield piece
        if not answer.isclosed():  # more than was asked for
            self._close()

    # The connection

    def _whole(self, method: str, path: str, body: bytes | None = None) -> bytes:
        for attempt in range(ATTEMPTS):
            try:
                answer = self._ask(method, path, body, {})
                data = _all_of(answer)
                break
            except BROKEN as error:
                self._close()
                if attempt == ATTEMPTS - 1:
                    raise self._unreached(error) from None
                time.sleep(PAUSE_S)
        if answer.status >= 300 or len(data) > LONGEST:
            self._close()
            words = _WORDS.get(answer.status, f"refuses to answer ({answer.status})")
            raise PacklogError(f"{self.name} {words}")
        return data

    def _ask(
        self, method: str, path: str, body: bytes | None, fields: dict[str, str]
    ) -> http.client.HTTPResponse:
        """The answer, whose body has not been read; one for which the password was right."""
        while True:
            answer = self._exchange(method, path, body, fields)
            if answer.status == 503:
                answer.read(LONGEST)
                raise http.client.ImproperConnectionState("it is busy")
            if answer.status != 401:
                return answer
            answer.read(LONGEST)
            self._ask_for_password()

    def _exchange(self, method, path, body, fields) -> http.client.HTTPResponse:
        if self._connection is None:
            self._connection = self._connect()
        if self._password:
            code = base64.b64encode(f"packlog:{self._password}".encode()).decode()
            fields = {**fields, "Authorization": f"Basic {code}"}
        if body is not None:
            fields = {**fields, "Content-Type": "application/json"}
        fields = {**fields, "Host": self._host()}
        self._connection.request(method, path, body, fields)
        return self._connection.getresponse()

    def _host(self) -> str:
        name = f"[{self.name}]" if ":" in self.name else self.name
        return name if self._port == 80 else f"{name}:{self._port}"

    def _connect(self) -> http.client.HTTPConnection:
        connection = http.client.HTTPConnection(self._place, self._port, timeout=SILENT_S)
        try:
            connection.connect()
        except socket.gaierror:  # a name in .local, on a system that does not ask for these
            from host_tools.board import nearby

            found = nearby.address(self.name)
            if not found:
                raise
            self._place = found
            connection = http.client.HTTPConnection(found, self._port, timeout=SILENT_S)
        return connection

    def _ask_for_password(self) -> None:
        if self._password and not self._asked:
            self._asked = True
            if PASSWORD in os.environ:
                raise PacklogError(f"{self.name} refuses the password in {PASSWORD}")
        if not (sys.stdin.isatty() and sys.stderr.isatty()):
            raise PacklogError(f"{self.name} asks for its http.password: put it in {PASSWORD}")
        self._password = asking.secret(f"Password of {self.name} (not shown)", "", str)

    def _close(self) -> None:
        connection, self._connection = self._connection, None
        if connection:
            connection.close()

    def _unreached(self, error: Exception) -> PacklogError:
        why = getattr(error, "strerror", None) or str(error) or type(error).__name__
        return PacklogError(
            f"no board answers at {self.name}, port {self._port} ({why}): is http.port set in its "
            "config, and this computer in its network?"
        )

    def __enter__(self) -> "Site":
        return self

    def __exit__(self, *error) -> None:
        self._close()


def _all_of(answer: http.client.HTTPResponse) -> bytes:
    """The body, or a little more than LONGEST of it; TimeoutError if that drips in."""
    data, begun = b"", time.monotonic()
    while len(data) <= LONGEST and (piece := answer.read1(PIECE)):
        data += piece
        if time.monotonic() - begun > SLOWEST_S:
            raise TimeoutError("it answers too slowly")
    return data if len(data) > LONGEST else data + answer.read()  # read1() does not end it


class Networked:
    """Where a pull takes the history from: the same as sources.Running has, over the network."""

    def __init__(self, site: Site):
        self._site = site

    def listed(self) -> str:
        """A line of JSON for each file, as the firmware's answers.py says."""
        return self._site.text("/api/files")

    def crc(self, path: str, count: int) -> int:
        """The CRC-32 of the first bytes of a file."""
        try:
            return int(self._site.text(f"/api/crc/{path}/{count}"), 16)
        except ValueError:
            raise Refused("gone") from None

    def read(self, path: str, offset: int, count: int) -> Iterator[bytes]:
        """count bytes of a file."""
        return self._site.read(path, offset, count)
