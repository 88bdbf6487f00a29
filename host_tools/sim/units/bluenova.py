"""A BlueNova battery on a simulated pack: what its console says, message by message.

A round every period_s, its lines spread over most of it, one or several in a message, among other
debug lines; now and then a round is cut short, a line is missing, doubled or broken off. Lines are
built from the list in docs/bluenova.md: no real console's order is known. V and A in, the wire's
units out.
"""

import random
from collections.abc import Iterator
from typing import Any

from host_tools.ground.errors import PacklogError
from host_tools.ground.firmware import declared
from host_tools.sim.units.joining import Plan, Rig, pack_of
from host_tools.sim.units.pack import Pack

LINK = declared("bms", "bluenova")["LINKS"]["websocket"]
SPREAD = 0.8  # of a period, in which the lines of a round are said
IDENTITY_EVERY, ENERGY_EVERY = 30, 15  # rounds
HALF_ROUND, MISSING, DOUBLED, BROKEN_OFF, AGAIN = 0.04, 0.01, 0.01, 0.01, 0.3
CELL_TROUBLE, NOISE = 0.03, 0.25  # the chance of one more such line, a round and a line
IDLE_A = 0.5
MOST_CELLS = 16

CHATTER = (
    "DEBUG: CAN TX 0x351 38 02 E8 03 E8 03 C0 01",
    "DEBUG: balance mask 0x0000",
    "DEBUG: ADC done in 412 us",
    "INFO: heartbeat {n}",
    "INFO: cellcomms ok",
    "Task stack: 312 words free",
    "Current limit charge: 150.00",
    "Vpack_ref: 2500",
    "SOC limits: 5..100",
    "Temperature sensors: 4",
    "C{n}",
    "Errors: none so far",
    "[{n}] Vpack: 1 Current: 2 SOC: 3",
    "",
    "---------------------------",
    "Überwachung läuft ✓",
)
GARBAGE = "".join(map(chr, [*range(1, 0x180), 0x2028, 0xFFFD, 0x1F50B]))


