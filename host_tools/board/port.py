"""A serial port at which nothing hangs, whatever is at its other end.

mpremote waits for silence. A board that was reset is not silent: the logger prints its status every
few seconds, for as long as mpremote reads. Here each exchange has an end, in seconds and in bytes,
and what a board prints when it starts, where an answer is due, is a restart.
"""

import contextlib
import re
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import serial
from host_tools.ground.errors import PacklogError
from mpremote.transport import TransportError
from mpremote.transport_serial import SerialTransport

BAUDRATE = 115200
ANSWER_S = 10  # of silence where an answer is due
OPEN_S = 3  # for the one who has the port to let go of it
LINE = 4096  # bytes of a line; longer ones are not the firmware's, and dropped
LIMIT = 1 << 22  # bytes that a board may say in one exchange
PIECE = 4096  # read at a time
POLL_S = 0.001
_TAIL = 200  # bytes of what was read before in which a line may have begun
# What no script prints at the beginning of a line: a chip's ROM, MicroPython, boot.py, the logger
_STARTING = re.compile(
    rb"[\r\n>\x04](?:ets [A-Z][a-z]{2} +\d|ESP-ROM:|rst:0x|MPY: soft reboot|MicroPython v\d|"
    rb'Type "help\(\)"|packlog: (?:firmware|safe mode)|packlog starting|'
    rb"packlog [A-Za-z0-9_-]{1,16} \w+=)"
)


class Restarted(PacklogError):
    """The board was reset while a command was at work on it."""


class Gone(Restarted):
    """The port went away: a pulled cable, or the reset of a chip with USB of its own."""


class Overdue(TransportError):
    """The exchange did not end in its time, or said too much."""


class Rebooted(TransportError):
    """The board has started anew in the middle of an exchange."""


