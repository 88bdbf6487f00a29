"""A toy unit on a simulated pack: a template for the virtual board's side of a new BMS."""

import math

from host_tools.sim.units.joining import pack_of
from host_tools.sim.units.line import Line


def packet(cells_mv, tenths, alarms):
    """The bytes of one; cells_mv has four."""
    data = bytes((0xA5,)) + b"".join(mv.to_bytes(2, "big") for mv in cells_mv)
    data += tenths.to_bytes(2, "big", signed=True) + bytes((alarms,))
    return data + bytes((sum(data) & 0xFF,))


class Unit(Line):
    """What it sends: the first four cells of the pack."""

    def __init__(self, pack, seed=0):
        super().__init__(seed)
        self._pack = pack

    def sent(self, t0_s, t1_s):
        """A packet a second, until before t1_s."""
        for second in range(math.ceil(t0_s), math.ceil(t1_s)):
            self._pack.advance(second)
            yield second, packet((3301, 3302, 3303, 3304), -125, 1)


def join(rig, plan):
    """Put a unit into the rig; returns its Line."""
    return join_pack(rig, plan, {"rx": 16, "baudrate": 9600})


def join_pack(rig, plan, section):
    """The same for the pack of a config.json, whose section that is."""
    pack = pack_of(plan, section)
    rig.pack = rig.pack or pack
    line = Unit(pack, seed=plan.seed)
    rig.wire(line, section["rx"], section["baudrate"])
    return line


def pack_config(plan):
    """What config.json says of the pack besides its name and kind."""
    return {}
