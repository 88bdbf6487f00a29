"""JBD (Jiabaida, Xiaoxiang, LLT, Overkill Solar) by Bluetooth or wire: frames DD .. 77.

An answer is DD | command | 0 | length | data | check | 77, high byte first; check is 2**16 less the
sum from the third byte on. The same frames come by Bluetooth in pieces of 20 bytes. Facts from the
maker's protocol paper V4 and from what ESPHome and aiobmsble read. A sum does not know the order of
its bytes: so an answer is compared with the one before, too.
"""

from bms import asked
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

NUMBER = 4  # in the events
LINKS = {
    "ble": {"service": 0xFF00, "notify": 0xFF01, "write": 0xFF02},
    "serial": {"baudrate": 9600, "quiet_ms": 50},
}
KEYS = {"timeout_s": ("number", (3, 3600), 15)}
SEEN_AS = (
    {"service": 0xFF00, "name": ("JBD-*", "DWF*", "LSG-*", "N-?????BL*", "SX1*", "SX60*", "SBL-*",
                                 "OGR-*", "TZ-H*", "xiaoxiang*")},
    {"service": 0xFF00, "address": ("10:a5:62", "a4:c1:37", "a4:c1:38", "a5:c2:37", "a5:c2:39",
                                    "a5:c2:3a", "aa:c2:37", "70:3e:97")},
)  # fmt: skip
LEAVES_OUT = False  # a reading has all that there is
SECRETS = ""  # what keeps passcodes out of a capture: it sends none
TOPICS = ""  # the key of mqtt with the base of topics that others also have for it
# By their bits, as the display has room for them
ALARMS = (
    "cell overvoltage", "cell undervoltage", "pack overvoltage", "pack undervoltage",
    "charge too hot", "charge too cold", "discharge too hot", "discharge too cold",
    "charge overcurrent", "load overcurrent", "load short circuit", "front-end IC",
    "locked by software", "charge timeout", "alarm 14", "alarm 15",
)  # fmt: skip
HINTS = ("BMS on, in reach?", "Phone app closed?")  # what to check when it is silent

HEAD, TAIL = 0xDD, 0x77
BASIC, CELLS, NAME = 3, 4, 5
AROUND = 7  # bytes around the data
LONGEST_BASIC, LONGEST_CELLS, LONGEST_NAME = 80, AROUND + 2 * MAX_CELLS, AROUND + 32
LEAST_BASIC = 23  # bytes of data: without a sensor
MAX_CELL = 6000  # mV
CELL_STEP, TEMPERATURE_STEP = 500, 100  # mV, 0.1 degC
KELVIN = 2731  # 0.1 K

# Of BASIC: attribute, size, factor, place, lowest, highest, step
FIELDS = (
    ("voltage", 2, 10, 4, 0, 20000, 800),  # 10 mV to mV
    ("current", -2, 10, 6, -32768, 32767, 15000),  # 10 mA to mA
    ("charge", 2, 10, 8, 0, 65535, 100),  # 10 mAh to mAh
    ("capacity", 2, 10, 10, 0, 65535, 0),
    ("cycles", 2, 1, 12, 0, 65535, 1),
    ("errors", 2, 1, 20, 0, 65535, 0),
    ("soc", 1, 1, 23, 0, 100, 2),  # %
)
BALANCE_AT, SOFTWARE_AT, FETS_AT, COUNT_AT, SENSORS_AT, TEMPERATURES_AT = 16, 22, 24, 25, 26, 27
STATES = (
    ("fets", 1, 1, FETS_AT, 0, 255, 0),
    ("count", 1, 1, COUNT_AT, 1, MAX_CELLS, 0),
    ("sensors", 1, 1, SENSORS_AT, 0, 16, 0),
    ("software", 1, 1, SOFTWARE_AT, 0, 255, 0),
)
# Protections, by the bits of ALARMS
STOP_CHARGE, STOP_DISCHARGE = 0x3935, 0x1ECA


