"""Daly BMS of the H, K, M and S series (2022 and later) by Bluetooth or wire: Modbus, slave D2.

Three questions: 62 registers with all that matters, 9 with the MOSFETs' temperature, 32 with texts.
Facts from what ESPHome and aiobmsble read, and from frames that they show: in these a current below
30000 goes with the unit's own word for discharge. bms/daly_old.py reads the older A5 frames.
"""

from bms import daly_alarms, modbus
from bms.framed import ANY
from lib import once
from sample import BALANCING, CHARGE_ON, DISCHARGE_ON, MAX_CELLS, MAX_TEMPERATURES

NUMBER = 5  # in the events
LINKS = {
    "ble": {"service": 0xFFF0, "notify": 0xFFF1, "write": 0xFFF2},
    "serial": {"baudrate": 9600, "quiet_ms": 50},
}
KEYS = {"timeout_s": ("number", (3, 3600), 15), "invert_current": ("switch", (), False)}
SEEN_AS = daly_alarms.SEEN_AS
LEAVES_OUT = False  # a reading has all that there is
SECRETS = ""  # what keeps passcodes out of a capture: it sends none
TOPICS = ""  # the key of mqtt with the base of topics that others also have for it
ALARMS = daly_alarms.ALARMS
HINTS = ("BMS on, in reach?", "Phone app closed?")  # what to check when it is silent

STATUS, MOSFET, TEXTS = 124, 18, 64  # bytes of data
CELLS_AT, SENSORS_AT, ALARMS_AT = 3, 67, 119
HIGHEST_AT, LOWEST_AT, EXTREME_OFF = 89, 91, 5  # of the cells, as the unit has them; mV
MAX_CELL, MAX_SENSORS = 6000, 8
CELL_STEP = 500  # mV

# Of STATUS: attribute, size, factor, place, lowest, highest, step
FIELDS = (
    ("voltage", 2, 100, 83, 0, 2000, 80),  # 0.1 V to mV
    ("charge", 2, 100, 99, 0, 65535, 10),  # 0.1 Ah to mAh
    ("cycles", 2, 1, 105, 0, 65535, 1),
)
CURRENT = ("current", 2, 100, 85, 10000, 50000, 1500)  # 0.1 A, 30000 is 0
SOC = ("soc", 2, 1, 87, 0, 1000, 20)  # 0.1 %
COUNT = ("count", 2, 1, 101, 1, MAX_CELLS, 0)
SENSORS = ("sensors", 2, 1, 103, 0, MAX_SENSORS, 0)
SWITCHES = (
    (CHARGE_ON, 2, 1, 109, 0, 255, 0),
    (DISCHARGE_ON, 2, 1, 111, 0, 255, 0),
    (BALANCING, 2, 1, 107, 0, 255, ANY),
)
OTHERS = (CURRENT, SOC, COUNT, SENSORS)
# Of MOSFET
TEMPERATURE = ("mosfet", 2, 1, 11, 0, 65535, 10)  # degC + 40; 0 and 65535: no sensor
BALANCE = ("balance", 2, 1, 7, 0, 65535, ANY)  # mA, 30000 is 0
ZERO, DEGREES = 30000, 40


def between(buf, at, count, least, most):
    """True if count numbers of two bytes are within these."""
    count = at + 2 * count
    while at < count:
        if not least <= (buf[at] << 8 | buf[at + 1]) <= most:
            return False
        at += 2
    return True


class Decoder(modbus.Decoder):
    """Calls on_sample(sample) for each STATUS, always with the same Sample.

    cells is how many are shown, 0: as many as the unit counts.
    """

    FIRST = 0xD2
    QUESTIONS = (
        (b"\xd2\x03\x00\xa9\x00\x20\x87\x91", TEXTS, 60, TEXTS + modbus.AROUND),
        (b"\xd2\x03\x00\x3e\x00\x09\xf7\xa3", MOSFET, 5, MOSFET + modbus.AROUND),
        (b"\xd2\x03\x00\x00\x00\x3e\xd7\xb9", STATUS, 1, STATUS + modbus.AROUND),
    )

    @once.packs
    def __init__(self, on_sample, cells=0, live=False):
        super().__init__(on_sample, cells, live, STATUS + modbus.AROUND)
        self.sample.texts["hardware"] = self.sample.texts["software"] = None

    def _are_right(self, kind):
        if kind != STATUS:
            return True
        return (
            self._fit(FIELDS)
            and self._fit(OTHERS)
            and self._fit(SWITCHES)
            and self._are_cells(CELLS_AT, self._value(COUNT), MAX_CELL)
        )

    def _agrees(self):
        if self.kind == TEXTS:
            return self._words_near(3, TEXTS >> 1, 0)
        if self.kind == MOSFET:
            return self._is_near(TEMPERATURE)
        if not (self._are_near(FIELDS) and self._are_near(OTHERS) and self._are_near(SWITCHES)):
            return False
        return (
            self._words_near(CELLS_AT, self._value(COUNT), CELL_STEP)
            and self._words_near(SENSORS_AT, self._value(SENSORS), 10)
            and self._words_near(ALARMS_AT, 4, 0)
            and self._are_extremes_right()
        )

    def _are_extremes_right(self):
        """Do the lowest and the highest cell that the frame names fit its cells? If they did not
        in the frame before, it may be so of this unit.
        """
        return self._has_extremes(self._buf, self._start) or not self._has_extremes(self._other, 0)

    def _has_extremes(self, buf, at):
        """Are the cells of the frame from there on within those?"""
        most = self._read(buf, at + HIGHEST_AT, 2) + EXTREME_OFF
        least = self._read(buf, at + LOWEST_AT, 2) - EXTREME_OFF
        return between(buf, at + CELLS_AT, self._value(COUNT), least, most)

    def _fill(self, kind):
        if kind == TEXTS:
            self._fill_texts()
        elif kind == MOSFET:
            self._fill_mosfet()
        else:
            self._put(FIELDS)
            self._fill_others()
            self._fill_cells(CELLS_AT, self._value(COUNT))
            self._fill_temperatures(min(self._value(SENSORS), MAX_TEMPERATURES - 1))

    def _clear(self, kind):
        if kind == MOSFET:
            self.sample.temperatures[MAX_TEMPERATURES - 1] = self.sample.balance_current = None

    def _fill_others(self):
        sample = self.sample
        current = self._value(CURRENT) - 100 * ZERO
        sample.current = -current if self.invert else current
        sample.soc = (self._value(SOC) + 5) // 10
        sample.switches = self._bits(SWITCHES)
        sample.errors = daly_alarms.alarms(self._buf, self._start + ALARMS_AT, 1)
        sample.flags = daly_alarms.stopped(sample)

    def _fill_temperatures(self, count):
        while count:
            count -= 1
            value = self._number(SENSORS_AT + 2 * count, 2) - DEGREES
            self.sample.temperatures[count] = 10 * value if -40 < value <= 150 else None

    def _fill_mosfet(self):
        value = self._value(TEMPERATURE) - DEGREES
        last = MAX_TEMPERATURES - 1
        self.sample.temperatures[last] = 10 * value if -40 < value <= 150 else None
        value = self._value(BALANCE) - ZERO
        self.sample.balance_current = value if -20000 <= value <= 20000 else None

    def _fill_texts(self):
        """Of the hardware at the one place or the other: units differ."""
        self.sample.texts["software"] = self._text(3, 16)
        self.sample.texts["hardware"] = self._text(19 if self._number(19, 1) else 35, 16)
