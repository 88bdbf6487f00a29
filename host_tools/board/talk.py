"""Asks a logger while it runs: requests and answers on its console, as docs/console.md has them.

What else comes on the line, status lines above all, is kept as text. A piece of an answer counts
only with the right CRC-32, which runs on from the request: none is lost, repeated or another's.
"""

import contextlib
import random
import re
import time
import zlib
from collections.abc import Iterator

import serial
from host_tools.board import clock
from host_tools.board.port import Gone, Overdue, Port, Restarted
from host_tools.ground.errors import PacklogError

VERSION = [b"packlog", b"1"]
UNKNOWN = b"0"  # the time
HELLOS, HELLO_S = 4, 1.0  # a board that scans for WiFi hears nothing for 2 s
START_S = 20  # of one that has just begun to start
SILENT_S = 5  # without a piece of an answer
ANSWER_S = 15  # for all of it, and as long as the line takes for what it is to bring
BYTES_S = 3000
ATTEMPTS = 5  # at an answer of which something is lost
POLL_S = 0.001
TEXT = 65536  # bytes kept of what else is said
_HEAD = re.compile(rb"~([.=!])([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{8})\n")
_HEAD_SIZE = 15
_STARTS = re.compile(rb"packlog starting|packlog: firmware|MPY: soft reboot|rst:0x|ESP-ROM:")


class Unanswered(PacklogError):
    """No logger that understands answers: an older packlog, the REPL, or nobody."""


class Refused(PacklogError):
    """The logger says that it cannot; the text is its reason."""


class Lost(Restarted):
    """Something of an answer did not arrive, or not as it was sent: as when the board is reset."""


class Answer:
    """What comes after a request, put together. text: what is not of the answer."""

    def __init__(self, request: bytes):
        self.text = b""
        self._tag = request[:2]
        self._crc = zlib.crc32(request)
        self._have = b""

    def feed(self, data: bytes) -> Iterator[tuple[bytes, bytes]]:
        """(kind, bytes) of each piece that is whole now; Lost if one is not as it was sent."""
        self._have += data
        while self._have:
            begin = self._have.find(b"~")
            self._aside(len(self._have) if begin < 0 else begin)
            if len(self._have) < _HEAD_SIZE:
                return
            found = _HEAD.match(self._have)
            if not found or found[2] != self._tag:
                self._aside(1)  # not a head, or that of an answer before
                continue
            end = _HEAD_SIZE + int(found[3], 16)
            if len(self._have) < end:
                return
            piece = self._have[_HEAD_SIZE:end]
            self._crc = zlib.crc32(piece, zlib.crc32(self._have[:6], self._crc))
            if self._crc != int(found[4], 16):
                raise Lost("damaged")
            self._have = self._have[end:]
            yield found[1], piece

    def _aside(self, count: int) -> None:
        self.text = (self.text + self._have[:count])[-TEXT:]
        self._have = self._have[count:]


def request(tag: int, words: tuple) -> bytes:
    """The text of a request. A part of it is random: nobody but the board can know the answer."""
    return " ".join([f"{tag:02x}{random.getrandbits(24):06x}", *map(str, words)]).encode()


def line(text: bytes) -> bytes:
    """What is sent for it."""
    return b"\n~%08x %s\n" % (zlib.crc32(text), text)


