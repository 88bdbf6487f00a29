"""ANT BMS from about 2021 on, by Bluetooth or wire: frames 7E A1 .. AA 55.

A frame is 7E A1 | command | address, 2 bytes | length | data | CRC of Modbus from the second byte
on | AA 55, low byte first; an answer's command is the question's and 10. Facts from ESPHome's
component, aiobmsble and batmon-ha. The sign of the current is that of a published log in which the
charge that is left goes down while the current is positive.
"""

from bms import ant_alarms, asked_low
from bms.crc import crc16
from bms.framed import ANY
from lib import once
from sample import BALANCING, MAX_CELLS, MAX_TEMPERATURES

NUMBER = 10  # in the events
LINKS = {
    "ble": {"service": 0xFFE0, "notify": 0xFFE1, "write": 0xFFE1},
    "serial": {"baudrate": 19200, "quiet_ms": 50},
}
KEYS = {"timeout_s": ("number", (3, 3600), 15), "invert_current": ("switch", (), False)}
SEEN_AS = ({"service": 0xFFE0, "name": ("ANT?BLE[2-3]*",)},)
LEAVES_OUT = False  # a reading has all that there is
SECRETS = ""  # what keeps passcodes out of a capture: it sends none
TOPICS = ""  # the key of mqtt with the base of topics that others also have for it
ALARMS = ant_alarms.ALARMS
HINTS = ("BMS on, in reach?", "Phone app closed?")  # what to check when it is silent

BEGIN = b"\x7e\xa1"
TEXTS, STATUS = 0x12, 0x11
AROUND = 10  # bytes around the data
TEXT_BYTES = 32
MORE = 6  # bytes more than the length says that some texts have behind their CRC
FIXED = 106  # bytes of a status without cells and sensors
MAX_SENSORS = 6
LONGEST = FIXED + 2 * (MAX_CELLS + MAX_SENSORS) + AROUND
SENSORS, COUNT, PROTECTIONS, CELLS_AT = 8, 9, 10, 34
MAX_CELL, CELL_STEP, TEMPERATURE_STEP = 6000, 500, 10  # mV, degC
NONE = -40  # degC: no sensor

# Of STATUS, as if it had neither cells nor sensors: attribute, size, factor, place, lowest,
# highest, step
FIELDS = (
    ("voltage", 2, 10, 38, 0, 20000, 800),  # 10 mV to mV
    ("soc", 2, 1, 42, 0, 100, 2),  # %
    ("soh", 2, 10, 44, 0, 200, 1),  # % to 0.1 %
)
CURRENT = ("current", -2, -100, 40, -32768, 32767, 1500)  # 0.1 A: above 0 it discharges
CAPACITY = ("capacity", 4, 1, 50, 0, 2000000000, 0)  # uAh
CHARGE = ("charge", 4, 1, 54, 0, 2000000000, 1000000)
OUT = ("charge_out", 4, 1, 96, 0, 1000000000, 1000)  # mAh
UPTIME = ("bms_uptime", 4, 1, 66, 0, 1000000000, ANY)  # s
CHARGE_FET, DISCHARGE_FET = 46, 47
OTHERS = (
    CURRENT,
    CAPACITY,
    CHARGE,
    OUT,
    UPTIME,
    ("charge fet", 1, 1, CHARGE_FET, 0, ant_alarms.MOST, 0),
    ("discharge fet", 1, 1, DISCHARGE_FET, 0, ant_alarms.MOST, 0),
    ("balancer", 1, 1, 48, 0, 15, ANY),
)
BALANCER, BALANCES = 48, 4


