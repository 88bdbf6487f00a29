"""What both protocols of a Daly have in common: how the units advertise, and what the seven bytes
of their faults mean (by the maker's paper). An advertisement does not tell which one a unit speaks.

Each voltage, temperature and current has a bit for a warning and one for the protection: one alarm
here. So have faults of a kind that need the same remedy.
"""

from sample import CHARGE_ON, CHARGE_STOPPED, DISCHARGE_ON, DISCHARGE_STOPPED

# The numbers are those of other makers: they are the first bytes of a text
SEEN_AS = (
    {"service": 0xFFF0, "name": ("DL-*",)},
    {"maker": (0x0102, 0x0104, 0x0302, 0x0303, 0x0402)},
)
ALARMS = (
    "cell overvoltage", "cell undervoltage", "pack overvoltage", "pack undervoltage",
    "charge too hot", "charge too cold", "discharge too hot", "discharge too cold",
    "charge overcurrent", "load overcurrent", "SoC high", "SoC low",
    "cells differ", "temperatures differ", "charge MOSFET hot", "load MOSFET hot",
    "MOSFET sensor", "MOSFET stuck", "MOSFET open", "front-end IC",
    "cell wire off", "temperature sensor", "EEPROM fault", "clock fault",
    "precharge failed", "communication", "current sensor", "voltage sensing",
    "short circuit", "too low to charge",
)  # fmt: skip
# Those that can stop the charge, or the discharge
STOP_CHARGE, STOP_DISCHARGE = 0x24387135, 0x1438B2CA


def pairs(byte):
    """A bit for each two of its eight that are not both 0."""
    byte |= byte >> 1
    return byte & 1 | byte >> 1 & 2 | byte >> 2 & 4 | byte >> 3 & 8


def alarms(buf, at, swap):
    """Bits of ALARMS. swap: 1 where the bytes of each two stand the other way round."""
    found = pairs(buf[at + swap]) | pairs(buf[at + 1 - swap]) << 4
    found |= pairs(buf[at + 2 + swap]) << 8 | (pairs(buf[at + 3 - swap]) & 3) << 12
    byte = buf[at + 4 + swap]
    found |= (byte & 3) << 14 | (pairs(byte) >> 1) << 16
    byte = buf[at + 5 - swap]
    found |= (byte & 63) << 19 | (pairs(byte) >> 3) << 25
    return found | (buf[at + 6 + swap] & 15) << 26


def stopped(sample):
    """Which MOSFETs a protection has switched off; not those that their owner has."""
    switches = sample.switches
    flags = 0
    if sample.errors & STOP_CHARGE and not switches & CHARGE_ON:
        flags = CHARGE_STOPPED
    if sample.errors & STOP_DISCHARGE and not switches & DISCHARGE_ON:
        flags |= DISCHARGE_STOPPED
    return flags
