"""A TDT on a simulated pack: answers the three questions that read, nothing else.

Its module hears nothing before the word HiLink was written to it (ble_unit.Module).
"""

from host_tools.ground.firmware import declared
from host_tools.sim.units import asked
from host_tools.sim.units import tdt_wire as wire
from host_tools.sim.units.joining import Plan, Rig
from host_tools.sim.units.line import Line
from host_tools.sim.units.pack import BALANCE_OVER_LOWEST_V, BALANCE_V

NAME = "XDZN_001_EF2F"
MODULE = declared("bms", "tdt")["LINKS"]["ble"] | {"maker": 0xD6C0}
CELL_OVERVOLTAGE, CELL_UNDERVOLTAGE = 1, 2  # bits of the first register


class Unit(asked.Unit):
    """The unit: see asked.Unit. head: of the questions that it answers."""

    def __init__(self, pack, seed: int = 0, head: int = 0x7E):
        super().__init__(pack, seed)
        self.head = head

    def answers(self, question: bytes) -> list[bytes]:
        made = {wire.TEXTS: self._texts, wire.STATES: self._states, wire.DATA: self._data}
        return [make() for kind, make in made.items() if question == wire.question(kind, self.head)]

    def _texts(self) -> bytes:
        return wire.texts("WT12_20004SW10_L447", "WATTCYCLE", "60326016207270001")

    def _states(self) -> bytes:
        pack = self.pack
        alarms = CELL_OVERVOLTAGE * pack.charge_stopped
        alarms |= CELL_UNDERVOLTAGE * pack.discharge_stopped
        fets = (not pack.discharge_stopped) << 1 | (not pack.charge_stopped) << 2
        balance = sum(
            1 << i
            for i, volts in enumerate(pack.cells)
            if volts > max(BALANCE_V, min(pack.cells) + BALANCE_OVER_LOWEST_V)
        )
        return wire.states(len(pack.cells), 4, alarms, fets=fets, balance=balance)

    def _data(self) -> bytes:
        pack = self.pack
        inner, outer = (round(10 * degrees) for degrees in pack.temperatures)
        return wire.data(
            [round(volts * 1000) for volts in pack.cells],
            round(pack.amps * 10),
            round(pack.charge_ah * 10),
            round(pack.capacity_ah * 10),
            int(pack.soc),
            (round(inner + abs(pack.amps) / 2), outer, inner, inner),
        )


def join(rig: Rig, plan: Plan) -> Line:
    """Put a unit within reach of the board's Bluetooth."""
    return join_pack(rig, plan, {"device": NAME, "address": ""})


def join_pack(rig: Rig, plan: Plan, section: dict) -> Line:
    """The same for the pack of a config."""
    return asked.join_pack(rig, plan, section, lambda pack: Unit(pack, plan.seed), NAME, MODULE)


def pack_config(plan: Plan) -> dict:
    """It is found by its name."""
    return {"device": NAME}
