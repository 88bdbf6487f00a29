"""A Renogy Pro on a simulated pack: as renogy.py's, with currents that count 100 mA."""

from host_tools.sim.units import asked, renogy
from host_tools.sim.units import renogy_wire as wire  # noqa: F401 - what it writes with
from host_tools.sim.units.joining import Plan, Rig
from host_tools.sim.units.line import Line

NAME = "RNGRBP1228000830"
MODULE = renogy.LINKS["ble"] | {"maker": 0xE14C}


class Unit(renogy.Unit):
    """The unit: see renogy.Unit."""

    def __init__(self, pack, seed: int = 0, number: int = 48):
        super().__init__(pack, seed, number, 0.1)


def join(rig: Rig, plan: Plan) -> Line:
    """Put a unit within reach of the board's Bluetooth."""
    return join_pack(rig, plan, {"device": NAME, "address": ""})


def join_pack(rig: Rig, plan: Plan, section: dict) -> Line:
    """The same for the pack of a config."""

    def make(pack):
        return Unit(pack, plan.seed, section.get("unit", 48))

    return asked.join_pack(rig, plan, section, make, NAME, MODULE)


def pack_config(plan: Plan) -> dict:
    """It is found by its name."""
    return {"device": NAME}