class Unit:
    """The console, switched on at second 0. Faults, to be set at any time: silent (it says nothing,
    time goes on), garbage (that share of the messages, 0 to 1, is nonsense), long_lines (that
    share is a line of thousands of characters). noise False: whole rounds and nothing else.
    ValueError where there is no such battery.
    """

    def __init__(self, pack: Pack, seed: int = 0, period_s: float = 2.0, noise: bool = True):
        if len(pack.cells) > MOST_CELLS:
            raise ValueError(f"a BlueNova has up to {MOST_CELLS} cells, not {len(pack.cells)}")
        if period_s <= 0:
            raise ValueError(f"a round takes longer than {period_s} s")
        self.silent = False
        self.garbage = 0.0
        self.long_lines = 0.0
        self._pack = pack
        self._seed = seed
        self._period_s = period_s
        self._noise = noise
        chance = random.Random(f"{seed}/bluenova")
        self.mcu_id = chance.randrange(1 << 32)
        self.units = chance.randint(1, 4)
        self.rank = chance.randint(1, self.units)
        self.energy_out_wh = chance.uniform(1e5, 4e6)
        self.energy_in_wh = self.energy_out_wh * 1.04
        self._round = -1
        self._said = []  # (second, text) of that round

    def messages(self, t0_s: float, t1_s: float) -> Iterator[tuple[float, str]]:
        """(second of the world, text) of all messages from t0_s until before t1_s, in order.

        Consecutive calls continue each other; a t0_s later than the last t1_s leaves a gap.
        """
        number = max(0, int(t0_s // self._period_s))
        while number * self._period_s < t1_s:
            if number > self._round:
                self._begin(number)
            for t_s, text in self._said if number == self._round else ():
                if t0_s <= t_s < t1_s and not self.silent:
                    yield t_s, self._spoiled(t_s, text)
            number += 1

    def _begin(self, number: int) -> None:
        """Say a round: with the same seed always the same, whatever was asked for before."""
        start_s = number * self._period_s
        chance = random.Random(f"{self._seed}/{number}")
        if start_s > self._pack.time_s:
            self._count_energy(start_s - self._pack.time_s)
            self._pack.advance(start_s)
        self._round = number
        lines = self._lines(number, chance)
        if self._noise:
            lines = self._noisy(lines, chance)
        self._said = []
        while lines:
            count = chance.choice((1, 1, 1, 2, 5)) if self._noise else 1
            taken, lines = lines[:count], lines[count:]
            self._said.append(chance.choice(("\n", "\r\n")).join(taken))
        step_s = SPREAD * self._period_s / max(1, len(self._said))
        self._said = [(start_s + i * step_s, text) for i, text in enumerate(self._said)]

    def _count_energy(self, seconds: float) -> None:
        wh = self._pack.volts * self._pack.amps * seconds / 3600
        if wh > 0:
            self.energy_in_wh += wh
        else:
            self.energy_out_wh -= wh

    def _lines(self, number: int, chance: random.Random) -> list[str]:
        """A whole round, tidy."""
        lines = self._identity() if number % IDENTITY_EVERY == 0 else []
        lines += self._cells() + self._status() + self._adcs()
        if number % ENERGY_EVERY == 1:
            lines += [
                "DEBUG: CALC PACK_CHARGE, STORE IN FLASH",
                f"Write EnergyOut: {self.energy_out_wh / 1000:.6f}",
                f"Write EnergyOut: {self.energy_in_wh / 1000:.6f}",
            ]
        return lines

    def _identity(self) -> list[str]:
        return [
            f"MCU ID: {self.mcu_id:08X}",
            f"--- PO PARAMS --- (i={self.units})",
            f"after assignRank() --> own rank = {self.rank}",
            f"CellCount: {len(self._pack.cells)}",
        ]

    def _cells(self) -> list[str]:
        degrees = round(self._pack.temperatures[0])
        return [
            f"C{i:02}) T: {degrees}, V: {round(1000 * volts)}"
            for i, volts in enumerate(self._pack.cells, 1)
        ]

    def _status(self) -> list[str]:
        pack = self._pack
        millivolts = [round(1000 * volts) for volts in pack.cells]
        return [
            f"Vpack: {sum(millivolts)}",
            f"Current: {pack.amps:.2f}",
            f"Temp: {round(pack.temperatures[0])}",
            f"Vc_max: {max(millivolts)}",
            f"Vc_min: {min(millivolts)}",
            f"SOC: {int(pack.soc)}",
            "SOH: 98.700",
            f'Errors: "{self.errors}"',
            f"System_State: {self.system_state}",
            f"Breaker: {self.breaker}",
            f"Charge State: {self.charge_state} ({pack.amps:.1f} A)",
        ]

    def _adcs(self) -> list[str]:
        millivolts = round(1000 * self._pack.volts)
        values = (millivolts / 21, 2500.1, 1250.25, 3300.0, -12.5)
        return [f"Vp_adc: {millivolts}"] + [
            f"DEBUG: ADC[{i}]: {round(mv * 4.096 / 3.3)} = {mv:.4f}" for i, mv in enumerate(values)
        ]

    @property
    def errors(self) -> str:
        """The text between the quotes; empty without an error."""
        if self._pack.charge_stopped:
            return "CELL OVERVOLTAGE"
        return "CELL UNDERVOLTAGE" if self._pack.discharge_stopped else ""

    @property
    def system_state(self) -> str:
        """Of the whole battery."""
        return "PROTECTION" if self.errors else "NORMAL RUN"

    @property
    def breaker(self) -> str:
        """Of the battery's terminals."""
        return "OPEN" if self._pack.discharge_stopped else "CLOSED"

    @property
    def charge_state(self) -> str:
        """The first word behind Charge State."""
        if abs(self._pack.amps) < IDLE_A:
            return "IDLE"
        return "CHARGING" if self._pack.amps > 0 else "DISCHARGING"

    def _noisy(self, lines: list[str], chance: random.Random) -> list[str]:
        if chance.random() < HALF_ROUND:
            at, keep_end = chance.randrange(len(lines)), chance.random() < 0.5
            lines = lines[at:] if keep_end else lines[:at]
        out = []
        for line in lines:
            while chance.random() < NOISE:
                out.append(chance.choice(CHATTER).format(n=chance.randrange(1000)))
            if chance.random() < MISSING:
                continue
            if chance.random() < BROKEN_OFF:
                out.append(line[: chance.randint(1, line.find(":") + 2)])
                continue
            out += [line, line] if chance.random() < DOUBLED else [line]
        if chance.random() < AGAIN:
            out.insert(chance.randint(0, len(out)), f"Current: {self._pack.amps:.2f}")
        for line in ("INFO: BAD CRC", "INFO: cellcomms parse FAIL", "DEBUG: REJECT BAD V 65535"):
            if chance.random() < CELL_TROUBLE:
                out.insert(chance.randint(0, len(out)), line)
        return out

    def _spoiled(self, t_s: float, text: str) -> str:
        """The message, or what a fault makes of it."""
        if not self.garbage and not self.long_lines:
            return text
        chance = random.Random(f"{self._seed}/{t_s}/spoiled")
        if chance.random() < self.garbage:
            return "".join(chance.choices(GARBAGE, k=chance.randrange(1, 200)))
        if chance.random() < self.long_lines:
            return "DEBUG: dump " + chance.choice(("A5 ", "Vpack: 1 ")) * chance.randint(40, 2000)
        return text


def join(rig: Rig, plan: Plan) -> Unit:
    """Put a battery into the home network. PacklogError for a capture."""
    return join_pack(rig, plan, LINK)


def join_pack(rig: Rig, plan: Plan, section: dict) -> Unit:
    """The same for the pack of a config."""
    if plan.capture:
        raise PacklogError("a BlueNova's capture cannot be played: leave --input out")
    pack = pack_of(plan, section)
    rig.pack = rig.pack or pack
    unit = Unit(pack, plan.seed)
    rig.add_home().add_battery(unit, section["host"], section["port"], section["path"])
    return unit


def add(rig: Rig, address: str, seed: int) -> Any:
    """Another pack that is a battery at that address; its Route is the last of home.batteries."""
    unit = Unit(Pack(seed=seed), seed)
    return rig.add_home().add_battery(unit, address, LINK["port"])


def pack_config(plan: Plan) -> dict:
    """It is where the defaults look for it."""
    return {}
