"""A PACE unit on a simulated pack: answers the three questions that read, nothing else."""

from host_tools.ground.firmware import declared
from host_tools.sim.units import asked
from host_tools.sim.units import pace_wire as wire
from host_tools.sim.units.joining import Plan, Rig
from host_tools.sim.units.line import Line

NAME = "PC-9662"
LINKS = declared("bms", "pace")["LINKS"]


class Unit(asked.Unit):
    """The unit: see asked.Unit."""

    def answers(self, question: bytes) -> list[bytes]:
        made = {wire.CELLS: self._cells, wire.PACK: self._pack, wire.TOTALS: lambda: wire.totals(1)}
        return [make() for kind, make in made.items() if question == wire.QUESTIONS[kind]]

    def _cells(self) -> bytes:
        pack = self.pack
        inner, outer = (round(10 * degrees) for degrees in pack.temperatures)
        return wire.cells([round(volts * 1000) for volts in pack.cells], (inner, outer))

    def _pack(self) -> bytes:
        pack = self.pack
        return wire.pack(
            round(pack.volts * 100),
            round(pack.amps * 100),
            round(pack.charge_ah * 100),
            round(pack.capacity_ah * 100),
            int(pack.soc),
        )


def join(rig: Rig, plan: Plan) -> Line:
    """Put a unit within reach of the board's Bluetooth."""
    return join_pack(rig, plan, {"device": NAME, "address": ""})


def join_pack(rig: Rig, plan: Plan, section: dict) -> Line:
    """The same for the pack of a config."""
    module = LINKS["ble"] | {"maker": 0x0001}
    return asked.join_pack(rig, plan, section, lambda pack: Unit(pack, plan.seed), NAME, module)


def pack_config(plan: Plan) -> dict:
    """It is found by its name."""
    return {"device": NAME}
