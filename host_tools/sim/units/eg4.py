"""An EG4 LL on a simulated pack: answers the two questions that read its number, no others."""

import zlib

from host_tools.ground.firmware import declared
from host_tools.sim.units import asked
from host_tools.sim.units import eg4_wire as wire
from host_tools.sim.units.joining import Plan, Rig
from host_tools.sim.units.line import Line

NAME = "Z122002264"
MODULE = declared("bms", "eg4")["LINKS"]["ble"] | {"maker": 0x6F80}
CELL_OVERVOLTAGE, CELL_UNDERVOLTAGE = 2, 8  # bits of the protections


class Unit(asked.Unit):
    """The unit: see asked.Unit. number: on its line; by_radio: its currents count 100 mA."""

    def __init__(self, pack, seed: int = 0, number: int = 1, by_radio: bool = False):
        super().__init__(pack, seed)
        self._number = number
        self._by_radio = by_radio

    def answers(self, question: bytes) -> list[bytes]:
        made = {wire.TEXTS: self._texts, wire.STATUS: self._status}
        asked_for = [kind for kind in made if question == wire.question(self._number, kind)]
        return [made[kind]() for kind in asked_for]

    def _texts(self) -> bytes:
        return wire.texts("LFP-51.2V100Ah-V1.0", "Z02T05", "2022-04-27", self._number)

    def _status(self) -> bytes:
        pack = self.pack
        inner, outer = (round(degrees) for degrees in pack.temperatures)
        protections = CELL_OVERVOLTAGE * pack.charge_stopped
        protections |= CELL_UNDERVOLTAGE * pack.discharge_stopped
        return wire.status(
            [round(volts * 1000) for volts in pack.cells],
            round(pack.amps * (10 if self._by_radio else 100)),
            round(pack.charge_ah * (10 if self._by_radio else 1)),
            round(pack.capacity_ah * 3600000),
            int(pack.soc),
            (inner, inner, outer, outer),
            board=round(inner + abs(pack.amps) / 20),
            state=4 if protections else (pack.amps > 0) | (pack.amps < 0) << 1,
            protections=protections,
            design=round(pack.capacity_ah * 10),
            unit=self._number,
        )


def join(rig: Rig, plan: Plan) -> Line:
    """Put a unit within reach of the board's Bluetooth."""
    return join_pack(rig, plan, {"device": NAME, "address": "", "unit": 1})


def join_pack(rig: Rig, plan: Plan, section: dict) -> Line:
    """The same for the pack of a config: by Bluetooth, or on its wire."""

    def make(pack):
        return Unit(pack, plan.seed, section.get("unit", 1), "rx" not in section)

    module = MODULE | {"address": address_of(section.get("device") or NAME)}
    return asked.join_pack(rig, plan, section, make, NAME, module)


def address_of(name: str) -> str:
    """A unit's, by whose beginning it is recognised."""
    return "80:6F:B0:" + ":".join(
        f"{byte:02X}" for byte in zlib.crc32(name.encode()).to_bytes(4)[:3]
    )


def pack_config(plan: Plan) -> dict:
    """It is found by its name."""
    return {"link": "ble", "device": NAME}
