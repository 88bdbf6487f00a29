"""What a simulated unit sees of the rig that it joins and of the plan for it: host_tools/sim/rig.py
builds both, on a higher floor.
"""

from pathlib import Path
from typing import Any, Protocol

from host_tools.sim.units.line import BAUD, Line
from host_tools.sim.units.pack import Pack

CELLS = 16  # of a pack whose config does not say
BMS_PIN = 16  # as in the example config.json


def pack_of(plan: "Plan", section: dict) -> Pack:
    """The pack that a section of config.json describes."""
    return Pack(section.get("cells") or CELLS, section.get("capacity_ah", 280), seed=plan.seed)


def own_module(section: dict) -> dict:
    """What a section says of the unit's radio, more of ble_unit.Module: its address, its PIN."""
    found: dict = {"address": section["address"].upper()} if section.get("address") else {}
    if section.get("pin"):
        found |= {"wants": "pin", "passkey": int(section["pin"])}
    return found


class Plan(Protocol):
    """What is asked of a unit. capture: a file to play instead of simulating the BMS."""

    capture: Path | None
    seed: int
    firmware: str  # of the Chargery
    jk_name: str  # as it advertises itself
    jk_layout: str  # "32S" or "24S"
    jk_module: dict  # more of ble_unit.Module


class Rig(Protocol):
    """Where units go. pack: the first unit's, None if it plays a capture."""

    pack: Pack | None

    def wire(self, line: Line, pin: int = BMS_PIN, baudrate: int = BAUD) -> None:
        """Connect what a unit sends to that pin of the board."""

    def put_within_reach(self, name: str, unit: Line, seed: int, module: dict) -> Any:
        """Put a unit near the board's Bluetooth; returns its Peripheral."""

    def add_home(self) -> Any:
        """The home network, made if there is none: house_network.Home."""
