"""A house with a roof: what the sun delivers and what the loads draw, second by second.

W for a 16S 280 Ah pack, times a scale for others. Everything follows from the seed and the number
of the day, nothing from how often it is asked: a kettle is on in the same seconds at any step size.
"""

import math
import random
from bisect import bisect_right

DAY_S = 86400
CLOUD_STEP_S = 30
NOON_H = 13.0
ROOF_W = 4600.0  # at noon on the longest day

# Loads that come by chance: watts, watts in the first second, seconds at least and at most, hours
# of the day in which it may be, how many times in such a stretch of hours (chance of each).
EVENTS = (
    ("kettle", 2100.0, 2600.0, 120, 260, ((6.3, 8.5), (12.0, 14.0), (16.0, 22.0)), 0.75, 2),
    ("pump", 750.0, 3300.0, 20, 70, ((6.5, 9.0), (17.0, 22.5)), 0.8, 4),
    ("microwave", 1250.0, 2100.0, 60, 240, ((11.8, 13.5), (18.0, 20.5)), 0.5, 2),
    ("washing", 350.0, 900.0, 2400, 4200, ((9.0, 16.0),), 0.4, 1),
)
OVEN_W, OVEN_INRUSH_W = 2300.0, 2600.0
FRIDGE_W, FRIDGE_INRUSH_W = 95.0, 950.0


def summer(day: int) -> float:
    """1 on the longest day, -1 on the shortest; day 0 is at the end of May."""
    return math.cos(2 * math.pi * (day - 25) / 365)


def random_for(seed: int, day: int, what: str) -> random.Random:
    """The chance behind one day's weather, loads and so on."""
    return random.Random(f"{seed}/{day}/{what}")


class Loads:
    """One day's loads as a staircase of power: exact at any moment and over any stretch of it."""

    def __init__(self, seed: int, day: int):
        changes = {}
        for start, end, watts, inrush in self._all(random_for(seed, day, "loads")):
            end = min(end, DAY_S)
            for t, step in ((start, inrush), (start + 1, watts - inrush), (end, -watts)):
                changes[t] = changes.get(t, 0.0) + step
        self._times = sorted(changes)
        self._watts = []
        self._joules = []  # used from midnight to each of the times
        watts = joules = 0.0
        last = 0
        for t in self._times:
            joules += watts * (t - last)
            watts += changes[t]
            last = t
            self._watts.append(watts)
            self._joules.append(joules)

    def _all(self, chance: random.Random):
        """(start, end, watts, watts in the first second) of everything that is switched on."""
        yield from self._base(chance)
        yield from self._fridge(chance)
        for _, watts, inrush, least, most, stretches, likely, times in EVENTS:
            for opens, closes in stretches:
                for _ in range(times):
                    start = int(3600 * chance.uniform(opens, closes))
                    seconds = chance.randint(least, most)
                    if chance.random() < likely:
                        yield start, start + seconds, watts, inrush
        for likely, opens, closes in ((0.35, 11.0, 12.5), (0.7, 17.0, 19.5)):
            start = int(3600 * chance.uniform(opens, closes))
            if chance.random() < likely:
                yield from self._oven(chance, start)

    def _base(self, chance: random.Random):
        """What is always on, and lights and screens in the evening, changing every few minutes."""
        t = 0
        while t < DAY_S:
            seconds = chance.randint(60, 900)
            evening = math.exp(-(((t / 3600 - 20.5) / 2.0) ** 2))
            watts = 190.0 + chance.uniform(-30, 30) + evening * chance.uniform(180, 420)
            yield t, t + seconds, watts, watts
            t += seconds

    def _fridge(self, chance: random.Random):
        t = chance.randint(0, 2400)
        while t < DAY_S - 60:
            running = chance.randint(700, 1100)
            yield t, t + running, FRIDGE_W, FRIDGE_INRUSH_W
            t += running + chance.randint(1500, 2300)

    def _oven(self, chance: random.Random, start: int):
        """Heats up, then its thermostat goes on and off."""
        end = start + chance.randint(2000, 3600)
        heating = 600
        while start < end:
            yield start, start + heating, OVEN_W, OVEN_INRUSH_W
            start += heating + chance.randint(50, 110)
            heating = chance.randint(35, 70)

    def watts(self, t: float) -> float:
        """The power at second t of the day."""
        return self._watts[bisect_right(self._times, t) - 1]

    def joules(self, t: float) -> float:
        """What was used from midnight to second t of the day."""
        i = bisect_right(self._times, t) - 1
        return self._joules[i] + self._watts[i] * (t - self._times[i])


class Sky:
    """One day's weather: the share of a clear sky's sun, and the air's temperature."""

    def __init__(self, seed: int, day: int):
        chance = random_for(seed, day, "sky")
        kind = chance.choices(("clear", "mixed", "dull"), (4, 4, 2))[0]
        self._through = list(self._clouds(chance, kind))
        # The warmth lags a month behind the sun.
        self.warmth = 13.5 + 7.5 * summer(day - 30) + chance.gauss(0, 1.8)  # the mean in degC
        self._noon_w = ROOF_W * (0.9 + 0.1 * summer(day))
        self._daylight_h = 12.4 + 3.0 * summer(day)

    def _clouds(self, chance: random.Random, kind: str):
        """How much comes through, every CLOUD_STEP_S of the day and once more."""
        haze = chance.uniform(0.92, 1.0)
        goal = level = chance.uniform(0.15, 0.35) if kind == "dull" else haze
        for _ in range(DAY_S // CLOUD_STEP_S + 1):
            if kind == "mixed" and chance.random() < 0.08:  # a cloud comes or goes
                goal = chance.uniform(0.2, 0.6) if goal > 0.7 else haze * chance.uniform(0.95, 1.04)
            elif kind == "dull" and chance.random() < 0.03:
                goal = chance.uniform(0.08, 0.45)
            level += (goal - level) * (0.5 if kind == "mixed" else 0.1)
            yield level

    def watts(self, t: float) -> float:
        """What the roof delivers at second t of the day."""
        from_noon = (t / 3600 - NOON_H) / self._daylight_h
        if not -0.5 < from_noon < 0.5:
            return 0.0
        height = math.cos(math.pi * from_noon)
        i, part = divmod(t, CLOUD_STEP_S)
        here, there = self._through[int(i)], self._through[int(i) + 1]
        return self._noon_w * height**1.4 * (here + (there - here) * part / CLOUD_STEP_S)
