"""What a pack has taken in and given since its history began, and how long it is to full and empty.

fields.py has the units of KEYS. Totals are those that are on flash, so that none goes back after a
power cut. The current is an exponential mean of the last minutes, in which each reading stands for
the time since the one before.
"""

from lib import once

# The values, whole numbers or None, in the order in which values() has them
KEYS = (
    "total_energy_in",  # Wh
    "total_energy_out",
    "total_charge_in",  # mAh
    "total_charge_out",
    "full_cycles",  # 0.1: the charge that was given, in capacities
    "energy_efficiency",  # 0.1 %
    "time_to_full",  # min, with the mean current
    "time_to_empty",
)
SPAN_S = 300  # time constant of the mean
SETTLED_S = 60  # of readings: before that it is not a mean
PAUSE_S = 60  # without a reading: a new mean begins
RUNS = 3  # cycles, before there is an efficiency
LEAST = 200  # a current below this part of the capacity (as A) leads nowhere
LONGEST = 5940  # min


class Energy:
    """Of a pack. capacity_ah: of the config; what the BMS has for it is better."""

    @once.packs
    def __init__(self, history, uptime, capacity_ah):
        self._history = history
        self._uptime = uptime
        self._capacity = 1000 * capacity_ah
        self._seen_s = 0
        self._span = 0  # s of readings that are in the mean, SPAN_S at most
        self._mean = 0  # mA
        self._rest = 0  # of the last division by the span

    def add(self, sample):
        """A reading has come in."""
        current = sample.current
        if current is not None:
            self._weigh(current, self._uptime.seconds)

    def _weigh(self, current, now):
        passed = now - self._seen_s
        self._seen_s = now
        if passed > PAUSE_S:
            self._mean = current
            self._span = self._rest = 0
        elif passed:
            self._span = min(self._span + passed, SPAN_S)
            rest = self._rest + (current - self._mean) * passed  # 2**30: a step of 17 kA
            self._mean += rest // self._span
            self._rest = rest % self._span

    def values(self, sample):
        """A tuple of what KEYS names. sample: the newest reading, None of a silent pack."""
        totals = self._history.totals
        return (
            totals.energy_in // 1000,
            totals.energy_out // 1000,
            totals.charge_in,
            totals.charge_out,
            10 * totals.charge_out // self._capacity,
            self._efficiency(totals),
            sample and self._minutes(sample, 1),
            sample and self._minutes(sample, -1),
        )

    def _efficiency(self, totals):
        """0.1 % of the energy that went in comes out again. What went in and has not come out is
        in the pack: the charge says how much that is, as LiFePO4 loses hardly any.
        """
        least = RUNS * self._capacity
        if min(totals.charge_in, totals.charge_out) < least or not totals.energy_in:
            return None
        found = 1000 * totals.energy_out * totals.charge_in
        found //= totals.energy_in * totals.charge_out
        return found if found <= 1000 else None

    def _minutes(self, sample, way):
        """To full (way 1) or to empty (way -1), None if that would be nonsense."""
        mean = self._mean * way
        capacity = sample.capacity or self._capacity
        soc = sample.soc
        if soc is None or self._span < SETTLED_S or mean * LEAST < capacity:
            return None
        found = capacity * (100 - soc if way > 0 else soc) * 3 // (5 * mean)
        return found if 0 <= found <= LONGEST else None
