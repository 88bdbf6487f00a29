"""A Daly unit of the older protocol on a simulated pack: answers what reads, nothing else."""

from host_tools.ground.firmware import declared
from host_tools.sim.units import asked, daly
from host_tools.sim.units import daly_old_wire as wire
from host_tools.sim.units.joining import BMS_PIN, Plan, Rig
from host_tools.sim.units.line import Line

NAME = "DL-OLD"
LINKS = declared("bms", "daly_old")["LINKS"]
CELL_OVERVOLTAGE, CELL_UNDERVOLTAGE = 1 << 1, 1 << 3  # the protections, not the warnings


class Unit(asked.Unit):
    """The unit: see asked.Unit. It answers whoever asks."""

    def answers(self, question: bytes) -> list[bytes]:
        made = {
            wire.TOTALS: self._totals,
            wire.STATE: self._state,
            wire.SIZES: self._sizes,
            wire.CELLS: self._cells,
            wire.TEMPERATURES: self._temperatures,
            wire.BALANCE: self._balance,
            wire.FAULTS: self._faults,
        }
        for kind, make in made.items():
            if question in (wire.question(kind), wire.question(kind, wire.RADIO)):
                found = make()
                return found if isinstance(found, list) else [found]
        return []

    def _totals(self) -> bytes:
        pack = self.pack
        return wire.totals(round(pack.volts * 10), -round(pack.amps * 10), daly.tenths_of_soc(pack))

    def _state(self) -> bytes:
        pack = self.pack
        mode = 1 if pack.amps > 0.1 else 2 if pack.amps < -0.1 else 0
        fets = (int(not pack.charge_stopped), int(not pack.discharge_stopped))
        return wire.state(mode, fets, round(pack.charge_ah * 1000))

    def _sizes(self) -> bytes:
        return wire.sizes(len(self.pack.cells), len(self.pack.temperatures))

    def _cells(self) -> list[bytes]:
        return wire.cells([round(volts * 1000) for volts in self.pack.cells])

    def _temperatures(self) -> list[bytes]:
        return wire.temperatures([round(degrees) for degrees in self.pack.temperatures])

    def _balance(self) -> bytes:
        return wire.balance(int(daly.is_balancing(self.pack)))

    def _faults(self) -> bytes:
        pack = self.pack
        bits = CELL_OVERVOLTAGE * pack.charge_stopped
        return wire.faults(bits | CELL_UNDERVOLTAGE * pack.discharge_stopped)


def join(rig: Rig, plan: Plan) -> Line:
    """Wire a unit to the board."""
    section = {"rx": BMS_PIN, "baudrate": LINKS["serial"]["baudrate"]}
    return join_pack(rig, plan, section)


def join_pack(rig: Rig, plan: Plan, section: dict) -> Line:
    """The same for the pack of a config: by Bluetooth, or on its wire."""
    module = LINKS["ble"] | {"maker": daly.MAKER}
    return asked.join_pack(rig, plan, section, lambda pack: Unit(pack, plan.seed), NAME, module)


def pack_config(plan: Plan) -> dict:
    """The example's pins are those that it is wired to."""
    return {}
