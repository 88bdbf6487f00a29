"""Which board is meant: the one at a USB serial port of this PC."""

import sys
from collections.abc import Callable

import serial.tools.list_ports
from host_tools.ground.errors import PacklogError
from host_tools.ground.firmware import COMMAND

EXAMPLES = {"win32": "COM3", "darwin": "/dev/cu.usbserial-0001"}
EXAMPLE = EXAMPLES.get(sys.platform, "/dev/ttyUSB0")  # of a port


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
            f"no board found: plug it in, or name its port (such as {EXAMPLE}); "
            f"to try packlog without one: {COMMAND} demo"
        )
    if len(found) > 1:
        if choose:
            return choose(found)
        names = ", ".join(port for port, _ in found)
        raise PacklogError(f"several boards found: name the port, one of {names}")
    return found[0][0]
