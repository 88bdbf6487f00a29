"""Daly BMS of the older protocol by wire or Bluetooth: frames A5, 13 bytes each.

A frame is A5 | who | command | 8 | eight bytes | sum of all before, mod 256, high byte first; the
unit is 01, who asks is 40 by wire and 80 by Bluetooth. Cells and temperatures come in several
frames, each with its number. Facts from the maker's paper V1.2 and a published exchange. Eight bits
of sum are weak: a frame is compared with the one of its kind before.
"""

from bms import asked, daly_alarms
from bms.asked import EVERY, KIND
from bms.framed import ANY, Memory
from lib import once
from sample import BALANCING, CHARGE_ON, DISCHARGE_ON, MAX_CELLS, MAX_TEMPERATURES

NUMBER = 6  # in the events
LINKS = {
    "serial": {"baudrate": 9600, "quiet_ms": 50},
    "ble": {"service": 0xFFF0, "notify": 0xFFF1, "write": 0xFFF2},
}
KEYS = {"timeout_s": ("number", (3, 3600), 15), "invert_current": ("switch", (), False)}
SEEN_AS = daly_alarms.SEEN_AS
LEAVES_OUT = False  # a reading has all that there is
SECRETS = ""  # what keeps passcodes out of a capture: it sends none
TOPICS = ""  # the key of mqtt with the base of topics that others also have for it
ALARMS = daly_alarms.ALARMS
HINTS = ("BMS awake?", "Check the cable")  # what to check when it is silent

HEAD, UNIT, LENGTH = 0xA5, 1, 13
WIRE, RADIO = 0x40, 0x80  # who asks
TOTALS, STATE, SIZES, CELLS, TEMPERATURES, BALANCE, FAULTS = (
    0x90,
    0x93,
    0x94,
    0x95,
    0x96,
    0x97,
    0x98,
)
IN_CELLS, IN_TEMPERATURES = 3, 7  # of them in a frame
MAX_CELL, CELL_STEP, TEMPERATURE_STEP = 6000, 500, 10
ZERO, DEGREES = 30000, 40

# Attribute, size, factor, place, lowest, highest, step
VOLTAGE = ("voltage", 2, 100, 4, 0, 2000, 80)  # 0.1 V to mV
CURRENT = ("current", 2, 100, 8, 10000, 50000, 1500)  # 0.1 A: above 30000 it discharges
SOC = ("soc", 2, 1, 10, 0, 1000, 20)  # 0.1 %
ROWS = {
    TOTALS: (VOLTAGE, CURRENT, SOC),
    STATE: (
        ("mode", 1, 1, 4, 0, 2, ANY),
        (CHARGE_ON, 1, 1, 5, 0, 1, 0),
        (DISCHARGE_ON, 1, 1, 6, 0, 1, 0),
        ("charge", 4, 1, 8, 0, 20000000, 1000),  # mAh
    ),
    SIZES: (
        ("cells", 1, 1, 4, 1, 48, 0),
        ("sensors", 1, 1, 5, 0, 16, 0),
        ("cycles", 2, 1, 9, 0, 65535, 1),
    ),
    CELLS: (("number", 1, 1, 4, 1, 16, 0),),
    TEMPERATURES: (("number", 1, 1, 4, 1, 3, 0),),
    BALANCE: (),
    FAULTS: (),
}
CYCLES, CHARGE = ROWS[SIZES][2], ROWS[STATE][3]


def question(kind, who):
    """What is sent to ask for that."""
    return bytes((HEAD, who, kind, 8, 0, 0, 0, 0, 0, 0, 0, 0, HEAD + who + kind + 8 & 0xFF))


