"""The board at the other end of a serial port, by mpremote's transport.

The REPL can only be had by interrupting main.py; nothing here resets the board on the way in, so
that what the logger knows is still there to be asked, and every way out starts main.py again.

The logger is told the time before it is interrupted: what it has logged in this boot could never
be dated otherwise.

A board can be reset by somebody else at any time: its supply, its watchdog, a hand. That is a
Restarted; persist() then does the work again from its beginning.
"""

import contextlib
import io
import struct
import time
from collections.abc import Callable, Iterator
from typing import TypeVar

import serial
from host_tools.board import clock
from host_tools.board.port import (
    ANSWER_S,
    Gone,
    Overdue,
    Rebooted,
    Restarted,
    open_port,
    read_lines,
)
from host_tools.board.script import script
from host_tools.board.talk import Talk
from host_tools.ground.errors import PacklogError
from mpremote.transport import TransportError, TransportExecError

EXCHANGE_S = 60  # for all of an answer
BACK_S = 10  # for a port that went away with a reset, as that of a chip with USB of its own
UP_S = 20  # for a board that was reset to say something
STATUS_S = 6  # within which a logger that was started prints its status, as a rule
SILENT_S = 5  # that says nothing more: it is up
ATTEMPTS = 3  # at getting the REPL
REPL_S = 15  # for each
RESTARTS = 3  # of the board that a command puts up with
HOLD_S = 60  # how often a watchdog is fed that the logger or boot.py has left behind
CHUNK = 512  # of a file: larger ones take RAM on the board, smaller ones time
QUIET_S = 0.2
NO_ANSWER = (TransportError, struct.error, UnicodeError)  # what mpremote makes of something else

Result = TypeVar("Result")


def persist(port: str, say: Callable[[str], None], work: Callable[["Device"], Result]) -> Result:
    """Returns work(device). Work is done again from its beginning if the board restarts under it:
    it must be such that this does no harm.
    """
    restart = None
    for _ in range(RESTARTS):
        if restart:
            say(f"{restart}: trying again")
        try:
            with Device(port, BACK_S if restart else 0) as device:
                if restart:
                    device.come_up()
                return work(device)
        except Restarted as error:
            restart = error
    raise PacklogError(
        f"the board at {port} was reset {RESTARTS} times meanwhile: look at its supply and its "
        "cable, then run this again"
    )


