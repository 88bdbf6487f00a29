"""packlog scan and packlog release: what the board's Bluetooth hears, and letting go of the BMS.

A JK takes one client at a time: as long as the logger is connected, the owner's phone is not.
"""

from collections.abc import Callable

from host_tools.board.device import Device, persist
from host_tools.board.script import script
from host_tools.board.starting import let_it_start
from host_tools.board.talk import Unanswered
from host_tools.ground.errors import PacklogError
from host_tools.ground.firmware import declared, names
from host_tools.ground.text import PlainTable, console, parse_json


def heard(device: Device, seconds: int) -> list[tuple[str, str, int, str]]:
    """(address, name, dBm, kind of BMS or "") of each device heard within seconds."""
    lines = device.run(
        script("scan", seconds), silent_s=seconds + 20, total_s=seconds + 60
    ).splitlines()
    if any(line.startswith("missing") for line in lines):
        raise PacklogError(
            "the board cannot scan: it needs packlog and aioble (packlog install --bluetooth), "
            "and Bluetooth"
        )
    if any(line.startswith("radio") for line in lines):
        raise PacklogError(f"the board's Bluetooth does not work: {lines[-1]}; reset the board")
    entries = (line.split(" ", 1)[1] for line in lines if line.startswith("heard "))
    try:
        return [_entry(*parse_json(entry)) for entry in entries]
    except (ValueError, TypeError):
        raise PacklogError(f"the board at {device.port} answers strangely: reset it") from None


def _entry(address: str, name: str | None, rssi: int, uuids: list[int]) -> tuple:
    name, address = str(name or ""), str(address)
    return address, name, int(rssi), kind_of(name, list(uuids), address)


def kind_of(name: str, uuids: list[int], address: str = "") -> str:
    """The kind of BMS whose SEEN_AS fits an advertisement; "" if none does, or several do.

    SEEN_AS has a service's UUID, beginnings of a name, beginnings of an address: the service has to
    fit, and one of the others if there are any. A kind with both comes before one with a service
    alone.
    """
    found = [kind for kind in names("bms") if _fits(kind, name, uuids, address.lower())]
    exact = [kind for kind in found if declared("bms", kind)["SEEN_AS"].keys() > {"service"}]
    found = exact or found
    return found[0] if len(found) == 1 else ""


def _fits(kind: str, name: str, uuids: list[int], address: str) -> bool:
    seen_as = declared("bms", kind).get("SEEN_AS")
    if not seen_as or ("service" in seen_as and seen_as["service"] not in uuids):
        return False
    begins = seen_as.get("name", ()), seen_as.get("address", ())
    return not any(begins) or name.startswith(begins[0]) or address.startswith(begins[1])


def scan(port: str, seconds: int, say: Callable[[str], None]) -> None:
    """Listen for seconds, then print the devices in reach. The logger pauses meanwhile."""

    def listen(device: Device) -> list[tuple]:
        with device.stopped():
            say(f"listening for {seconds} s ...")
            return heard(device, seconds)

    console().print(_table(persist(port, say, listen)))


def _table(found: list[tuple]) -> PlainTable:
    table = PlainTable(title="Bluetooth LE", caption=None if found else "nothing was heard")
    for title in ("device", "address", "signal", "BMS?"):
        table.add_column(title)
    for address, name, rssi, kind in sorted(found, key=lambda entry: -entry[2]):
        table.add_row(name or "", address, f"{rssi} dBm", kind.upper())
    return table


def release(port: str, minutes: int, say: Callable[[str], None]) -> None:
    """Disconnect the logger from the BMS for minutes; it reconnects by itself."""

    if not persist(port, say, lambda device: _let_go(device, 60 * minutes)):
        raise PacklogError(f"the logger at {port} is connected to no BMS by Bluetooth")
    say(f"the BMS is free for {minutes} min: connect the phone now, and disconnect it afterwards")


def _let_go(device: Device, seconds: int) -> bool:
    """Ask the logger as it runs; an older one finds the request when it starts again."""
    try:
        return int(device.talk().ask("release", seconds)) > 0
    except (Unanswered, ValueError):
        with device.stopped():
            let_it_start(device)
            return device.run(script("release", seconds)).strip() == "yes"