class Talk:
    """With the logger at a port that is open. Raises Unanswered if there is none that answers."""

    def __init__(self, name: str, port: Port):
        self._name = name
        self._port = port
        self._tag = random.randrange(256)
        self._greet()

    def _greet(self) -> None:
        """Find out who is there, and tell the time to a logger that does not know it."""
        if self._hello() == UNKNOWN:
            self.tell_time()

    def tell_time(self) -> None:
        """Set the clock; a PC that does not know the time says nothing."""
        unix, ms = clock.parts(self._name)
        if unix >= clock.SINCE:
            self.ask("time", unix, ms)

    def _hello(self) -> bytes:
        """Where the logger has the time from."""
        text = self._next("hello")
        answer, until = Answer(text), time.monotonic() + HELLOS * HELLO_S
        start_seen = False
        again = 0.0
        with self._exchange(START_S + ANSWER_S):
            while time.monotonic() < until:
                if time.monotonic() >= again:
                    again = time.monotonic() + HELLO_S
                    self._port.write(line(text))
                for kind, said in self._fed(answer):
                    *version, source = said.split() or [b""]
                    if kind == b"=" and version == VERSION:
                        return source
                    raise Unanswered(f"{self._name} speaks a later language: update packlog")
                if text in answer.text:
                    break  # a REPL's echo
                if not start_seen and _STARTS.search(answer.text):
                    start_seen, until = True, time.monotonic() + START_S
        raise Unanswered(f"nothing at {self._name} answers while it runs")

    def ask(self, *words) -> bytes:
        """The answer. Asked again if something of it is lost."""
        return self.ask_and_hear(*words)[0]

    def ask_and_hear(self, *words) -> tuple[bytes, str]:
        """The answer, and what else has been said meanwhile."""
        for attempt in range(ATTEMPTS):
            text = self._next(*words)
            answer = Answer(text)
            try:
                pieces = b"".join(self._pieces(text, answer, ANSWER_S))
                return pieces, answer.text.decode("utf8", "replace")
            except Lost:
                if attempt == ATTEMPTS - 1:
                    raise Lost(self._lost()) from None
        raise AssertionError

    def read(self, path: str, offset: int, count: int) -> Iterator[bytes]:
        """count bytes of a file of the history, piece by piece. Lost pieces are read again."""
        failed = 0
        end = offset + count
        while offset < end:
            text = self._next("read", path, offset, end - offset)
            before = offset
            try:
                seconds = ANSWER_S + (end - offset) / BYTES_S
                for piece in self._pieces(text, Answer(text), seconds):
                    if len(piece) > end - offset:
                        raise Lost("more than was asked for")
                    offset += len(piece)
                    yield piece
                if offset != end:
                    raise Lost("short")
            except Lost:
                failed = failed + 1 if offset == before else 0
                if failed == ATTEMPTS:
                    raise Lost(self._lost()) from None

    def stream(self, *words, seconds: float) -> Iterator[bytes]:
        """The pieces of an answer that takes so long, as they come. Lost if one is."""
        text = self._next(*words)
        yield from self._pieces(text, Answer(text), seconds + ANSWER_S)

    def _lost(self) -> str:
        return f"the board at {self._name} stopped answering"

    def _next(self, *words) -> bytes:
        self._tag = (self._tag + 1) % 256
        return request(self._tag, words)

    def _pieces(self, text: bytes, answer: Answer, seconds: float) -> Iterator[bytes]:
        with self._exchange(seconds):
            self._port.write(line(text))
            heard = time.monotonic()
            while time.monotonic() - heard < SILENT_S:
                for kind, piece in self._fed(answer):
                    heard = time.monotonic()
                    if kind == b"!":
                        raise Refused(piece.decode("utf8", "replace"))
                    yield piece
                    if kind == b"=":
                        return
        raise Lost("silence")

    def _fed(self, answer: Answer) -> Iterator[tuple[bytes, bytes]]:
        count = self._port.in_waiting
        if not count:
            time.sleep(POLL_S)
        yield from answer.feed(self._port.read(count) if count else b"")

    @contextlib.contextmanager
    def _exchange(self, seconds: float) -> Iterator[None]:
        try:
            with self._port.exchange(seconds, notice_start=False):
                yield
        except Overdue:
            raise Lost("no end") from None
        except serial.SerialTimeoutException:
            raise PacklogError(f"the board at {self._name} takes nothing: reset it") from None
        except serial.SerialException:
            raise Gone(f"the board at {self._name} went away") from None
