"""Boards that do what they should not, at the other end of a port, without a VM and in no time: the
clock is theirs, and a wait of ten minutes is over at once.
"""

import contextlib
import re

from host_tools.board import clock as clock_module
from host_tools.board import device, live, port, talk, watch
from host_tools.board.port import Port
from mpremote import transport_serial
from mpremote.transport_serial import SerialTransport

BANNER = b"raw REPL; CTRL-B to exit\r\n>"
STATUS = b"packlog house age=1.0 voltage=53.2 readings=12\r\n"
BOOT = (
    b"ets Jul 29 2019 12:21:46\r\n\r\nrst:0x1 (POWERON_RESET),boot:0x13\r\n"
    b"packlog: firmware 0123456789abcdef\r\npacklog starting\r\n" + STATUS
)


class Clock:
    """time, as the modules use it. A call takes 1 ms: what never waits comes to an end, too."""

    def __init__(self):
        self.now = 1000.0

    def monotonic(self) -> float:
        self.now += 1e-3
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def time(self) -> float:
        return 1.8e9 + self.now


class Board:
    """A raw REPL; answer(code) returns what the code prints, and what it raises, or None. Instead
    of answering it may call restart().
    """

    def __init__(self, clock: Clock, answer=lambda code: ""):
        self.clock, self.answer = clock, answer
        self.timeout = self.write_timeout = 10
        self.rts = self.dtr = True
        self.codes: list[str] = []
        self.starts = 0
        self.every = (5.0, STATUS)  # what the logger prints, and how often in s
        self._out = bytearray()
        self._code: bytes | None = None  # in the raw REPL: what came of it
        self.running = True
        self._next = clock.now

    # What the board does

    def put(self, data: bytes) -> None:
        self._out += data

    def restart(self, boot: bytes = BOOT) -> None:
        self.starts += 1
        self.running, self._code = True, None
        self._next = self.clock.now + self.every[0]
        self.put(boot)

    def take(self, data: bytes) -> None:
        """What the PC sends."""
        if b"\x03" in data:
            self.running, self._code = False, None
        if self.running:
            return
        if data == b"\x05A\x01":
            self.put(b"R\x00")  # raw paste mode is not for this one
        elif b"\x01" in data:
            self.put(BANNER)
            self._code = b""
        elif b"\x02" in data:
            self._code = None
        elif self._code is None:
            if data == b"\x04":
                self.restart()
        else:
            self._code += data
            if data.endswith(b"\x04"):
                code, self._code = self._code[:-1].decode(), b""
                self._execute(code)

    def _execute(self, code: str) -> None:
        self.codes.append(code)
        starts = self.starts
        said = self.answer(code)
        if self.starts != starts or said is None:
            return
        printed, raised = said if isinstance(said, tuple) else (said, "")
        end = b"\x04" + raised.encode("utf8", "surrogatepass") + b"\x04>"
        self.put(b"OK" + printed.encode("utf8", "surrogatepass") + end)

    # What pyserial does

    @property
    def in_waiting(self) -> int:
        while self.running and self.clock.now >= self._next:
            self.put(self.every[1])
            self._next += self.every[0]
        return len(self._out)

    def read(self, size: int = 1) -> bytes:
        data = bytes(self._out[:size])
        del self._out[:size]
        return data

    def write(self, data: bytes) -> int:
        self.take(bytes(data))
        return len(data)

    def reset_output_buffer(self) -> None:
        pass

    def close(self) -> None:
        pass


def called(code: str) -> str:
    """The script that a piece of code calls: the name in its last line."""
    found = re.match(r"\w+", code.strip().splitlines()[-1])
    return found[0] if found else ""


@contextlib.contextmanager
def plugged_in(monkeypatch, board: Board):
    """That board is at every port that is opened."""
    with monkeypatch.context() as patch:
        for module in (device, port, transport_serial, live, talk, watch, clock_module):
            patch.setattr(module, "time", board.clock)
        for module in (device, live, watch):
            patch.setattr(module, "open_port", lambda name, missing_s=0: transport(board))
        yield board


def transport(board: Board) -> SerialTransport:
    """mpremote's, as open_port makes it."""
    made = SerialTransport.__new__(SerialTransport)
    made.in_raw_repl = made.mounted = made.is_pty = False
    made.use_raw_paste = True
    made.device_name = "port"
    made.serial = Port(board)
    return made
