"""Chargery BMS8T, BMS16T and BMS24T: the byte stream of the RS232 port COM3, turned into Samples.

The unit only sends. A packet is 24 24 | command | length | data | sum, where length counts all of
it and sum is that of the bytes before, mod 256; text (`h::3`) stands between packets. Facts from
the maker's protocol papers V1.22 to V1.26. Eight bits of sum are weak: command, length and the
range of every value have to agree too, and with the packet before; only one byte of a packet that
fails is lost.
"""

from bms import framed
from bms.framed import ANY, high_first, low_first, low_words
from lib import once
from sample import CHARGE_STOPPED, DISCHARGE, DISCHARGE_STOPPED, shown

NUMBER = 1  # in the events
LINKS = {"uart": {"baudrate": 115200}}
KEYS = {"cells": ("number", (0, 24), 0)}
LEAVES_OUT = False  # a packet has all that there is
SECRETS = ""  # what keeps passcodes out of a capture: it sends none
TOPICS = "chargery_base"  # the key of mqtt with the base of topics that others also have for it
ALARMS = ()
HINTS = ("BMS LCD unit on?", "Check the cable")  # what to check when it is silent

HEADER = 0x24
CELLS, READING, IMPEDANCES = 0x56, 0x57, 0x58
MAX_CELLS = 24
LONGEST = 61  # bytes of a packet: the counters and 24 cells
MAX_CELL_VOLTAGE = 6000  # mV
MAX_CURRENT = 20000  # 0.1 A
CELLS_KEPT = 30  # readings: cells without a newer packet for that long are unknown again

MAX_IMPEDANCE = 9999  # 0.1 mOhm
# By how much a packet may differ from the one before, a second or two ago
CELL_STEP = 500  # mV
SOC_STEP = 2  # %
ENERGY_STEP, CHARGE_STEP = 500000, 20000  # mWh, mAh

# A READING, high byte first. Its length is its layout.
READING_LENGTHS = (0x0D, 0x0F, 0x13)  # main unit before V1.21, V1.22 to V1.25, V1.26
READING_FIELDS = (
    # name, size, factor, place by length, lowest, highest, step
    ("full_cell_voltage", 2, 1, 4, 4, 4, 0, MAX_CELL_VOLTAGE, 0),  # mV
    ("mode", 1, 1, 0, 6, 6, 0, 2, ANY),
    ("current", 2, 100, 6, 7, 7, 0, MAX_CURRENT, 5000),  # 0.1 A to mA; the mode gives the sign
    ("empty_cell_voltage", 2, 1, 0, 0, 14, 0, MAX_CELL_VOLTAGE, 0),  # mV
)
# What a broken sensor may have out of range, and the rest of the packet is right all the same
SOC = (("soc", 1, 1, 0, 13, 13, 0, 100, SOC_STEP),)  # %
TEMPERATURES = (
    (0, -2, 1, 8, 9, 9, -600, 1500, 100),  # 0.1 degC
    (1, -2, 1, 10, 11, 11, -600, 1500, 100),
)
STOPPED = (
    (CHARGE_STOPPED, 1, 1, 0, 0, 16, 0, 1, 0),
    (DISCHARGE_STOPPED, 1, 1, 0, 0, 17, 0, 1, 0),
)

# The bytes of a packet besides its cells, two bytes each: CELLS followed by the SoC (V1.22) or by
# the counters (from V1.24; its lengths are odd, those with SoC even), and IMPEDANCES.
WITH_SOC, WITH_COUNTERS, WITH_MODE = 6, 13, 8
ENERGY_AT, CHARGE_AT = 9, 5  # before the end: mWh and mAh, 4 bytes, low byte first
DATA_AT, IMPEDANCES_AT = 4, 7


def cells_in(length, others):
    """How many cells a packet has besides the other bytes; 0 if that length is impossible."""
    size = length - others
    return size >> 1 if 2 <= size <= 2 * MAX_CELLS and not size & 1 else 0


def is_possible(command, length):
    """Whether packets of this command come in this length."""
    if command == READING:
        return length in READING_LENGTHS
    if command == CELLS:
        return cells_in(length, WITH_SOC) or cells_in(length, WITH_COUNTERS)
    return cells_in(length, WITH_MODE)


def high_words(buf, at, target, count):
    """Read count numbers of two bytes into a list, high byte first."""
    for i in range(count):
        target[i] = buf[at] << 8 | buf[at + 1]
        at += 2


def wire(cells, count, is_wired):
    """Turn the readings of count inputs into what they show. Returns how many cells that makes: up
    to the last one.
    """
    wired = 0
    for i in range(count):
        mv = cells[i] = shown(cells[i], is_wired)
        if mv:
            wired = i + 1
    return wired


def total(values, count):
    """The sum of the first count values."""
    found = 0
    for i in range(count):
        found += values[i]
    return found


