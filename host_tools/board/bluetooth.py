"""packlog scan and packlog release: what the board's Bluetooth hears, and letting go of the BMS.

A JK takes one client at a time: as long as the logger is connected, the owner's phone is not.
"""

import ast
from collections.abc import Callable

from host_tools.board.device import Device
from host_tools.ground.errors import PacklogError
from host_tools.ground.firmware import declared, names
from rich.console import Console
from rich.table import Table

_SCAN = """
try:
    import asyncio
    from transport import ble
    for entry in asyncio.run(ble.scan({seconds})):
        print("heard", repr(entry))
except ImportError as e:
    print("missing", e)
except OSError as e:
    print("radio", e)
"""
_RELEASE = """
try:
    found = any(hasattr(p.link, "release") for p in logger.board.packs)
except NameError:
    found = False
if found:
    with open("/release", "w") as f:
        f.write("{seconds}")
    print("yes")
"""


def heard(device: Device, seconds: int) -> list[tuple[str, str, int, str]]:
    """(address, name, dBm, kind of BMS or "") of each device heard in so many seconds."""
    lines = device.run(_SCAN.format(seconds=seconds), silent_s=seconds + 20).splitlines()
    if any(line.startswith("missing") for line in lines):
        raise PacklogError(
            "the board cannot scan: it needs packlog and aioble (packlog install --bluetooth), "
            "and Bluetooth"
        )
    if any(line.startswith("radio") for line in lines):
        raise PacklogError(f"the board's Bluetooth does not work: {lines[-1]}; reset the board")
    entries = (line.split(" ", 1)[1] for line in lines if line.startswith("heard "))
    found = [ast.literal_eval(entry) for entry in entries]
    return [(address, name, rssi, kind_of(name, uuids)) for address, name, rssi, uuids in found]


def kind_of(name: str, uuids: list[int]) -> str:
    """The kind of BMS whose SEEN_AS fits a name and services of an advertisement; "" if none does.

    SEEN_AS has a service's UUID, the beginning of a name, or both.
    """
    for kind in names("bms"):
        seen_as = declared("bms", kind).get("SEEN_AS")
        if not seen_as or not name.startswith(seen_as.get("name", "")):
            continue
        if "service" not in seen_as or seen_as["service"] in uuids:
            return kind
    return ""


def scan(port: str, seconds: int, say: Callable[[str], None]) -> None:
    """Print what the board hears in so many seconds. The logger pauses meanwhile."""
    with Device(port) as device, device.stopped():
        say(f"listening for {seconds} s ...")
        found = heard(device, seconds)
    Console().print(_table(found))


def _table(found: list[tuple]) -> Table:
    table = Table(title="Bluetooth LE", caption=None if found else "nothing was heard")
    for title in ("device", "address", "signal", "BMS?"):
        table.add_column(title)
    for address, name, rssi, kind in sorted(found, key=lambda entry: -entry[2]):
        table.add_row(name or "", address, f"{rssi} dBm", kind.upper())
    return table


def release(port: str, minutes: int, say: Callable[[str], None]) -> None:
    """Have the logger leave the BMS alone for so many minutes. It goes on afterwards by itself."""
    with Device(port) as device, device.stopped():
        if device.run(_RELEASE.format(seconds=60 * minutes)).strip() != "yes":
            raise PacklogError(f"the logger at {port} is connected to no BMS by Bluetooth")
    say(f"the BMS is free for {minutes} min: connect the phone now, and disconnect it afterwards")
