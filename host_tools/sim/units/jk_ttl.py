"""A JK unit's TTL port on a simulated pack: answers the one question that reads all."""

from host_tools.ground.firmware import declared
from host_tools.sim.units import asked, daly
from host_tools.sim.units import jk_ttl_wire as wire
from host_tools.sim.units.joining import BMS_PIN, Plan, Rig
from host_tools.sim.units.line import Line

BAUDRATE = declared("bms", "jk_ttl")["LINKS"]["serial"]["baudrate"]
CELL_OVERVOLTAGE, CELL_UNDERVOLTAGE = 1 << 10, 1 << 11


class Unit(asked.Unit):
    """The unit: see asked.Unit."""

    def answers(self, question: bytes) -> list[bytes]:
        return [self._reading()] if question == wire.QUESTION else []

    def _reading(self) -> bytes:
        pack = self.pack
        t1, t2 = (round(degrees) for degrees in pack.temperatures)
        states = (not pack.charge_stopped) | (not pack.discharge_stopped) << 1
        errors = CELL_OVERVOLTAGE * pack.charge_stopped
        return wire.reading(
            [round(volts * 1000) for volts in pack.cells],
            round(pack.amps * 100),
            int(pack.soc),
            (t1 + round(abs(pack.amps) / 20), t1, t2),
            errors=errors | CELL_UNDERVOLTAGE * pack.discharge_stopped,
            states=states | 4 * daly.is_balancing(pack),
            capacity=round(pack.capacity_ah),
        )


def join(rig: Rig, plan: Plan) -> Line:
    """Wire a unit to the board."""
    return join_pack(rig, plan, {"rx": BMS_PIN, "baudrate": BAUDRATE})


def join_pack(rig: Rig, plan: Plan, section: dict) -> Line:
    """The same for the pack of a config."""
    return asked.join_pack(rig, plan, section, lambda pack: Unit(pack, plan.seed), "", {})


def pack_config(plan: Plan) -> dict:
    """The example's pins are those that it is wired to."""
    return {}
