"""A LiFePO4 pack in a house with a roof: cells, protection and charger, in plain numbers.

Advanced to any later second of its world, in steps of any size; inside it never takes more than
STEP_S at once. V, A (charge positive), degC, %, Wh, Ah and mOhm. Everything follows from the seed.
"""

import math
import random

from host_tools.sim.units.house import DAY_S, Loads, Sky

STEP_S = 10.0

# Open-circuit voltage of a LiFePO4 cell over its state of charge in %.
OCV = (
    (-4, 1.80), (0, 2.60), (1, 2.80), (2, 2.92), (4, 3.05), (6, 3.12), (9, 3.18), (12, 3.205),
    (16, 3.225), (20, 3.245), (25, 3.262), (30, 3.277), (35, 3.286), (40, 3.290), (50, 3.294),
    (58, 3.298), (62, 3.308), (66, 3.322), (70, 3.328), (80, 3.331), (90, 3.333), (95, 3.336),
    (97, 3.342), (98, 3.352), (98.8, 3.375), (99.4, 3.42), (99.8, 3.50), (100, 3.58), (101, 3.85),
    (104, 4.30),
)  # fmt: skip
OCV_STEPS = 1000  # entries of the table for 0 to 100 %

# The cell's model: a resistance and two slower parts of it, as multiples of the resistance.
RESISTANCE_OHM_AH = 0.062  # 0.22 mOhm at 280 Ah
FAST, FAST_S = 0.5, 25.0
SLOW, SLOW_S = 0.9, 1100.0
CELL_HEAT_J_PER_K_AH = 19.0
COOLING_S = 5 * 3600.0

CHARGER_CELL_V = 3.46  # constant voltage: the charger's limit, by the mean cell
ABSORPTION_S = 3600.0  # for so long after the pack is full
FLOAT_CELL_V, FLOAT_ENDS_SOC = 3.37, 95  # from then on, until the charge is down to that
CHARGER_EFFICIENCY, CHARGER_C_RATE = 0.97, 0.3
INVERTER_EFFICIENCY, INVERTER_IDLE_W = 0.94, 28.0
FULL_C_RATE = 0.03  # the BMS calls the pack full below this current at that limit

FULL_CELL_V, FULL_RELEASE_V = 3.62, 3.38  # the BMS stops the charge, and lets it go on
EMPTY_CELL_V, EMPTY_RELEASE_V = 2.80, 3.05
BALANCE_V, BALANCE_OVER_LOWEST_V, BALANCE_A = 3.40, 0.005, 1.2

AMPS_NOISE, CELL_NOISE_V, DEGREES_NOISE = 0.04, 0.0006, 0.04
NOISE_SIZE = 4096
NOISE_STRIDE = 701  # between two kinds of it


def ocv_table() -> tuple[list[float], int]:
    """The OCV in steps of a 1/OCV_STEPS of the charge, and the place of 0 % in it."""
    low, high = OCV[0][0] * OCV_STEPS // 100, OCV[-1][0] * OCV_STEPS // 100
    table = []
    points = iter(OCV)
    (left, left_v), (right, right_v) = next(points), next(points)
    for step in range(low, high + 1):
        soc = step * 100 / OCV_STEPS
        while soc > right:
            (left, left_v), (right, right_v) = (right, right_v), next(points)
        table.append(left_v + (right_v - left_v) * (soc - left) / (right - left))
    return table, -low


