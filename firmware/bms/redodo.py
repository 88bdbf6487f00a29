"""Redodo, LiTime, Power Queen, Ampere Time and others of that maker by Bluetooth: one answer.

An answer is 00 00 | 65, the bytes that follow | 01 | 93 | 55 AA | 00 | data | sum of all before,
mod 256; low byte first. Facts from what aiobmsble, batmon-ha, dbus-serialbattery and users of the
units read, and from frames that they show. Other commands switch the MOSFETs or put the unit to
sleep for good: only the one question that reads is ever sent. Eight bits of sum are weak: an answer
is compared with the one before.
"""

from bms import asked_low
from bms.framed import ANY
from lib import once
from sample import (
    BALANCING,
    CHARGE_ON,
    CHARGE_STOPPED,
    DISCHARGE_ON,
    DISCHARGE_STOPPED,
    MAX_TEMPERATURES,
)

NUMBER = 9  # in the events
LINKS = {"ble": {"service": 0xFFE0, "notify": 0xFFE1, "write": 0xFFE2}}
KEYS = {"cells": ("number", (0, 16), 0), "timeout_s": ("number", (3, 3600), 15)}
# A LiTime with a lower number is by another maker (E&J), and speaks otherwise
SEEN_AS = (
    {"service": 0xFFE0, "maker": (0x585A,),
     "name": ("P-12*", "P-24*", "P-51*", "PQ-12*", "PQ-24*", "R-12*", "R-24*", "RO-12*", "RO-24*",
              "L-12*", "L-24*", "L-51*", "LT-12???BG-A0[7-9]*", "LT-24???B-A00[3-9]*",
              "LT-24???B-A0[1-9]*", "LT-24???B-A[1-9]*", "LT-51*", "S-*", "SS-*")},
)  # fmt: skip
LEAVES_OUT = False  # a reading has all that there is
SECRETS = ""  # what keeps passcodes out of a capture: it sends none
TOPICS = ""  # the key of mqtt with the base of topics that others also have for it
# By the bits that _alarms() makes, as the display has room for them
ALARMS = (
    "overcharged", "overdischarged", "charge overcurrent", "load overcurrent",
    "charge too hot", "discharge too hot", "charge too cold", "discharge too cold",
    "short circuit", "other protection", "BMS fault",
)  # fmt: skip
HINTS = ("BMS on, in reach?", "Phone app closed?")  # what to check when it is silent

STATUS, LENGTH = 0x93, 105
BEGIN = b"\x00\x00\x65\x01\x93\x55\xaa\x00"
CELLS_AT, CELLS = 16, 16
MAX_CELL, CELL_STEP, TEMPERATURE_STEP = 6000, 500, 10  # mV, degC
TEMPERATURES_AT, SENSORS = 52, 5

# Attribute, size, factor, place, lowest, highest, step
FIELDS = (
    ("voltage", 4, 1, 12, 0, 100000, 8000),  # mV: the sum of the cells
    ("current", -4, 1, 48, -500000, 500000, 150000),  # mA
    ("charge", 2, 10, 62, 0, 65535, 100),  # 10 mAh to mAh
    ("capacity", 4, 10, 64, 0, 200000, 0),
    ("soc", 2, 1, 90, 0, 100, 2),  # %
    ("soh", 4, 10, 92, 0, 200, 1),  # % to 0.1 %
    ("cycles", 4, 1, 96, 0, 65535, 1),
)
OUT = ("charge_out", 4, 1000, 100, 0, 1000000, 2)  # Ah to mAh
SWITCH, BALANCE, STATE = 68, 84, 88  # places
OTHERS = (OUT, ("state", 2, 1, STATE, 0, 255, ANY))
PROTECTIONS, FAULTS = 76, 80
DISCHARGE_OFF, CHARGE_OFF = 0x80, 4  # in SWITCH; as STATE
# Protections, by the bits of ALARMS
KNOWN = 0x4FE4  # bits of PROTECTIONS
STOP_CHARGE, STOP_DISCHARGE = 0x655, 0x7AA


