"""Renogy Smart Lithium batteries by RS485, or by Bluetooth with a BT-TH module: Modbus, function 3.

Four questions: texts, states, cells and temperatures, totals. Facts from the maker's paper (V1.7),
as readers of dbus-serialbattery and renogy-smart-battery have it, from renogy-bt and aiobmsble,
with frames of units. Voltages come in steps of 0.1 V, those of cells, too.
"""

from bms import modbus, modbus_unit
from bms.framed import PLACE
from lib import once
from sample import CHARGE_ON, CHARGE_STOPPED, DISCHARGE_ON, DISCHARGE_STOPPED, MAX_TEMPERATURES

NUMBER = 16  # in the events
LINKS = {
    "serial": {"baudrate": 9600, "quiet_ms": 50},
    "ble": {"service": 0xFFD0, "write": 0xFFD1, "notify_service": 0xFFF0, "notify": 0xFFF1},
}
KEYS = {
    "cells": ("number", (0, 16), 0),
    "timeout_s": ("number", (3, 3600), 15),
    "unit": ("number", (1, 255), 48),
}
SEEN_AS = ({"service": 0xFFD0, "name": ("BT-TH-*",)},)
LEAVES_OUT = False  # a reading has all that there is
SECRETS = ""  # what keeps passcodes out of a capture: it sends none
TOPICS = ""  # the key of mqtt with the base of topics that others also have for it
# By the bits that _alarms() makes, as the display has room for them
ALARMS = (
    "cell overvoltage", "cell undervoltage", "pack overvoltage", "pack undervoltage",
    "charge too hot", "charge too cold", "discharge too hot", "discharge too cold",
    "charge overcurrent", "load overcurrent", "short circuit", "temperature",
)  # fmt: skip
HINTS = ("BMS on, in reach?", "Its number (unit)?")  # what to check when it is silent

TEXTS, STATES, CELLS, TOTALS = 56, 16, 68, 14  # bytes of data
LONGEST = CELLS + modbus.AROUND
CELLS_AT, MOST_CELLS, MAX_CELL, CELL_STEP = 5, 16, 60, 5  # 0.1 V
SENSORS_AT, TEMPERATURE_STEP = 39, 100  # 0.1 degC
VOLTS_AT, DEGREES_AT, OTHERS_AT, PROTECTIONS_AT, WARNINGS_AT = 3, 7, 11, 15, 18
# Of TOTALS: attribute, size, factor, place, lowest, highest, step
FIELDS = (
    ("voltage", 2, 100, 5, 0, 1000, 80),  # 0.1 V to mV
    ("charge", 4, 1, 7, 0, 2000000, 1000),  # mAh
    ("capacity", 4, 1, 11, 0, 2000000, 0),
    ("cycles", 2, 1, 15, 0, 65535, 1),  # some say it low byte first
)
# Of CELLS
COUNTS = (("cells", 2, 1, 3, 1, MOST_CELLS, 0), ("sensors", 2, 1, 37, 0, 16, 0))
CHARGE_FET, DISCHARGE_FET = 2, 4  # of the protections
# What switches off charge or discharge, by the bits of ALARMS
STOP_CHARGE, STOP_DISCHARGE = 0xD35, 0xECA
ABOVE, BELOW = 0xAA, 0x55  # of two bits each


