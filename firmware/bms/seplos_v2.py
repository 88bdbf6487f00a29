"""Seplos V2 by Bluetooth: frames 7E .. 0D, binary (by wire the same unit speaks ASCII).

An answer is 7E | 14 | address | question | 0 | length, 2 bytes | data | CRC of XModem from the
second byte on | 0D, high byte first. Facts from ESPHome's component and aiobmsble.
"""

from bms import asked
from bms.crc_others import XMODEM, crc
from bms.seplos_alarms import common, pairs
from lib import once
from sample import (
    BALANCING,
    CHARGE_ON,
    CHARGE_STOPPED,
    DISCHARGE_ON,
    DISCHARGE_STOPPED,
    MAX_CELLS,
    MAX_TEMPERATURES,
)

NUMBER = 12  # in the events
LINKS = {"ble": {"service": 0xFF00, "notify": 0xFF01, "write": 0xFF02}}
KEYS = {"timeout_s": ("number", (3, 3600), 15)}
SEEN_AS = ({"service": 0xFF00, "name": ("BP0?", "BP1?", "BP2?")},)
LEAVES_OUT = False  # a reading has all that there is
SECRETS = ""  # what keeps passcodes out of a capture: it sends none
TOPICS = ""  # the key of mqtt with the base of topics that others also have for it
# By the bits that _alarms() makes, as the display has room for them
ALARMS = (
    "cell overvoltage", "cell undervoltage", "pack overvoltage", "pack undervoltage",
    "charge too hot", "charge too cold", "discharge too hot", "discharge too cold",
    "box overheated", "box too cold", "MOSFET overheated", "charge overcurrent",
    "load overcurrent", "short circuit", "SoC low", "too low to charge",
    "reversed polarity", "output connection", "voltage sensing", "temperature sensor",
    "current sensor", "key switch", "cells differ", "MOSFET fault",
    "secondary trip", "charger voltage high", "EEPROM fault", "clock fault",
    "not calibrated",
)  # fmt: skip
HINTS = ("BMS on, in reach?", "Phone app closed?")  # what to check when it is silent

HEAD, VERSION, TAIL = 0x7E, 0x14, 0x0D
TEXTS, DATA = 0x51, 0x61
AROUND = 10  # bytes around the data
SHORTEST_TEXTS, LONGEST_TEXTS = 32, 40  # bytes of data
COUNT, CELLS_AT = 9, 10
MAX_SENSORS, EVENTS, MAX_EVENTS = 10, 8, 16
FIXED = 28  # bytes of data besides those for each cell, sensor, event
LONGEST = FIXED + AROUND + 3 * (MAX_CELLS + MAX_SENSORS) + MAX_EVENTS + 2 * MAX_CELLS // 8
MAX_CELL, CELL_STEP, TEMPERATURE_STEP, KELVIN = 6000, 500, 100, 2731  # mV, 0.1 K

# Of DATA, counted from the last temperature on: attribute, size, factor, place, lowest, highest,
# step
FIELDS = (
    ("current", -2, 10, 2, -32768, 32767, 15000),  # 10 mA to mA
    ("voltage", 2, 10, 4, 0, 20000, 800),  # 10 mV to mV
    ("charge", 2, 10, 6, 0, 65535, 100),  # 10 mAh to mAh
    ("capacity", 2, 10, 9, 0, 65535, 0),
    ("cycles", 2, 1, 15, 0, 65535, 1),
    ("soh", 2, 1, 17, 0, 1200, 10),  # 0.1 %
)
SOC = ("soc", 2, 1, 11, 0, 1000, 20)  # 0.1 %
OTHERS = (SOC,)
TOTALS = 21  # bytes of these
# Places behind an alarm of each cell and sensor, and those of current and voltage
STATE, SWITCHES, NUMBER_OF_EVENTS, EVENTS_AT = 2, 3, 4, 5
# Protections, by the bits of ALARMS
STOP_CHARGE, STOP_DISCHARGE = 0x03DD8F35, 0x01DF77CA


