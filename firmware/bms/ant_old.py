"""ANT BMS before about 2021, by Bluetooth or wire: one question, one answer of 140 bytes.

An answer is AA 55 AA FF | 134 bytes | sum of these, 2 bytes; high byte first. Facts from ESPHome's
component, aiobmsble and dbus-serialbattery. The sign of the current is that of a published log in
which the charge that is left goes down while the current is positive.
"""

from bms import ant_alarms, asked
from bms.framed import ANY
from lib import once
from sample import BALANCING, MAX_CELLS

NUMBER = 11  # in the events
LINKS = {
    "ble": {"service": 0xFFE0, "notify": 0xFFE1, "write": 0xFFE1},
    "serial": {"baudrate": 19200, "quiet_ms": 50},
}
KEYS = {"timeout_s": ("number", (3, 3600), 15), "invert_current": ("switch", (), False)}
SEEN_AS = ({"service": 0xFFE0, "name": ("ANT-BLE[0-1]*",)},)
LEAVES_OUT = False  # a reading has all that there is
SECRETS = ""  # what keeps passcodes out of a capture: it sends none
TOPICS = ""  # the key of mqtt with the base of topics that others also have for it
ALARMS = ant_alarms.ALARMS
HINTS = ("BMS on, in reach?", "Phone app closed?")  # what to check when it is silent

BEGIN = b"\xaa\x55\xaa\xff"
STATUS, LENGTH = 0xFF, 140
OF_BEGIN = 0x2A8  # the sum of these: it is no part of the frame's
CELLS_AT, TEMPERATURES_AT, SENSORS, COUNT = 6, 91, 4, 123
MAX_CELL, CELL_STEP, TEMPERATURE_STEP = 6000, 500, 10  # mV, degC
NONE = -40  # degC: no sensor

# Attribute, size, factor, place, lowest, highest, step
FIELDS = (
    ("voltage", 2, 100, 4, 0, 2000, 80),  # 0.1 V to mV
    ("soc", 1, 1, 74, 0, 100, 2),  # %
)
CURRENT = ("current", -4, -100, 70, -50000, 50000, 1500)  # 0.1 A: above 0 it discharges
CAPACITY = ("capacity", 4, 1, 75, 0, 2000000000, 0)  # uAh; 0: not said
CHARGE = ("charge", 4, 1, 79, 0, 2000000000, 1000000)
OUT = ("charge_out", 4, 1, 83, 0, 1000000000, 1000)  # mAh
UPTIME = ("bms_uptime", 4, 1, 87, 0, 1000000000, ANY)  # s
CHARGE_FET, DISCHARGE_FET, BALANCER = 103, 104, 105
OTHERS = (
    CURRENT,
    CAPACITY,
    CHARGE,
    OUT,
    UPTIME,
    ("count", 1, 1, COUNT, 1, MAX_CELLS, 0),
    ("charge fet", 1, 1, CHARGE_FET, 0, ant_alarms.MOST, 0),
    ("discharge fet", 1, 1, DISCHARGE_FET, 0, ant_alarms.MOST, 0),
    ("balancer", 1, 1, BALANCER, 0, 15, ANY),
)
BALANCES = 4


class Decoder(asked.Decoder):
    """Calls on_sample(sample) for each answer, always with the same Sample.

    cells is how many are shown, 0: as many as the unit counts.
    """

    FIRST = BEGIN[0]
    QUESTIONS = ((b"\xdb\xdb\x00\x00\x00\x00", STATUS, 1, LENGTH),)

    @once.packs
    def __init__(self, on_sample, cells=0, live=False):
        super().__init__(on_sample, cells, live, LENGTH)
        self._summed = memoryview(self._buf)[: LENGTH - 2]
        self.sample.extras["charge_out"] = self.sample.extras["bms_uptime"] = None

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
        found = self._total(0, LENGTH - 2) if self._start else sum(self._summed)
        if found - OF_BEGIN & 0xFFFF != self._number(LENGTH - 2, 2):
            return False
        return self._take_answer(STATUS, LENGTH)

    def _are_right(self, kind):
        return (
            self._fit(FIELDS)
            and self._fit(OTHERS)
            and self._are_cells(CELLS_AT, self._number(COUNT, 1), MAX_CELL)
        )

    def _agrees(self):
        if not (self._are_near(FIELDS) and self._are_near(OTHERS)):
            return False
        i = SENSORS
        while i:
            i -= 1
            if self._off(TEMPERATURES_AT + 2 * i, -2) > TEMPERATURE_STEP:
                return False
        return self._words_near(CELLS_AT, self._number(COUNT, 1), CELL_STEP)

    def _fill(self, kind):
        self._put(FIELDS)
        self._fill_charge()
        self._fill_states()
        self._fill_cells(CELLS_AT, self._number(COUNT, 1))
        self._fill_temperatures()

    def _fill_states(self):
        sample = self.sample
        ant_alarms.put(sample, self._number(CHARGE_FET, 1), self._number(DISCHARGE_FET, 1))
        if self._number(BALANCER, 1) == BALANCES:
            sample.switches |= BALANCING

    def _fill_temperatures(self):
        i = SENSORS
        while i:
            i -= 1
            value = self._number(TEMPERATURES_AT + 2 * i, -2)
            self.sample.temperatures[i] = 10 * value if NONE < value <= 150 else None

    def _clear(self, kind):
        """An answer has all."""

    def _fill_charge(self):
        sample = self.sample
        current = self._value(CURRENT)
        sample.current = -current if self.invert else current
        sample.capacity = self._value(CAPACITY) // 1000 or None
        sample.charge = self._value(CHARGE) // 1000
        sample.extras["charge_out"] = self._value(OUT)
        sample.extras["bms_uptime"] = self._value(UPTIME)
