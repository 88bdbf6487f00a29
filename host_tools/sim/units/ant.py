"""An ANT unit on a simulated pack: answers the two questions that read, nothing else."""

from host_tools.ground.firmware import declared
from host_tools.sim.units import ant_wire as wire
from host_tools.sim.units import asked
from host_tools.sim.units.joining import Plan, Rig
from host_tools.sim.units.line import Line
from host_tools.sim.units.pack import BALANCE_OVER_LOWEST_V, BALANCE_V

NAME = "ANT-BLE24BHUB"
LINKS = declared("bms", "ant")["LINKS"]
MAKER = 0x0657
OFF_BY_CELL, BALANCES = 2, 4  # states of a MOSFET, of the balancer


class Unit(asked.Unit):
    """The unit: see asked.Unit."""

    def answers(self, question: bytes) -> list[bytes]:
        made = {wire.TEXTS: self._texts, wire.STATUS: self._status}
        return [make() for kind, make in made.items() if question == wire.QUESTIONS[kind]]

    def _texts(self) -> bytes:
        return wire.texts("24BH", "24BHUB00-211026A")

    def _status(self) -> bytes:
        pack = self.pack
        inner, outer = (round(degrees) for degrees in pack.temperatures)
        warm = round(inner + abs(pack.amps) / 20)
        leads = max(pack.cells) > max(BALANCE_V, min(pack.cells) + BALANCE_OVER_LOWEST_V)
        return wire.status(
            [round(volts * 1000) for volts in pack.cells],
            -round(pack.amps * 10),
            round(pack.charge_ah * 1000000),
            round(pack.capacity_ah * 1000000),
            int(pack.soc),
            (inner, outer, warm, warm),
            fets=(
                OFF_BY_CELL if pack.charge_stopped else 1,
                OFF_BY_CELL if pack.discharge_stopped else 1,
            ),
            balancer=BALANCES * leads,
            warnings=0x0180008000,
            uptime=int(pack.time_s),
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
