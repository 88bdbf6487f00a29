"""A JK unit of the PB series on a simulated pack, on an RS485 line that others may share."""

from collections.abc import Iterator

from host_tools.ground.firmware import declared
from host_tools.sim.units import jk, jk_wire
from host_tools.sim.units import jk_pb_wire as wire
from host_tools.sim.units.joining import BMS_PIN, Plan, Rig, pack_of
from host_tools.sim.units.line import Line

ANSWER_S = 0.03  # from a question to its answer
BAUDRATE = declared("bms", "jk_pb")["LINKS"]["serial"]["baudrate"]


class Unit(jk.Unit):
    """The unit with that number: answers who asks it by its number, and says nothing by itself."""

    def __init__(self, pack, number: int = 1, seed: int = 0):
        super().__init__(pack, "32S", seed=seed)
        self.asked: list[bytes] = []  # everything that was written to the line
        self.number = number

    def replies(self, data: bytes, now_s: float) -> Iterator[tuple[float, bytes]]:
        self.asked.append(data)
        for kind, answer in ((wire.CELLS, self._cells), (wire.DEVICE, self._about)):
            if data == wire.question(self.number, kind) and not self.silent:
                frame = answer(now_s) + wire.acknowledgement(self.number, kind)
                yield now_s + ANSWER_S, self._spoiled(frame)

    def _about(self, now_s: float) -> bytes:
        return jk_wire.device_frame("JK_PB2A16S15P", "14.XA", "14.20", self.name, self._counter)


def join(rig: Rig, plan: Plan) -> Line:
    """Wire a unit to the board."""
    return join_pack(rig, plan, {"rx": BMS_PIN, "baudrate": BAUDRATE, "unit": 1})


def join_pack(rig: Rig, plan: Plan, section: dict) -> Line:
    """The same for the pack of a config."""
    pack = pack_of(plan, section)
    rig.pack = rig.pack or pack
    unit = Unit(pack, section["unit"], seed=plan.seed + section["unit"])
    rig.wire(unit, section["rx"], section["baudrate"])
    return unit


def pack_config(plan: Plan) -> dict:
    """The example's pins are those that it is wired to."""
    return {}
