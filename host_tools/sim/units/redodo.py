"""A Redodo unit on a simulated pack: answers the one question that reads, nothing else."""

from host_tools.ground.firmware import declared
from host_tools.sim.units import asked
from host_tools.sim.units import redodo_wire as wire
from host_tools.sim.units.joining import Plan, Rig
from host_tools.sim.units.line import Line
from host_tools.sim.units.pack import BALANCE_OVER_LOWEST_V, BALANCE_V

NAME = "R-12100BNNA70-A02402"
LINKS = declared("bms", "redodo")["LINKS"]
MAKER = 0x585A
OVERCHARGED, OVERDISCHARGED = 0x04, 0x20
CHARGE_OFF, DISCHARGE_OFF = 4, 0x80
DEAD_BAND_A = 2  # a smaller current reads 0


class Unit(asked.Unit):
    """The unit: see asked.Unit."""

    def answers(self, question: bytes) -> list[bytes]:
        return [self._status()] if question == wire.QUESTION else []

    def _status(self) -> bytes:
        pack = self.pack
        lowest = min(pack.cells)
        balance = sum(
            1 << i
            for i, volts in enumerate(pack.cells)
            if volts > max(BALANCE_V, lowest + BALANCE_OVER_LOWEST_V)
        )
        inner, _ = pack.temperatures
        protections = OVERCHARGED * pack.charge_stopped
        protections |= OVERDISCHARGED * pack.discharge_stopped
        return wire.status(
            [round(volts * 1000) for volts in pack.cells],
            round(pack.amps * 1000) if abs(pack.amps) >= DEAD_BAND_A else 0,
            round(pack.charge_ah * 100),
            round(pack.capacity_ah * 100),
            int(pack.soc),
            (round(inner), round(inner + abs(pack.amps) / 20)),
            protections=protections,
            balance=balance,
            state=CHARGE_OFF * pack.charge_stopped,
            switch=DISCHARGE_OFF * pack.discharge_stopped,
        )


def join(rig: Rig, plan: Plan) -> Line:
    """Put a unit within reach of the board's Bluetooth."""
    return join_pack(rig, plan, {"device": NAME, "address": ""})


def join_pack(rig: Rig, plan: Plan, section: dict) -> Line:
    """The same for the pack of a config."""
    module = LINKS["ble"] | {"maker": MAKER}
    return asked.join_pack(rig, plan, section, lambda pack: Unit(pack, plan.seed), NAME, module)


def pack_config(plan: Plan) -> dict:
    """It is found by its name."""
    return {"device": NAME}
