"""The virtual board's serial port: a pty for the PC's programs, a second one for the VM's terminal.

Between them stands the supervisor: Ctrl-C is withheld while main.py runs (it is delivered where an
ESP32 would deliver it, between two instructions, not inside a file system operation), newlines
become CR LF but in what sys.stdout.buffer sends, and what the board says while nobody has the port
open is lost, as on a real wire.
"""

import contextlib
import fcntl
import os
import pty
import re
import select
import termios
import time
import tty
from pathlib import Path

from host_tools.ground.errors import PacklogError
from host_tools.ground.output import check_place, write_error
from host_tools.sim.board.received import Received
from host_tools.sim.vm import ops

CTRL_A, CTRL_B, CTRL_C = b"\x01", b"\x02", b"\x03"
LOOK_S = 0.001  # real time between two looks whether a program has opened the port
_BARE_NEWLINE = re.compile(rb"(?<!\r)\n")


class Console:
    """link: where to put a symlink to the port, for mpremote and other programs."""

    def __init__(self, link: Path | None = None):
        self.outer, slave = pty.openpty()
        tty.setraw(slave)
        self.port = os.ttyname(slave)
        os.close(slave)  # so that the master can tell whether somebody has the port open
        os.set_blocking(self.outer, False)
        self._poll = select.poll()
        self._poll.register(self.outer, select.POLLIN)
        self._look_at = 0.0  # real time
        self.link = self._ahead = self._lock = None
        if link:
            self.show(link)
        self.inner: int | None = None
        self.terminal: int | None = None
        self.raw = False  # the VM's REPL is (to be) in raw mode
        self.running = False  # main.py runs
        self.interrupted = False  # Ctrl-C came while main.py ran
        self.on_break = lambda: None  # called for a Ctrl-C while the REPL executes something
        self.prompted = False  # the REPL has asked for something since main.py ended
        self.transcript = bytearray()  # the last that the board said
        self.input = Received()  # what came for main.py
        self._cooked = Cooked()

    def show(self, link: Path) -> None:
        """Put a symlink to the port there, which is this board's until it is hidden."""
        lock = _lock(link)
        self._unlock()
        self._lock = lock
        _symlink(self.port, link)
        self.link, self._ahead = link, _ahead_of(link)

    def hide(self) -> None:
        """Take the symlink away."""
        for path in (self.link, self._ahead):
            if path:
                path.unlink(missing_ok=True)
        self.link = self._ahead = None
        self._unlock()

    def _unlock(self) -> None:
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def last_line(self) -> str:
        """The last that the board said."""
        lines = self.transcript.decode("utf8", "replace").split("\n")
        return next((line.strip() for line in reversed(lines) if line.strip()), "")

    def tell_ahead(self, seconds: float) -> None:
        """Write beside the link by how much the board's world has outrun the PC's clock.

        `packlog pull` reads it: the PC that stands beside this board lives in the board's time.
        """
        if self._ahead:
            self._ahead.write_text(f"{seconds:.3f}\n", encoding="utf8")

    def new_terminal(self) -> int:
        """A fresh terminal for a new life of the VM: returns the file descriptor to give it."""
        self.close_terminal()
        self.prompted = False
        self._cooked = Cooked()
        self.inner, self.terminal = pty.openpty()
        tty.setraw(self.terminal)
        mode = termios.tcgetattr(self.terminal)
        mode[3] |= termios.ISIG | termios.NOFLSH
        termios.tcsetattr(self.terminal, termios.TCSANOW, mode)
        os.set_blocking(self.inner, False)
        return self.terminal

    def close_terminal(self) -> None:
        """Close the VM's terminal, after passing on what it still said."""
        if self.inner is not None:
            self.from_board()
            os.close(self.inner)
            os.close(self.terminal)
        self.inner = self.terminal = None

    def close(self) -> None:
        """Take the port away."""
        self.close_terminal()
        os.close(self.outer)
        self.hide()

    def opened(self) -> bool:
        """Does a program have the port open?"""
        return not self._events() & select.POLLHUP

    def listens(self) -> bool:
        """May there be something to read? A program's last words, too, after it has closed.

        After a no it is one for LOOK_S, or until look_again().
        """
        now = time.monotonic()
        if now < self._look_at:
            return False
        events = self._events()
        if events & select.POLLIN or not events & select.POLLHUP:
            return True
        self._look_at = now + LOOK_S
        return False

    def look_again(self) -> None:
        """A program may have opened the port since."""
        self._look_at = 0.0

    def _events(self) -> int:
        return next((events for _, events in self._poll.poll(0)), 0)

    def from_board(self) -> None:
        """Pass on what the VM wrote."""
        with contextlib.suppress(BlockingIOError, OSError):
            while data := os.read(self.inner, 65536):
                self.say(self._cooked.pass_on(data))

    def say(self, data: bytes) -> None:
        """Send to the PC; lost if nobody listens."""
        self.transcript += data
        del self.transcript[:-65536]
        while data and self.opened():
            try:
                data = data[os.write(self.outer, data) :]
            except BlockingIOError:
                if not select.select([], [self.outer], [], 1)[1]:
                    return  # a program that has the port open and does not read

    def from_pc(self, now_us: int) -> bool:
        """Pass on what a program on the PC wrote. Returns whether there was something."""
        try:
            data = os.read(self.outer, 65536)
        except OSError:
            return False
        self._follow_mode(data)
        executes = self._executing()
        self.prompted |= not executes
        if CTRL_C in data and self.running:
            self.interrupted = True
            data = data.replace(CTRL_C, b"")
        elif CTRL_C in data and executes:
            if self.prompted:  # a reset is not interrupted, nor what leads to the first prompt
                self.on_break()
            data = data.replace(CTRL_C, b"")
        if self.running:
            self.input.put(data, now_us)
        else:
            self._to_terminal(data)
        return True

    def to_repl(self) -> None:
        """main.py has ended: what it has not read is for the REPL."""
        self._to_terminal(self.input.rest())

    def _to_terminal(self, data: bytes) -> None:
        while data and self.inner is not None:
            try:
                data = data[os.write(self.inner, data) :]
            except BlockingIOError:
                select.select([], [self.inner], [], 1)

    def _executing(self) -> bool:
        # The VM clears ISIG while its REPL reads a line.
        return self.inner is not None and bool(termios.tcgetattr(self.terminal)[3] & termios.ISIG)

    def _follow_mode(self, data: bytes) -> None:
        if CTRL_A in data or CTRL_B in data:
            self.raw = data.rfind(CTRL_A) > data.rfind(CTRL_B)

    def type(self, data: bytes) -> None:
        """Press keys on the VM's terminal."""
        os.write(self.inner, data)


