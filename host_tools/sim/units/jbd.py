"""A JBD unit on a simulated pack: answers the three questions that read, nothing else."""

from host_tools.ground.firmware import declared
from host_tools.sim.units import asked
from host_tools.sim.units import jbd_wire as wire
from host_tools.sim.units.joining import Plan, Rig
from host_tools.sim.units.line import Line
from host_tools.sim.units.pack import BALANCE_OVER_LOWEST_V, BALANCE_V

NAME = "JBD-SP16S"
LINKS = declared("bms", "jbd")["LINKS"]
CELL_OVERVOLTAGE, CELL_UNDERVOLTAGE = 1, 2


class Unit(asked.Unit):
    """The unit: see asked.Unit."""

    def answers(self, question: bytes) -> list[bytes]:
        made = {wire.BASIC: self._basic, wire.CELLS: self._cells, wire.NAME: self._name}
        return [make() for kind, make in made.items() if question == wire.question(kind)]

    def _name(self) -> bytes:
        return wire.name_frame(NAME)

    def _cells(self) -> bytes:
        return wire.cells_frame([round(volts * 1000) for volts in self.pack.cells])

    def _basic(self) -> bytes:
        pack = self.pack
        lowest = min(pack.cells)
        balance = sum(
            1 << i
            for i, volts in enumerate(pack.cells)
            if volts > max(BALANCE_V, lowest + BALANCE_OVER_LOWEST_V)
        )
        return wire.basic_frame(
            round(pack.volts * 100),
            round(pack.amps * 100),
            round(pack.charge_ah * 100),
            round(pack.capacity_ah * 100),
            int(pack.soc),
            [round(degrees * 10) for degrees in pack.temperatures],
            cells=len(pack.cells),
            balance=balance,
            errors=CELL_OVERVOLTAGE * pack.charge_stopped
            | CELL_UNDERVOLTAGE * pack.discharge_stopped,
            fets=(not pack.charge_stopped) | (not pack.discharge_stopped) << 1,
        )


def join(rig: Rig, plan: Plan) -> Line:
    """Put a unit within reach of the board's Bluetooth."""
    return join_pack(rig, plan, {"device": NAME, "address": ""})


def join_pack(rig: Rig, plan: Plan, section: dict) -> Line:
    """The same for the pack of a config: by Bluetooth, or on its wire."""
    module = LINKS["ble"] | {"maker": 0xFFFF}
    return asked.join_pack(rig, plan, section, lambda pack: Unit(pack, plan.seed), NAME, module)


def pack_config(plan: Plan) -> dict:
    """It is found by its name."""
    return {"device": NAME}
