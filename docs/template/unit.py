"""An Example unit on a simulated pack: a template for host_tools/sim/units/NAME.py. It answers the
questions that read, as the maker's paper has the frames; not written from the decoder's tables.
"""

from host_tools.ground.firmware import declared
from host_tools.sim.units import asked
from host_tools.sim.units.joining import BMS_PIN, Plan, Rig
from host_tools.sim.units.line import Line

NAME = "EXAMPLE-1"
LINKS = declared("bms", "example")["LINKS"]


def frame(kind: int, data: bytes) -> bytes:
    """An answer, or with no data a question."""
    body = bytes((0x3A, kind, len(data))) + data
    return body + bytes((sum(body) & 0xFF,))


class Unit(asked.Unit):
    """The unit: see asked.Unit."""

    def answers(self, question: bytes) -> list[bytes]:
        pack = self.pack
        if question == frame(1, b""):
            return [frame(1, b"".join(round(v * 1000).to_bytes(2, "big") for v in pack.cells))]
        if question != frame(2, b""):
            return []
        data = round(pack.volts * 100).to_bytes(2, "big")
        data += round(pack.amps * 10).to_bytes(2, "big", signed=True)
        data += round(pack.charge_ah * 10).to_bytes(2, "big") + bytes((int(pack.soc), 0))
        data += round(pack.temperatures[0] * 10).to_bytes(2, "big", signed=True)
        fets = (not pack.charge_stopped) | (not pack.discharge_stopped) << 1
        return [frame(2, data + bytes((fets, 0)))]


def join(rig: Rig, plan: Plan) -> Line:
    """Put a unit on the board's line, as the example config.json has it."""
    return join_pack(rig, plan, {"rx": BMS_PIN, "baudrate": LINKS["serial"]["baudrate"]})


def join_pack(rig: Rig, plan: Plan, section: dict) -> Line:
    """The same for the pack of a config: by Bluetooth, or on its wire."""
    module = LINKS["ble"] | {"maker": 0xFFFF}
    return asked.join_pack(rig, plan, section, lambda pack: Unit(pack, plan.seed), NAME, module)


def pack_config(plan: Plan) -> dict:
    """What config.json says of the pack besides its name and kind; by Bluetooth its device."""
    return {}
