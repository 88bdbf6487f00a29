"""A simulated unit that answers questions: by radio through what it sends, by wire at once.

A kind of BMS has answers(question): the bytes of each answer. A wrong question has none.
"""

import math
from collections.abc import Iterator

from host_tools.sim.units.joining import Plan, Rig, own_module, pack_of
from host_tools.sim.units.line import Line
from host_tools.sim.units.pack import Pack

ANSWER_S = 0.05  # from a question to its answer


class Unit(Line):
    """A unit on a simulated pack. silent: it is off."""

    def __init__(self, pack: Pack, seed: int = 0):
        super().__init__(seed)
        self.pack = pack
        self.asked: list[bytes] = []  # everything that was ever written to it
        self._due: list[tuple[float, bytes]] = []

    def answers(self, question: bytes) -> list[bytes]:
        """What it says to that; the pack is at the time of the question."""
        raise NotImplementedError

    def write(self, data: bytes, now_s: float) -> None:
        """The client has written that, by radio."""
        self._due += [(now_s + ANSWER_S, answer) for answer in self._answers(data, now_s)]

    def replies(self, data: bytes, now_s: float) -> Iterator[tuple[float, bytes]]:
        """The same by wire: (second, bytes) of what it says to that."""
        if not self.silent:
            for answer in self._answers(data, now_s):
                yield now_s + ANSWER_S, self._spoiled(answer)

    def disconnect(self) -> None:
        """The radio's client is gone."""
        self._due = []

    def sent(self, t0_s: float, t1_s: float) -> Iterator[tuple[float, bytes]]:
        """See Line.bursts: the answers of the radio."""
        while self._due and self._due[0][0] < t1_s:
            at_s, answer = self._due.pop(0)
            yield max(t0_s, at_s), answer

    def _answers(self, data: bytes, now_s: float) -> list[bytes]:
        self.asked.append(data)
        if math.floor(now_s) > self.pack.time_s:
            self.pack.advance(math.floor(now_s))
        return self.answers(data)


def join_pack(rig: Rig, plan: Plan, section: dict, make, name: str, module: dict) -> Line:
    """Put the unit that make(pack) returns where the section of a pack says: on its wire, or within
    reach of the radio under that name. module: of its radio, more of ble_unit.Module.
    """
    pack = pack_of(plan, section)
    rig.pack = rig.pack or pack
    unit = make(pack)
    if "rx" in section:
        rig.wire(unit, section["rx"], section["baudrate"])
        return unit
    more = module | own_module(section)
    rig.put_within_reach(section.get("device") or name, unit, plan.seed, more)
    return unit
