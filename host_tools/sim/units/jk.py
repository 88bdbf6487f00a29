"""A JK unit on a simulated pack, as it is behind its Bluetooth module: asked with commands, it
sends frames, with the rounding of a real one. It sends a stream: who carries it, splits it.

0x97 brings device information, 0x96 the settings and from then on the cells, twice a second, until
the link is gone. From captures and from what people report of these units.
"""

import math
import random
from collections.abc import Iterator
from typing import Any

from host_tools.sim.units import jk_wire as wire
from host_tools.sim.units.capture import Capture
from host_tools.sim.units.joining import Plan, Rig, own_module, pack_of
from host_tools.sim.units.line import Line
from host_tools.sim.units.pack import BALANCE_A, BALANCE_OVER_LOWEST_V, BALANCE_V, Pack

ANSWER_S = 0.1  # from a command to what it brings
PERIOD_S = 0.5  # from one frame of cells to the next
INPUTS = {"24S": 24, "32S": 32}
SOFTWARE = {"24S": "10.07", "32S": "14.20"}
MODELS = {"24S": "JK-B2A24S20P", "32S": "JK_PB2A16S15P"}
SPLICES_FROM = 19  # the software that puts AT commands behind its acknowledgements
# The software from which T4 and T5, and T3, are sensors here, as captures of 11.48, 14.20 and 15.38
# have it; before, T4 and T5 read 0 and T3 repeats the MOSFET.
OWN_T45_FROM, OWN_T3_FROM = 14, 15
CELL_OVERVOLTAGE, CELL_UNDERVOLTAGE = 1 << 4, 1 << 11
JUNK_UP_TO = 20  # bytes behind a frame


