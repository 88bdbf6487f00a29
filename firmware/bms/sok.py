"""SOK and others with an ABC-BMS by Bluetooth: answers of 20 bytes, several to a question.

An answer is CC | kind | 17 bytes | CRC of 8 bits, low byte first. Facts from aiobmsble, with frames
of a unit, from zuccaro's and two other readers of SOK units. The meaning of the protections (F9)
nobody has published: one that is set is all that is known. Other commands switch things: only the
four that read are ever sent. Eight bits are weak: an answer is compared with the one before.
"""

from bms import asked, framed
from bms.crc_others import crc
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

NUMBER = 18  # in the events
LINKS = {"ble": {"service": 0xFFE0, "notify": 0xFFE1, "write": 0xFFE2}}
KEYS = {"timeout_s": ("number", (3, 3600), 15)}
SEEN_AS = ({"service": 0xFFF0, "name": ("ABC-*", "SOK-*", "NB-*", "Hoover")},)
LEAVES_OUT = False  # a reading has all that there is
SECRETS = ""  # what keeps passcodes out of a capture: it sends none
TOPICS = ""  # the key of mqtt with the base of topics that others also have for it
ALARMS = ("protection",)
HINTS = ("BMS on, in reach?", "Phone app closed?")  # what to check when it is silent

HEAD, LENGTH = 0xCC, 20
# Kinds of answers
NAME, PROTECTIONS, CELLS, TOTALS = 0xF1, 0xF9, 0xF4, 0xF0
STATES, BALANCE = 0xF2, 0xF3  # beside TOTALS and beside CELLS
OTHERS = (STATES, BALANCE)
# Of TOTALS: attribute, size, factor, place, lowest, highest, step
FIELDS = (
    ("voltage", 3, 1, 2, 0, 100000, 8000),  # mV
    ("current", -3, 1, 5, -500000, 500000, 150000),  # mA
    ("capacity", 3, 1, 8, 0, 2000000, 0),  # mAh
    ("charge", 3, 1, 11, 0, 2000000, 1000),
    ("cycles", 2, 1, 14, 0, 65535, 1),
    ("soc", 1, 1, 16, 0, 100, 2),  # %
    ("unknown", 2, 1, 17, 0, 65535, 0),
)
SHOWN = FIELDS[:-1]
CELLS_AT, EACH, BYTES_EACH, MAX_CELL, CELL_STEP = 2, 4, 4, 6000, 500  # mV
# Of STATES
CHARGE_AT, DISCHARGE_AT, SENSORS_AT, DEGREES_AT, MOST_SENSORS = 2, 3, 4, 5, 7
TEMPERATURE_STEP = 10  # degC
BALANCE_AT = 10


def crc8(buf, at, count):
    """The CRC 0x8C backwards, from 0 on, of so many bytes."""
    return crc(buf, at, count, 0, 0x8C)


def low_first(buf, at, size):
    """As framed's, of 3 bytes, too."""
    if size & 1 and size != 1:
        value = buf[at + 2] << 16 | buf[at + 1] << 8 | buf[at]
        return value - 0x1000000 if size < 0 and value & 0x800000 else value
    return framed.low_first(buf, at, size)


