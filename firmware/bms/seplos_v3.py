"""Seplos V3 (XZH) by Bluetooth or RS485: Modbus, one pack of up to 16 by its number.

Three questions: totals, cells and temperatures (function 4), states (function 1). An answer is the
pack | function | number of bytes | data, high byte first | CRC. Facts from the maker's paper (XZH
V0.1), aiobmsble, ESPHome's component and dbus-serialbattery.
"""

from bms import asked
from bms.crc import crc16
from bms.seplos_alarms import common
from lib import once
from sample import (
    BALANCING,
    CHARGE_ON,
    CHARGE_STOPPED,
    DISCHARGE_ON,
    DISCHARGE_STOPPED,
    MAX_TEMPERATURES,
)

NUMBER = 13  # in the events
LINKS = {
    "ble": {"service": 0xFFF0, "notify": 0xFFF1, "write": 0xFFF2},
    "serial": {"baudrate": 19200, "quiet_ms": 50},
}
KEYS = {
    "cells": ("number", (0, 16), 0),
    "timeout_s": ("number", (3, 3600), 15),
    "unit": ("number", (0, 16), 1),
}
SEEN_AS = ({"service": 0xFFF0, "name": ("SP??B*", "SP1??B*", "XZHX*", "CSY*")},)
LEAVES_OUT = False  # a reading has all that there is
SECRETS = ""  # what keeps passcodes out of a capture: it sends none
TOPICS = ""  # the key of mqtt with the base of topics that others also have for it
# By the bits that _alarms() makes, as the display has room for them
ALARMS = (
    "cell overvoltage", "cell undervoltage", "pack overvoltage", "pack undervoltage",
    "charge too hot", "charge too cold", "discharge too hot", "discharge too cold",
    "box overheated", "box too cold", "MOSFET overheated", "charge overcurrent",
    "load overcurrent", "short circuit", "SoC low", "cells differ",
    "temperature sensor", "front-end IC", "MOSFET fault", "cell wire off",
)  # fmt: skip
HINTS = ("BMS on, in reach?", "Its number (unit)?")  # what to check when it is silent

AROUND = 5  # bytes around the data
STATES, CELLS, TOTALS = 18, 52, 34  # bytes of data
# What is asked for: register or bit, how many; function
BLOCKS = {STATES: (0x1200, 0x90, 1), CELLS: (0x1100, 0x1A, 4), TOTALS: (0x1000, 0x11, 4)}
LONGEST = CELLS + AROUND
CELLS_AT, MOST_CELLS, MAX_CELL, CELL_STEP = 3, 16, 6000, 500  # mV
TEMPERATURES_AT, SENSORS, SURROUNDINGS_AT, TEMPERATURE_STEP = 35, 4, 51, 100  # 0.1 K
KELVIN = 2731
# Of TOTALS: attribute, size, factor, place, lowest, highest, step
FIELDS = (
    ("voltage", 2, 10, 3, 0, 10000, 800),  # 10 mV to mV
    ("current", -2, 10, 5, -32768, 32767, 15000),  # 10 mA to mA
    ("charge", 2, 10, 7, 0, 65535, 100),  # 10 mAh to mAh
    ("capacity", 2, 10, 9, 0, 65535, 0),
    ("soh", 2, 1, 15, 0, 1200, 10),  # 0.1 %
    ("cycles", 2, 1, 17, 0, 65535, 1),
)
OUT = ("charge_out", 2, 10000, 11, 0, 65535, 1)  # 10 Ah to mAh
SOC = ("soc", 2, 1, 13, 0, 1000, 20)  # 0.1 %
OTHERS = (OUT, SOC)
# Of STATES: places of bytes
BALANCE_AT, EVENTS_AT, FETS_AT, FAULTS_AT = 9, 12, 18, 20
# Protections, by the bits of ALARMS
STOP_CHARGE, STOP_DISCHARGE = 0xF8F35, 0xFF7CA


