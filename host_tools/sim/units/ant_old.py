"""An ANT unit of before 2021 on a simulated pack: answers the one question that reads."""

from host_tools.ground.firmware import declared
from host_tools.sim.units import ant_old_wire as wire
from host_tools.sim.units import ant_pack, asked
from host_tools.sim.units.joining import Plan, Rig
from host_tools.sim.units.line import Line

NAME = "ANT-BLE16BMA"
LINKS = declared("bms", "ant_old")["LINKS"]


class Unit(asked.Unit):
    """The unit: see asked.Unit."""

    def answers(self, question: bytes) -> list[bytes]:
        return [self._status()] if question == wire.QUESTION else []

    def _status(self) -> bytes:
        inner, outer, warm = ant_pack.temperatures(self.pack)
        sensors = (inner, outer, inner, outer, warm, warm)
        return wire.status(*ant_pack.numbers(self.pack), sensors, **ant_pack.states(self.pack))


def join(rig: Rig, plan: Plan) -> Line:
    """Put a unit within reach of the board's Bluetooth."""
    return join_pack(rig, plan, {"device": NAME, "address": ""})


def join_pack(rig: Rig, plan: Plan, section: dict) -> Line:
    """The same for the pack of a config: by Bluetooth, or on its wire."""
    module = LINKS["ble"] | {"maker": ant_pack.MAKER}
    return asked.join_pack(rig, plan, section, lambda pack: Unit(pack, plan.seed), NAME, module)


def pack_config(plan: Plan) -> dict:
    """It is found by its name."""
    return {"device": NAME}
