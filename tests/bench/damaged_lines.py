"""Chargery's packets and BlueNova's lines, damaged on a wire, byte by byte.

What a decoder makes of a stream is compared with what it makes of the same stream undamaged: every
value of a reading has to be one that some reading of that has.
"""

import random

from host_tools.sim.units import bluenova as bluenova_unit
from host_tools.sim.units import chargery as chargery_unit
from host_tools.sim.units.pack import Pack

from bms import bluenova, chargery

SECONDS = 8  # of a stream; what is damaged stands in the middle


class ChargeryBefore(chargery.Decoder):
    """With the rules of 0.1.0: command, length, sum, ranges."""

    def _is_believed(self, memory, odd):
        return not odd

    def _take_impedances(self, length):
        return self._number(4, 1) <= 2 and super()._take_impedances(length)


class BlueNovaBefore(bluenova.Decoder):
    """With the rules of 0.1.0: a line's form, and ranges."""

    def _is_believed(self, i, value, step):
        return True


DECODERS = {
    "Chargery": (ChargeryBefore, chargery.Decoder),
    "BlueNova": (BlueNovaBefore, bluenova.Decoder),
}
# By how much a field may be off what was sent and still be what a pack may have become
STEPS = {"soc": 2, "voltage": 8000, "current": 500000, "cells": 500, "temperatures": 100}
STEPS |= {"energy": 500000, "charge": 20000, "full_cell_voltage": 0, "flags": 0, "soh": 20}


def lose(chance, data, at):
    """One to four bytes lost."""
    del data[at : at + chance.randint(1, 4)]


def one_bit(chance, data, at):
    """A bit flipped."""
    data[at] ^= 1 << chance.randrange(8)


def two_bits(chance, data, at):
    """Two bits flipped, within thirty bytes."""
    one_bit(chance, data, at)
    one_bit(chance, data, min(len(data) - 1, at + chance.randrange(30)))


def burst(chance, data, at):
    """Two to eight bytes anything."""
    for i in range(at, min(len(data), at + chance.randint(2, 8))):
        data[i] = chance.randrange(256)


def merge(chance, data, at):
    """What stands between two places is gone: two packets become one."""
    del data[at : at + chance.randint(5, 60)]


DAMAGES = {
    name: {
        "one bit": one_bit,
        "two bits": two_bits,
        "a burst of 2 to 8 bytes": burst,
        "1 to 4 bytes lost": lose,
        "two packets merged": merge,
    }
    for name in DECODERS
}


def sent(bms, seed):
    """Some seconds of a simulated unit's bytes: before, what will be damaged, and behind it."""
    chance = random.Random(seed)
    start = chance.randrange(10, 80000)
    pack = Pack(seed=seed % 7)
    if bms == "Chargery":
        unit = chargery_unit.Unit(pack, chance.choice(("1.22", "1.24", "1.26")), seed=seed)
        parts = [(at, data) for at, data in unit.sent(start, start + SECONDS)]
    else:
        unit = bluenova_unit.Unit(pack, seed=seed, noise=False)
        parts = [(at, (text + "\n").encode()) for at, text in unit.messages(start, start + SECONDS)]
    times = (start + SECONDS / 2, start + SECONDS / 2 + (1 if bms == "Chargery" else 2))
    return (
        b"".join(data for at, data in parts if at < times[0]),
        b"".join(data for at, data in parts if times[0] <= at < times[1]),
        b"".join(data for at, data in parts if times[1] <= at),
    )


def values(sample):
    """What a reading says: {name: value}."""
    found = {name: getattr(sample, name) for name in STEPS if name not in ("cells", "temperatures")}
    for i, mv in enumerate(sample.cells[: sample.cell_count]):
        found["cells", i] = mv or None
    for i, degrees in enumerate(sample.temperatures):
        found["temperatures", i] = degrees
    return found


def readings(make, *parts, live=True):
    """The values of all readings of a stream."""
    found = []
    decoder = make(lambda sample: found.append(values(sample)), live=live)
    for part in parts:
        decoder.feed(part)
    decoder.finish()
    return found


def worst(made, true):
    """0: all as sent; 1: a value that was not sent; 2: one that the pack cannot have had."""
    kinds = [0]
    for key in {key for reading in made for key in reading}:
        known = [reading[key] for reading in true if reading.get(key) is not None]
        step = STEPS[key[0] if isinstance(key, tuple) else key]
        for value in {reading.get(key) for reading in made} - {None, *known}:
            near = any(abs(value - other) <= step for other in known)
            kinds.append(1 if near else 2)
    return max(kinds)


def measure(bms, damage, count, tally):
    """Damage so many streams and count what comes of it, into a false_readings.Tally."""
    chance = random.Random(f"{bms}/{damage}")
    before, now = DECODERS[bms]
    while tally.count < count:
        head, middle, tail = sent(bms, tally.count)
        true = readings(now, head, middle, tail, live=False)
        for _ in range(min(200, count)):
            data = bytearray(middle)
            DAMAGES[bms][damage](chance, data, chance.randrange(len(data)))
            for way in tally.ways:
                make = before if way == "before" else now
                parts = (data, tail) if way == "first" else (head, data, tail)
                tally.add(way, [worst(readings(make, *parts), true)])
            tally.count += 1
    return tally
