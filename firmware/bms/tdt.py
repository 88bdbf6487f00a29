"""TDT (WattCycle, XDZN and others) by Bluetooth: frames 7E .. 0D.

An answer is 7E | version, 0 to 4 | address | 3 | question, 2 bytes | length, 2 bytes | data | CRC
of Modbus over all before | 0D, high byte first. A unit answers only after the word HiLink was
written to another characteristic (transport/ble.py does), and some only questions that begin with
1E. Facts from wattcycle_ble, which has them from the maker's app, dbus-serialbattery and aiobmsble,
with frames of four units. Function 6 writes: it is never sent.
"""

from bms import asked
from bms.asked import KIND
from bms.crc import crc16
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

NUMBER = 19  # in the events
LINKS = {
    "ble": {"service": 0xFFF0, "notify": 0xFFF1, "write": 0xFFF2, "key": 0xFFFA, "word": "HiLink"},
}
KEYS = {"timeout_s": ("number", (3, 3600), 15)}
SEEN_AS = ({"maker": (0xD6C0,)}, {"service": 0xFFF0, "name": ("XDZN*", "WT*")})
LEAVES_OUT = False  # a reading has all that there is
SECRETS = ""  # what keeps passcodes out of a capture: it sends none
TOPICS = ""  # the key of mqtt with the base of topics that others also have for it
# By the bits that _alarms() makes, as the display has room for them
ALARMS = (
    "cell overvoltage", "cell undervoltage", "pack overvoltage", "pack undervoltage",
    "charge overcurrent", "load overcurrent", "hardware protection", "charger voltage high",
    "charge too hot", "discharge too hot", "charge too cold", "discharge too cold",
    "MOSFET overheated", "box overheated", "box too cold", "cell fault",
    "charge MOSFET fault", "load MOSFET fault", "temperature sensor", "warning",
)  # fmt: skip
HINTS = ("BMS on, in reach?", "Phone app closed?")  # what to check when it is silent

HEAD, FUNCTION, TAIL = 0x7E, 3, 0x0D
TEXTS, STATES, DATA = 0x92, 0x8D, 0x8C
AROUND, NEWEST = 11, 4  # bytes around the data; the version
TEXTS_SIZE = 60
COUNT, LISTED = 8, 9
MAX_SENSORS, MAX_CELL, CELL_STEP, TEMPERATURE_STEP, KELVIN = 10, 6000, 500, 100, 2731
FIXED, MORE = 16, 32  # bytes of DATA besides the lists; of what new units say beyond that, at most
STATES_FIXED = 15
LONGEST = AROUND + FIXED + MORE + 2 * (MAX_CELLS + MAX_SENSORS)
# Of DATA, counted from the last temperature on: attribute, size, factor, place, lowest, highest,
# step
FIELDS = (
    ("voltage", 2, 10, 4, 0, 20000, 800),  # 10 mV to mV
    ("charge", 2, 100, 6, 0, 65535, 10),  # 0.1 Ah to mAh
    ("capacity", 2, 100, 8, 0, 65535, 1),
    ("cycles", 2, 1, 10, 0, 65535, 1),
    ("soc", 2, 1, 14, 0, 100, 2),  # %
)
CURRENT_AT, BELOW_0, IN_TENTHS, MOST, CURRENT_STEP = 2, 0x8000, 0x4000, 0x3FFF, 150000  # mA
# Of STATES, counted from the last sensor's byte on
FIRST_AT, SECOND_AT, SWITCHES_AT, FAULTS_AT, WARNINGS_AT, BALANCE_AT = 5, 6, 7, 9, 12, 14
DISCHARGE_FET, CHARGE_FET = 2, 4
# What switches off charge or discharge, by the bits of ALARMS
STOP_CHARGE, STOP_DISCHARGE = 0x1F5D5, 0x2FA6A
PATIENCE = 4  # questions without an answer, then the other ones
# The same questions with 1E
OTHERS = {
    TEXTS: b"\x1e\x00\x01\x03\x00\x92\x00\x00\xb7\x24\x0d",
    STATES: b"\x1e\x00\x01\x03\x00\x8d\x00\x00\x71\x15\x0d",
    DATA: b"\x1e\x00\x01\x03\x00\x8c\x00\x00\xb1\x44\x0d",
}