class Decoder(asked.Decoder):
    """Calls on_sample(sample) for each DATA, always with the same Sample.

    cells is how many are shown, 0: as many as the unit counts.
    """

    FIRST = HEAD
    QUESTIONS = (
        (b"\x7e\x10\x00\x46\x51\x00\x00\x3a\x7f\x0d", TEXTS, 60, LONGEST_TEXTS + AROUND),
        (b"\x7e\x10\x00\x46\x61\x00\x01\x00\xf7\xc1\x0d", DATA, 1, LONGEST),
    )

    @once.packs
    def __init__(self, on_sample, cells=0, live=False):
        super().__init__(on_sample, cells, live, LONGEST)
        self.sample.texts["model"] = self.sample.texts["software"] = None
        self._states = 0  # place of STATE, less that

    def _is_cut_off(self):
        return self._end - self._start >= 5 and self._length()

    def _length(self):
        buf = self._buf
        at = self._start
        pending = self._end - at
        if buf[at] != HEAD or (pending > 1 and buf[at + 1] != VERSION):
            return 0
        if pending > 3 and buf[at + 3] not in self.stats["accepted"]:
            return 0
        if pending > 4 and buf[at + 4]:
            return 0
        if pending < 7:
            return AROUND
        size = self._number(5, 2)
        if buf[at + 3] == DATA:
            return size + AROUND if FIXED < size <= LONGEST - AROUND else 0
        return size + AROUND if SHORTEST_TEXTS <= size <= LONGEST_TEXTS else 0

    def _take(self, length):
        if self._number(length - 1, 1) != TAIL:
            return False
        at = self._start
        if crc(self._buf, at + 1, length - 4, 0, XMODEM) != self._number(length - 3, 2):
            return False
        kind = self._number(3, 1)
        if kind == DATA and not self._find(length - AROUND):
            return False
        return self._take_answer(kind, length)

    def _find(self, size):
        """Note where the fields of DATA are. False if the numbers of what is listed do not fit."""
        count = self._number(COUNT, 1)
        if not 0 < count <= MAX_CELLS:
            return False
        sensors = self._sensors(count)
        if not 2 <= sensors <= MAX_SENSORS:
            return False
        self._shift = CELLS_AT - 1 + 2 * (count + sensors)
        self._states = self._shift + TOTALS + count + sensors
        events = size - FIXED - 3 * (count + sensors) - 2 * ((count + 7) // 8)
        if not EVENTS <= events <= MAX_EVENTS:
            return False
        return self._number(self._states + NUMBER_OF_EVENTS, 1) == events

    def _sensors(self, count):
        return self._number(CELLS_AT + 2 * count, 1)

    def _are_right(self, kind):
        return kind == TEXTS or (
            self._fit(FIELDS)
            and self._fit(OTHERS)
            and self._are_cells(CELLS_AT, self._number(COUNT, 1), MAX_CELL)
        )

    def _agrees(self):
        if self._off(5, 2):
            return False
        if self.kind == TEXTS:
            return self._words_near(7, self._number(5, 2) >> 1, 0)
        count = self._number(COUNT, 1)
        if self._off(COUNT, 1) or self._off(CELLS_AT + 2 * count, 1):
            return False
        return (
            self._are_near(FIELDS)
            and self._are_near(OTHERS)
            and self._words_near(CELLS_AT, count, CELL_STEP)
            and self._words_near(CELLS_AT + 1 + 2 * count, self._sensors(count), TEMPERATURE_STEP)
            and self._words_near(self._states + EVENTS_AT, EVENTS >> 1, 0)
            and not self._off(self._states + SWITCHES, 1)
        )

    def _fill(self, kind):
        if kind == TEXTS:
            self.sample.texts["model"] = self._text(26, 10).strip()
            software = str(self._number(37, 1)) + "." + str(self._number(38, 1))
            self.sample.texts["software"] = software
            return
        self._put(FIELDS)
        self.sample.soc = (self._value(SOC) + 5) // 10
        count = self._number(COUNT, 1)
        self._fill_states(count)
        self._fill_cells(CELLS_AT, count)
        self._fill_temperatures(CELLS_AT + 1 + 2 * count, self._sensors(count))

    def _clear(self, kind):
        """Texts stay as they are."""

    def _fill_states(self, count):
        sample = self.sample
        at = self._states
        bits = self._number(at + SWITCHES, 1)
        sample.switches = (bits & 1) * DISCHARGE_ON | (bits >> 1 & 1) * CHARGE_ON
        if self._total(self._balance(), (count + 7) // 8):
            sample.switches |= BALANCING
        sample.errors = self._alarms(self._start + at + EVENTS_AT)
        sample.flags = 0
        if sample.errors & STOP_CHARGE and not bits & 2:
            sample.flags = CHARGE_STOPPED
        if sample.errors & STOP_DISCHARGE and not bits & 1:
            sample.flags |= DISCHARGE_STOPPED

    def _balance(self):
        """Place of the bits of cells that balance."""
        at = self._states
        return at + EVENTS_AT + self._number(at + NUMBER_OF_EVENTS, 1)

    def _alarms(self, at):
        """Bits of ALARMS, by the eight events."""
        buf = self._buf
        found = common(buf, at + 1) | buf[at + 3] >> 7 << 24
        bits = buf[at + 4]
        found |= (pairs(bits) & 3) << 11 | (bits & 0x50 > 0) << 12 | (bits & 0xA0 > 0) << 13
        bits = buf[at + 5]
        found |= (pairs(bits) >> 1 & 1) << 14 | (bits >> 4 & 7) << 15 | (bits & 1) << 25
        bits = buf[at]
        found |= (bits & 31) << 18 | (bits & 0xE0 > 0) << 23
        bits = buf[at + 7]
        return found | (bits & 3) << 26 | (bits & 0x1C > 0) << 28

    def _fill_temperatures(self, place, count):
        """The cells', the surroundings' and the MOSFETs': these two are the last ones."""
        temperatures = self.sample.temperatures
        count -= 2
        temperatures[MAX_TEMPERATURES - 1] = self._degrees(place + 2 * count + 2)
        temperatures[MAX_TEMPERATURES - 2] = self._degrees(place + 2 * count)
        count = min(count, MAX_TEMPERATURES - 2)
        while count:
            count -= 1
            temperatures[count] = self._degrees(place + 2 * count)

    def _degrees(self, place):
        """0.1 degC, None if that cannot be."""
        value = self._number(place, 2) - KELVIN
        return value if -600 <= value <= 1500 else None
