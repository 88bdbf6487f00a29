"""Which board is meant: the one at a USB serial port of this PC."""

from collections.abc import Callable

import serial.tools.list_ports
from host_tools.ground.errors import PacklogError


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