class Decoder(modbus_unit.Decoder):
    """Calls on_sample(sample) for each TOTALS, always with the same Sample.

    cells is how many are shown, 0: as many as the unit counts.
    """

    UNIT = 48
    CURRENT = (("current", -2, 10, 3, -32768, 32767, 15000),)  # 10 mA to mA
    QUESTIONS = (
        (5104, TEXTS, 60, TEXTS + modbus.AROUND),
        (5100, STATES, 1, STATES + modbus.AROUND),
        (5000, CELLS, 1, LONGEST),
        (5042, TOTALS, 1, TOTALS + modbus.AROUND),
    )

    @once.packs
    def __init__(self, on_sample, cells=0, live=False):
        super().__init__(on_sample, cells, live, LONGEST)
        self.sample.texts["model"] = self.sample.texts["software"] = None

    def _are_right(self, kind):
        if kind == TOTALS:
            return self._fit(FIELDS) and self._fit(self.CURRENT)
        if kind == CELLS:
            return self._fit(COUNTS) and self._are_cells(CELLS_AT, MOST_CELLS, MAX_CELL)
        return True

    def _agrees(self):
        if self.kind == TOTALS:
            return self._are_near(FIELDS) and self._are_near(self.CURRENT)
        if self.kind == CELLS:
            return (
                self._are_near(COUNTS)
                and self._words_near(CELLS_AT, MOST_CELLS, CELL_STEP)
                and self._degrees_near()
            )
        if self.kind == STATES:
            return self._words_near(VOLTS_AT, 7, 0) and not self._off(WARNINGS_AT, 1)
        return self._words_near(15, 22, 0)  # serial number, model, software

    def _degrees_near(self):
        """As _words_near(), of numbers that may be below 0."""
        i = MAX_TEMPERATURES - 1
        while i:
            i -= 1
            if self._off(SENSORS_AT + 2 * i, -2) > TEMPERATURE_STEP:
                return False
        return True

    def _fill(self, kind):
        sample = self.sample
        if kind == TEXTS:
            sample.texts["model"] = self._text(39, 16).strip()
            sample.texts["software"] = self._text(55, 4).strip()
        elif kind == STATES:
            self._fill_states()
        elif kind == CELLS:
            self._fill_tenths(self._number(COUNTS[0][PLACE], 2))
            self._fill_temperatures()
        else:
            self._put(FIELDS)
            self._put(self.CURRENT)
            full = sample.capacity
            sample.soc = min(100, (100 * sample.charge + full // 2) // full) if full else None

    def _clear(self, kind):
        sample = self.sample
        if kind == CELLS:
            sample.clear_cells()
            for i in range(MAX_TEMPERATURES):
                sample.temperatures[i] = None
        elif kind == STATES:
            sample.errors = sample.switches = sample.flags = None

    def _fill_tenths(self, count):
        """The cells, in steps of 0.1 V."""
        sample = self.sample
        if self._cells:
            count = min(count, self._cells)
        sample.cell_count = count
        while count:
            count -= 1
            sample.cells[count] = 100 * self._number(CELLS_AT + 2 * count, 2) or 1
        sample.find_extremes()

    def _fill_temperatures(self):
        count = self._number(COUNTS[1][PLACE], 2)
        i = MAX_TEMPERATURES - 1
        while i:
            i -= 1
            value = self._number(SENSORS_AT + 2 * i, -2)
            is_there = i < count and -600 <= value <= 1500
            self.sample.temperatures[i] = value if is_there else None

    def _fill_states(self):
        sample = self.sample
        bits = self._number(PROTECTIONS_AT, 2)
        sample.switches = CHARGE_ON if bits & CHARGE_FET else 0
        if bits & DISCHARGE_FET:
            sample.switches |= DISCHARGE_ON
        sample.errors = self._alarms(bits, self._number(WARNINGS_AT, 1))
        sample.flags = 0
        if sample.errors & STOP_CHARGE and not bits & CHARGE_FET:
            sample.flags = CHARGE_STOPPED
        if sample.errors & STOP_DISCHARGE and not bits & DISCHARGE_FET:
            sample.flags |= DISCHARGE_STOPPED

    def _alarms(self, bits, warnings):
        """Bits of ALARMS: of protections, of warnings, and of cells and sensors one by one."""
        found = bits >> 8 & 1 | bits >> 6 & 2 | bits >> 4 & 4 | bits >> 12 & 8
        found |= bits >> 10 & 16 | bits >> 8 & 32 | bits >> 6 & 64 | bits >> 4 & 128
        found |= (bits & 0x210 > 0) << 8 | (bits & 0x420 > 0) << 9 | (bits & 1) << 10
        found |= warnings >> 1 & 1 | warnings << 1 & 2 | warnings >> 1 & 4 | warnings << 1 & 8
        found |= warnings >> 1 & 16 | warnings << 1 & 32 | warnings >> 1 & 64 | warnings << 1 & 128
        volts = self._any(VOLTS_AT)
        found |= (volts & ABOVE > 0) | (volts & BELOW > 0) << 1
        others = self._number(OTHERS_AT + 1, 1)
        found |= (others & 0x30 > 0) << 8 | (others & 0x0C > 0) << 9
        if self._any(DEGREES_AT) or self._number(OTHERS_AT, 1) or others & 0xC0:
            found |= 1 << 11
        return found

    def _any(self, place):
        """The bits that are set in any of the four bytes from there on."""
        buf = self._buf
        at = self._start + place
        return buf[at] | buf[at + 1] | buf[at + 2] | buf[at + 3]
