"""A Daly unit of the newer protocol on a simulated pack: answers three questions that read."""

from host_tools.ground.firmware import declared
from host_tools.sim.units import asked
from host_tools.sim.units import daly_wire as wire
from host_tools.sim.units.joining import Plan, Rig
from host_tools.sim.units.line import Line
from host_tools.sim.units.pack import BALANCE_OVER_LOWEST_V, BALANCE_V

NAME = "DL-40D2120"
LINKS = declared("bms", "daly")["LINKS"]
MAKER = 0x0102
CELL_OVERVOLTAGE, CELL_UNDERVOLTAGE = 1 << 1, 1 << 3  # the protections, not the warnings


def tenths_of_soc(pack) -> int:
    """0.1 %."""
    return round(pack.soc * 10)


def is_balancing(pack) -> bool:
    """Does a cell lead?"""
    return max(pack.cells) > max(BALANCE_V, min(pack.cells) + BALANCE_OVER_LOWEST_V)


class Unit(asked.Unit):
    """The unit: see asked.Unit. It says what its MOSFETs measure, and its texts."""

    def answers(self, question: bytes) -> list[bytes]:
        made = {wire.STATUS: self._status, wire.MOSFET: self._mosfet, wire.TEXTS: self._texts}
        return [make() for block, make in made.items() if question == wire.question(block)]

    def _texts(self) -> bytes:
        return wire.texts("T00K_321042_11", "H2.0_103R")

    def _mosfet(self) -> bytes:
        return wire.mosfet(round(self.pack.temperatures[0] + abs(self.pack.amps) / 20))

    def _status(self) -> bytes:
        pack = self.pack
        alarms = CELL_OVERVOLTAGE * pack.charge_stopped
        alarms |= CELL_UNDERVOLTAGE * pack.discharge_stopped
        return wire.status(
            [round(volts * 1000) for volts in pack.cells],
            round(pack.amps * 10),
            round(pack.charge_ah * 10),
            tenths_of_soc(pack),
            [round(degrees) for degrees in pack.temperatures],
            balancing=int(is_balancing(pack)),
            fets=(int(not pack.charge_stopped), int(not pack.discharge_stopped)),
            alarms=(alarms, 0, 0, 0),
        )


def join(rig: Rig, plan: Plan) -> Line:
    """Put a unit within reach of the board's Bluetooth."""
    return join_pack(rig, plan, {"device": NAME, "address": ""})


def join_pack(rig: Rig, plan: Plan, section: dict) -> Line:
    """The same for the pack of a config: by Bluetooth, or on its wire."""
    module = LINKS["ble"] | {"maker": MAKER}
    return asked.join_pack(rig, plan, section, lambda pack: Unit(pack, plan.seed), NAME, module)


def pack_config(plan: Plan) -> dict:
    """It is found by its name."""
    return {"device": NAME}
