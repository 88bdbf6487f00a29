"""PACE (PACEEX, PeiCheng; MUST and others) by Bluetooth: frames 9A .. 9D.

A frame is 9A | what, 6 bytes | length | data | CRC of Modbus over all before, high byte first | 9D.
Each pack of several is a unit of its own: it is asked for its own values and cells, and for how
many there are, which only the main one answers: the others with zeros. Facts from aiobmsble and a
reader of the same frames by WiFi, who agree; what a unit's alarms look like, and its MOSFETs,
nobody has published. By wire other PACE units speak ASCII.
"""

from bms import asked
from bms.crc import crc16
from lib import once
from sample import MAX_CELLS, MAX_TEMPERATURES

NUMBER = 14  # in the events
LINKS = {"ble": {"service": 0xFFF0, "notify": 0xFFF1, "write": 0xFFF2}}
KEYS = {"timeout_s": ("number", (3, 3600), 15), "invert_current": ("switch", (), False)}
SEEN_AS = ({"name": ("PC-????",)},)
LEAVES_OUT = False  # a reading has all that there is
SECRETS = ""  # what keeps passcodes out of a capture: it sends none
TOPICS = ""  # the key of mqtt with the base of topics that others also have for it
ALARMS = ()
HINTS = ("BMS on, in reach?", "Phone app closed?")  # what to check when it is silent

BEGIN, TAIL = b"\x9a\x00\x00\x0a", 0x9D
CELLS, PACK, TOTALS = 2, 1, 0  # the fifth byte
AROUND = 11  # bytes around the data
TOTALS_SIZE, PACK_SIZE, MOST = 27, 15, 64  # bytes of data
CELLS_SIZE = 4  # the same, besides four for each cell
LONGEST = AROUND + CELLS_SIZE + 4 * MAX_CELLS
COUNT, CELLS_AT, SENSORS = 11, 12, 6
MAX_CELL, CELL_STEP, TEMPERATURE_STEP, KELVIN = 6000, 500, 100, 2731  # mV, 0.1 K

# Of PACK: attribute, size, factor, place, lowest, highest, step. Without a voltage it says nothing
FIELDS = (
    ("voltage", 2, 10, 11, 1, 10000, 800),  # 10 mV to mV
    ("charge", 2, 10, 13, 0, 65535, 100),  # 10 mAh to mAh
    ("capacity", 2, 10, 17, 0, 65535, 0),
    ("soc", 1, 1, 19, 0, 100, 2),  # %
    ("soh", 1, 10, 20, 0, 200, 1),  # % to 0.1 %
    ("cycles", 2, 1, 21, 0, 65535, 1),
)
CURRENT = ("current", -2, 10, 9, -32768, 32767, 15000)  # 10 mA to mA
# Of TOTALS: how many packs there are
UNITS_AT, MOST_UNITS = 8, 64


def pairs_below(buf, at, count, most):
    """True if the first two bytes of count times four are that much at most."""
    while count:
        if (buf[at] << 8 | buf[at + 1]) > most:
            return False
        at += 4
        count -= 1
    return True


def pairs_near(buf, at, other, place, count, step):
    """True if these differ by that step at most."""
    while count:
        off = ((buf[at] - other[place]) << 8) + buf[at + 1] - other[place + 1]
        if off > step or off < -step:
            return False
        at += 4
        place += 4
        count -= 1
    return True


