"""packlog scan and packlog release: what the board's Bluetooth hears, and letting go of the BMS.

A JK takes one client at a time: as long as the logger is connected, the owner's phone is not.
"""

import ast
from collections.abc import Callable

from host_tools.board.device import Device
from host_tools.board.script import script
from host_tools.ground.errors import PacklogError
from rich.console import Console
from rich.table import Table


def heard(device: Device, seconds: int) -> list[tuple[str, str, int, bool]]:
    """(address, name, signal in dBm, is it a BMS?) of what the board hears in so many seconds."""
    lines = device.run(script("scan", seconds), silent_s=seconds + 20).splitlines()
    if any(line.startswith("missing") for line in lines):
        raise PacklogError(
            "the board cannot scan: it needs packlog and aioble (packlog install --bluetooth), "
            "and Bluetooth"
        )
    if any(line.startswith("radio") for line in lines):
        raise PacklogError(f"the board's Bluetooth does not work: {lines[-1]}; reset the board")
    entries = (line.split(" ", 1)[1] for line in lines if line.startswith("heard "))
    return [ast.literal_eval(entry) for entry in entries]


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
    for address, name, rssi, is_bms in sorted(found, key=lambda entry: -entry[2]):
        table.add_row(name or "", address, f"{rssi} dBm", "JK" if is_bms else "")
    return table


def release(port: str, minutes: int, say: Callable[[str], None]) -> None:
    """Have the logger leave the BMS alone for so many minutes. It goes on afterwards by itself."""
    with Device(port) as device, device.stopped():
        if device.run(script("release", 60 * minutes)).strip() != "yes":
            raise PacklogError(f"the logger at {port} is connected to no BMS by Bluetooth")
    say(f"the BMS is free for {minutes} min: connect the phone now, and disconnect it afterwards")
