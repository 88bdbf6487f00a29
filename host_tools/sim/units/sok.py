"""A SOK with an ABC-BMS on a simulated pack: answers the four questions that read, nothing else."""

from host_tools.ground.firmware import declared
from host_tools.sim.units import asked
from host_tools.sim.units import sok_wire as wire
from host_tools.sim.units.joining import Plan, Rig
from host_tools.sim.units.line import Line
from host_tools.sim.units.pack import BALANCE_OVER_LOWEST_V, BALANCE_V

NAME = "SOK-24V1127"
# It says that it has another service than the one that counts
MODULE = declared("bms", "sok")["LINKS"]["ble"] | {"maker": 0xFFFF, "advertised": 0xFFF0}
OVERVOLTAGE, UNDERVOLTAGE = 0, 1  # whose places nobody knows


class Unit(asked.Unit):
    """The unit: see asked.Unit."""

    def answers(self, question: bytes) -> list[bytes]:
        made = {
            wire.NAME: lambda: [wire.name("SOK-BMS")],
            wire.PROTECTIONS: self._protections,
            wire.CELLS: self._cells,
            wire.TOTALS: lambda: [self._totals(), self._states()],
        }
        asked_for = [make for kind, make in made.items() if question == wire.QUESTIONS[kind]]
        return [answer for make in asked_for for answer in make()]

    def _totals(self) -> bytes:
        pack = self.pack
        return wire.totals(
            round(pack.volts * 1000),
            round(pack.amps * 1000),
            round(pack.capacity_ah * 1000),
            round(pack.charge_ah * 1000),
            int(pack.soc),
        )

    def _states(self) -> bytes:
        pack = self.pack
        fets = (int(not pack.charge_stopped), int(not pack.discharge_stopped))
        return wire.states(fets, [round(pack.temperatures[0])])

    def _cells(self) -> list[bytes]:
        volts = self.pack.cells
        is_on = max(volts) > max(BALANCE_V, min(volts) + BALANCE_OVER_LOWEST_V)
        found = [self._totals(), wire.balance(int(is_on))]
        return found + wire.cells([round(each * 1000) for each in volts])

    def _protections(self) -> list[bytes]:
        places = [OVERVOLTAGE] if self.pack.charge_stopped else []
        return [wire.protections(*places, *[UNDERVOLTAGE] * self.pack.discharge_stopped)]


def join(rig: Rig, plan: Plan) -> Line:
    """Put a unit within reach of the board's Bluetooth."""
    return join_pack(rig, plan, {"device": NAME, "address": ""})


def join_pack(rig: Rig, plan: Plan, section: dict) -> Line:
    """The same for the pack of a config."""
    return asked.join_pack(rig, plan, section, lambda pack: Unit(pack, plan.seed), NAME, MODULE)


def pack_config(plan: Plan) -> dict:
    """It is found by its name."""
    return {"device": NAME}
