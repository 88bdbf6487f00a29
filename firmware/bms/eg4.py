"""EG4 LL and batteries with the same BMS (SunGoldPower) by RS485 or Bluetooth: Modbus, function 3.

Two questions: 39 registers with all that matters, 23 with texts. Facts from two readers of the
maker's paper (egll MODBUS Communication Protocol) that ran on units, one of them of
dbus-serialbattery, and from aiobmsble, with the frame of a unit. By wire a current counts 10 mA, by
Bluetooth 100 mA: each as the readers of that link have it.
"""

from bms import modbus, modbus_unit
from lib import once
from sample import CHARGE_STOPPED, DISCHARGE_STOPPED, MAX_TEMPERATURES

NUMBER = 15  # in the events
LINKS = {
    "serial": {"baudrate": 9600, "quiet_ms": 50},
    "ble": {"service": 0x1000, "notify": 0x1002, "write": 0x1001},
}
KEYS = {
    "cells": ("number", (0, 16), 0),
    "timeout_s": ("number", (3, 3600), 15),
    "unit": ("number", (1, 64), 1),
}
# The maker's number is the first half of the address
SEEN_AS = (
    {"service": 0x1000, "maker": (0x6F80,), "address": ("80:6f:b0",)},
    {"maker": (0x45CC,), "address": ("cc:45:a5",)},
)
LEAVES_OUT = False  # a reading has all that there is
SECRETS = ""  # what keeps passcodes out of a capture: it sends none
TOPICS = ""  # the key of mqtt with the base of topics that others also have for it
# By the bits that _alarms() makes, as the display has room for them
ALARMS = (
    "pack overvoltage", "cell overvoltage", "pack undervoltage", "cell undervoltage",
    "charge overcurrent", "load overcurrent", "temperature", "MOSFET overheated",
    "charge too hot", "discharge too hot", "charge too cold", "discharge too cold",
    "SoC low", "short circuit", "other alarm", "voltage sensing",
    "temperature sensor", "current sensor", "cells differ",
)  # fmt: skip
HINTS = ("BMS on, in reach?", "Its number (unit)?")  # what to check when it is silent

STATUS, TEXTS = 78, 46  # bytes of data
CELLS_AT, MOST_CELLS, MAX_CELL, CELL_STEP = 7, 16, 6000, 500  # mV
BOARD_AT, TEMPERATURES_AT, SENSORS = 39, 69, 5  # degC
WARNINGS_AT, PROTECTIONS_AT, ERRORS_AT, FULL_AT, DESIGN_AT = 55, 57, 59, 65, 77
# Attribute, size, factor, place, lowest, highest, step
FIELDS = (
    ("voltage", 2, 10, 3, 0, 10000, 800),  # 10 mV to mV
    ("soh", 2, 10, 49, 0, 200, 1),  # % to 0.1 %
    ("soc", 2, 1, 51, 0, 100, 2),  # %
    ("cycles", 4, 1, 61, 0, 65535, 1),
)
COUNT = ("count", 2, 1, 75, 1, MOST_CELLS, 0)
BOARD = ("board", -2, 10, BOARD_AT, -60, 200, 10)  # degC to 0.1 degC
OTHERS = (COUNT, BOARD)
# Of a link: current and charge, as above
BY_WIRE = (("current", -2, 10, 5, -32768, 32767, 15000), ("charge", 2, 1000, 45, 0, 2000, 1))
BY_RADIO = (("current", -2, 100, 5, -5000, 5000, 1500), ("charge", 2, 100, 45, 0, 20000, 10))
KNOWN_WARNINGS, KNOWN_PROTECTIONS, KNOWN_ERRORS = 0x1FFF, 0x2FFF, 0x17
# Bits of the protections
STOP_CHARGE, STOP_DISCHARGE = 0x05D3, 0x2AEC


