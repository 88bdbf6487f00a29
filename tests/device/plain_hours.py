"""Reads the hours and days the slow way, from docs/format.md alone, and works out what readings
come to, in fractions of nothing: a judge for the store.
"""

import os
import struct

import plain_shard

HOUR = "<HHIHHHhhHHHHHHBBBBBBIIIIBBHH"
DAY = "<HHIHHHhhHHHHHHBBBBBBIIIIBBIHHH"
NAMES = [
    "stamp",
    "seconds",
    "utc",
    "voltage_min",
    "voltage",
    "voltage_max",
    "current_min",
    "current_max",
    "low_min",
    "low",
    "low_max",
    "high_min",
    "high",
    "high_max",
    "temperature_min",
    "temperature",
    "temperature_max",
    "soc_min",
    "soc",
    "soc_max",
    "charge_in",
    "charge_out",
    "energy_in",
    "energy_out",
    "lowest_cell",
    "highest_cell",
]
HOUR_NAMES = NAMES + ["soc_high_at", "soc_low_at"]
DAY_NAMES = NAMES + ["covered", "soc_high_minute", "soc_low_minute", "cycles"]
SUMS = ("charge_in", "charge_out", "energy_in", "energy_out")


class Record:
    """A record's fields; boot, begin and end (uptime)."""

    def __init__(self, boot, begin, end, names, values):
        self.boot = boot
        self.begin = begin
        self.end = end
        for name, value in zip(names, values):
            setattr(self, name, value)

    def sums(self):
        return [getattr(self, name) for name in SUMS]


def hours(folder):
    """The records of a pack's hours, in their order."""
    return records(folder + "/hours", 4, HOUR, HOUR_NAMES)


def days(folder):
    """Those of its days; the second field is the local day."""
    found = records(folder + "/days", 5, DAY, DAY_NAMES)
    for each in found:
        each.day = each.seconds
    return found


def records(folder, series, layout, names):
    found = []
    try:
        files = sorted(name for name in os.listdir(folder) if name[:8].isdigit())
    except OSError:
        return found
    for name in files:
        with open(folder + "/" + name, "rb") as file:
            data = file.read()
        if name.endswith(".shard"):
            data = plain_shard.read(data)
        if data:
            found += of_segment(data, series, layout, names)
    return found


def of_segment(data, series, layout, names):
    size = struct.calcsize(layout)
    assert data[5] == series and data[10] == size and (len(data) - 52) % size == 0
    boot, base = struct.unpack("<II", data[16:24])
    end = base
    found = []
    for at in range(52, len(data), size):
        stamp, mark, kind, a, b = struct.unpack("<HHBII", data[at : at + 13])
        if mark == 0xFFFF:
            assert not any(data[at + 13 : at + size])
            if kind == 1:
                boot, base = a, b
                end = base + stamp
            continue
        values = struct.unpack(layout, data[at : at + size])
        found.append(Record(boot, end, base + stamp, names, values))
        end = base + stamp
    return found


class Model:
    """What the readings of a span come to, in mA ms and mV mA ms."""

    def __init__(self):
        self.charge = [0, 0]
        self.energy = [0, 0]
        self.ms = 0

    def take(self, voltage, current, ms):
        """A reading that stands for so long."""
        way = current < 0
        self.charge[way] += abs(current) * ms
        self.energy[way] += abs(current) * voltage * ms
        self.ms += ms

    def sums(self):
        """In 10 mAh and 0.1 Wh, as floats."""
        charge = [each / 36000000 for each in self.charge]
        return charge + [each / 360000000000 for each in self.energy]

    def thousandths(self):
        """Of a mAh and of a mWh, rounded down. A board's floats have 32 bits: seven digits."""
        charge = [each // 3600 for each in self.charge]
        return charge + [each // 3600000 for each in self.energy]
