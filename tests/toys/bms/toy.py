"""Toy: a template for a new BMS. It sends a packet a second.

A packet is A5 | cells, mV, 2 bytes each | current, 0.1 A, 2 bytes, signed | alarms | sum of the
bytes before, mod 256; high byte first, four cells.
"""

from bms import framed
from sample import shown

NUMBER = 99  # in the events: the next one that is free, never changed afterwards
LINKS = {"uart": {"baudrate": 9600}}  # the usual one first
KEYS = {"cells": ("number", (0, 4), 0), "timeout_s": ("number", (3, 3600), 20)}
LEAVES_OUT = False  # True: a reading may lack what is still as it was; hold.py holds it a moment
SECRETS = ""  # what keeps passcodes out of a capture: it sends none
TOPICS = ""  # the key of mqtt with the base of topics that others also have for it
ALARMS = ("too hot", "too cold")
HINTS = ("Toy on?", "Check its wire")  # what to check when it is silent, 20 characters each

HEADER, LENGTH = 0xA5, 13
CELLS_AT, CELLS = 1, 4
FIELDS = (
    # attribute of the Sample, size (below 0: signed), factor, place, lowest, highest, and by how
    # much it may differ from the packet before
    ("current", -2, 100, 9, -3000, 3000, framed.ANY),  # 0.1 A to mA
    ("errors", 1, 1, 11, 0, 3, 0),  # bits of ALARMS
)
CELL_STEP = 500  # mV


class Decoder(framed.Decoder):
    """Calls on_sample(sample) for each valid packet, always with the same Sample."""

    FIRST = HEADER

    def __init__(self, on_sample, cells=0, live=False):
        super().__init__(on_sample, cells, (HEADER,), LENGTH, framed.high_first)
        self._memory = framed.Memory(LENGTH, live)

    def request(self):
        """What to send to the BMS now, b"" for nothing; called every second."""
        return b"?"

    def _length(self):
        return LENGTH if self._number(0, 1) == HEADER else 0

    def _is_cut_off(self):
        return self._length() > 0

    def _take(self, length):
        is_whole = self._sum(length - 1) == self._number(length - 1, 1)
        if not is_whole or not self._fit(FIELDS) or not self._is_believed(self._memory, 0):
            return False
        self._put(FIELDS)
        self._fill_cells()
        self._drop(length)
        self.stats["accepted"][HEADER] += 1
        self._on_sample(self.sample)
        return True

    def _agrees(self):
        """What a pack cannot have become since the packet before comes twice."""
        return self._are_near(FIELDS) and self._words_near(CELLS_AT, CELLS, CELL_STEP)

    def _fill_cells(self):
        sample = self.sample
        sample.voltage = 0
        sample.cell_count = self._cells or CELLS
        for i in range(sample.cell_count):
            sample.cells[i] = shown(self._number(CELLS_AT + 2 * i, 2), self._cells)
            sample.voltage += sample.cells[i]
        sample.find_extremes()