class Decoder(asked.Decoder):
    """Calls on_sample(sample) for each TOTALS, always with the same Sample.

    cells is how many are shown, 0: as many as read more than 0.
    """

    QUESTIONS = tuple((b"", kind, 1, kind + AROUND) for kind in BLOCKS)

    @once.packs
    def __init__(self, on_sample, cells=0, live=False):
        super().__init__(on_sample, cells, live, LONGEST)
        self.sample.extras["charge_out"] = None
        self.configure({})

    @once.packs
    def configure(self, settings):
        """Take the pack's number."""
        super().configure(settings)
        self.FIRST = settings.get("unit", 1)
        self._questions = [
            (question(self.FIRST, row[1]), row[1], row[2], row[3]) for row in self.QUESTIONS
        ]

    def _is_cut_off(self):
        return self._end - self._start >= 3 and self._length()

    def _length(self):
        buf = self._buf
        at = self._start
        pending = self._end - at
        if buf[at] != self.FIRST or (pending > 1 and buf[at + 1] != 1 and buf[at + 1] != 4):
            return 0
        if pending < 3:
            return AROUND
        block = BLOCKS.get(buf[at + 2])
        return buf[at + 2] + AROUND if block and block[2] == buf[at + 1] else 0

    def _take(self, length):
        crc = crc16(self._buf, self._start, length - 2)
        if self._number(length - 2, 1) | self._number(length - 1, 1) << 8 != crc:
            return False
        self._buf[self._start] = 1  # a Memory whose first byte is 0 is empty
        return self._take_answer(length - AROUND, length)

    def _are_right(self, kind):
        if kind == CELLS:
            return self._are_cells(CELLS_AT, MOST_CELLS, MAX_CELL)
        return kind == STATES or (self._fit(FIELDS) and self._fit(OTHERS))

    def _agrees(self):
        if self.kind == CELLS:
            return self._words_near(CELLS_AT, MOST_CELLS, CELL_STEP) and self._words_near(
                TEMPERATURES_AT, 10, TEMPERATURE_STEP
            )
        if self.kind == STATES:
            return self._words_near(EVENTS_AT, 3, 0) and not (
                self._off(FETS_AT, 1) or self._off(FAULTS_AT, 1)
            )
        return self._are_near(FIELDS) and self._are_near(OTHERS)

    def _fill(self, kind):
        if kind == STATES:
            self._fill_states()
        elif kind == CELLS:
            self._fill_cells(CELLS_AT, min(self._cells, MOST_CELLS) or self._count_cells())
            self._fill_temperatures()
        else:
            self._put(FIELDS)
            self.sample.soc = (self._value(SOC) + 5) // 10
            self.sample.extras["charge_out"] = self._value(OUT)

    def _clear(self, kind):
        sample = self.sample
        if kind == CELLS:
            sample.clear_cells()
            for i in range(MAX_TEMPERATURES):
                sample.temperatures[i] = None
        else:
            sample.errors = sample.switches = sample.flags = None

    def _count_cells(self):
        """How many there are: up to the last one that reads more than 0."""
        count = MOST_CELLS
        while count and not self._number(CELLS_AT + 2 * count - 2, 2):
            count -= 1
        return count

    def _fill_states(self):
        sample = self.sample
        bits = self._number(FETS_AT, 1)
        sample.switches = (bits & 1) * DISCHARGE_ON | (bits >> 1 & 1) * CHARGE_ON
        if self._number(BALANCE_AT, 2):
            sample.switches |= BALANCING
        sample.errors = self._alarms(self._start + EVENTS_AT)
        sample.flags = 0
        if sample.errors & STOP_CHARGE and not bits & 2:
            sample.flags = CHARGE_STOPPED
        if sample.errors & STOP_DISCHARGE and not bits & 1:
            sample.flags |= DISCHARGE_STOPPED

    def _alarms(self, at):
        """Bits of ALARMS, by the events."""
        buf = self._buf
        found = common(buf, at)
        bits = buf[at + 3]
        latched = buf[at + 4]
        found |= (bits & 7 | latched & 4 > 0) << 11 | (bits & 56 | latched & 8 > 0) << 12
        found |= (bits & 64 | latched & 1 > 0) << 13
        bits = buf[at + 5]
        found |= (bits & 12 > 0) << 14 | (bits >> 4 & 1) << 15
        bits = buf[at + 8]
        found |= (bits >> 4 & 1) << 15 | (bits & 3) << 16
        return found | (bits & 12 > 0) << 18 | (bits >> 5 & 1) << 19

    def _fill_temperatures(self):
        """The cells', the surroundings' and the MOSFETs'."""
        temperatures = self.sample.temperatures
        i = SENSORS
        while i:
            i -= 1
            temperatures[i] = self._degrees(TEMPERATURES_AT + 2 * i)
        temperatures[MAX_TEMPERATURES - 2] = self._degrees(SURROUNDINGS_AT)
        temperatures[MAX_TEMPERATURES - 1] = self._degrees(SURROUNDINGS_AT + 2)

    def _degrees(self, place):
        """0.1 degC, None if that cannot be."""
        value = self._number(place, 2) - KELVIN
        return value if -600 <= value <= 1500 else None


@once.packs
def question(unit, kind):
    """What is sent to ask that pack for that block."""
    first, count, function = BLOCKS[kind]
    body = bytes((unit, function, first >> 8, first & 0xFF, 0, count))
    crc = crc16(body, 0, len(body))
    return body + bytes((crc & 0xFF, crc >> 8))
