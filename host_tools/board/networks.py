"""Which WiFi networks a board hears, before it has any firmware of packlog's."""

import binascii
from dataclasses import dataclass

from host_tools.board.device import Device
from host_tools.board.script import script
from host_tools.ground.errors import PacklogError
from host_tools.ground.text import parse_json

OPEN = 0  # MicroPython's number for a network without a password
MOST = 15  # that are worth a line


@dataclass(frozen=True)
class Network:
    """A network in reach: its name, how strong it is in dBm, and whether it has no password."""

    ssid: str
    rssi: int
    is_open: bool


def in_reach(device: Device) -> list[Network]:
    """The strongest first, each once. PacklogError if the board cannot listen."""
    lines = device.run(script("wifi_scan")).splitlines()
    if any(line.startswith("radio") for line in lines):
        raise PacklogError(f"the board cannot look for WiFi networks ({lines[-1]})")
    try:
        heard = [_network(line.split(" ", 1)[1]) for line in lines if line.startswith("heard ")]
    except (ValueError, TypeError, OverflowError):
        raise PacklogError(f"the board at {device.port} answers strangely: reset it") from None
    found: dict[str, Network] = {}
    for each in sorted(heard, key=lambda it: -it.rssi):
        if each.ssid:
            found.setdefault(each.ssid, each)
    return list(found.values())[:MOST]


def _network(entry: str) -> Network:
    name, rssi, security = parse_json(entry)
    try:
        ssid = binascii.unhexlify(name).decode("utf8")
    except UnicodeDecodeError:
        ssid = ""  # config.json is UTF-8: such a name cannot be in it
    return Network(ssid, int(rssi), security == OPEN)
