"""One life of the virtual board's VM: the MicroPython process and the two pipes to it."""

import contextlib
import os
import struct
import subprocess
from pathlib import Path
from typing import NamedTuple

from host_tools.ground import micropython
from host_tools.sim.vm import ops

VM = Path(__file__).resolve().parents[1] / "vm"


class Request(NamedTuple):
    """What the VM asks for: see vm/ops.py."""

    op: int
    a: int
    b: int
    now: int
    value: int
    data: bytes


class Process:
    """Starts the VM on a terminal. arguments: what vm/start.py is to know, in its order."""

    def __init__(self, terminal: int, heap: str, mode: str, arguments: tuple):
        to_vm, from_vm = os.pipe(), os.pipe()
        self.requests, self._answers = from_vm[0], to_vm[1]
        self._number = 0  # of the newest request
        ends = (to_vm[0], from_vm[1])
        command = [micropython.find(), "-X", f"heapsize={heap}", "-i", str(VM / "start.py")]
        command += [str(VM), mode, *map(str, ends), *map(str, arguments)]
        self._process = subprocess.Popen(
            command,
            stdin=terminal,
            stdout=terminal,
            stderr=terminal,
            pass_fds=ends,
            env={"PATH": os.environ.get("PATH", ""), "MICROPYPATH": ".frozen"},
            start_new_session=True,
        )
        for fd in ends:
            os.close(fd)

    def ended(self) -> bool:
        """Has the process ended by itself? (Ctrl-D at the REPL does that.)"""
        return self._process.poll() is not None

    def signal(self, number: int) -> None:
        """Send it a signal."""
        self._process.send_signal(number)

    def kill(self) -> None:
        """End it at once, as a power cut does."""
        self._process.kill()
        self._process.wait()
        os.close(self.requests)
        os.close(self._answers)

    def read(self) -> Request | None:
        """The request that has come in. None if there is no new one, or the process went away."""
        head = os.read(self.requests, ops.HEADER_SIZE)
        if len(head) < ops.HEADER_SIZE:
            return None
        op, a, b, count, now, value, number = struct.unpack(ops.HEADER, head)
        data = b""
        while len(data) < count:
            piece = os.read(self.requests, count - len(data))
            if not piece:
                return None
            data += piece
        if number == self._number:  # sent again
            return None
        self._number = number
        return Request(op, a, b, now, value, data)

    def answer(self, now: int, also: int, value: int, data: bytes, errno: int) -> None:
        """Answer the request; also: what else happened, ops.BREAK and ops.EVENT."""
        head = struct.pack(ops.HEADER, 0, also, errno, len(data), now, value, 0)
        with contextlib.suppress(BrokenPipeError):
            os.write(self._answers, head + data)
