"""How far a frame may be from the readings that it stands for, and whether one more still fits.

Nothing is compared with the reading before, which drifts: what counts are the lowest and highest
reading of the frame, and between which mean currents the charge at every reading comes out right
enough. mV, mA, mA s, 0.1 degC, %. Nothing is allocated per reading.
"""

from lib import once

VOLTAGE, MIN_CELL, MAX_CELL, TEMPERATURE, SOC = 0, 1, 2, 3, 4  # places in a list of values
COUNT = 5
UNKNOWN = -(1 << 28)  # among the values; so far off that known and unknown never share a frame

_LOWEST_CURRENT = 500  # mA: the noise of a BMS does not count, however small the pack
_GRIDS = (100, 50, 20, 10)  # mA, what BMSs count in
_FAR = (1 << 30) - 1


class Tolerances:
    """What a frame may be wrong by, for every reading in it; docs/config.md explains each.

    current_percent, step_percent: of the capacity taken as A. charge_permille: of the capacity.
    voltage_permille: of the voltage, pack and cells.
    """

    @once.packs
    def __init__(
        self,
        capacity_ah,
        interval_s=900,
        current_percent=8,
        charge_permille=1,
        voltage_permille=10,
        soc_percent=1,
        temperature_degrees=2,
        step_percent=10,
    ):
        self.current = current_percent * capacity_ah * 10  # mA
        if self.current:
            self.current = max(self.current, _LOWEST_CURRENT)
        self.charge = charge_permille * capacity_ah * 3600  # mA s
        self.voltage = voltage_permille
        self.soc = soc_percent
        self.temperature = 10 * temperature_degrees
        self.step = step_percent * capacity_ah * 10  # mA; 0: steps are nothing special
        # A mean is written in steps that compress well, if what that rounds off a frame's charge,
        # paid back by the next, is next to nothing.
        self.grid = 0  # mA
        for grid in _GRIDS:
            if grid * interval_s * 10 <= self.charge and grid * 64 <= self.current:
                self.grid = grid
                break


def rate(charge, ms):
    """mA s per ms in whole mA, rounded down; no step of it exceeds the result or 1000 ms."""
    return charge // ms * 1000 + charge % ms * 1000 // ms


class Bounds:
    """The readings of the frame in the making, as far as the tolerances go."""

    @once.packs
    def __init__(self, tolerances):
        self._tolerances = tolerances
        # What is left of the tolerances is for what rounding adds, see Charge.
        self._current = tolerances.current - tolerances.current // 32 + 1
        self._charge = tolerances.charge - tolerances.charge // 16
        self._low = [0] * COUNT
        self._high = [0] * COUNT
        self._limit = [0] * COUNT
        self._noise = [0] * COUNT
        self._limit[SOC] = tolerances.soc
        self._limit[TEMPERATURE] = tolerances.temperature
        self._noise[TEMPERATURE] = tolerances.temperature // 10
        self._lowest = self._highest = 0  # currents
        self.empty()

    def empty(self):
        """Begin a frame."""
        self._readings = 0
        self._currents = 0
        self._least = -_FAR  # the mean current lies between these two, or the charge is wrong
        self._most = _FAR

    def fits(self, values, current, charge, ms):
        """Could the frame end with this reading? charge and ms are what the current's sum then is,
        current is None if not known."""
        if self._readings and not self._values_fit(values):
            return False
        return current is None or not self._currents or self._current_fits(current, charge, ms)

    def take(self, values, current, charge, ms):
        """Take the reading into the frame."""
        if self._readings:
            self._widen(values)
        else:
            self._start(values)
        self._readings += 1
        if current is not None and ms:
            self._take_current(current, charge, ms)

    def only_noise(self, i, value):
        """Is there only noise between a value and values[i] of every reading?"""
        noise = self._noise[i]
        return self._low[i] >= value - noise and self._high[i] <= value + noise

    def noise(self, i):
        """How far values[i] may be off and still count as the same; 0 with small tolerances."""
        return self._noise[i]

    # Functions of few variables: MicroPython keeps the others' on the heap

    def _values_fit(self, values):
        for i in range(COUNT):
            value = values[i]
            if value - self._low[i] > self._limit[i] or self._high[i] - value > self._limit[i]:
                return False
        return True

    def _widen(self, values):
        for i in range(COUNT):
            value = values[i]
            if value < self._low[i]:
                self._low[i] = value
            if value > self._high[i]:
                self._high[i] = value

    def _start(self, values):
        for i in range(COUNT):
            self._low[i] = self._high[i] = values[i]
        for i in range(TEMPERATURE):
            value = max(0, values[i])
            self._limit[i] = value * self._tolerances.voltage // 1000
            self._noise[i] = min(value // 1000, self._limit[i] // 4)  # 3 mV of a LiFePO4 cell

    def _current_fits(self, current, charge, ms):
        if not ms:
            return True
        mean = rate(charge, ms)
        if max(self._highest, current) - mean > self._current:
            return False
        if mean - min(self._lowest, current) > self._current:
            return False
        return self._least <= mean <= self._most

    def _take_current(self, current, charge, ms):
        if self._currents:
            self._lowest = min(self._lowest, current)
            self._highest = max(self._highest, current)
        else:
            self._lowest = self._highest = current
        self._currents += 1
        # The straight line that the frame's mean draws passes every reading's charge this closely.
        self._least = max(self._least, rate(charge - self._charge, ms))
        self._most = min(self._most, rate(charge + self._charge, ms))
