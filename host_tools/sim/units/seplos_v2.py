"""A Seplos V2 on a simulated pack: answers the two questions that read, nothing else."""

from host_tools.ground.firmware import declared
from host_tools.sim.units import asked
from host_tools.sim.units import seplos_v2_wire as wire
from host_tools.sim.units.joining import Plan, Rig
from host_tools.sim.units.line import Line
from host_tools.sim.units.pack import BALANCE_OVER_LOWEST_V, BALANCE_V

NAME = "BP02"
LINKS = declared("bms", "seplos_v2")["LINKS"]
CELL_OVERVOLTAGE, CELL_UNDERVOLTAGE = 2, 8  # bits of the second event


class Unit(asked.Unit):
    """The unit: see asked.Unit."""

    def answers(self, question: bytes) -> list[bytes]:
        made = {wire.TEXTS: self._texts, wire.DATA: self._status}
        return [make() for kind, make in made.items() if question == wire.QUESTIONS[kind]]

    def _texts(self) -> bytes:
        return wire.texts("CAN:PNG_DYE_Luxp_TB", "B1101-SP76", (16, 6))

    def _status(self) -> bytes:
        pack = self.pack
        inner, outer = (round(10 * degrees) for degrees in pack.temperatures)
        balance = sum(
            1 << i
            for i, volts in enumerate(pack.cells)
            if volts > max(BALANCE_V, min(pack.cells) + BALANCE_OVER_LOWEST_V)
        )
        alarms = CELL_OVERVOLTAGE * pack.charge_stopped
        alarms |= CELL_UNDERVOLTAGE * pack.discharge_stopped
        return wire.status(
            [round(volts * 1000) for volts in pack.cells],
            round(pack.amps * 100),
            round(pack.charge_ah * 100),
            round(pack.capacity_ah * 100),
            round(pack.soc * 10),
            (inner, inner, outer, outer, outer, round(inner + abs(pack.amps) / 2)),
            switches=(not pack.discharge_stopped) | (not pack.charge_stopped) << 1,
            events=(0, alarms, 0, 0, 0, 0, 0, 0),
            balance=balance,
        )


def join(rig: Rig, plan: Plan) -> Line:
    """Put a unit within reach of the board's Bluetooth."""
    return join_pack(rig, plan, {"device": NAME, "address": ""})


def join_pack(rig: Rig, plan: Plan, section: dict) -> Line:
    """The same for the pack of a config."""
    module = LINKS["ble"] | {"maker": 0xFFFF}
    return asked.join_pack(rig, plan, section, lambda pack: Unit(pack, plan.seed), NAME, module)


def pack_config(plan: Plan) -> dict:
    """It is found by its name."""
    return {"device": NAME}