class Pack:
    """The pack at second time_s of its world; second 0 is start_hour on day 0."""

    def __init__(
        self,
        cells: int = 16,
        capacity_ah: float = 280,
        soc: float = 55.0,
        seed: int = 0,
        start_hour: float = 9.0,
    ):
        chance = random.Random(f"{seed}/pack")
        self.capacity_ah = float(capacity_ah)
        self.time_s = 0.0
        self.charge_stopped = self.discharge_stopped = False
        self._seed = seed
        self._size = cells * capacity_ah / (16 * 280)  # of everything in the house
        self._table, self._zero = ocv_table()
        self._ah = self.capacity_ah * soc / 100  # what a cell without a fault of its own has
        self._uncounted_ah = 0.0  # by how much the BMS counts more
        # The cells were balanced at the top once, more or less: equal there, not at the bottom.
        self._cell_ah = [capacity_ah * (1 + chance.gauss(0, 0.006)) for _ in range(cells)]
        astray = [capacity_ah * chance.gauss(0, 0.0025) for _ in range(cells)]
        self._over = [ah - capacity_ah + d for ah, d in zip(self._cell_ah, astray, strict=True)]
        self._mean_over = sum(self._over) / cells
        self._leak_a = [capacity_ah * chance.uniform(0, 4e-6) for _ in range(cells)]
        self._mean_leak_a = sum(self._leak_a) / cells
        ohm = RESISTANCE_OHM_AH / capacity_ah
        self._ohm = [ohm * math.exp(chance.gauss(0, 0.1)) for _ in range(cells)]
        self._noise = [chance.gauss(0, 1) for _ in range(NOISE_SIZE)]
        self._amps = self._fast_amps = self._slow_amps = 0.0
        self._full, self._full_s = False, 0.0
        self._read = None  # the cells as read at time_s, once somebody asked
        self._volts = None  # what they have then, if that is known
        self._day = -1
        self._midnight = -start_hour * 3600.0
        self._new_day()
        self._degrees = self._air_degrees()

    def advance(self, t_s: float) -> None:
        """Go on to second t_s of the world; ValueError if that is in the past."""
        if t_s < self.time_s:
            raise ValueError(f"the pack is at {self.time_s} s already, it cannot go to {t_s} s")
        while self.time_s < t_s:
            # The last second of a jump is a step of its own: what is read then is its mean.
            left = t_s - self.time_s
            end = t_s if left <= 1.5 else min(self.time_s + STEP_S, t_s - 1)
            self._step(min(end, self._midnight))
            if self.time_s >= self._midnight:
                self._new_day()

    @property
    def amps(self) -> float:
        """The mean over the last step, with the noise of the BMS's measurement."""
        return self._amps + AMPS_NOISE * self._size * self._chance(0)

    @property
    def cells(self) -> list[float]:
        """V of each cell as the BMS measures it."""
        if self._read is None:
            volts = self._volts or self._cell_volts()
            noise, first = self._noise, self._place_of_noise(3)
            self._read = [
                v + CELL_NOISE_V * noise[(first + i * NOISE_STRIDE) % NOISE_SIZE]
                for i, v in enumerate(volts)
            ]
        return self._read

    @property
    def volts(self) -> float:
        """The sum of the cells."""
        return sum(self.cells)

    @property
    def soc(self) -> float:
        """% by the BMS's count."""
        return 100 * self.charge_ah / self.capacity_ah

    @property
    def charge_ah(self) -> float:
        """What is in the pack, by the BMS's count."""
        return min(max(self._ah + self._uncounted_ah, 0.0), self.capacity_ah)

    @property
    def energy_wh(self) -> float:
        """What is in the pack, at a cell's mean voltage over a discharge."""
        return self.charge_ah * 3.24 * len(self._ohm)

    @property
    def temperatures(self) -> list[float]:
        """degC of two sensors: between the cells, and at the pack's end."""
        outer = 0.75 * self._degrees + 0.25 * self._air_degrees()
        inner = self._degrees + 0.2
        return [inner + DEGREES_NOISE * self._chance(1), outer + DEGREES_NOISE * self._chance(2)]

    @property
    def impedances(self) -> list[float]:
        """mOhm of each cell as the BMS measures it when the current turns."""
        scale = 1000 * self._resistance()
        return [scale * ohm * (1 + 0.05 * self._chance(100 + i)) for i, ohm in enumerate(self._ohm)]

    def _chance(self, what: int) -> float:
        """Noise of one kind at this second: the same whichever steps led here."""
        return self._noise[self._place_of_noise(what) % NOISE_SIZE]

    def _place_of_noise(self, what: int) -> int:
        second = int(self.time_s)
        return second * 61 + (second >> 12) * 37 + what * NOISE_STRIDE

    def _new_day(self) -> None:
        self._day += 1
        self._day_start = self._midnight
        self._midnight += DAY_S
        self._loads = Loads(self._seed, self._day)
        self._sky = Sky(self._seed, self._day)
        self._warmth_tomorrow = Sky(self._seed, self._day + 1).warmth

    def _air_degrees(self) -> float:
        part = (self.time_s - self._day_start) / DAY_S
        mean = self._sky.warmth + (self._warmth_tomorrow - self._sky.warmth) * part
        return mean - 3.5 * math.cos(2 * math.pi * (part - 4 / 24))

    def _step(self, end: float) -> None:
        dt = end - self.time_s
        amps = self._current(end, dt)
        self.time_s = end
        self._read = self._volts = None
        self._amps = amps
        self._ah += amps * dt / 3600
        self._fast_amps += (amps - self._fast_amps) * (1 - math.exp(-dt / FAST_S))
        self._slow_amps += (amps - self._slow_amps) * (1 - math.exp(-dt / SLOW_S))
        heat = amps * amps * RESISTANCE_OHM_AH / self.capacity_ah * (1 + FAST + SLOW)
        self._degrees += heat * dt / (CELL_HEAT_J_PER_K_AH * self.capacity_ah)
        self._degrees += (self._air_degrees() - self._degrees) * dt / COOLING_S
        if not 0.12 < self._mean_soc() < 0.92 or self.charge_stopped or self.discharge_stopped:
            self._protect_and_balance(dt)

    def _current(self, end: float, dt: float) -> float:
        """The mean current from now to end: sun, loads, and what charger and BMS allow."""
        begin, end = self.time_s - self._day_start, end - self._day_start
        sun = self._sky.watts((begin + end) / 2) * CHARGER_EFFICIENCY * self._size
        drawn = (self._loads.joules(end) - self._loads.joules(begin)) / dt
        load = (drawn / INVERTER_EFFICIENCY + INVERTER_IDLE_W) * self._size
        if self.discharge_stopped:
            load = 0.0
        cell_v, slope = self._mean_ocv()
        ohm = RESISTANCE_OHM_AH / self.capacity_ah * self._resistance()
        resting = cell_v + ohm * (FAST * self._fast_amps + SLOW * self._slow_amps)
        least = self._amps_for(-load, resting, ohm)
        self._full = False
        if self.charge_stopped:
            return least
        free = self._amps_for(sun - load, resting, ohm)
        # The voltage that this very step adds counts too, or a long step overshoots the limit.
        rise = ohm + ohm * FAST * (1 - math.exp(-dt / FAST_S)) + slope * dt / 3600
        floating = self._full_s > ABSORPTION_S
        held = ((FLOAT_CELL_V if floating else CHARGER_CELL_V) - resting) / rise
        most = min(held, CHARGER_C_RATE * self.capacity_ah)
        self._full = not floating and held < min(free, FULL_C_RATE * self.capacity_ah)
        return min(free, max(most, least))

    def _amps_for(self, watts: float, resting: float, ohm: float) -> float:
        """The current at which that power goes into the pack (or comes out, below 0)."""
        per_cell = watts / len(self._ohm)
        root = max(0.0, resting * resting + 4 * ohm * per_cell)
        return 2 * per_cell / (resting + math.sqrt(root))

    def _mean_soc(self) -> float:
        """What the cells really have, 0 to 1; the BMS's count knows neither leaks nor balancing."""
        lost = self._mean_leak_a * self.time_s / 3600
        return (self._ah + self._mean_over - lost) / self.capacity_ah

    def _mean_ocv(self) -> tuple[float, float]:
        """The V of a cell that is neither ahead nor behind, and by how much an Ah raises it."""
        table = self._table
        place = self._mean_soc() * OCV_STEPS + self._zero
        i = min(max(int(place), 0), len(table) - 2)
        slope = table[i + 1] - table[i]
        return table[i] + slope * (place - i), slope * OCV_STEPS / self.capacity_ah

    def _cell_volts(self) -> list[float]:
        table, zero, top = self._table, self._zero, len(self._table) - 2
        amps = self._amps + FAST * self._fast_amps + SLOW * self._slow_amps
        amps *= self._resistance()
        hours, mean_ah = self.time_s / 3600, self._ah
        volts = []
        for ah, over, leak, ohm in zip(
            self._cell_ah, self._over, self._leak_a, self._ohm, strict=True
        ):
            place = (mean_ah + over - leak * hours) / ah * OCV_STEPS + zero
            i = int(place)
            if not 0 <= i <= top:  # seldom: min() and max() of each cell would take longer
                i = min(max(i, 0), top)
            volts.append(table[i] + (table[i + 1] - table[i]) * (place - i) + ohm * amps)
        return volts

    def _resistance(self) -> float:
        """How the resistances change with the temperature, 1 at 25 degC."""
        return max(0.7, 1 + 0.012 * (25 - self._degrees))

    def _protect_and_balance(self, dt: float) -> None:
        self._volts = volts = self._cell_volts()
        lowest, highest = min(volts), max(volts)
        limit = FULL_RELEASE_V if self.charge_stopped else FULL_CELL_V
        self.charge_stopped = highest >= limit
        limit = EMPTY_RELEASE_V if self.discharge_stopped else EMPTY_CELL_V
        self.discharge_stopped = lowest <= limit
        if highest > BALANCE_V:
            self._volts = None
            for i, v in enumerate(volts):
                if v > BALANCE_V and v > lowest + BALANCE_OVER_LOWEST_V:
                    self._over[i] -= BALANCE_A * dt / 3600
            self._mean_over = sum(self._over) / len(self._over)
        if self._full:  # the BMS's count starts over from 100 %
            self._uncounted_ah = self.capacity_ah - self._ah
            self._full_s += dt
        elif self.soc < FLOAT_ENDS_SOC:
            self._full_s = 0.0