class Decoder(asked.Decoder):
    """Calls on_sample(sample) for each answer with the totals, always with the same Sample.

    cells is how many are shown, 0: as many as the unit counts.
    """

    FIRST = HEAD
    QUESTIONS = (
        (b"\xdd\xa5\x05\x00\xff\xfb\x77", NAME, 60, LONGEST_NAME),
        (b"\xdd\xa5\x04\x00\xff\xfc\x77", CELLS, 1, LONGEST_CELLS),
        (b"\xdd\xa5\x03\x00\xff\xfd\x77", BASIC, 1, LONGEST_BASIC),
    )

    @once.packs
    def __init__(self, on_sample, cells=0, live=False):
        super().__init__(on_sample, cells, live, LONGEST_BASIC)
        self.sample.texts["model"] = self.sample.texts["software"] = None
        self._software = None

    def _is_cut_off(self):
        return self._end - self._start >= 4 and self._length()

    def _length(self):
        buf = self._buf
        at = self._start
        if buf[at] != HEAD:
            return 0
        pending = self._end - at
        if pending < 4:
            return LONGEST_BASIC if pending < 2 or buf[at + 1] in self.stats["accepted"] else 0
        size = buf[at + 3]
        if buf[at + 2] or not self._is_size(buf[at + 1], size):
            return 0
        return size + AROUND

    def _is_size(self, kind, size):
        """Do answers of that kind have so many bytes of data?"""
        if kind == BASIC:
            return LEAST_BASIC <= size <= LONGEST_BASIC - AROUND
        if kind == CELLS:
            return 2 <= size <= 2 * MAX_CELLS and not size & 1
        return kind == NAME and 0 < size <= LONGEST_NAME - AROUND

    def _take(self, length):
        if self._number(length - 1, 1) != TAIL:
            return False
        if (self._number(length - 3, 2) + self._total(2, length - 5)) & 0xFFFF:
            return False
        return self._take_answer(self._number(1, 1), length)

    def _are_right(self, kind):
        if kind == CELLS:
            return self._are_cells(4, self._number(3, 1) >> 1, MAX_CELL)
        if kind == NAME:
            return True
        if not self._fit(FIELDS) or not self._fit(STATES):
            return False
        return self._number(3, 1) >= LEAST_BASIC + 2 * self._number(SENSORS_AT, 1)

    def _agrees(self):
        if self._off(3, 1):
            return False
        if self.kind == CELLS:
            return self._words_near(4, self._number(3, 1) >> 1, CELL_STEP)
        if self.kind == NAME:
            return self._words_near(4, self._number(3, 1) >> 1, 0)
        return (
            self._are_near(FIELDS)
            and self._are_near(STATES)
            and self._words_near(TEMPERATURES_AT, self._number(SENSORS_AT, 1), TEMPERATURE_STEP)
        )

    def _fill(self, kind):
        if kind == CELLS:
            self._fill_cells(4, self._number(3, 1) >> 1)
        elif kind == NAME:
            self.sample.texts["model"] = self._text(4, self._number(3, 1))
        else:
            self._put(FIELDS)
            self._fill_states()
            self._fill_temperatures(min(self._number(SENSORS_AT, 1), MAX_TEMPERATURES - 1))

    def _clear(self, kind):
        if kind == CELLS:
            self.sample.clear_cells()

    def _fill_states(self):
        sample = self.sample
        fets = self._number(FETS_AT, 1)
        sample.switches = fets & (CHARGE_ON | DISCHARGE_ON)
        if self._number(BALANCE_AT, 2) or self._number(BALANCE_AT + 2, 2):
            sample.switches |= BALANCING
        sample.flags = 0
        if sample.errors & STOP_CHARGE and not fets & 1:
            sample.flags = CHARGE_STOPPED
        if sample.errors & STOP_DISCHARGE and not fets & 2:
            sample.flags |= DISCHARGE_STOPPED
        software = self._number(SOFTWARE_AT, 1)
        if software != self._software:
            self._software = software
            sample.texts["software"] = str(software >> 4) + "." + str(software & 15)

    def _fill_temperatures(self, count):
        while count:
            count -= 1
            value = self._number(TEMPERATURES_AT + 2 * count, 2) - KELVIN
            self.sample.temperatures[count] = value if -600 <= value <= 1500 else None