class Decoder(modbus_unit.Decoder):
    """Calls on_sample(sample) for each STATUS, always with the same Sample.

    cells is how many are shown, 0: as many as the unit counts.
    """

    UNIT = 1
    QUESTIONS = (
        (0x69, TEXTS, 60, TEXTS + modbus.AROUND),
        (0, STATUS, 1, STATUS + modbus.AROUND),
    )

    @once.packs
    def __init__(self, on_sample, cells=0, live=False):
        super().__init__(on_sample, cells, live, STATUS + modbus.AROUND)
        self.sample.texts["model"] = self.sample.texts["software"] = None
        self._sensors = 1  # the last one that ever read other than 0

    @once.packs
    def configure(self, settings):
        """Take the link, too: by Bluetooth some units are others."""
        super().configure(settings)
        self._of_link = BY_RADIO if settings.get("link") == "ble" else BY_WIRE

    def forget(self):
        """As asked's. Another unit may have fewer sensors."""
        super().forget()
        self._sensors = 1

    def _are_right(self, kind):
        return kind == TEXTS or (
            self._fit(FIELDS)
            and self._fit(self._of_link)
            and self._fit(OTHERS)
            and self._are_cells(CELLS_AT, MOST_CELLS, MAX_CELL)
        )

    def _agrees(self):
        if self.kind == TEXTS:
            return self._words_near(3, TEXTS >> 1, 0)
        return (
            self._are_near(FIELDS)
            and self._are_near(self._of_link)
            and self._are_near(OTHERS)
            and self._words_near(CELLS_AT, MOST_CELLS, CELL_STEP)
            and self._words_near(WARNINGS_AT, 3, 0)
            and self._words_near(FULL_AT, 1, 1)
            and not self._off(DESIGN_AT, 2)
            and self._degrees_near()
        )

    def _degrees_near(self):
        """Are the sensors' bytes within 10 degC?"""
        i = SENSORS
        while i:
            i -= 1
            off = self._number(TEMPERATURES_AT + i, 1) - self._read(
                self._other, TEMPERATURES_AT + i, 1
            )
            if not -10 <= (off + 128 & 0xFF) - 128 <= 10:
                return False
        return True

    def _fill(self, kind):
        if kind == TEXTS:
            self.sample.texts["model"] = self._text(3, 24).strip()
            self.sample.texts["software"] = self._text(27, 6).strip()
            return
        self._put(FIELDS)
        self._put(self._of_link)
        sample = self.sample
        sample.charge = sample.charge or None  # some units leave it out
        sample.capacity = self._capacity()
        self._fill_cells(CELLS_AT, self._value(COUNT))
        self._fill_states()
        self._fill_temperatures()

    def _clear(self, kind):
        """Texts stay as they are."""

    def _capacity(self):
        """Of a full pack, mAh, from mA times seconds; or as it was designed; None if neither."""
        full = (self._number(FULL_AT, 2) * 4096 + (self._number(FULL_AT + 2, 2) >> 4)) // 225
        return full or self._number(DESIGN_AT, 2) * 100 or None

    def _fill_states(self):
        sample = self.sample
        protections = self._number(PROTECTIONS_AT, 2)
        sample.errors = self._alarms(protections)
        sample.flags = CHARGE_STOPPED if protections & STOP_CHARGE else 0
        if protections & STOP_DISCHARGE:
            sample.flags |= DISCHARGE_STOPPED

    def _alarms(self, protections):
        """Bits of ALARMS."""
        warnings = self._number(WARNINGS_AT, 2)
        errors = self._number(ERRORS_AT, 2)
        found = (warnings & KNOWN_WARNINGS) | (protections & KNOWN_PROTECTIONS)
        if warnings & ~KNOWN_WARNINGS or protections & ~KNOWN_PROTECTIONS:
            found |= 0x4000
        if errors & ~KNOWN_ERRORS:
            found |= 0x4000
        return found | (errors & 7) << 15 | (errors & 16) << 14

    def _fill_temperatures(self):
        """The cells', and the board's: a sensor that is not there reads 0 for good."""
        i = SENSORS
        while i > self._sensors and not self._number(TEMPERATURES_AT + i - 1, 1):
            i -= 1
        self._sensors = i
        i = SENSORS
        while i:
            i -= 1
            value = (self._number(TEMPERATURES_AT + i, 1) + 128 & 0xFF) - 128
            is_there = i < self._sensors and value >= -40
            self.sample.temperatures[i] = 10 * value if is_there else None
        self.sample.temperatures[MAX_TEMPERATURES - 1] = self._value(BOARD)