class Device:
    """A board whose main.py is interrupted and whose REPL does what it is told."""

    def __init__(self, port: str, missing_s: float = 0):
        self.port = port
        self._transport = open_port(port, missing_s)
        self._serial = self._transport.serial
        self._fed = 0.0  # when the board's watchdog was fed last
        self._busy = False  # an exchange was begun and has not ended

    def interrupt(self) -> None:
        """Stop main.py and take the REPL."""
        with self._errors("does not answer as MicroPython: wrong port, or another firmware on it"):
            for attempt in range(ATTEMPTS):
                try:
                    with self._exchange(REPL_S, notice_start=False):
                        self._transport.enter_raw_repl(soft_reset=False)
                        self._settle()
                    break
                except TransportError:  # a Ctrl-C in the middle of a reset is lost
                    if attempt == ATTEMPTS - 1:
                        raise
        self._hold()

    def _settle(self) -> None:
        # A Ctrl-A of an attempt before may have been answered as well, and late: wait until all is
        # said, then ask for a prompt of our own.
        quiet = time.monotonic()
        while time.monotonic() - quiet < QUIET_S:
            if self._serial.in_waiting:
                self._serial.read(self._serial.in_waiting)
                quiet = time.monotonic()
            time.sleep(0.01)
        self._serial.write(b"\x01")

    def _hold(self) -> None:
        """Feed the watchdog of a board whose logger cannot, as long as it is held here."""
        self._fed = time.monotonic()
        self._execute(script("hold_off"), ANSWER_S, EXCHANGE_S)

    def restart(self) -> None:
        """A soft reset: boot.py and main.py run again."""
        with self._errors("went away"):
            if self._busy:  # what it still does, or is still sent, ends first
                self._serial.write(b"\r\x03")
                self._busy = False
            self._transport.exit_raw_repl()
            time.sleep(0.1)  # the reset is a command to the friendly REPL, once it is there
            self._serial.write(b"\x04")

    def soft_reset(self) -> None:
        """Run boot.py again, and take the REPL instead of main.py."""
        with self._errors("went away"), self._exchange(EXCHANGE_S, notice_start=False):
            self._transport.enter_raw_repl(soft_reset=True)

    def come_up(self) -> None:
        """Wait until a board that was reset runs: it does not hear a Ctrl-C before."""
        silent = 0
        for line in self.lines(UP_S):
            silent = 0 if line else silent + 1
            if silent > SILENT_S or line.startswith(("packlog ", "packlog!", 'Type "help()"')):
                return

    @contextlib.contextmanager
    def stopped(self) -> Iterator[None]:
        """The REPL is there meanwhile, and main.py runs again afterwards, whatever happens."""
        self.interrupt()
        try:
            self.tell_time()
            yield
        except Restarted:
            raise  # it runs again already
        except BaseException:
            with contextlib.suppress(PacklogError):  # what has happened is what there is to say
                self.restart()
            raise
        self.restart()

    def tell_time(self) -> bool:
        """Set the clock of the logger that was interrupted. False if there is none: then the chip's
        is set, which the next one goes by. A PC that does not know the time says nothing.
        """
        unix, ms = clock.parts(self.port)
        if unix < clock.SINCE:
            return False
        return self.run(script("set_clock", unix, ms)).strip() == "logger"

    def talk(self) -> Talk:
        """With the logger, as it runs. Raises Unanswered if it does not answer so."""
        return Talk(self.port, self._serial)

    def __enter__(self) -> "Device":
        return self

    def __exit__(self, *error) -> None:
        self.close()

    def run(self, code: str, silent_s: float = ANSWER_S, total_s: float = EXCHANGE_S) -> str:
        """Run code on the board; returns what it printed. PacklogError if it raised.

        silent_s: how long it may say nothing. total_s: how long it may take.
        """
        if time.monotonic() - self._fed > HOLD_S:
            self._hold()
        return self._execute(code, silent_s, total_s)

    def _execute(self, code: str, silent_s: float, total_s: float) -> str:
        printed = bytearray()
        with self._errors("stopped answering"), self._exchange(total_s):
            said = self._transport.exec_raw(code, silent_s, printed.extend)[1]
        if said:
            last = _last_line(said.decode("utf8", "replace"))
            raise PacklogError(f"the board at {self.port} said: {last}")
        return printed.replace(b"\x04", b"").decode("utf8", "replace")

    def write_file(self, path: str, data: bytes, progress=None) -> None:
        """Write a file on the board; progress(bytes written)."""
        with self._errors("stopped answering"), self._exchange(EXCHANGE_S):
            try:
                self._transport.fs_writefile(
                    path,
                    data,
                    chunk_size=CHUNK,
                    progress_callback=progress and (lambda done, total: progress(done)),
                )
            except serial.SerialException:
                raise
            except (TransportExecError, OSError) as error:
                why = _last_line(str(error))
                raise PacklogError(f"{path} could not be written on the board: {why}") from None

    def lines(self, seconds: float) -> Iterator[str]:
        """The lines that the board prints within seconds."""
        return read_lines(self._transport, seconds)

    def close(self) -> None:
        """Let go of the port."""
        with contextlib.suppress(OSError, serial.SerialException):
            self._transport.close()

    @contextlib.contextmanager
    def _exchange(self, seconds: float, notice_start: bool = True) -> Iterator[None]:
        """Something is asked of the board. Nothing of what mpremote prints meanwhile gets out."""
        self._busy = True
        with (
            self._serial.exchange(seconds, notice_start),
            contextlib.redirect_stdout(io.StringIO()),
        ):
            try:
                yield
            except (Rebooted, Overdue, TransportExecError):
                raise
            except NO_ANSWER:
                if notice_start:
                    self._serial.expect_start(STATUS_S)
                raise
        self._busy = False

    @contextlib.contextmanager
    def _errors(self, what: str):
        try:
            yield
        except TransportExecError:
            raise
        except Rebooted:
            raise Restarted(f"the board at {self.port} was reset") from None
        except serial.SerialTimeoutException:
            raise PacklogError(f"the board at {self.port} takes nothing: reset it") from None
        except (serial.SerialException, OSError):
            raise Gone(f"the board at {self.port} went away") from None
        except NO_ANSWER:
            raise PacklogError(f"the board at {self.port} {what}") from None


def _last_line(text: str) -> str:
    """Of a traceback: the error itself."""
    return next((line for line in reversed(text.splitlines()) if line.strip()), "nothing").strip()
