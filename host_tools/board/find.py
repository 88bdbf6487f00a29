"""Which board is meant: the one at a USB serial port of this PC.

A battery's PC has other serial devices, too: a GPS, an inverter's cable. A port counts as a board's
if its USB chip is one that ESP32 boards have; the vendors' numbers are those of usb.ids.
"""

from collections.abc import Callable
from dataclasses import dataclass

import serial.tools.list_ports
from host_tools.ground.errors import PacklogError
from host_tools.ground.firmware import COMMAND

# USB vendor: the products that are on boards, None: all of them
ON_BOARDS = {
    0x303A: None,  # Espressif: chips with USB of their own
    0x10C4: (0xEA60, 0xEA61, 0xEA63, 0xEA70, 0xEA71, 0xEA80),  # Silicon Labs CP210x
    0x1A86: None,  # WCH CH340, CH343, CH9102
    0x0403: (0x6001, 0x6010, 0x6011, 0x6014, 0x6015),  # FTDI
    0x067B: (0x2303, 0x23A3, 0x23C3),  # Prolific PL2303
    0x2341: (0x0070,),  # Arduino Nano ESP32
}
NAMED = "--port {0}, or PACKLOG_PORT={0}"


@dataclass(frozen=True, order=True)
class Found:
    """A USB serial port, and what the system knows of what is there."""

    port: str
    text: str
    is_board: bool

    def __str__(self) -> str:
        return f"{self.port} ({self.text})" if self.text else self.port


def plugged_in() -> list[Found]:
    """Every USB serial port."""
    return sorted(_found(p) for p in serial.tools.list_ports.comports() if p.vid and p.pid)


def _found(port) -> Found:
    products = ON_BOARDS.get(port.vid, ())
    texts = (port.description, port.manufacturer)
    # pyserial's description is "n/a", or the port again, where the system knows none
    told = [it for it in texts if it and it not in ("n/a", port.device)]
    text = ", ".join(dict.fromkeys(told)) or f"USB {port.vid:04x}:{port.pid:04x}"
    return Found(port.device, text, products is None or port.pid in products)


def find_port(choose: Callable[[list[tuple[str, str]]], str] | None = None) -> str:
    """The one board that is plugged in; choose() takes one of several, (port, what it is).

    PacklogError if there is none, or more than one and nobody to ask.
    """
    found = plugged_in()
    boards = [each for each in found if each.is_board]
    if not boards:
        raise PacklogError(_none(found))
    if len(boards) > 1:
        if choose:
            return choose([(each.port, each.text) for each in boards])
        listed = ", ".join(map(str, boards))
        name = NAMED.format(boards[0].port)
        raise PacklogError(f"several boards found: name one, as in {name}: {listed}")
    return boards[0].port


def _none(others: list[Found]) -> str:
    """What to do if no port looks like a board's."""
    if others:
        listed = ", ".join(map(str, others))
        name = NAMED.format(others[0].port)
        return f"no board found, only other serial devices: {listed}. If one is the board: {name}"
    return (
        f"no board found: plug it in, or name its port, as in {NAMED.format('/dev/ttyUSB0')}; "
        f"to try packlog without one: {COMMAND} demo"
    )