class Decoder(asked.Decoder):
    """Calls on_sample(sample) for each TOTALS, always with the same Sample.

    cells is how many are shown, 0: as many as the unit numbers.
    """

    FIRST = HEAD
    QUESTIONS = (
        (b"\xee\xc0\x00\x00\x00\x41", NAME, 60, LENGTH),
        (b"\xee\xc4\x00\x00\x00\x4f", PROTECTIONS, 5, LENGTH),
        (b"\xee\xc2\x00\x00\x00\x46", CELLS, 1, LENGTH),
        (b"\xee\xc1\x00\x00\x00\xce", TOTALS, 1, LENGTH),
    )

    @once.packs
    def __init__(self, on_sample, cells=0, live=False):
        super().__init__(on_sample, cells, live, LENGTH, low_first)
        self.sample.texts["model"] = None
        for kind in OTHERS:
            self.stats["accepted"][kind] = 0
            self._memories[kind] = framed.Memory(LENGTH, live)
            self._ages[kind] = self.kept
        self._groups = [framed.Memory(LENGTH, live) for _ in range(MAX_CELLS // EACH)]
        self._swept = self._short = 0

    def _is_cut_off(self):
        return self._end - self._start >= 2 and self._length()

    def _length(self):
        buf = self._buf
        at = self._start
        if buf[at] != HEAD:
            return 0
        if self._end - at > 1 and buf[at + 1] not in self.stats["accepted"]:
            return 0
        return LENGTH

    def _take(self, length):
        if crc8(self._buf, self._start, LENGTH - 1) != self._number(LENGTH - 1, 1):
            return False
        kind = self._number(1, 1)
        if kind == TOTALS and self._asked < len(self._questions):
            self._drop(length)  # beside the cells: it comes again, asked for
            return True
        return self._take_answer(kind, length)

    def _memory(self, kind):
        if kind == CELLS:
            return self._groups[(self._number(CELLS_AT, 1) - 1) // EACH]
        return super()._memory(kind)

    def _is_last(self, kind):
        """Of the cells: the last one that there is."""
        known = self.sample.cell_count
        return kind != CELLS or 0 < known <= self._number(CELLS_AT, 1) - 1 + self._counted()

    def _are_right(self, kind):
        if kind == TOTALS:
            return self._fit(FIELDS)
        if kind == CELLS:
            return self._are_numbered()
        if kind == STATES:
            return self._number(CHARGE_AT, 2) & ~0x101 == 0 and (
                self._number(SENSORS_AT, 1) <= MOST_SENSORS
            )
        return True

    def _are_numbered(self):
        """Four in a row, from 1, 5, 9 on; up to three at the end can be without a number."""
        first = self._number(CELLS_AT, 1)
        if first & 3 != 1 or first >= MAX_CELLS:
            return False
        count = self._counted()
        i = EACH
        while i:
            i -= 1
            if not self._is_cell(i, first + i if i < count else 0):
                return False
        return True

    def _is_cell(self, i, number):
        """Has one of the four that number, and a voltage that can be?"""
        at = CELLS_AT + BYTES_EACH * i
        return self._number(at, 1) == number and self._number(at + 1, 3) <= MAX_CELL

    def _counted(self):
        """How many of the four cells of an answer have a number."""
        count = EACH
        while count and not self._number(CELLS_AT + BYTES_EACH * (count - 1), 1):
            count -= 1
        return count

    def _agrees(self):
        if self.kind == TOTALS:
            return self._are_near(FIELDS)
        if self.kind == CELLS:
            return self._are_cells_near()
        if self.kind == STATES:
            return not self._off(CHARGE_AT, 3) and self._are_degrees_near()
        if self.kind == BALANCE:
            return not self._off(BALANCE_AT, 1)
        return self._words_near(CELLS_AT, 8, 0) and not self._off(LENGTH - 2, 1)

    def _are_cells_near(self):
        i = EACH
        while i:
            i -= 1
            at = CELLS_AT + BYTES_EACH * i
            if self._off(at, 1) or self._off(at + 1, 2) > CELL_STEP:
                return False
        return True

    def _are_degrees_near(self):
        i = MOST_SENSORS
        while i:
            i -= 1
            if self._off(DEGREES_AT + 2 * i, -2) > TEMPERATURE_STEP:
                return False
        return True

    def _fill(self, kind):
        sample = self.sample
        if kind == TOTALS:
            self._put(SHOWN)
        elif kind == CELLS:
            self._fill_group(self._number(CELLS_AT, 1) - 1)
        elif kind == STATES:
            self._fill_states()
        elif kind == BALANCE:
            if sample.switches is not None:
                sample.switches &= ~BALANCING
                sample.switches |= BALANCING if self._number(BALANCE_AT, 1) else 0
        elif kind == PROTECTIONS:
            sample.errors = 1 if self._total(CELLS_AT, LENGTH - 3) else 0
            self._find_stopped()
        else:
            sample.texts["model"] = self._text(CELLS_AT, LENGTH - 3).strip()

    def _clear(self, kind):
        sample = self.sample
        if kind == CELLS:
            sample.clear_cells()
            self._swept = self._short = 0
        elif kind == PROTECTIONS:
            sample.errors = sample.flags = None
        elif kind == STATES:
            sample.switches = sample.flags = None
            for i in range(MAX_TEMPERATURES):
                sample.temperatures[i] = None
        elif kind == BALANCE and sample.switches is not None:
            sample.switches &= ~BALANCING

    def _fill_group(self, first):
        """Up to four cells, the first of which has that place."""
        sample = self.sample
        if not first:
            self._look_back()
        count = first + self._counted()
        self._swept = count
        if self._cells:
            count = min(count, self._cells)
        self._fill_from(first, count)
        if count > sample.cell_count:
            while first > sample.cell_count:  # their answer has not come yet
                first -= 1
                sample.cells[first] = 0
            sample.cell_count = count
        sample.find_extremes()

    def _look_back(self):
        """Forget cells that have come no more for long."""
        self._short = 0 if self._swept >= self.sample.cell_count else self._short + 1
        if self._short > self.kept:
            self.sample.clear_cells()
            self._short = 0

    def _fill_from(self, first, end):
        cells = self.sample.cells
        at = CELLS_AT + 1
        while first < end:
            cells[first] = self._number(at, 2) or 1
            first += 1
            at += BYTES_EACH

    def _fill_states(self):
        sample = self.sample
        balancing = (sample.switches or 0) & BALANCING
        sample.switches = balancing | (CHARGE_ON if self._number(CHARGE_AT, 1) else 0)
        if self._number(DISCHARGE_AT, 1):
            sample.switches |= DISCHARGE_ON
        self._find_stopped()
        self._fill_temperatures(self._number(SENSORS_AT, 1))

    def _fill_temperatures(self, count):
        i = MAX_TEMPERATURES - 1
        while i:
            i -= 1
            value = self._number(DEGREES_AT + 2 * i, -2)
            is_there = i < count and -60 <= value <= 150
            self.sample.temperatures[i] = 10 * value if is_there else None

    def _find_stopped(self):
        """What a protection has switched off, once both are known."""
        sample = self.sample
        if sample.errors is None or sample.switches is None:
            return
        sample.flags = 0
        if sample.errors and not sample.switches & CHARGE_ON:
            sample.flags = CHARGE_STOPPED
        if sample.errors and not sample.switches & DISCHARGE_ON:
            sample.flags |= DISCHARGE_STOPPED
