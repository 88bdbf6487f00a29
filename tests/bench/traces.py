"""Readings that the store is measured with besides the household: other packs, other rhythms.

    jk      16 cells, 280 Ah, in another house: a JK over Bluetooth, about once a second, in mA
    van     4 cells, 200 Ah: a JK, about once a second: fridge, pump, coffee, alternator, sun
    flat    16 cells, 280 Ah: every 2 s: small loads, sun on a balcony
    cabin   8 cells, 200 Ah: every 5 s: little sun, someone there on two days of seven
    edge    the JK at the edge of its range: about every ten minutes a pause of 18 to 60 s

Everything follows from the seed. TRACES names them, each with its capacity in Ah.
"""

import numpy as np
from host_tools.sim.units import pack
from host_tools.trial import readings
from tests.bench import household

DAY_S = 86400
SILENT_S = 15  # after which the link of a JK counts as silent
UNSEEN = 11  # the seed of a household that no rule was chosen by
# mV of a cell's noise, and how far a reading may come from its second
_NOISE_MV, _JITTER_MS = 0.6, 60
GAP_EVERY_S, _GAP_S = 600, (18, 60)


class Trace:
    """A kind of readings: make(days, seed) gives Readings, every_s is their rhythm."""

    def __init__(self, capacity_ah, every_s, make):
        self.capacity_ah = capacity_ah
        self.every_s = every_s
        self.make = make


def jk(days, seed=0):
    """A house's pack as a JK shows it."""
    chance = np.random.default_rng(seed)
    ms = _times(days, 1, chance)
    model = pack.Pack(16, 280, seed=f"{seed}/jk")
    records = readings.blank(len(ms), 16)
    block = 20000  # readings put together at a time
    for first in range(0, len(ms), block):
        rows = [_look(model, second) for second in (ms[first : first + block] / 1000 + 1).tolist()]
        current, soc, degrees, cells = zip(*rows, strict=True)
        part = records[first : first + block]
        part["current"] = np.rint(np.array(current) * 1000)
        part["soc"] = np.array(soc).astype(int)
        part["temperature"] = np.rint(np.array(degrees) * 10)
        part["mv"] = np.rint(np.array(cells) * 1000)
    return _readings(records, ms, 16)


def _look(model, second):
    model.advance(second)
    return model.amps, model.soc, model.temperatures[0], model.cells


def edge(days, seed=0):
    """The same readings but for those that the link loses."""
    return with_gaps(jk(days, seed), seed)


def with_gaps(found, seed=0):
    """Readings without those of a pause about every ten minutes."""
    chance = np.random.default_rng((seed, 1))
    seconds = found.records["seconds"]
    count = int(seconds[-1]) // GAP_EVERY_S
    begin = GAP_EVERY_S * (1 + np.arange(count)) + chance.integers(-120, 120, count)
    length = chance.integers(*_GAP_S, count)
    number = np.maximum(np.searchsorted(begin, seconds, "right") - 1, 0)
    lost = (seconds >= begin[number]) & (seconds < begin[number] + length[number])
    return readings.Readings(found.records[~lost], found.utc, found.cells)


def van(days, seed=0):
    """A van's pack, driven on some days."""
    chance = np.random.default_rng((seed, 2))
    ms = _times(days, 1, chance)
    second = ms / 1000
    amps = -0.6 - _cycles(second, chance, 4.2, 700, 1500)  # the fridge's compressor
    hour = second % DAY_S / 3600
    amps -= _bursts(second, chance, 14, (15, 60), 5.5)  # the pump
    amps -= _bursts(second, chance, 4, (1800, 7200), 2.5, (18, 23))  # light and screens
    amps -= _bursts(second, chance, 2, (1200, 3600), 1.8, (0, 8))  # the heater's fan
    amps -= _bursts(second, chance, 2, (150, 300), 95, (7, 16))  # coffee by the inverter
    amps -= _bursts(second, chance, 1, (600, 1500), 62, (17, 21))  # cooking
    charge = _bursts(second, chance, 1, (3600, 10800), 38, (9, 17))  # the alternator
    charge *= 1 + 0.06 * _slow_noise(len(ms), 30, chance)
    charge += 14 * np.clip(np.sin((hour - 7) / 12 * np.pi), 0, None) * _clouds(second, chance)
    return _of_current(ms, amps, charge, 4, 200, 18, chance, 1)


