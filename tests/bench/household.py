"""A household's readings: the simulated pack of 280 Ah and 16 cells, every 2 s, as of a Chargery.

Current in 0.1 A, cells in mV, SoC in whole %, temperature in 0.1 degC, as the firmware's decoder
gives them. Everything follows from the seed.
"""

import numpy as np
from host_tools.sim.units.pack import Pack
from host_tools.trial import readings

EVERY_S = 2
A_DAY = 86400 // EVERY_S
CAPACITY_AH = 280
CELLS = 16
BEGIN = 1780300800  # 2026-06-01T08:00:00Z
_BLOCK = 10000  # readings put together at a time


def month(days=30, seed=0):
    """Readings of so many days (of 2 s: a part of a day will do)."""
    pack = Pack(CELLS, CAPACITY_AH, seed=seed)
    count = int(days * A_DAY)
    records = readings.blank(count, CELLS)
    for first in range(0, count, _BLOCK):
        block = records[first : first + _BLOCK]
        rows = [_reading(pack, EVERY_S * (first + i + 1)) for i in range(len(block))]
        current, soc, degrees, cells = zip(*rows, strict=True)
        block["current"] = np.rint(np.array(current) * 10) * 100
        block["soc"] = np.array(soc).astype(int)
        block["temperature"] = np.rint(np.array(degrees) * 10)
        block["mv"] = np.rint(np.array(cells) * 1000)
    records["seconds"] = EVERY_S * np.arange(count)
    records["cells"] = CELLS
    records["voltage"] = records["mv"].sum(axis=1)
    readings.put_extremes(records)
    return readings.Readings(records, BEGIN, CELLS)


def _reading(pack, second):
    pack.advance(second)
    return pack.amps, pack.soc, pack.temperatures[0], pack.cells


def noise(days, seed=0):
    """Readings that nothing can be predicted of: they wear the flash out the fastest."""
    chance = np.random.default_rng(seed)
    count = int(days * A_DAY)
    records = readings.blank(count, CELLS)
    records["seconds"] = EVERY_S * np.arange(count)
    records["current"] = chance.normal(0, 50000, count)
    records["soc"] = chance.integers(40, 60, count)
    records["temperature"] = chance.integers(200, 300, count)
    records["cells"] = CELLS
    records["mv"] = chance.integers(3200, 3400, (count, CELLS))
    records["voltage"] = records["mv"].sum(axis=1)
    readings.put_extremes(records)
    return readings.Readings(records, BEGIN, CELLS)
