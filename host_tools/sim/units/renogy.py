"""A Renogy on a simulated pack: answers the four questions that read its number, no others."""

from host_tools.ground.firmware import declared
from host_tools.sim.units import asked
from host_tools.sim.units import renogy_wire as wire
from host_tools.sim.units.joining import BMS_PIN, Plan, Rig
from host_tools.sim.units.line import Line

NAME = "BT-TH-66EDFC11"
LINKS = declared("bms", "renogy")["LINKS"]
MAKER = 0x9860  # half of its module's address
CELL_OVERVOLTAGE, CELL_UNDERVOLTAGE = 0x100, 0x80  # bits of the protections


class Unit(asked.Unit):
    """The unit: see asked.Unit. number: on its line; step: of its currents, in A."""

    def __init__(self, pack, seed: int = 0, number: int = 48, step: float = 0.01):
        super().__init__(pack, seed)
        self._number = number
        self._step = step

    def answers(self, question: bytes) -> list[bytes]:
        made = {
            wire.TEXTS: self._texts,
            wire.STATES: self._states,
            wire.CELLS: self._cells,
            wire.TOTALS: self._totals,
        }
        asked_for = [kind for kind in made if question == wire.question(self._number, kind)]
        return [made[kind]() for kind in asked_for]

    def _texts(self) -> bytes:
        return wire.texts("22RBH4A051020000", "RBT50LFP48S", "V104", self._number)

    def _states(self) -> bytes:
        pack = self.pack
        protections = CELL_OVERVOLTAGE * pack.charge_stopped
        protections |= CELL_UNDERVOLTAGE * pack.discharge_stopped
        fets = (not pack.charge_stopped) << 1 | (not pack.discharge_stopped) << 2
        return wire.states(protections, fets=fets, unit=self._number)

    def _cells(self) -> bytes:
        inner, outer = (round(10 * degrees) for degrees in self.pack.temperatures)
        tenths = [round(10 * volts) for volts in self.pack.cells]
        return wire.cells(tenths, (inner, inner, outer), self._number)

    def _totals(self) -> bytes:
        pack = self.pack
        return wire.totals(
            round(pack.volts * 10),
            round(pack.amps / self._step),
            round(pack.charge_ah * 1000),
            round(pack.capacity_ah * 1000),
            unit=self._number,
        )


def join(rig: Rig, plan: Plan) -> Line:
    """Wire a unit to the board."""
    section = {"rx": BMS_PIN, "baudrate": LINKS["serial"]["baudrate"], "unit": 48}
    return join_pack(rig, plan, section)


def join_pack(rig: Rig, plan: Plan, section: dict) -> Line:
    """The same for the pack of a config: by Bluetooth, or on its wire."""
    module = LINKS["ble"] | {"maker": MAKER}

    def make(pack):
        return Unit(pack, plan.seed, section.get("unit", 48))

    return asked.join_pack(rig, plan, section, make, NAME, module)


def pack_config(plan: Plan) -> dict:
    """The example's pins are those that it is wired to."""
    return {"unit": 48}