def cabin(days, seed=0):
    """A cabin's pack: on two days of seven somebody is there."""
    chance = np.random.default_rng((seed, 3))
    ms = _times(days, 5, chance)
    second = ms / 1000
    hour = second % DAY_S / 3600
    there = np.isin(second // DAY_S % 7, (0, 1))
    amps = _bursts(second, chance, 5, (600, 10800), 3.4, (17, 24))
    amps += _bursts(second, chance, 3, (120, 400), 48, (7, 22))
    amps += _bursts(second, chance, 6, (10, 60), 14)
    amps += _cycles(second, chance, 3.1, 800, 1700)
    amps = -0.35 - there * amps
    charge = 26 * np.clip(np.sin((hour - 7.5) / 10 * np.pi), 0, None) * _clouds(second, chance)
    return _of_current(ms, amps, charge, 8, 200, 9, chance, 100)


def flat(days, seed=0):
    """A flat's pack under a balcony's sun: nothing large, much that is small; every 2 s."""
    chance = np.random.default_rng((seed, 4))
    ms = _times(days, 2, chance)
    second = ms / 1000
    hour = second % DAY_S / 3600
    amps = -3.2 - 0.5 * _slow_noise(len(ms), 300, chance) - _cycles(second, chance, 1.9, 900, 1900)
    for a_day, lengths, load, hours in (
        (4, (150, 240), 12.0, (6, 22)),  # kettle at the lowest step, toaster
        (3, (500, 700), 9.0, (7, 21)),  # hair, iron
        (8, (60, 900), 4.0, (6, 24)),
        (2, (2400, 5400), 6.5, (9, 20)),  # washing
        (3, (3600, 14400), 1.6, (17, 24)),  # light, screens
        (1, (900, 2400), 30.0, (11, 19)),  # oven
    ):
        amps -= _bursts(second, chance, a_day, lengths, load, hours)
    charge = 24 * np.clip(np.sin((hour - 6.5) / 13 * np.pi), 0, None) * _clouds(second, chance)
    return _of_current(ms, amps, charge, 16, 280, 21, chance, 100)


def _times(days, every_s, chance):
    """ms of readings that come about every so many seconds."""
    count = int(days * DAY_S / every_s)
    jitter = chance.integers(-_JITTER_MS, _JITTER_MS, count) if every_s == 1 else 0
    return np.maximum(0, np.arange(count) * (1000 * every_s + 2) + jitter)


def _bursts(second, chance, a_day, lengths, amps, hours=(0, 24)):
    """A load that comes by chance, a_day times in those hours of a day at most."""
    days = int(second[-1] // DAY_S) + 1
    total = np.zeros(len(second))
    for day in range(days):
        for _ in range(chance.integers(0, a_day + 1)):
            begin = day * DAY_S + 3600 * chance.uniform(*hours)
            first, end = np.searchsorted(second, (begin, begin + chance.uniform(*lengths)))
            total[first:end] = amps * chance.uniform(0.9, 1.1)
    return total


def _cycles(second, chance, amps, on_s, off_s):
    """A compressor that goes on and off."""
    total = np.zeros(len(second))
    at = 0
    while at < second[-1]:
        end = at + on_s * chance.uniform(0.7, 1.3)
        first, last = np.searchsorted(second, (at, end))
        total[first:last] = amps
        total[first : first + 2] = 2 * amps
        at = end + off_s * chance.uniform(0.7, 1.3)
    return total


def _slow_noise(count, every, chance):
    points = chance.normal(0, 1, count // every + 2)
    return np.interp(np.arange(count) / every, np.arange(len(points)), points)


def _clouds(second, chance):
    """What comes through, a level for each half minute; each day is of its own kind."""
    levels = np.ones(int(second[-1] // 30) + 2)
    level = goal = 1.0
    for i in range(len(levels)):
        if not i % 2880:
            often = chance.choice((0.002, 0.08))
        if chance.random() < often:
            goal = chance.uniform(0.2, 0.6) if goal > 0.7 else chance.uniform(0.9, 1.0)
        level += (goal - level) / 2
        levels[i] = level
    return np.interp(second / 30, np.arange(len(levels)), levels)


def _of_current(ms, amps, charge, cells, capacity_ah, degrees, chance, grid_ma):
    """Readings of cells that answer to a current in A: resistance with two slower parts, spread
    in capacity and state of charge, noise.
    """
    step_s = np.diff(ms, prepend=ms[0] - 1) / 1000
    amps, ah = _limited(amps.tolist(), charge.tolist(), step_s.tolist(), capacity_ah)
    amps += chance.normal(0, 0.03, len(amps))
    table, zero = pack.ocv_table()
    ohm = pack.RESISTANCE_OHM_AH / capacity_ah
    load = amps + pack.FAST * _lagged(amps, step_s, pack.FAST_S)
    load += pack.SLOW * _lagged(amps, step_s, pack.SLOW_S)
    records = readings.blank(len(ms), cells)
    for i in range(cells):
        own = capacity_ah * (1 + chance.normal(0, 0.006))
        place = (ah + capacity_ah * chance.normal(0, 0.003)) / own * pack.OCV_STEPS + zero
        volts = np.interp(place, np.arange(len(table)), table)
        volts += load * ohm * np.exp(chance.normal(0, 0.1))
        records["mv"][:, i] = np.rint(1000 * volts + chance.normal(0, _NOISE_MV, len(ms)))
    records["current"] = np.rint(amps * 1000 / grid_ma) * grid_ma
    records["soc"] = np.clip(100 * ah / capacity_ah, 0, 100)
    warm = degrees + 4 * np.sin(ms / 1000 * 2 * np.pi / DAY_S - 2) + chance.normal(0, 0.04, len(ms))
    records["temperature"] = np.rint(10 * warm)
    return _readings(records, ms, cells)


def _limited(amps, charge, step_s, capacity_ah):
    """(A, Ah in the pack) of each reading: the charger lets go at the top, loads at the bottom."""
    ah = 0.6 * capacity_ah
    top, bottom = 0.96 * capacity_ah, 0.1 * capacity_ah
    total, held = [], []
    for out, into, dt in zip(amps, charge, step_s, strict=True):
        room = max(0.0, min(1.0, (top - ah) / (0.03 * capacity_ah)))
        flow = (out if ah > bottom else -0.1) + max(into * room, min(into, -out))
        ah += flow * dt / 3600
        total.append(flow)
        held.append(ah)
    return np.array(total), np.array(held)


def _lagged(values, step_s, lag_s):
    out, state = [], 0.0
    for value, part in zip(values.tolist(), (-np.expm1(-step_s / lag_s)).tolist(), strict=True):
        state += (value - state) * part
        out.append(state)
    return np.array(out)


def _readings(records, ms, cells):
    records["seconds"], records["ms"] = np.divmod(ms, 1000)
    records["cells"] = cells
    records["voltage"] = records["mv"].sum(axis=1)
    readings.put_extremes(records)
    return readings.Readings(records, household.BEGIN, cells)


TRACES = {
    "household": Trace(household.CAPACITY_AH, household.EVERY_S, household.month),
    "flat": Trace(280, 2, flat),
    "jk": Trace(280, 1, jk),
    "van": Trace(200, 1, van),
    "cabin": Trace(200, 5, cabin),
}
