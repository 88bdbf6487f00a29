"""The board at the other end of a serial port, by mpremote's transport.

The REPL can only be had by interrupting main.py; nothing here resets the board on the way in, so
that what the logger knows is still there to be asked, and every way out starts main.py again.
"""

import contextlib
import io
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import serial
import serial.tools.list_ports
from host_tools.board.script import script
from host_tools.ground.errors import PacklogError
from mpremote.transport import TransportError, TransportExecError
from mpremote.transport_serial import SerialTransport

BAUDRATE = 115200
ANSWER_S = 10
OPEN_S = 3  # for the one who has the port to let go of it
ATTEMPTS = 3  # at getting the REPL
CHUNK = 512  # of a file: larger ones take RAM on the board, smaller ones time
QUIET_S = 0.2


def plugged_in() -> list[tuple[str, str]]:
    """(port, what the system knows of it) of every USB serial port."""
    found = (p for p in serial.tools.list_ports.comports() if p.vid and p.pid)
    return sorted((p.device, p.description or "") for p in found)


def find_port(choose: Callable[[list[tuple[str, str]]], str] | None = None) -> str:
    """The one board that is plugged in; choose() takes one of several.

    PacklogError if there is none, or more than one and nobody to ask.
    """
    found = plugged_in()
    if not found:
        raise PacklogError(
            "no board found: plug it in, or name its port (such as /dev/ttyUSB0); "
            "to try packlog without one: ./install.sh demo"
        )
    if len(found) > 1:
        if choose:
            return choose(found)
        names = ", ".join(port for port, _ in found)
        raise PacklogError(f"several boards found: name the port, one of {names}")
    return found[0][0]


def open_port(port: str) -> SerialTransport:
    """Open the port without disturbing what runs on the board.

    A port is often taken for a moment: ModemManager looks at each new one, and a process that is
    being started holds the locks of its parent until it is another program.
    """
    until = time.monotonic() + OPEN_S
    while True:
        try:
            return SerialTransport(port, baudrate=BAUDRATE, timeout=ANSWER_S)
        except TransportError:
            taken, why = _why_not(port)
            if not taken or time.monotonic() > until:
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
            return False, (
                f"no permission for {port}: add yourself to its group (dialout) and log in again"
            )
    except (OSError, ValueError):
        pass
    there = "is not a serial port" if Path(port).exists() else "does not exist"
    return False, f"{port} {there}: plug the board in, or name another port"


class Device:
    """A board whose main.py is interrupted and whose REPL does what it is told."""

    def __init__(self, port: str):
        self.port = port
        self._transport = open_port(port)

    def interrupt(self) -> None:
        """Stop main.py and take the REPL."""
        with self._errors("does not answer as MicroPython: wrong port, or another firmware on it"):
            for attempt in range(ATTEMPTS):
                try:
                    with contextlib.redirect_stdout(io.StringIO()):  # mpremote prints what it got
                        self._transport.enter_raw_repl(soft_reset=False)
                    self._settle()
                    break
                except TransportError:  # a Ctrl-C in the middle of a reset is lost
                    if attempt == ATTEMPTS - 1:
                        raise
        self.run(script("hold_off"))

    def _settle(self) -> None:
        # A Ctrl-A of an attempt before may have been answered as well, and late: wait until all is
        # said, then ask for a prompt of our own.
        port = self._transport.serial
        quiet = time.monotonic()
        while time.monotonic() - quiet < QUIET_S:
            if port.in_waiting:
                port.read(port.in_waiting)
                quiet = time.monotonic()
            time.sleep(0.01)
        port.write(b"\x01")

    def restart(self) -> None:
        """A soft reset: boot.py and main.py run again."""
        with self._errors("went away"):
            self._transport.exit_raw_repl()
            time.sleep(0.1)  # the reset is a command to the friendly REPL, once it is there
            self._transport.serial.write(b"\x04")

    def soft_reset(self) -> None:
        """Run boot.py again, and take the REPL instead of main.py."""
        with self._errors("went away"), contextlib.redirect_stdout(io.StringIO()):
            self._transport.enter_raw_repl(soft_reset=True)

    @contextlib.contextmanager
    def stopped(self) -> Iterator[None]:
        """The REPL is there meanwhile, and main.py runs again afterwards, whatever happens."""
        self.interrupt()
        try:
            yield
        finally:
            self.restart()

    def __enter__(self) -> "Device":
        return self

    def __exit__(self, *error) -> None:
        self.close()

    def run(self, code: str, on_line=None, silent_s: float = ANSWER_S) -> str:
        """Run code on the board; returns what it printed. PacklogError if it raised.

        silent_s: how long it may say nothing.
        """
        printed = bytearray()

        def collect(data: bytes) -> None:
            printed.extend(data)
            if on_line and data.endswith(b"\n"):
                on_line()

        with self._errors("stopped answering"):
            said = self._transport.exec_raw(code, timeout=silent_s, data_consumer=collect)[1]
        if said:
            last = said.decode("utf8", "replace").strip().splitlines()[-1]
            raise PacklogError(f"the board at {self.port} said: {last}")
        return printed.replace(b"\x04", b"").decode("utf8", "replace")

    def write_file(self, path: str, data: bytes, progress=None) -> None:
        """Write a file on the board; progress(bytes written)."""
        with self._errors("stopped answering"):
            try:
                self._transport.fs_writefile(
                    path,
                    data,
                    chunk_size=CHUNK,
                    progress_callback=progress and (lambda done, total: progress(done)),
                )
            except (TransportExecError, OSError) as error:
                raise PacklogError(f"{path} could not be written on the board: {error}") from None

    def lines(self, seconds: float) -> Iterator[str]:
        """What the board prints, line by line, for so many seconds."""
        return read_lines(self._transport, seconds)

    def close(self) -> None:
        """Let go of the port."""
        with contextlib.suppress(OSError, serial.SerialException):
            self._transport.close()

    @contextlib.contextmanager
    def _errors(self, what: str):
        try:
            yield
        except (TransportError, serial.SerialException, OSError) as error:
            if isinstance(error, TransportExecError):
                raise
            raise PacklogError(f"the board at {self.port} {what}") from None


def read_lines(transport: SerialTransport, seconds: float | None = None) -> Iterator[str]:
    """Lines that the board prints, and an empty one for each second of silence.

    Ends after so many seconds, or never.
    """
    end = None if seconds is None else time.monotonic() + seconds
    heard = time.monotonic()
    pending = b""
    while end is None or time.monotonic() < end:
        data = _read_waiting(transport)
        *lines, pending = (pending + data).split(b"\n")
        if data:
            heard = time.monotonic()
        elif time.monotonic() - heard > 1:
            heard = time.monotonic()
            yield ""
        else:
            time.sleep(0.02)
        for line in lines:
            yield line.decode("utf8", "replace").rstrip("\r")


def _read_waiting(transport: SerialTransport) -> bytes:
    try:
        port = transport.serial
        return port.read(port.in_waiting) if port.in_waiting else b""
    except (OSError, serial.SerialException):
        raise PacklogError(f"{transport.device_name} went away: is it still there?") from None
