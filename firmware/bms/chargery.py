"""Chargery BMS8T, BMS16T and BMS24T: the byte stream of the RS232 port COM3, turned into Samples.

The unit only sends. A packet is 24 24 | command | length | data | sum, where length counts all of
it and sum is that of the bytes before, mod 256; text (`h::3`) stands between packets. Facts from
the maker's protocol papers V1.22 to V1.26. Eight bits of sum are weak: command, length and the
plausibility of every value have to agree too, and only one byte of a packet that fails is lost.
"""

from bms import framed
from bms.framed import UNWIRED_BELOW, high_first, low_first
from sample import CHARGE_STOPPED, DISCHARGE, DISCHARGE_STOPPED

NUMBER = 1  # in the events
LINKS = {"uart": {"baudrate": 115200}}
KEYS = {"cells": ("number", (0, 24), 0)}
ALARMS = ()
HINTS = ("BMS LCD unit on?", "Check the cable")  # what to check when it is silent

HEADER = 0x24
CELLS, READING, IMPEDANCES = 0x56, 0x57, 0x58
MAX_CELLS = 24
LONGEST = 61  # bytes of a packet: the counters and 24 cells
MAX_CELL_VOLTAGE = 6000  # mV
MAX_CURRENT = 20000  # 0.1 A
CELLS_KEPT = 30  # readings: cells without a newer packet for that long are unknown again

# The data of a READING, high byte first; a lowest value below 0 means that it is signed.
READING_LENGTHS = (0x0D, 0x0F, 0x13)  # main unit before V1.21, V1.22 to V1.25, V1.26
READING_FIELDS = (
    # name, size, lowest, highest, place in a packet of each of these lengths (0: not in it)
    ("full_cell_voltage", 2, 0, MAX_CELL_VOLTAGE, 4, 4, 4),  # mV
    ("mode", 1, 0, 2, 0, 6, 6),
    ("current", 2, 0, MAX_CURRENT, 6, 7, 7),  # 0.1 A, the mode says which way
    ("t1", 2, -600, 1500, 8, 9, 9),  # 0.1 degC
    ("t2", 2, -600, 1500, 10, 11, 11),
    ("soc", 1, 0, 100, 0, 13, 13),  # %
    ("empty_cell_voltage", 2, 0, MAX_CELL_VOLTAGE, 0, 0, 14),  # mV
    ("charge_stopped", 1, 0, 1, 0, 0, 16),
    ("discharge_stopped", 1, 0, 1, 0, 0, 17),
)

# The bytes of a packet besides its cells, two bytes each: CELLS followed by the SoC (V1.22) or by
# the counters (from V1.24; its lengths are odd, those with SoC even), and IMPEDANCES.
WITH_SOC, WITH_COUNTERS, WITH_MODE = 6, 13, 8
COUNTERS = (("energy", 9), ("charge", 5))  # mWh and mAh: 4 bytes, low byte first, before the end


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


class Decoder(framed.Decoder):
    """Calls on_sample(sample) for each valid READING, with the cells of the last valid CELLS.

    The sample is the same object every time. Cells, pack voltage and counters are unknown before
    the first CELLS, and again after CELLS_KEPT readings without another.

    cells is how many are wired, 0 if the packets decide: then an input below UNWIRED_BELOW has no
    cell. With a number given, those cells show whatever they read (1 mV for 0: a dead cell or a
    torn sense wire has to be seen) and the rest is ignored.
    """

    FIRST = HEADER
    kept = CELLS_KEPT  # a capture on a PC has no clock: packlog replay keeps them

    def __init__(self, on_sample, cells=0, new_only=False):
        super().__init__(on_sample, cells, (CELLS, READING, IMPEDANCES), LONGEST)
        self._fields = {field[0]: None for field in READING_FIELDS}
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
            right = self._take_reading(at, length)
        elif command == CELLS:
            right = self._take_cells(at, length)
        else:
            right = self._take_impedances(at, length)
        if right:
            self._drop(length)
            self.stats["accepted"][command] += 1
            if command == READING:
                self._on_sample(self.sample)
        return right

    def _take_reading(self, at, length):
        fields = self._fields
        column = 4 + READING_LENGTHS.index(length)
        for field in READING_FIELDS:
            value = None
            if field[column]:
                value = high_first(self._buf, at + field[column], field[1])
                if field[2] < 0 and value & 0x8000:
                    value -= 0x10000
                if not field[2] <= value <= field[3]:
                    return False
            fields[field[0]] = value
        self._age_cells()
        self._fill(fields)
        return True

    def _fill(self, fields):
        sample = self.sample
        sample.full_cell_voltage = fields["full_cell_voltage"]
        sample.empty_cell_voltage = fields["empty_cell_voltage"]
        sample.mode = fields["mode"]
        sample.current = fields["current"] * 100
        if sample.mode == DISCHARGE:
            sample.current = -sample.current
        elif sample.mode is None and sample.current:
            sample.current = None  # flows, but nobody knows which way
        sample.temperatures[0] = fields["t1"]
        sample.temperatures[1] = fields["t2"]
        sample.soc = self._cells_soc if fields["soc"] is None else fields["soc"]
        sample.flags = None
        if fields["charge_stopped"] is not None:
            sample.flags = fields["charge_stopped"] * CHARGE_STOPPED
            sample.flags |= fields["discharge_stopped"] * DISCHARGE_STOPPED

    def _age_cells(self):
        """Forget the cells, and what came with them, when they are too old to be shown as new."""
        if self._cells_age < self.kept:
            self._cells_age += 1
            return
        sample = self.sample
        sample.clear_cells()
        sample.voltage = sample.energy = sample.charge = self._cells_soc = None

    def _take_cells(self, at, length):
        buf = self._buf
        with_soc = cells_in(length, WITH_SOC)
        count = self._limit(with_soc or cells_in(length, WITH_COUNTERS))
        end = at + length
        for i in range(count):
            if high_first(buf, at + 4 + 2 * i, 2) > MAX_CELL_VOLTAGE:
                return False
        if with_soc and buf[end - 2] > 100:
            return False
        self._cells_soc = buf[end - 2] if with_soc else None
        self._cells_age = 0
        for name, place in COUNTERS:
            setattr(self.sample, name, None if with_soc else low_first(buf, end - place, 4))
        self._fill_cells(at + 4, count)
        return True

    def _fill_cells(self, at, count):
        sample = self.sample
        total = wired = 0
        for i in range(count):
            mv = high_first(self._buf, at + 2 * i, 2)
            if self._cells:
                mv = mv or 1
            elif mv < UNWIRED_BELOW:
                mv = 0
            sample.cells[i] = mv
            total += mv
            if mv:
                wired = i + 1
        sample.cell_count = wired
        sample.voltage = total or None
        sample.find_extremes()

    def _take_impedances(self, at, length):
        buf = self._buf
        if buf[at + 4] > 2 or low_first(buf, at + 5, 2) > MAX_CURRENT:
            return False
        count = self._limit(cells_in(length, WITH_MODE))
        for i in range(count):
            self.sample.impedances[i] = low_first(buf, at + 7 + 2 * i, 2)
        self.sample.impedance_count = count
        return True

    def _limit(self, count):
        return min(count, self._cells) if self._cells else count
