"""A Seplos V3 on a simulated pack: answers the three questions that read its number, no others."""

from host_tools.ground.firmware import declared
from host_tools.sim.units import asked
from host_tools.sim.units import seplos_v3_wire as wire
from host_tools.sim.units.joining import Plan, Rig
from host_tools.sim.units.line import Line
from host_tools.sim.units.pack import BALANCE_OVER_LOWEST_V, BALANCE_V

NAME = "SP05B2312190075"
LINKS = declared("bms", "seplos_v3")["LINKS"]
CELL_OVERVOLTAGE, CELL_UNDERVOLTAGE = 2, 8  # bits of the first event


class Unit(asked.Unit):
    """The unit: see asked.Unit. number: which pack it is."""

    def __init__(self, pack, seed: int = 0, number: int = 1):
        super().__init__(pack, seed)
        self._number = number

    def answers(self, question: bytes) -> list[bytes]:
        made = {wire.STATES: self._states, wire.CELLS: self._cells, wire.TOTALS: self._totals}
        asked_for = [kind for kind in made if question == wire.question(self._number, kind)]
        return [made[kind]() for kind in asked_for]

    def _totals(self) -> bytes:
        pack = self.pack
        return wire.totals(
            round(pack.volts * 100),
            round(pack.amps * 100),
            round(pack.charge_ah * 100),
            round(pack.capacity_ah * 100),
            round(pack.soc * 10),
            unit=self._number,
        )

    def _cells(self) -> bytes:
        pack = self.pack
        inner, outer = (round(10 * degrees) for degrees in pack.temperatures)
        warm = round(inner + abs(pack.amps) / 2)
        mv = [round(volts * 1000) for volts in pack.cells]
        return wire.cells(mv, (inner, inner, outer, outer), outer, warm, self._number)

    def _states(self) -> bytes:
        pack = self.pack
        alarms = CELL_OVERVOLTAGE * pack.charge_stopped
        alarms |= CELL_UNDERVOLTAGE * pack.discharge_stopped
        balance = sum(
            1 << i
            for i, volts in enumerate(pack.cells)
            if volts > max(BALANCE_V, min(pack.cells) + BALANCE_OVER_LOWEST_V)
        )
        fets = (not pack.discharge_stopped) | (not pack.charge_stopped) << 1
        events = (alarms, 0, 0, 0, 0, 0)
        return wire.states(events, fets, balance=balance, unit=self._number)


def join(rig: Rig, plan: Plan) -> Line:
    """Put a unit within reach of the board's Bluetooth."""
    return join_pack(rig, plan, {"device": NAME, "address": "", "unit": 1})


def join_pack(rig: Rig, plan: Plan, section: dict) -> Line:
    """The same for the pack of a config: by Bluetooth, or on its wire."""
    module = LINKS["ble"] | {"maker": 0xFFFF}

    def make(pack):
        return Unit(pack, plan.seed, section.get("unit", 1))

    return asked.join_pack(rig, plan, section, make, NAME, module)


def pack_config(plan: Plan) -> dict:
    """It is found by its name."""
    return {"device": NAME}