class Decoder(asked_low.Decoder):
    """Calls on_sample(sample) for each status, always with the same Sample.

    cells is how many are shown, 0: as many as the unit counts.
    """

    FIRST = BEGIN[0]
    QUESTIONS = (
        (b"\x7e\xa1\x02\x6c\x02\x20\x58\xc4\xaa\x55", TEXTS, 60, TEXT_BYTES + AROUND),
        (b"\x7e\xa1\x01\x00\x00\xbe\x18\x55\xaa\x55", STATUS, 1, LONGEST),
    )

    @once.packs
    def __init__(self, on_sample, cells=0, live=False):
        super().__init__(on_sample, cells, live, LONGEST)
        self.sample.texts["hardware"] = self.sample.texts["software"] = None
        self.sample.extras["charge_out"] = self.sample.extras["bms_uptime"] = None

    def _is_cut_off(self):
        return self._end - self._start >= 6 and self._length()

    def _length(self):
        buf = self._buf
        at = self._start
        pending = self._end - at
        if buf[at] != BEGIN[0] or (pending > 1 and buf[at + 1] != BEGIN[1]):
            return 0
        if pending < 3:
            return AROUND
        if buf[at + 2] == TEXTS:
            return self._length_of_texts(pending)
        if buf[at + 2] != STATUS:
            return 0
        if pending < AROUND:
            return AROUND
        sensors = buf[at + SENSORS]
        count = buf[at + COUNT]
        if sensors > MAX_SENSORS or not 0 < count <= MAX_CELLS:
            return 0
        length = FIXED + 2 * (sensors + count)
        return length + AROUND if buf[at + 5] == length else 0

    def _length_of_texts(self, pending):
        if pending > 5 and self._number(5, 1) != TEXT_BYTES:
            return 0
        if pending < TEXT_BYTES + AROUND - 1:
            return TEXT_BYTES + AROUND
        is_as_said = self._number(TEXT_BYTES + AROUND - 2, 1) == 0xAA
        return TEXT_BYTES + AROUND + (0 if is_as_said else MORE)

    def _take(self, length):
        kind = self._number(2, 1)
        if self._number(length - 2, 2) != 0x55AA:
            return False
        end = self._number(5, 1) + 6
        if crc16(self._buf, self._start + 1, end - 1) != self._number(end, 2):
            return False
        self._shift = (
            0 if kind == TEXTS else 2 * (self._number(SENSORS, 1) + self._number(COUNT, 1))
        )
        return self._take_answer(kind, length)

    def _are_right(self, kind):
        return kind == TEXTS or (
            self._fit(FIELDS)
            and self._fit(OTHERS)
            and self._are_cells(CELLS_AT, self._number(COUNT, 1), MAX_CELL)
        )

    def _agrees(self):
        if self.kind == TEXTS:
            return self._words_near(6, TEXT_BYTES >> 1, 0)
        count = self._number(COUNT, 1)
        if not self._words_near(SENSORS, 5, 0):  # with the count and the protections
            return False
        return (
            self._are_near(FIELDS)
            and self._are_near(OTHERS)
            and self._words_near(CELLS_AT, count, CELL_STEP)
            and self._signed_near(
                CELLS_AT + 2 * count, self._number(SENSORS, 1) + 1, TEMPERATURE_STEP
            )
        )

    def _fill(self, kind):
        texts = self.sample.texts
        if kind == TEXTS:
            texts["hardware"] = self._text(6, 16)
            texts["software"] = self._text(22, 16)
            return
        self._put(FIELDS)
        self._fill_charge()
        self._fill_states()
        count = self._number(COUNT, 1)
        self._fill_cells(CELLS_AT, count)
        self._fill_temperatures(CELLS_AT + 2 * count, self._number(SENSORS, 1))

    def _clear(self, kind):
        """Texts stay as they are."""

    def _fill_charge(self):
        sample = self.sample
        current = self._value(CURRENT)
        sample.current = -current if self.invert else current
        sample.capacity = self._value(CAPACITY) // 1000
        sample.charge = self._value(CHARGE) // 1000
        sample.extras["charge_out"] = self._value(OUT)
        sample.extras["bms_uptime"] = self._value(UPTIME)

    def _fill_states(self):
        sample = self.sample
        at = self._shift
        ant_alarms.put(
            sample, self._number(at + CHARGE_FET, 1), self._number(at + DISCHARGE_FET, 1)
        )
        if self._number(at + BALANCER, 1) == BALANCES:
            sample.switches |= BALANCING
        if not sample.errors and self._total(PROTECTIONS, 8):
            sample.errors = 1 << ant_alarms.OTHER

    def _fill_temperatures(self, place, count):
        temperatures = self.sample.temperatures
        temperatures[MAX_TEMPERATURES - 1] = self._degrees(place + 2 * count)
        count = min(count, MAX_TEMPERATURES - 1)
        while count:
            count -= 1
            temperatures[count] = self._degrees(place + 2 * count)

    def _degrees(self, place):
        """0.1 degC, None if there is no sensor."""
        value = self._number(place, -2)
        return 10 * value if NONE < value <= 150 else None
