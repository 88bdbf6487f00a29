"""Requests to a server over HTTP: what is worth trying again is tried again, with pauses.

A server that is not there, breaks off, or says 429, 500, 502, 503 or 504 is asked again; after
the pause that it asks for (Retry-After), if it does. Everything else is its answer.
"""

import base64
import http.client
import re
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from urllib.parse import urlencode

from host_tools.export.targets.address import Address
from host_tools.ground.errors import PacklogError
from host_tools.ground.progress import say

SILENT_S = 60  # until an answer has to go on
PAUSES = (1, 1, 2, 2, 3, 3)  # s before each further attempt
LONGEST_PAUSE_S = 300  # that a server can ask for
LONGEST = 1 << 16  # bytes of an answer that are read
WORTH_SAYING_S = 5
BUSY = (429, 500, 502, 503, 504)
_SLICE_S = 1
_SHOWN = 200  # characters of what a server says


@dataclass(frozen=True)
class Answer:
    """pause: seconds after which the server wants to be asked again."""

    status: int
    body: str
    pause: float | None = None

    @property
    def text(self) -> str:
        """What the server says, in one short line."""
        return " ".join(self.body.split())[:_SHOWN]

    @property
    def is_good(self) -> bool:
        return self.status < 300


class Server:
    """Connections to one server, kept open. fields: headers of every request."""

    def __init__(
        self,
        address: Address,
        port: int,
        alive: Callable[[], None],
        fields: dict[str, str] | None = None,
    ):
        self.name = f"{address.host}:{address.port or port}"
        self._address = address
        self._port = address.port or port
        self._alive = alive
        self._fields = fields or {}
        self._connection: http.client.HTTPConnection | None = None

    def ask(self, method: str, path: str, body: bytes = b"", **options: str) -> Answer:
        """The answer; options stand behind the ? of the path. PacklogError if there is none, or if
        the server stays busy.
        """
        where = path + ("?" + urlencode(options) if options else "")
        for number, pause in enumerate((*PAUSES, None)):
            try:
                answer = self._exchange(method, where, body)
                trouble = f"it is busy ({answer.status} {answer.text})".replace(" )", ")")
                if answer.status not in BUSY:
                    return answer
                pause = (pause and answer.pause) or pause
            except (OSError, http.client.HTTPException) as error:
                self.close()
                trouble = _why(error)
                if isinstance(error, ssl.SSLCertVerificationError):
                    break
            if pause is None:
                break
            self._wait(min(pause, LONGEST_PAUSE_S), trouble, number)
        raise PacklogError(
            f"{self.name} does not take it: {trouble}: does the server run there, and can this "
            "computer reach it? What was not taken comes with the next export"
        )

    def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection:
            connection.close()

    def _wait(self, seconds: float, trouble: str, number: int) -> None:
        if seconds >= WORTH_SAYING_S or not number:
            say(f"{self.name}: {trouble}; trying again in {seconds:g} s")
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self._alive()
            time.sleep(min(left, _SLICE_S))

    def _exchange(self, method: str, where: str, body: bytes) -> Answer:
        if self._connection is None:
            secure = self._address.secure
            made = http.client.HTTPSConnection if secure else http.client.HTTPConnection
            self._connection = made(self._address.host, self._port, timeout=SILENT_S)
        self._connection.request(method, where, body, self._fields)
        answer = self._connection.getresponse()
        said = answer.read(LONGEST)
        if not answer.isclosed():  # there is more of it
            self.close()
        pause = _pause(answer.getheader("Retry-After"))
        return Answer(answer.status, said.decode("utf8", "replace"), pause)


def basic(user: str | None, password: str | None) -> dict[str, str]:
    """The header that says who asks."""
    if not user:
        return {}
    code = base64.b64encode(f"{user}:{password or ''}".encode()).decode()
    return {"Authorization": f"Basic {code}"}


def _pause(said: str | None) -> float | None:
    """Seconds of a Retry-After, which may be a date."""
    if not said:
        return None
    if re.fullmatch(r"[0-9]{1,6}", said.strip()):
        return float(said)
    try:
        return max(0.0, parsedate_to_datetime(said).timestamp() - time.time())
    except (TypeError, ValueError):
        return None


def _why(error: Exception) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted ({error.verify_message})"
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