class Decoder(asked_low.Decoder):
    """Calls on_sample(sample) for each answer, always with the same Sample.

    cells is how many are shown, 0: as many as read more than 0.
    """

    FIRST = BEGIN[0]
    QUESTIONS = ((b"\x00\x00\x04\x01\x13\x55\xaa\x17", STATUS, 1, LENGTH),)

    @once.packs
    def __init__(self, on_sample, cells=0, live=False):
        super().__init__(on_sample, cells, live, LENGTH)
        self._summed = memoryview(self._buf)[: LENGTH - 1]
        self.sample.extras["charge_out"] = None
        self._sensors = 2  # the last one that ever read other than 0

    def forget(self):
        """As asked's. Another unit may have fewer sensors."""
        super().forget()
        self._sensors = 2

    def _is_cut_off(self):
        return self._end - self._start >= 4 and self._length()

    def _length(self):
        buf = self._buf
        at = self._start
        i = min(self._end - at, len(BEGIN))
        while i:
            i -= 1
            if buf[at + i] != BEGIN[i]:
                return 0
        return LENGTH

    def _take(self, length):
        found = self._sum(length - 1) if self._start else sum(self._summed) & 0xFF
        if found != self._number(length - 1, 1):
            return False
        self._buf[self._start] = 1  # a Memory whose first byte is 0 is empty
        return self._take_answer(STATUS, length)

    def _are_right(self, kind):
        return (
            self._fit(FIELDS) and self._fit(OTHERS) and self._are_cells(CELLS_AT, CELLS, MAX_CELL)
        )

    def _agrees(self):
        return (
            self._are_near(FIELDS)
            and self._are_near(OTHERS)
            and self._words_near(CELLS_AT, CELLS, CELL_STEP)
            and self._signed_near(TEMPERATURES_AT, SENSORS, TEMPERATURE_STEP)
            and self._words_near(PROTECTIONS, 4, 0)
            and self._switched(self._buf, self._start) == self._switched(self._other, 0)
        )

    def _fill(self, kind):
        self._put(FIELDS)
        self.sample.extras["charge_out"] = self._value(OUT)
        self._fill_cells(CELLS_AT, min(self._cells, CELLS) or self._count_cells())
        self._fill_states()
        self._fill_temperatures()

    def _count_cells(self):
        """How many there are: up to the last one that reads more than 0."""
        count = CELLS
        while count and not self._number(CELLS_AT + 2 * count - 2, 2):
            count -= 1
        return count

    def _fill_states(self):
        sample = self.sample
        sample.errors = self._alarms(self._number(PROTECTIONS, 2))
        sample.switches = self._switched(self._buf, self._start)
        sample.flags = 0
        if sample.errors & STOP_CHARGE and not sample.switches & CHARGE_ON:
            sample.flags = CHARGE_STOPPED
        if sample.errors & STOP_DISCHARGE and not sample.switches & DISCHARGE_ON:
            sample.flags |= DISCHARGE_STOPPED
        if self._number(BALANCE, 2) or self._number(BALANCE + 2, 2):
            sample.switches |= BALANCING

    def _switched(self, buf, at):
        """The MOSFETs that are on, by the frame from there on."""
        found = 0 if buf[at + STATE] == CHARGE_OFF else CHARGE_ON
        return found if buf[at + SWITCH] & DISCHARGE_OFF else found | DISCHARGE_ON

    def _alarms(self, bits):
        """Bits of ALARMS; bits: the lower ones of the protections."""
        found = bits >> 2 & 1 | bits >> 4 & 0xFE | bits >> 6 & 0x100
        if bits & ~KNOWN or self._number(PROTECTIONS + 2, 2):
            found |= 0x200
        if self._number(FAULTS, 2) or self._number(FAULTS + 2, 2):
            found |= 0x400
        return found

    def _fill_temperatures(self):
        """The cells', the MOSFETs', and others: one that is not there reads 0 for good."""
        i = SENSORS
        while i > self._sensors and not self._number(TEMPERATURES_AT + 2 * i - 2, 2):
            i -= 1
        self._sensors = i
        temperatures = self.sample.temperatures
        while i > 2:
            i -= 1
            temperatures[i - 1] = self._degrees(i)
        temperatures[0] = self._degrees(0)
        temperatures[MAX_TEMPERATURES - 1] = self._degrees(1)

    def _degrees(self, i):
        """0.1 degC, None if that cannot be."""
        value = self._number(TEMPERATURES_AT + 2 * i, -2)
        return 10 * value if -60 <= value <= 150 else None

    def _clear(self, kind):
        """An answer has all."""