class Unit(Line):
    """The unit's notifications. ValueError where there is no such layout or size of a pack.

    Its faults, to be switched on and off at any time:
    silent (sends nothing while it stays connected), frozen (sends the same frame forever),
    junk and cut (the share of its frames, 0 to 1, that have rubbish behind them, and that are
    broken off: every other one of these starts again at once, the rest are lost), forgets_after_s
    (it has to be asked again after so long; None: it has not), damage() as every Line.
    """

    def __init__(
        self,
        pack: Pack,
        layout: str = "32S",
        software: str | None = None,
        name: str = "JK-SIM",
        seed: int = 0,
    ):
        super().__init__(seed)
        if layout not in INPUTS:
            raise ValueError(f"no JK layout {layout}: there are {', '.join(INPUTS)}")
        if len(pack.cells) > INPUTS[layout]:
            most = INPUTS[layout]
            raise ValueError(f"a {layout} takes up to {most} cells, not {len(pack.cells)}")
        self.name = name
        self.frozen = False
        self.junk = self.cut = 0.0
        self.forgets_after_s = None
        self._pack = pack
        self._layout = layout
        self._software = software or SOFTWARE[layout]
        self._major = int(self._software.split(".")[0])
        self._rubbish = random.Random(f"{seed}/rubbish")
        chance = random.Random(f"{seed}/unit")
        self._resistances = [chance.randint(45, 130) for _ in pack.cells]
        self._uptime = chance.randrange(10_000_000)
        self._discharged_ah = pack.capacity_ah * chance.randrange(10, 300)
        self._read_s = pack.time_s
        self._counter = chance.randrange(256)
        self._last = b""  # the newest frame of cells
        self._cuts = 0
        self.disconnect()

    def disconnect(self) -> None:
        """The link is gone: nothing is sent before it is asked again."""
        self._asked_s = None
        self._answers = []

    def write(self, data: bytes, now_s: float) -> None:
        """Take what the client writes at that second of the world; what is no command has no
        effect.
        """
        for code in wire.asked(data):
            if code == wire.ASKS_DEVICE:
                self._answers.append((now_s + ANSWER_S, self._device))
            elif code == wire.ASKS_CELLS:
                if not self._streams(now_s):
                    self._answers.append((now_s + ANSWER_S, self._settings))
                self._asked_s = now_s

    def sent(self, t0_s: float, t1_s: float) -> Iterator[tuple[float, bytes]]:
        """See Line.bursts; the pack is advanced to each frame of cells."""
        n = math.ceil(t0_s / PERIOD_S)
        while True:
            at_s = max(t0_s, self._answers[0][0]) if self._answers else math.inf
            if at_s <= n * PERIOD_S and at_s < t1_s:
                yield at_s, self._answers.pop(0)[1]()
            elif n * PERIOD_S < t1_s:
                if self._streams(n * PERIOD_S):
                    yield n * PERIOD_S, self._spoil(self._cells(n * PERIOD_S))
                n += 1
            else:
                return

    def _streams(self, t_s: float) -> bool:
        if self._asked_s is None or t_s < self._asked_s + ANSWER_S:
            return False
        return self.forgets_after_s is None or t_s < self._asked_s + self.forgets_after_s

    def _device(self) -> bytes:
        frame = wire.device_frame(
            MODELS[self._layout], f"{self._major}.XA", self._software, self.name, self._counter
        )
        return frame + self._acknowledgement()

    def _settings(self) -> bytes:
        capacity = round(self._pack.capacity_ah * 1000)
        frame = wire.settings_frame(len(self._pack.cells), capacity, self._counter)
        return frame + self._acknowledgement()

    def _acknowledgement(self) -> bytes:
        return wire.ACKNOWLEDGEMENT + (wire.AT if self._major >= SPLICES_FROM else b"")

    def _cells(self, t_s: float) -> bytes:
        pack = self._pack
        if t_s > pack.time_s:
            pack.advance(t_s)
        self._discharged_ah += max(-pack.amps, 0.0) * (pack.time_s - self._read_s) / 3600
        self._read_s = pack.time_s
        if not (self.frozen and self._last):
            self._counter = (self._counter + 1) & 0xFF
            cells = [round(volts * 1000) for volts in pack.cells]
            self._last = wire.cell_frame(
                self._layout, cells, self._resistances, self._counter, **self._values(sum(cells))
            )
        return self._last

    def _values(self, voltage: int) -> dict[str, int]:
        """The numbers of a frame, by the wire's names and in its units."""
        pack = self._pack
        lowest, highest = min(pack.cells), max(pack.cells)
        balancing = highest > BALANCE_V and highest > lowest + BALANCE_OVER_LOWEST_V
        errors = CELL_OVERVOLTAGE * pack.charge_stopped
        return {
            "voltage": voltage,
            "current": round(pack.amps * 1000),
            "errors": errors | CELL_UNDERVOLTAGE * pack.discharge_stopped,
            "balance_current": -round(BALANCE_A * 1000) if balancing else 0,
            "balancing": 2 * balancing,
            "soc": int(pack.soc),
            "charge": round(pack.charge_ah * 1000),
            "capacity": round(pack.capacity_ah * 1000),
            "cycles": int(self._discharged_ah / pack.capacity_ah),
            "charge_out": round(self._discharged_ah * 1000),
            "soh": 100,
            "uptime": self._uptime + int(pack.time_s),
            "charge_on": int(not pack.charge_stopped),
            "discharge_on": int(not pack.discharge_stopped),
            **self._temperatures(),
        }

    def _temperatures(self) -> dict[str, int]:
        t1, t2 = (round(degrees * 10) for degrees in self._pack.temperatures)
        mosfet = t1 + 15 + round(abs(self._pack.amps) / 5)
        values = {"t1": t1, "t2": t2, "mosfet": mosfet}
        if self._layout == "32S":
            values["t3"] = (t1 + t2) // 2 if self._major >= OWN_T3_FROM else mosfet
            if self._major >= OWN_T45_FROM:
                values.update(t4=t1, t5=t2)
        return values

    def _spoil(self, frame: bytes) -> bytes:
        """The frame with what the radio and the UART behind it make of it."""
        chance = self._rubbish
        if self.cut and chance.random() < self.cut:
            self._cuts += 1
            begun = frame[: chance.randrange(1, len(frame))]
            frame = begun + frame if self._cuts % 2 else begun
        if self.junk and chance.random() < self.junk:
            extra = chance.randbytes(chance.randrange(1, JUNK_UP_TO + 1))
            frame += chance.choice((wire.AT, wire.ACKNOWLEDGEMENT, extra, wire.AT + extra))
        return frame


def join(rig: Rig, plan: Plan) -> Line:
    """Put a unit, or a capture of one, within reach of the board's Bluetooth."""
    return join_pack(rig, plan, {"device": plan.jk_name, "address": ""})


def join_pack(rig: Rig, plan: Plan, section: dict) -> Line:
    """The same for the pack of a config: by its name, its address, or both."""
    name = section["device"] or plan.jk_name
    if plan.capture:
        reading = wire.HEADER + bytes((wire.CELLS,))
        unit = Capture.from_file(plan.capture, loop=True, reading=reading)
    else:
        pack = pack_of(plan, section)
        rig.pack = rig.pack or pack
        unit = Unit(pack, plan.jk_layout, name=name, seed=plan.seed)
    rig.put_within_reach(name, unit, plan.seed, plan.jk_module | own_module(section))
    return unit


def add(rig: Rig, name: str, seed: int, layout: str = "32S", **module) -> Any:
    """Another pack with a unit of its own; returns its Peripheral, whose .unit it is. module: more
    of ble_unit.Module.
    """
    unit = Unit(Pack(seed=seed), layout, name=name, seed=seed)
    return rig.put_within_reach(name, unit, seed, module)


def pack_config(plan: Plan) -> dict:
    """It is found by its name."""
    return {"device": plan.jk_name}
