"""A Chargery unit on a simulated pack: sends what a real one sends, with its timing and rounding.

0x57 every second, 0x56 every two, 0x58 when the current turns between charge and discharge, the
text h::3 in between; a listener always comes in the middle of a packet. From the maker's papers.
"""

import math
import random
from collections.abc import Iterator

from host_tools.sim.units import chargery_wire as wire
from host_tools.sim.units.capture import Capture
from host_tools.sim.units.joining import BMS_PIN, Plan, Rig, pack_of
from host_tools.sim.units.line import BAUD, Line
from host_tools.sim.units.pack import EMPTY_CELL_V, FULL_CELL_V, Pack

# When in a second, and in every how many of them, each thing is sent.
READING_AT, CELLS_AT, IMPEDANCES_AT, SPACER_AT = 0.0, 0.25, 0.45, 0.6
CELLS_EVERY, SPACER_EVERY = 2, 3

TURNED_A = 1.0  # a current below this has no direction for the impedances
INPUTS = (8, 16, 24)  # of the three models: before V1.24 all are sent, wired or not
UNWIRED_MV = 27


class Firmware:
    """What a main unit's version sends."""

    def __init__(self, mode_and_soc: bool, counters: bool, impedances: bool, status: bool):
        self.mode_and_soc = mode_and_soc
        self.counters = counters
        self.impedances = impedances
        self.status = status


FIRMWARES = {
    # The papers begin with V1.22; its 0x56 is taken for V1.20 too.
    "1.20": Firmware(mode_and_soc=False, counters=False, impedances=False, status=False),
    "1.22": Firmware(mode_and_soc=True, counters=False, impedances=False, status=False),
    "1.24": Firmware(mode_and_soc=True, counters=True, impedances=False, status=False),
    "1.26": Firmware(mode_and_soc=True, counters=True, impedances=True, status=True),
}


class Unit(Line):
    """The unit's serial output. ValueError where there is no such firmware or size of a pack."""

    def __init__(self, pack: Pack, firmware: str = "1.26", seed: int = 0):
        super().__init__(seed)
        if firmware not in FIRMWARES:
            raise ValueError(f"no Chargery firmware {firmware}: there are {', '.join(FIRMWARES)}")
        if len(pack.cells) > INPUTS[-1]:
            raise ValueError(f"a Chargery takes up to {INPUTS[-1]} cells, not {len(pack.cells)}")
        self._pack = pack
        self._firmware = FIRMWARES[firmware]
        self._noise = random.Random(f"{seed}/unwired")
        self._direction = None  # in which the last clear current flowed
        self._heard = False

    def sent(self, t0_s: float, t1_s: float) -> Iterator[tuple[float, bytes]]:
        """See Line.bursts; the pack is advanced to every second that something is sent in."""
        for second in range(math.floor(t0_s), math.ceil(t1_s)):
            for at, packet in self._second(second):
                if t0_s <= second + at < t1_s:
                    if second > self._pack.time_s:
                        self._pack.advance(second)
                    data = packet()
                    if not self._heard:
                        data = self._mid_packet() + data
                    yield second + at, data

    def _second(self, second: int):
        """(part of the second, how to make what is sent then)."""
        yield READING_AT, self._reading
        if second % CELLS_EVERY == 0:
            yield CELLS_AT, self._cells
        if self._firmware.impedances:
            yield IMPEDANCES_AT, self._impedances
        if second % SPACER_EVERY == 0:
            yield SPACER_AT, lambda: wire.SPACER

    def _mid_packet(self) -> bytes:
        """The end of the packet before the listener came."""
        self._heard = True
        packet = self._reading()
        return packet[self._noise.randrange(1, len(packet)) :]

    def _reading(self) -> bytes:
        pack, firmware = self._pack, self._firmware
        tenths = round(pack.amps * 10)
        mode = wire.STORAGE if tenths == 0 else wire.CHARGE if tenths > 0 else wire.DISCHARGE
        t1, t2 = (round(degrees * 10) for degrees in pack.temperatures)
        return wire.reading_packet(
            round(FULL_CELL_V * 1000),
            mode if firmware.mode_and_soc else None,
            abs(tenths),
            t1,
            t2,
            int(pack.soc) if firmware.mode_and_soc else None,
            round(EMPTY_CELL_V * 1000) if firmware.status else None,
            (int(pack.charge_stopped), int(pack.discharge_stopped)),
        )

    def _cells(self) -> bytes:
        pack = self._pack
        cells = [round(volts * 1000) for volts in pack.cells]
        if self._firmware.counters:
            energy, charge = round(pack.energy_wh * 1000), round(pack.charge_ah * 1000)
            return wire.cells_packet(cells, energy=energy, charge=charge)
        inputs = next(size for size in INPUTS if size >= len(cells))
        while len(cells) < inputs:
            cells.append(self._noise.randint(0, UNWIRED_MV))
        return wire.cells_packet(cells, soc=int(pack.soc))

    def _impedances(self) -> bytes:
        """Nothing, unless the current has turned since it was last clear."""
        amps = self._pack.amps
        if abs(amps) < TURNED_A:
            return b""
        before, self._direction = self._direction, amps > 0
        if before in (None, self._direction):
            return b""
        mode = wire.CHARGE if amps > 0 else wire.DISCHARGE
        impedances = [round(milliohm * 10) for milliohm in self._pack.impedances]
        return wire.impedances_packet(mode, abs(round(amps * 10)), impedances)


def join(rig: Rig, plan: Plan) -> Line:
    """Wire a unit, or a capture of one, to the board."""
    return join_pack(rig, plan, {"rx": BMS_PIN, "baudrate": BAUD})


def join_pack(rig: Rig, plan: Plan, section: dict) -> Line:
    """The same for the pack of a config."""
    if plan.capture:
        line = Capture.from_file(plan.capture, loop=True)
    else:
        pack = pack_of(plan, section)
        rig.pack = rig.pack or pack
        line = Unit(pack, plan.firmware, seed=plan.seed)
    rig.wire(line, section["rx"], section["baudrate"])
    return line


def add(rig: Rig, pin: int, seed: int) -> Line:
    """Another pack with a unit of its own on that pin."""
    line = Unit(Pack(seed=seed), seed=seed)
    rig.wire(line, pin)
    return line


def pack_config(plan: Plan) -> dict:
    """The example's pins are those that it is wired to."""
    return {}
