"""Renogy batteries with Bluetooth of their own (Pro, Core): as renogy.py, but a current counts 100
mA. Facts from aiobmsble, with frames of a unit.
"""

from bms import renogy

NUMBER = 17  # in the events
LINKS = {
    "ble": {"service": 0xFFD0, "write": 0xFFD1, "notify_service": 0xFFF0, "notify": 0xFFF1},
}
KEYS = {
    "cells": ("number", (0, 16), 0),
    "timeout_s": ("number", (3, 3600), 15),
    "unit": ("number", (1, 255), 48),
}
SEEN_AS = ({"maker": (0xE14C,), "name": ("RNGRBP*", "RNGC*")},)
LEAVES_OUT = False  # a reading has all that there is
SECRETS = ""  # what keeps passcodes out of a capture: it sends none
TOPICS = ""  # the key of mqtt with the base of topics that others also have for it
ALARMS = renogy.ALARMS
HINTS = ("BMS on, in reach?", "Phone app closed?")  # what to check when it is silent


class Decoder(renogy.Decoder):
    """As that of renogy.py."""

    CURRENT = (("current", -2, 100, 3, -5000, 5000, 1500),)  # 100 mA to mA