class Decoder(asked.Decoder):
    """Calls on_sample(sample) for each PACK, always with the same Sample.

    cells is how many are shown, 0: as many as the unit counts.
    """

    FIRST = BEGIN[0]
    QUESTIONS = (
        (b"\x9a\x00\x00\x0a\x00\x00\x00\x00\x19\x51\x9d", TOTALS, 20, MOST + AROUND),
        (b"\x9a\x00\x00\x0a\x02\x00\x00\x02\x01\x01\x28\x9c\x9d", CELLS, 1, LONGEST),
        (b"\x9a\x00\x00\x0a\x01\x00\x00\x02\x01\x01\x1b\x9c\x9d", PACK, 1, MOST + AROUND),
    )

    @once.packs
    def __init__(self, on_sample, cells=0, live=False):
        super().__init__(on_sample, cells, live, LONGEST)
        self.sample.extras["units"] = None

    def _is_cut_off(self):
        return self._end - self._start >= 5 and self._length()

    def _length(self):
        buf = self._buf
        at = self._start
        pending = self._end - at
        i = min(pending, len(BEGIN))
        while i:
            i -= 1
            if buf[at + i] != BEGIN[i]:
                return 0
        if pending > 4 and buf[at + 4] not in self.stats["accepted"]:
            return 0
        if pending < 8:
            return AROUND
        if buf[at + 5] or buf[at + 6] or not self._is_size(buf[at + 4], buf[at + 7]):
            return 0
        return buf[at + 7] + AROUND

    def _is_size(self, kind, size):
        """Do answers of that kind have so many bytes of data?"""
        if kind == CELLS:
            return CELLS_SIZE < size <= CELLS_SIZE + 4 * MAX_CELLS and not size & 3
        return (PACK_SIZE if kind == PACK else TOTALS_SIZE) <= size <= MOST

    def _take(self, length):
        if self._number(length - 1, 1) != TAIL:
            return False
        if crc16(self._buf, self._start, length - 3) != self._number(length - 3, 2):
            return False
        return self._take_answer(self._number(4, 1), length)

    def _are_right(self, kind):
        if kind == PACK:
            return self._fit(FIELDS)
        if kind == TOTALS:
            return self._number(UNITS_AT, 1) <= MOST_UNITS
        count = self._number(COUNT, 1)
        return self._number(7, 1) == CELLS_SIZE + 4 * count and pairs_below(
            self._buf, self._start + CELLS_AT, count, MAX_CELL
        )

    def _agrees(self):
        if self._off(7, 1):
            return False
        if self.kind == PACK:
            return self._are_near(FIELDS) and self._is_near(CURRENT)
        if self.kind == TOTALS:
            return not self._off(UNITS_AT, 1)
        count = self._number(COUNT, 1)
        return self._pairs_near(CELLS_AT, count, CELL_STEP) and self._pairs_near(
            CELLS_AT + 2, min(count, SENSORS), TEMPERATURE_STEP
        )

    def _pairs_near(self, place, count, step):
        return pairs_near(self._buf, self._start + place, self._other, place, count, step)

    def _fill(self, kind):
        if kind == CELLS:
            self._fill_pairs(self._number(COUNT, 1))
            self._fill_temperatures()
        elif kind == TOTALS:
            self.sample.extras["units"] = self._number(UNITS_AT, 1) or None
        else:
            self._put(FIELDS)
            current = self._value(CURRENT)
            self.sample.current = -current if self.invert else current

    def _clear(self, kind):
        if kind == TOTALS:
            self.sample.extras["units"] = None
            return
        self.sample.clear_cells()
        for i in range(MAX_TEMPERATURES):
            self.sample.temperatures[i] = None

    def _fill_pairs(self, count):
        sample = self.sample
        if self._cells:
            count = min(count, self._cells)
        sample.cell_count = count
        while count:
            count -= 1
            sample.cells[count] = self._number(CELLS_AT + 4 * count, 2) or 1
        sample.find_extremes()

    def _fill_temperatures(self):
        """Behind the first cells: four sensors, the MOSFETs', the surroundings'."""
        temperatures = self.sample.temperatures
        count = self._number(COUNT, 1)
        i = SENSORS
        while i:
            i -= 1
            temperatures[i] = self._degrees(CELLS_AT + 2 + 4 * i) if i < count else None
        last = temperatures[4]
        temperatures[4] = temperatures[5]
        temperatures[5] = last

    def _degrees(self, place):
        """0.1 degC, None if there is no sensor."""
        value = self._number(place, 2) - KELVIN
        return value if -600 <= value <= 1500 else None