class Port:
    """pyserial's Serial as mpremote uses it. All that is read comes through a buffer of its own."""

    def __init__(self, serial):
        self._serial = serial
        self._have = bytearray()
        self._end: float | None = None
        self._count = 0
        self._stuck = False  # the board does not take what is written
        self._tail: bytes | None = None  # None: a start is nothing special

    @contextlib.contextmanager
    def exchange(self, seconds: float, notice_start: bool = True) -> Iterator[None]:
        """Overdue once it takes longer; Rebooted if the board starts meanwhile, or has before."""
        self._end, self._count = time.monotonic() + seconds, 0
        self._tail = b"\n" if notice_start else None
        try:
            self._look(bytes(self._have))
            self._fill()
            yield
        finally:
            self._end = self._tail = None

    def inWaiting(self) -> int:
        """How many bytes can be read at once."""
        self._check()
        if not self._have:
            self._fill()
        return len(self._have)

    in_waiting = property(inWaiting)

    def read(self, size: int = 1) -> bytes:
        """Up to size bytes: fewer if the port's timeout ends first."""
        until = time.monotonic() + (self._serial.timeout or 0)
        while len(self._have) < size:
            self._check()
            if not self._fill() and time.monotonic() >= until:
                break
            if len(self._have) < size:
                time.sleep(POLL_S)
        data = bytes(self._have[:size])
        del self._have[:size]
        return data

    def write(self, data: bytes) -> int:
        """Send; SerialTimeoutException if the board does not take it."""
        self._check()
        try:
            with _as_serial_errors():
                return self._serial.write(data)
        except serial.SerialTimeoutException:
            self._stuck = True
            raise

    def expect_start(self, seconds: float) -> None:
        """What came was no answer: Rebooted if it goes on as a start does."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if not self._fill():
                time.sleep(POLL_S)
            self._have.clear()

    def close(self) -> None:
        """Let go of the port. A board that takes nothing is not waited for."""
        if self._stuck:
            with contextlib.suppress(Exception):
                self._serial.reset_output_buffer()
        with contextlib.suppress(OSError):  # of a pulled cable
            self._serial.close()

    def __getattr__(self, name: str):
        return getattr(self._serial, name)

    def __setattr__(self, name: str, value) -> None:
        """What is not this object's own is the port's: timeout, and its lines rts and dtr.

        mpremote sets the lines before it closes a port. One whose cable was pulled has none.
        """
        if name.startswith("_"):
            object.__setattr__(self, name, value)
            return
        with contextlib.suppress(OSError):
            setattr(self._serial, name, value)

    def _check(self) -> None:
        if self._end is not None and time.monotonic() > self._end:
            raise Overdue("no end")

    def _fill(self) -> int:
        with _as_serial_errors():
            count = self._serial.in_waiting
            data = self._serial.read(min(count, PIECE)) if count else b""
        self._have += data
        self._count += len(data)
        self._look(data)
        if self._end is not None and self._count > LIMIT:
            raise Overdue("too much")
        return len(data)

    def _look(self, data: bytes) -> None:
        if self._tail is None or not data:
            return
        seen = self._tail + data
        if _STARTING.search(seen):
            raise Rebooted("it starts")
        self._tail = seen[-_TAIL:]


@contextlib.contextmanager
def _as_serial_errors() -> Iterator[None]:
    """An OSError of the port's is not taken for one of the board's file system."""
    try:
        yield
    except serial.SerialException:
        raise
    except OSError as error:
        raise serial.SerialException(str(error)) from None


def open_port(port: str, missing_s: float = 0) -> SerialTransport:
    """Open the port without disturbing what runs on the board.

    A port is often taken for a moment: ModemManager looks at each new one, and a process that is
    being started holds the locks of its parent until it is another program. missing_s: how long to
    wait for a port that is not there.
    """
    begun = time.monotonic()
    while True:
        try:
            transport = SerialTransport(port, baudrate=BAUDRATE, timeout=ANSWER_S)
            transport.serial.write_timeout = ANSWER_S
            transport.serial = Port(transport.serial)
            return transport
        except TransportError:
            taken, why = _why_not(port)
            if time.monotonic() - begun > (OPEN_S if taken else missing_s):
                raise PacklogError(why) from None
        time.sleep(0.1)


def _why_not(port: str) -> tuple[bool, str]:
    """(is it there, but another's?, what to say of it)"""
    taken = f"{port} is in use by another program: close it first"
    try:
        serial.Serial(port, exclusive=True).close()
        return True, taken  # not any more
    except serial.SerialException as error:
        if "exclusively lock" in str(error):
            return True, taken
        if "Permission" in str(error):
            if sys.platform == "win32":  # says so of a port that another program has open
                return True, taken
            return False, (
                f"no permission for {port}: add yourself to its group (dialout) and log in again"
            )
    except (OSError, ValueError):
        pass
    there = "is not a serial port" if Path(port).exists() else "does not exist"
    return False, f"{port} {there}: plug the board in, or name another port"


def read_lines(transport: SerialTransport, seconds: float | None = None) -> Iterator[str]:
    """Lines that the board prints, and an empty one for each second without a line.

    Ends after seconds, or never.
    """
    end = None if seconds is None else time.monotonic() + seconds
    heard = time.monotonic()
    pending = b""
    dropping = False  # the rest of a line that is too long
    while end is None or time.monotonic() < end:
        data = _read_waiting(transport)
        *lines, pending = (pending + data).split(b"\n")
        for line in lines:
            if not dropping and len(line) <= LINE:
                yield line.decode("utf8", "replace").rstrip("\r")
            dropping = False
        if lines:
            heard = time.monotonic()
        elif time.monotonic() - heard > 1:
            heard = time.monotonic()
            yield ""
        if len(pending) > LINE:
            pending, dropping = b"", True
        if not data:
            time.sleep(0.02)


def _read_waiting(transport: SerialTransport) -> bytes:
    try:
        port = transport.serial
        return port.read(port.in_waiting) if port.in_waiting else b""
    except serial.SerialException:
        raise unplugged(transport.device_name) from None


def unplugged(port: str) -> Gone:
    """What to say of a port that went away while a command listened."""
    return Gone(f"{port} went away: plug the board in again")