class Decoder(framed.Decoder):
    """Calls on_sample(sample) for each valid READING, with the cells of the last valid CELLS.

    The sample is the same object every time. Cells, pack voltage and counters are unknown before
    the first CELLS, and again after CELLS_KEPT readings without another.

    cells is how many are wired, the rest is ignored; 0 if the packets decide. live: the first
    packet of each kind has to come twice.
    """

    FIRST = HEADER
    kept = CELLS_KEPT  # a capture on a PC has no clock: packlog replay keeps them

    @once.packs
    def __init__(self, on_sample, cells=0, live=False):
        super().__init__(on_sample, cells, (CELLS, READING, IMPEDANCES), LONGEST, high_first)
        self._readings = framed.Memory(READING_LENGTHS[-1], live)
        self._inputs = framed.Memory(LONGEST, live)
        self._is_blind = False
        self._cells_soc = None  # the SoC that came with the cells
        self._cells_age = CELLS_KEPT  # readings since the cells came

    def forget(self):
        """The stream begins anew after silence: what came before it is too old to be shown."""
        super().forget()
        self._cells_age = self.kept
        self._age_cells()
        self.sample.impedance_count = 0

    def _is_cut_off(self):
        return self._end - self._start >= 4 and self._length()

    def _length(self):
        buf = self._buf
        at = self._start
        if self._end - at < 4:
            return LONGEST
        if buf[at] != HEADER or buf[at + 1] != HEADER or buf[at + 2] not in self.stats["accepted"]:
            return 0
        if is_possible(buf[at + 2], buf[at + 3]):
            return buf[at + 3]
        self.stats["rejected"] += 1
        return 0

    def _take(self, length):
        buf = self._buf
        at = self._start
        if self._sum(length - 1) != buf[at + length - 1]:
            return False
        command = buf[at + 2]
        if command == READING:
            right = self._take_reading(length)
        elif command == CELLS:
            right = self._take_cells(length)
        else:
            right = self._take_impedances(length)
        if right:
            self._drop(length)
            self.stats["accepted"][command] += 1
            if command == READING:
                self._on_sample(self.sample)
        return right

    def _take_reading(self, length):
        self._column = framed.PLACE + READING_LENGTHS.index(length)
        if not (self._fit(READING_FIELDS) and self._fit(STOPPED)):
            return False
        odd = not (self._fit(TEMPERATURES) and self._fit(SOC))
        if not self._is_believed(self._readings, odd):
            return False
        self._age_cells()
        self._fill()
        return True

    def _fill(self):
        sample = self.sample
        sample.mode = sample.empty_cell_voltage = None  # older packets do not have them
        sample.soc = self._cells_soc
        self._put(READING_FIELDS)
        self._put(SOC)
        self._put_into(sample.temperatures, TEMPERATURES)
        sample.flags = self._bits(STOPPED)
        if sample.mode == DISCHARGE:
            sample.current = -sample.current
        elif sample.mode is None and (sample.current or self._is_blind):
            sample.current = None  # flows, but the direction is unknown
            self._is_blind = True  # and so it stays: a current that comes and goes costs frames

    def _age_cells(self):
        """Forget the cells, and what came with them, when they are too old to be shown as new."""
        if self._cells_age < self.kept:
            self._cells_age += 1
            return
        sample = self.sample
        sample.clear_cells()
        sample.voltage = sample.energy = sample.charge = self._cells_soc = None

    def _agrees(self):
        at = self._start
        length = self._buf[at + 3]
        if length != self._other[3]:
            return False
        if self._buf[at + 2] == CELLS:
            return self._do_cells_agree(length)
        return (
            self._are_near(READING_FIELDS)
            and self._are_near(SOC)
            and self._are_near(TEMPERATURES)
            and self._are_near(STOPPED)
        )

    def _do_cells_agree(self, length):
        with_soc = cells_in(length, WITH_SOC)
        count = with_soc or cells_in(length, WITH_COUNTERS)
        if not self._words_near(DATA_AT, count, CELL_STEP):
            return False
        if with_soc:
            return self._off(length - 2, 1) <= SOC_STEP
        return (
            self._low_off(length - ENERGY_AT, 4) <= ENERGY_STEP
            and self._low_off(length - CHARGE_AT, 4) <= CHARGE_STEP
        )

    def _low_off(self, place, size):
        return abs(self._low(place, size) - low_first(self._other, place, size))

    def _take_cells(self, length):
        with_soc = cells_in(length, WITH_SOC)
        count = self._limit(with_soc or cells_in(length, WITH_COUNTERS))
        soc = self._number(length - 2, 1) if with_soc else 0
        if not self._are_cells(count) or not self._is_believed(self._inputs, soc > 100):
            return False
        self._cells_soc = soc if with_soc and soc <= 100 else None
        self._cells_age = 0
        self._fill_counters(0 if with_soc else length)
        self._fill_cells(count)
        return True

    def _fill_counters(self, length):
        """length: of a packet that has them, 0 for one without."""
        self.sample.energy = self._low(length - ENERGY_AT, 4) if length else None
        self.sample.charge = self._low(length - CHARGE_AT, 4) if length else None

    def _fill_cells(self, count):
        sample = self.sample
        high_words(self._buf, self._start + DATA_AT, sample.cells, count)
        sample.cell_count = wire(sample.cells, count, self._cells)
        sample.voltage = total(sample.cells, sample.cell_count) or None
        sample.find_extremes()

    def _are_cells(self, count):
        buf = self._buf
        at = self._start + DATA_AT
        for i in range(at, at + 2 * count, 2):
            if (buf[i] << 8 | buf[i + 1]) > MAX_CELL_VOLTAGE:
                return False
        return True

    def _take_impedances(self, length):
        if self._number(DATA_AT, 1) > 2 or self._low(DATA_AT + 1, 2) > MAX_CURRENT:
            return False
        for i in range(IMPEDANCES_AT, length - 1, 2):
            if self._low(i, 2) > MAX_IMPEDANCE:
                return False
        sample = self.sample
        sample.impedance_count = self._limit(cells_in(length, WITH_MODE))
        at = self._start + IMPEDANCES_AT
        low_words(self._buf, at, sample.impedances, sample.impedance_count)
        return True

    def _low(self, place, size):
        return low_first(self._buf, self._start + place, size)

    def _limit(self, count):
        return min(count, self._cells) if self._cells else count
