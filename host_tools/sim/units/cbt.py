"""A CBT Power on a simulated pack: answers the questions that read, nothing else."""

from collections.abc import Callable

from host_tools.ground.firmware import declared
from host_tools.sim.units import asked
from host_tools.sim.units import cbt_wire as wire
from host_tools.sim.units.joining import Plan, Rig
from host_tools.sim.units.line import Line

NAME = "170R000121"
MODULE = declared("bms", "cbt")["LINKS"]["ble"] | {"maker": 0x5352}


class Unit(asked.Unit):
    """The unit: see asked.Unit."""

    def answers(self, question: bytes) -> list[bytes]:
        made = {
            0x21: lambda: wire.alarms(int(self.pack.charge_stopped or self.pack.discharge_stopped)),
            0x15: lambda: wire.rated(round(self.pack.capacity_ah), 3),
            0x09: lambda: wire.degrees(round(self.pack.temperatures[0])),
            0x0A: lambda: wire.soc(int(self.pack.soc)),
            0x0B: lambda: wire.values(round(self.pack.volts * 1000), round(self.pack.amps * 1000)),
        } | {kind: self._cells(group) for group, kind in enumerate(wire.CELLS)}
        return [make() for kind, make in made.items() if question == wire.question(kind)]

    def _cells(self, group: int) -> Callable[[], bytes]:
        return lambda: wire.cells(group, [round(each * 1000) for each in self.pack.cells])


def join(rig: Rig, plan: Plan) -> Line:
    """Put a unit within reach of the board's Bluetooth."""
    return join_pack(rig, plan, {"device": NAME, "address": ""})


def join_pack(rig: Rig, plan: Plan, section: dict) -> Line:
    """The same for the pack of a config."""
    return asked.join_pack(rig, plan, section, lambda pack: Unit(pack, plan.seed), NAME, MODULE)


def pack_config(plan: Plan) -> dict:
    """It is found by its name."""
    return {"device": NAME}