def _ahead_of(link: Path) -> Path:
    """The file beside a link that says how far its board's time is ahead."""
    return link.with_name(link.name + ".ahead")


class Cooked:
    """What the VM writes on its terminal as it goes to the PC."""

    def __init__(self):
        self._have = b""
        self._raw = 0  # bytes that are to go as they are
        self._last = b""

    def pass_on(self, data: bytes) -> bytes:
        """What is to be sent for these bytes."""
        self._have += data
        out = b""
        while self._have:
            if self._raw:
                piece, self._have = self._have[: self._raw], self._have[self._raw :]
                self._raw -= len(piece)
                out += piece
                self._last = piece[-1:]
                continue
            at = self._have.find(ops.RAW[:1])
            text = self._have if at < 0 else self._have[:at]
            out += self._with_returns(text)
            self._have = self._have[len(text) :]
            begin = len(ops.RAW)
            if not self._have or ops.RAW.startswith(self._have[:begin]):
                if len(self._have) < begin + 2:
                    break  # the rest of the mark is to come
                self._raw = int.from_bytes(self._have[begin : begin + 2], "little")
                self._have = self._have[begin + 2 :]
            else:
                out += self._with_returns(self._have[:1])
                self._have = self._have[1:]
        return out

    def _with_returns(self, text: bytes) -> bytes:
        if not text:
            return b""
        # A return that came with the text before belongs to a newline at the beginning of this
        done = int(self._last == b"\r" and text[:1] == b"\n")
        self._last = text[-1:]
        return text[:done] + _BARE_NEWLINE.sub(b"\r\n", text[done:])


def check_link(link: Path) -> None:
    """PacklogError if no symlink to a port can be made there, or another board's is there."""
    _check_name(link)
    if _ahead_of(link).exists():
        os.close(_lock(link))


def _check_name(link: Path) -> None:
    if link.is_symlink() and os.readlink(link).startswith("/dev/"):
        return
    if link.is_symlink() or link.exists():
        raise PacklogError(f"{link} exists and is no link to a port: choose another name")
    check_place(link)


def _lock(link: Path) -> int:
    """Hold the link's name until the file is closed. PacklogError if another board holds it."""
    try:
        file = os.open(_ahead_of(link), os.O_RDWR | os.O_CREAT, 0o666)
    except OSError as error:
        raise write_error(str(link), error) from None
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(file)
        raise PacklogError(
            f"{link} is the port of another virtual board: choose another name"
        ) from None
    return file


def _symlink(target: str, link: Path) -> None:
    _check_name(link)
    link.unlink(missing_ok=True)
    link.symlink_to(target)
