"""Tells systemd how a service is doing: sd_notify(3), datagrams to the socket in NOTIFY_SOCKET.

Without that variable nothing is told.
"""

import contextlib
import os
import socket
from time import monotonic

_OFTEN = 4  # within the time after which systemd would end the service


class Notify:
    """READY=1 once, and WATCHDOG=1 as often as WATCHDOG_USEC asks for."""

    def __init__(self):
        self._where = os.environ.get("NOTIFY_SOCKET", "")
        watchdog = os.environ.get("WATCHDOG_USEC", "")
        mine = os.environ.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
        self._every = int(watchdog) / 1e6 / _OFTEN if watchdog.isdigit() and mine else None
        self._last = 0.0
        self._is_ready = False

    def ready(self) -> None:
        """The service has started."""
        if not self._is_ready:
            self._is_ready = True
            self._tell("READY=1")

    def alive(self) -> None:
        """The service goes on."""
        if self._every is not None and monotonic() - self._last >= self._every:
            self._last = monotonic()
            self._tell("WATCHDOG=1")

    def status(self, line: str) -> None:
        """What systemctl status shows."""
        self._tell(f"STATUS={line}")

    def stopping(self) -> None:
        self._tell("STOPPING=1")

    def _tell(self, message: str) -> None:
        if not self._where:
            return
        where = "\0" + self._where[1:] if self._where.startswith("@") else self._where
        with (
            contextlib.suppress(OSError),  # a supervisor that has gone, or does not read
            socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock,
        ):
            sock.setblocking(False)
            sock.sendto(message.encode(), where)
