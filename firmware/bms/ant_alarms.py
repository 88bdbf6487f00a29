"""What the states of an ANT's MOSFETs mean, for both of its protocols: one byte each for charge and
discharge says whether it is on, or what has switched it off. As ESPHome's component lists them.
"""

from sample import CHARGE_ON, CHARGE_STOPPED, DISCHARGE_ON, DISCHARGE_STOPPED

ALARMS = (
    "cell overvoltage", "cell undervoltage", "pack overvoltage", "pack undervoltage",
    "charge too hot", "charge too cold", "discharge too hot", "discharge too cold",
    "charge overcurrent", "load overcurrent", "short circuit", "MOSFET overheated",
    "box overheated", "current sensor", "cell wire off", "cells differ",
    "MOSFET fault", "self-test failed", "other protection",
)  # fmt: skip
OTHER = 18
ON, MOST = 1, 20
NO = 31
# The bit of ALARMS, by the state; NO: none
CHARGE = bytes((
    NO, NO, 0, 8, NO, 2, 4, 11, 13, 14, 12, NO, 16, 16, NO, NO, 0, 5, 15, NO, 17,
))  # fmt: skip
DISCHARGE = bytes((
    NO, NO, 1, 9, 9, 3, 6, 11, 13, 14, 12, NO, 10, 16, 16, NO, 1, 7, 15, 17, NO,
))  # fmt: skip


def put(sample, charge, discharge):
    """The errors, switches and flags that follow from both states."""
    sample.switches = (charge == ON) * CHARGE_ON | (discharge == ON) * DISCHARGE_ON
    sample.errors = sample.flags = 0
    bit = CHARGE[charge]
    if bit != NO:
        sample.errors = 1 << bit
        sample.flags = CHARGE_STOPPED
    bit = DISCHARGE[discharge]
    if bit != NO:
        sample.errors |= 1 << bit
        sample.flags |= DISCHARGE_STOPPED