class Decoder(asked.Decoder):
    """Calls on_sample(sample) for each DATA, always with the same Sample.

    cells is how many are shown, 0: as many as the unit counts.
    """

    FIRST = HEAD
    QUESTIONS = (
        (b"\x7e\x00\x01\x03\x00\x92\x00\x00\x9f\x22\x0d", TEXTS, 60, TEXTS_SIZE + AROUND),
        (b"\x7e\x00\x01\x03\x00\x8d\x00\x00\x59\x13\x0d", STATES, 1, LONGEST),
        (b"\x7e\x00\x01\x03\x00\x8c\x00\x00\x99\x42\x0d", DATA, 1, LONGEST),
    )

    @once.packs
    def __init__(self, on_sample, cells=0, live=False):
        super().__init__(on_sample, cells, live, LONGEST)
        self.sample.texts["model"] = self.sample.texts["software"] = None
        self._quiet = 0  # questions since the last answer
        self._with_other = False  # head
        self._states = 0  # place of the last sensor's byte

    def request(self):
        """The next question: with 1E in turn as long as nothing is answered."""
        question = super().request()
        if self._quiet == PATIENCE:
            self._quiet = 0
            self._with_other = not self._with_other
        self._quiet += 1
        return OTHERS[self._questions[self._asked - 1][KIND]] if self._with_other else question

    def _is_cut_off(self):
        return self._end - self._start >= 6 and self._length()

    def _length(self):
        buf = self._buf
        at = self._start
        pending = self._end - at
        if buf[at] != HEAD or (pending > 1 and buf[at + 1] > NEWEST):
            return 0
        if (pending > 3 and buf[at + 3] != FUNCTION) or (pending > 4 and buf[at + 4]):
            return 0
        if pending > 5 and buf[at + 5] not in self.stats["accepted"]:
            return 0
        if pending < 8:
            return AROUND
        size = self._number(6, 2)
        if buf[at + 5] == TEXTS:
            return TEXTS_SIZE + AROUND if size == TEXTS_SIZE else 0
        return size + AROUND if STATES_FIXED < size <= LONGEST - AROUND else 0

    def _take(self, length):
        if self._number(length - 1, 1) != TAIL:
            return False
        if crc16(self._buf, self._start, length - 3) != self._number(length - 3, 2):
            return False
        kind = self._number(5, 1)
        if kind != TEXTS and not self._find(kind, length - AROUND):
            return False
        self._quiet = 0
        return self._take_answer(kind, length)

    def _find(self, kind, size):
        """Note where the fields are. False if the numbers of what is listed do not fit."""
        count = self._number(COUNT, 1)
        if not 0 < count <= MAX_CELLS:
            return False
        each = 2 if kind == DATA else 1  # bytes
        if LISTED + each * count >= size + COUNT:
            return False
        sensors = self._sensors(count, each)
        if not 2 <= sensors <= MAX_SENSORS:
            return False
        if kind == DATA:
            self._shift = COUNT + 2 * (count + sensors)
            return 0 <= size - FIXED - 2 * (count + sensors) <= MORE
        self._states = LISTED + count + sensors
        return size == STATES_FIXED + count + sensors + (count + 7) // 8

    def _sensors(self, count, each):
        return self._number(LISTED + each * count, 1)

    def _are_right(self, kind):
        return kind != DATA or (
            self._fit(FIELDS) and self._are_cells(LISTED, self._number(COUNT, 1), MAX_CELL)
        )

    def _agrees(self):
        if self._off(6, 2):
            return False
        if self.kind == TEXTS:
            return self._words_near(COUNT, TEXTS_SIZE >> 1, 0)
        count = self._number(COUNT, 1)
        if self._off(COUNT, 1):
            return False
        if self.kind == STATES:
            at = self._states
            return not (
                self._off(LISTED + count, 1)
                or self._off(at + FIRST_AT, 2)
                or self._off(at + SWITCHES_AT, 1)
                or self._off(at + FAULTS_AT, 1)
                or self._off(at + WARNINGS_AT, 2)
            )
        at = LISTED + 2 * count
        return (
            not self._off(at, 1)
            and self._are_near(FIELDS)
            and self._is_current_near()
            and self._words_near(LISTED, count, CELL_STEP)
            and self._words_near(at + 1, self._number(at, 1), TEMPERATURE_STEP)
        )

    def _is_current_near(self):
        place = self._shift + CURRENT_AT
        off = self._current(self._number(place, 2)) - self._current(
            self._read(self._other, place, 2)
        )
        return -CURRENT_STEP <= off <= CURRENT_STEP

    def _current(self, bits):
        """mA: of 1 A or 0.1 A, as a bit says, and below 0, as another one does."""
        value = (bits & MOST) * (100 if bits & IN_TENTHS else 1000)
        return -value if bits & BELOW_0 else value

    def _fill(self, kind):
        if kind == TEXTS:
            self.sample.texts["software"] = self._text(COUNT, 20).strip()
            self.sample.texts["model"] = self._text(COUNT + 20, 20).strip()
        elif kind == STATES:
            self._fill_states()
        else:
            self._put(FIELDS)
            self.sample.current = self._current(self._number(self._shift + CURRENT_AT, 2))
            count = self._number(COUNT, 1)
            self._fill_cells(LISTED, count)
            self._fill_temperatures(LISTED + 1 + 2 * count, self._sensors(count, 2))

    def _clear(self, kind):
        if kind == STATES:
            sample = self.sample
            sample.errors = sample.switches = sample.flags = None

    def _fill_states(self):
        sample = self.sample
        at = self._states
        bits = self._number(at + SWITCHES_AT, 1)
        sample.switches = CHARGE_ON if bits & CHARGE_FET else 0
        if bits & DISCHARGE_FET:
            sample.switches |= DISCHARGE_ON
        if self._total(at + BALANCE_AT, (self._number(COUNT, 1) + 7) // 8):
            sample.switches |= BALANCING
        sample.errors = self._alarms(at)
        sample.flags = 0
        if sample.errors & STOP_CHARGE and not bits & CHARGE_FET:
            sample.flags = CHARGE_STOPPED
        if sample.errors & STOP_DISCHARGE and not bits & DISCHARGE_FET:
            sample.flags |= DISCHARGE_STOPPED

    def _alarms(self, at):
        """Bits of ALARMS."""
        found = self._number(at + FIRST_AT, 1) | (self._number(at + SECOND_AT, 1) & 0x7F) << 8
        found |= (self._number(at + FAULTS_AT, 1) & 15) << 15
        return found | (self._number(at + WARNINGS_AT, 2) > 0) << 19

    def _fill_temperatures(self, place, count):
        """The MOSFETs', the board's (T5), the cells'."""
        temperatures = self.sample.temperatures
        temperatures[MAX_TEMPERATURES - 1] = self._degrees(place)
        temperatures[MAX_TEMPERATURES - 2] = self._degrees(place + 2)
        i = MAX_TEMPERATURES - 2
        while i:
            i -= 1
            temperatures[i] = self._degrees(place + 4 + 2 * i) if i < count - 2 else None

    def _degrees(self, place):
        """0.1 degC, None if that cannot be."""
        value = self._number(place, 2) - KELVIN
        return value if -600 <= value <= 1500 else None
