"""Example: a template for a new BMS that answers questions, as firmware/bms/NAME.py. Say here what
the maker calls it, what a frame looks like, and where the facts come from.

A frame is 3A | kind | length of the data | data | sum of the bytes before, mod 256; high byte
first.
"""

from bms import asked
from bms.framed import ANY
from lib import once
from sample import CHARGE_ON, DISCHARGE_ON, MAX_CELLS

NUMBER = 99  # in the events: the next one that is free, never changed afterwards
LINKS = {  # the usual one first
    "serial": {"baudrate": 9600, "quiet_ms": 50},
    "ble": {"service": 0xFFE0, "notify": 0xFFE1, "write": 0xFFE2},
}
KEYS = {"timeout_s": ("number", (3, 3600), 15)}
SEEN_AS = ({"service": 0xFFE0, "name": ("EXAMPLE-*",)},)  # see firmware/recognise.py
LEAVES_OUT = False  # True: a reading may lack what is still as it was; hold.py holds it a moment
SECRETS = (
    ""  # the file of this folder with a Cover, if frames can hold a passcode: see jk_secrets.py
)
TOPICS = ""  # the key of mqtt with the base of topics that others also have for it
ALARMS = ("cell overvoltage", "cell undervoltage")  # by their bits, 20 characters each
HINTS = ("BMS on, in reach?", "Phone app closed?")  # what to check when it is silent

HEAD = 0x3A
CELLS, TOTALS = 1, 2
AROUND = 4  # bytes around the data
DATA_AT = 3
SIZE_OF_TOTALS = 12
MAX_CELL, CELL_STEP = 6000, 500  # mV

# Of TOTALS: attribute of the Sample, size (below 0: signed), factor, place in the frame, lowest,
# highest, and by how much it may differ from the frame before
FIELDS = (
    ("voltage", 2, 10, 3, 0, 20000, 800),  # 10 mV to mV
    ("current", -2, 100, 5, -3000, 3000, ANY),  # 0.1 A to mA, charge positive
    ("charge", 2, 100, 7, 0, 65535, 100),  # 0.1 Ah to mAh
    ("soc", 1, 1, 9, 0, 100, 2),  # %
    ("errors", 1, 1, 10, 0, 3, 0),  # bits of ALARMS
)
TEMPERATURE = ("temperature", -2, 1, 11, -400, 1200, 100)  # 0.1 degC
FETS = ("fets", 1, 1, 13, 0, 3, 0)  # bit 0 charge, 1 discharge


class Decoder(asked.Decoder):
    """Calls on_sample(sample) for each answer with the totals, always with the same Sample."""

    FIRST = HEAD
    # What only reads: bytes, kind of the answer, every how many rounds, longest answer
    QUESTIONS = (
        (b"\x3a\x01\x00\x3b", CELLS, 1, AROUND + 2 * MAX_CELLS),
        (b"\x3a\x02\x00\x3c", TOTALS, 1, AROUND + SIZE_OF_TOTALS),
    )

    @once.packs
    def __init__(self, on_sample, cells=0, live=False):
        super().__init__(on_sample, cells, live, AROUND + 2 * MAX_CELLS)

    def _is_cut_off(self):
        return self._end - self._start >= DATA_AT and self._length()

    def _length(self):
        """Of the first pending frame; 0 if none begins there."""
        if self._number(0, 1) != HEAD:
            return 0
        if self._end - self._start < DATA_AT:
            return AROUND
        kind, size = self._number(1, 1), self._number(2, 1)
        right = 2 <= size <= 2 * MAX_CELLS if kind == CELLS else size == SIZE_OF_TOTALS
        return size + AROUND if right and kind in self.stats["accepted"] else 0

    def _take(self, length):
        if self._sum(length - 1) != self._number(length - 1, 1):
            return False
        return self._take_answer(self._number(1, 1), length)

    def _are_right(self, kind):
        if kind == CELLS:
            return self._are_cells(DATA_AT, self._number(2, 1) >> 1, MAX_CELL)
        return self._fit(FIELDS) and self._fit((TEMPERATURE, FETS))

    def _agrees(self):
        """What a pack cannot have become since the answer before comes twice."""
        if self.kind == CELLS:
            return self._words_near(DATA_AT, self._number(2, 1) >> 1, CELL_STEP)
        return self._are_near(FIELDS)

    def _fill(self, kind):
        sample = self.sample
        if kind == CELLS:
            self._fill_cells(DATA_AT, self._number(2, 1) >> 1)
            return
        self._put(FIELDS)
        sample.temperatures[0] = self._value(TEMPERATURE)
        sample.switches = self._value(FETS) & (CHARGE_ON | DISCHARGE_ON)

    def _clear(self, kind):
        """What nobody answers any more is unknown."""
        self.sample.clear_cells()
