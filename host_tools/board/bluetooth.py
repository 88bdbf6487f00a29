"""packlog scan and packlog release: what the board's Bluetooth hears, and letting go of the BMS.

A JK takes one client at a time: as long as the logger is connected, the owner's phone is not.
"""

from collections.abc import Callable
from dataclasses import dataclass

from host_tools.board.device import Device, persist
from host_tools.board.script import script
from host_tools.board.starting import let_it_start
from host_tools.board.talk import Unanswered
from host_tools.ground import units
from host_tools.ground.errors import PacklogError
from host_tools.ground.firmware import names, seen_as
from host_tools.ground.progress import Progress
from host_tools.ground.text import PlainTable, console, parse_json, plain

import recognise

MOST_ASKED = 8  # units that a scan asks for a reading: each takes some seconds
LONGEST_STATE = 20  # characters of what a link says
TRY_S = 60  # for one kind of one unit: finder.TRY_S and what its radio takes


@dataclass
class Heard:
    """A device that advertises. kinds: of BMS that it can be, in the order in which to ask; is_sure
    if they are recognised, not just possible by the service. reading: "JBD, 16 cells, 53.2 V", once
    it was asked for one; "" if it did not answer, and silence is why, as its link says it.
    """

    address: str
    name: str
    rssi: int
    kinds: list[str]
    is_sure: bool = True
    reading: str | None = None
    silence: str = ""

    @property
    def kind(self) -> str:
        """The one that it most likely is, "" if that is not known."""
        return self.kinds[0] if self.kinds and self.is_sure else ""

    @property
    def words(self) -> str:
        """What can be said of its kind."""
        if self.reading:
            return self.reading
        said = " or ".join(kind.upper() for kind in self.kinds)
        why = f" ({self.silence})" if self.silence else ""
        silent = f", does not answer{why}" if self.reading is not None else ""
        return (said if self.is_sure else said and f"perhaps {said}") + silent


def heard(device: Device, seconds: int) -> list[Heard]:
    """The devices heard within seconds."""
    lines = _said(device.run(script("scan", seconds), silent_s=seconds + 20, total_s=seconds + 60))
    entries = (line.split(" ", 1)[1] for line in lines if line.startswith("heard "))
    try:
        return [_entry(*parse_json(entry)) for entry in entries]
    except (ValueError, TypeError):
        raise PacklogError(f"the board at {device.port} answers strangely: reset it") from None


def _said(text: str) -> list[str]:
    """The lines of a script that uses Bluetooth. PacklogError if it could not."""
    lines = text.splitlines()
    if any(line.startswith("missing") for line in lines):
        raise PacklogError(
            "the board cannot scan: it needs packlog and aioble (packlog install --bluetooth), "
            "and Bluetooth"
        )
    if any(line.startswith("radio") for line in lines):
        raise PacklogError(f"the board's Bluetooth does not work: {lines[-1]}; reset the board")
    return lines


def _entry(address: str, name: str | None, rssi: int, uuids: list[int], maker=None) -> Heard:
    name, address = str(name or ""), str(address)
    return Heard(address, name, int(rssi), *kinds_of(name, list(uuids), address, maker))


def kinds_of(
    name: str, uuids: list[int], address: str = "", maker: int | None = None
) -> tuple[list[str], bool]:
    """The kinds of BMS that an advertisement can be of, and whether their SEEN_AS says so, or only
    the service: see recognise.kinds().
    """
    return recognise.kinds(seen_as(), name, uuids, maker, address)


def ask(device: Device, unit: Heard) -> None:
    """Ask a unit for a reading, as each kind that it is recognised as. The board has just been
    reset: what a logger leaves behind cannot be used twice.
    """
    links = {kind: link for kind, link, _ in seen_as()}
    kinds = [(kind, links[kind]) for kind in unit.kinds]
    code = script("ask_unit", unit.address, kinds)
    lines = _said(device.run(code, silent_s=TRY_S, total_s=TRY_S * len(kinds)))
    unit.reading = ""
    for line in lines:
        word, *rest = line.split() or [""]
        if word == "silent":
            unit.silence = plain(" ".join(rest))[:LONGEST_STATE]
        if word == "reading" and len(rest) == 3 and rest[0] in names("bms"):
            kind, cells, mv = rest
            unit.kinds = [kind]
            unit.silence = ""
            unit.reading = f"{kind.upper()}, {int(cells)} cells, {units.volts(int(mv))[:-2]} V"


def scan(port: str, seconds: int, say: Callable[[str], None], is_asking: bool = True) -> None:
    """Listen for seconds, ask the BMSs that are recognised for a reading each, and print the
    devices in reach. The logger pauses meanwhile.
    """

    def listen(device: Device) -> list[Heard]:
        with device.stopped():
            say(f"listening for {seconds} s ...")
            found = heard(device, seconds)
            if is_asking:
                ask_all(device, found)
            return found

    console().print(_table(persist(port, say, listen)))


def ask_all(device: Device, found: list[Heard]) -> None:
    """Ask those that are recognised, the nearest first."""
    asked = sorted((it for it in found if it.kind), key=lambda it: -it.rssi)[:MOST_ASKED]
    if asked:
        device.soft_reset()
    with Progress("asking", len(asked), "BMSs") as bar:
        for count, unit in enumerate(asked, 1):
            ask(device, unit)
            bar.at(count)


def _table(found: list[Heard]) -> PlainTable:
    table = PlainTable(title="Bluetooth LE", caption=None if found else "nothing was heard")
    for title in ("device", "address", "signal", "BMS?"):
        table.add_column(title)
    for unit in sorted(found, key=lambda it: -it.rssi):
        table.add_row(unit.name, unit.address, f"{unit.rssi} dBm", unit.words)
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
