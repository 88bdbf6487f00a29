"""What a unit finds where it is joined to the virtual board: the rig, as far as units know it."""

from pathlib import Path
from typing import Any, Protocol

from host_tools.sim.units.line import BAUD, Line
from host_tools.sim.units.pack import Pack


class Rig(Protocol):
    """pack: the simulated pack of the first unit, None while a capture is played."""

    pack: Pack | None

    def wire(self, line: Line, pin: int = ..., baudrate: int = BAUD) -> None:
        """Connect what a unit sends to that pin of the board."""

    def put_within_reach(self, name: str, unit: Line, seed: int, module: dict) -> Any:
        """Put a unit near the board's Bluetooth; returns its peripheral."""

    def put_in_network(self, address: str, port: int, unit: Any) -> Any:
        """Put a unit with messages() into the home network; returns its server."""


class Plan(Protocol):
    """capture: a file to play instead of simulating the BMS. firmware: of a Chargery."""

    capture: Path | None
    seed: int
    firmware: str
    jk_name: str
    jk_layout: str
    jk_module: dict
