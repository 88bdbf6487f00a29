"""A house's day as a Chargery shows it, in integers: the same on every runtime.

Readings every 2 s of a 16S 280 Ah pack: sun with clouds, a staircase of loads, kettle and fridge
with in-rush, cells that sag and relax, noise of a step or two in everything.
"""

from chance import Dice

CELLS = 4  # of the 16 are told apart, which is enough for lowest and highest
SLOW_US = 600  # of a cell: 1/600 of the way every 2 s, 20 minutes; the fast part takes 25 s
RESISTANCE = (215, 220, 222, 231)  # uOhm
# mV of a resting cell at 0, 5, ... 100 %
OCV = (2600, 3085, 3190, 3220, 3245, 3262, 3277, 3286, 3290, 3292, 3294, 3296, 3303, 3319, 3328)
OCV += (3329, 3331, 3332, 3333, 3336, 3450)


class House:
    """Fills a Sample, reading by reading."""

    def __init__(self, seed, hour=0):
        self.dice = Dice(seed)
        self.seconds = hour * 3600
        self.charge = 280 * 3600 * 55 // 100 * 1000  # mA s
        self.base = 200  # W
        self.sky = 90  # % of a clear one
        self.kettle = self.fridge = 0  # seconds that it goes on
        self.fast = self.slow = 0  # mA that the slower parts of the resistance have reached
        self.amps = 0

    def next(self, sample):
        """The reading of 2 s later; returns its second."""
        self.seconds += 2
        dice = self.dice
        watts = self.sun() - self.load()
        self.amps = watts * 1000 // 53
        if self.amps > 0 and self.charge > 990 * 280 * 3600:
            self.amps //= 20  # the charger holds its voltage
        self.charge += 2 * self.amps
        self.fast += (self.amps - self.fast) * 2 // 25
        self.slow += (self.amps - self.slow) // SLOW_US
        sample.current = (self.amps + dice.roll(-150, 150)) // 100 * 100
        percent = min(self.charge // (280 * 3600 * 10), 99)
        sample.soc = percent
        sample.temperatures[0] = 210 + self.seconds % 86400 // 2000 + dice.roll(-1, 1)
        sample.cell_count = CELLS
        resting = (
            OCV[percent // 5] + (OCV[percent // 5 + 1] - OCV[percent // 5]) * (percent % 5) // 5
        )
        drive = self.amps + self.fast // 2 + self.slow * 9 // 10
        total = 0
        for i in range(CELLS):
            sample.cells[i] = resting + drive * RESISTANCE[i] // 1000000 + dice.roll(-1, 1)
            total += sample.cells[i]
        sample.voltage = total * 16 // CELLS
        sample.find_extremes()
        return self.seconds

    def sun(self):
        """W of the roof: a parabola over the day, and clouds that come and go."""
        if self.dice.roll(1, 100) == 1:
            self.sky = self.dice.roll(20, 100)
        from_noon = self.seconds % 86400 - 46800
        return max(0, 4200 - 4200 * (from_noon // 100) ** 2 // 252**2) * self.sky // 100

    def load(self):
        """W of everything in the house."""
        dice = self.dice
        if dice.roll(1, 200) == 1:
            self.base = dice.roll(160, 400)
        watts = self.base
        if self.kettle > 0 or dice.roll(1, 6000) == 1:
            watts += 2600 if self.kettle <= 0 else 2100
            self.kettle = self.kettle - 2 if self.kettle > 0 else dice.roll(120, 240)
        if self.fridge > 0 or dice.roll(1, 1000) == 1:
            watts += 950 if self.fridge <= 0 else 95
            self.fridge = self.fridge - 2 if self.fridge > 0 else dice.roll(700, 1100)
        return watts