class Decoder(asked.Decoder):
    """Calls on_sample(sample) for each TOTALS, always with the same Sample.

    cells is how many are shown, 0: as many as the unit counts.
    """

    FIRST = HEAD
    QUESTIONS = (
        (question(SIZES, WIRE), SIZES, 20, LENGTH),
        (question(TEMPERATURES, WIRE), TEMPERATURES, 5, LENGTH),
        (question(BALANCE, WIRE), BALANCE, 5, LENGTH),
        (question(FAULTS, WIRE), FAULTS, 1, LENGTH),
        (question(STATE, WIRE), STATE, 1, LENGTH),
        (question(CELLS, WIRE), CELLS, 1, LENGTH),
        (question(TOTALS, WIRE), TOTALS, 1, LENGTH),
    )

    @once.packs
    def __init__(self, on_sample, cells=0, live=False):
        super().__init__(on_sample, cells, live, LENGTH)
        self._live = live
        self._size = self._sensors = 0
        self._fets = self._balancing = 0

    @once.packs
    def configure(self, settings):
        """By Bluetooth somebody else asks."""
        super().configure(settings)
        if settings.get("link") == "ble":
            self._questions = [
                (question(row[KIND], RADIO), row[KIND], row[EVERY], LENGTH)
                for row in self.QUESTIONS
            ]

    def _is_cut_off(self):
        return self._end - self._start >= 4 and self._length()

    def _length(self):
        buf = self._buf
        at = self._start
        pending = self._end - at
        if buf[at] != HEAD or (pending > 1 and buf[at + 1] != UNIT):
            return 0
        if pending > 2 and buf[at + 2] not in self.stats["accepted"]:
            return 0
        return LENGTH if pending < 4 or buf[at + 3] == 8 else 0

    def _take(self, length):
        if self._sum(length - 1) != self._number(length - 1, 1):
            return False
        return self._take_answer(self._number(2, 1), length)

    def _memory(self, kind):
        """Each frame of several has a memory of its own."""
        if CELLS <= kind <= TEMPERATURES:
            kind += self._number(4, 1) << 8
        memory = self._memories.get(kind)
        if not memory:
            memory = self._memories[kind] = Memory(LENGTH, self._live)
        return memory

    def _is_last(self, kind):
        """Is this the last frame of the answer, or the only one?"""
        if kind == CELLS:
            return self._number(4, 1) * IN_CELLS >= self._size
        return kind != TEMPERATURES or self._number(4, 1) * IN_TEMPERATURES >= self._sensors

    def _are_right(self, kind):
        if not self._fit(ROWS[kind]):
            return False
        return kind != CELLS or self._are_cells(5, IN_CELLS, MAX_CELL)

    def _agrees(self):
        kind = self.kind
        if not self._are_near(ROWS[kind]):
            return False
        if kind == CELLS:
            return self._words_near(5, IN_CELLS, CELL_STEP)
        if kind == TEMPERATURES:
            return self._bytes_near(5, IN_TEMPERATURES)
        return kind != FAULTS or self._words_near(4, 4, 0)

    def _bytes_near(self, place, count):
        while count:
            count -= 1
            if self._off(place + count, 1) > TEMPERATURE_STEP:
                return False
        return True

    def _fill(self, kind):
        sample = self.sample
        if kind == TOTALS:
            self._fill_totals()
        elif kind == CELLS:
            self._fill_some_cells(IN_CELLS * self._number(4, 1) - IN_CELLS)
        elif kind == TEMPERATURES:
            self._fill_temperatures(IN_TEMPERATURES * self._number(4, 1) - IN_TEMPERATURES)
        elif kind == SIZES:
            self._size = min(self._number(4, 1), MAX_CELLS)
            self._sensors = self._number(5, 1)
            sample.cycles = self._value(CYCLES)
        elif kind == STATE:
            self._fets = self._number(5, 1) * CHARGE_ON | self._number(6, 1) * DISCHARGE_ON
            sample.switches = self._fets | self._balancing
            sample.charge = self._value(CHARGE)
        elif kind == BALANCE:
            self._balancing = BALANCING if self._total(4, 6) else 0
        else:
            sample.errors = daly_alarms.alarms(self._buf, self._start + 4, 0)

    def _fill_totals(self):
        sample = self.sample
        sample.voltage = self._value(VOLTAGE)
        current = 100 * ZERO - self._value(CURRENT)
        sample.current = -current if self.invert else current
        sample.soc = (self._value(SOC) + 5) // 10
        sample.flags = 0
        if sample.errors is not None and sample.switches is not None:
            sample.flags = daly_alarms.stopped(sample)
        sample.find_extremes()

    def _fill_some_cells(self, first):
        """Those of this frame, of which that is the first."""
        place = 5
        count = min(first + IN_CELLS, self._size or MAX_CELLS, self._cells or MAX_CELLS)
        if first < count:
            self.sample.cell_count = max(count, self.sample.cell_count)
        while first < count:
            self.sample.cells[first] = self._number(place, 2) or 1
            place += 2
            first += 1

    def _fill_temperatures(self, first):
        place = 5
        count = min(first + IN_TEMPERATURES, self._sensors, MAX_TEMPERATURES - 1)
        while first < count:
            value = self._number(place, 1) - DEGREES
            self.sample.temperatures[first] = 10 * value if -40 < value <= 150 else None
            place += 1
            first += 1

    def _clear(self, kind):
        sample = self.sample
        if kind == CELLS:
            sample.clear_cells()
        elif kind == TEMPERATURES:
            for i in range(MAX_TEMPERATURES):
                sample.temperatures[i] = None
        elif kind == SIZES:
            self._size = self._sensors = 0
            sample.cycles = None
        elif kind == STATE:
            sample.switches = sample.charge = None
        elif kind == FAULTS:
            sample.errors = None
        elif kind == BALANCE:
            self._balancing = 0
