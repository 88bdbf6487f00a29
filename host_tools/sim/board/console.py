"""The virtual board's serial port: a pty for the PC's programs, a second one for the VM's terminal.

Between them stands the supervisor: Ctrl-C is withheld while main.py runs (it is delivered where an
ESP32 would deliver it, between two instructions, not inside a file system operation), newlines
become CR LF, and what the board says while nobody has the port open is lost, as on a real wire.
"""

import contextlib
import os
import pty
import re
import select
import termios
import tty
from pathlib import Path

from host_tools.ground.errors import PacklogError
from host_tools.ground.output import check_place

CTRL_A, CTRL_B, CTRL_C = b"\x01", b"\x02", b"\x03"
_BARE_NEWLINE = re.compile(rb"(?<!\r)\n")


class Console:
    """link: where to put a symlink to the port, for mpremote and other programs."""

    def __init__(self, link: Path | None = None):
        self.outer, slave = pty.openpty()
        tty.setraw(slave)
        self.port = os.ttyname(slave)
        os.close(slave)  # so that the master can tell whether somebody has the port open
        os.set_blocking(self.outer, False)
        self.link = self._ahead = None
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
        self._last = b""

    def show(self, link: Path) -> None:
        """Put a symlink to the port there."""
        _symlink(self.port, link)
        self.link = link
        self._ahead = link.with_name(link.name + ".ahead")

    def hide(self) -> None:
        """Take the symlink away."""
        for path in (self.link, self._ahead):
            if path:
                path.unlink(missing_ok=True)
        self.link = self._ahead = None

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
        """May there be something to read? A program's last words, too, after it has closed."""
        events = self._events()
        return bool(events & select.POLLIN) or not events & select.POLLHUP

    def _events(self) -> int:
        poll = select.poll()
        poll.register(self.outer, select.POLLIN)
        return next((events for _, events in poll.poll(0)), 0)

    def from_board(self) -> None:
        """Pass on what the VM wrote."""
        with contextlib.suppress(BlockingIOError, OSError):
            while data := os.read(self.inner, 65536):
                self.say(_BARE_NEWLINE.sub(b"\r\n", data) if self._last != b"\r" else data)
                self._last = data[-1:]

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

    def from_pc(self) -> None:
        """Pass on what a program on the PC wrote."""
        try:
            data = os.read(self.outer, 65536)
        except OSError:
            return
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


def check_link(link: Path) -> None:
    """PacklogError if no symlink to a port can be made there."""
    if not link.is_symlink():
        if link.exists():
            raise PacklogError(f"{link} exists and is no link to a port: choose another name")
        check_place(link)


def _symlink(target: str, link: Path) -> None:
    check_link(link)
    link.unlink(missing_ok=True)
    link.symlink_to(target)
