"""CBT Power (Creabest and others) by Bluetooth: frames AA 55 .. 0D 0A.

An answer is AA 55 | what | length | data | sum of 8 bits from what on | 0D 0A, low byte first, one
to a question; cells come in answers of five. Facts from aiobmsble alone, with frames of two units.
The meaning of the alarms nobody has published: that there is one is all that is known. Eight bits
are weak: an answer is compared with the one before.
"""

from bms import asked_low
from bms.asked import KIND
from lib import once
from sample import MAX_TEMPERATURES

NUMBER = 20  # in the events
LINKS = {"ble": {"service": 0xFFE5, "notify_service": 0xFFE0, "notify": 0xFFE4, "write": 0xFFE9}}
KEYS = {"timeout_s": ("number", (3, 3600), 15), "invert_current": ("switch", (), False)}
SEEN_AS = (
    {"service": 0xFFE5, "maker": (0x5352,)},
    {"service": 0xFFF0, "name": ("???C??????", "???R??????")},
    {"service": 0x03C1, "maker": (0x5352,)},
)
LEAVES_OUT = False  # a reading has all that there is
SECRETS = ""  # what keeps passcodes out of a capture: it sends none
TOPICS = ""  # the key of mqtt with the base of topics that others also have for it
ALARMS = ("warning",)
HINTS = ("BMS on, in reach?", "Phone app closed?")  # what to check when it is silent

HEAD = b"\xaa\x55"
CELLS, DEGREES, SOC, DATA, RATED, ALARM = 5, 9, 10, 11, 21, 33  # CELLS: of four kinds the first
GROUPS, EACH = 4, 5
AROUND = 7  # bytes around the data
AT = 4  # place of the data
# Bytes of data, by kind
SIZES = {5: 10, 6: 10, 7: 10, 8: 10, DEGREES: 12, SOC: 6, DATA: 8, RATED: 4, ALARM: 4}
LONGEST = AROUND + 12
MAX_CELL, CELL_STEP, COLDEST, HOTTEST, DEGREES_STEP = 6000, 500, -60, 150, 10  # mV, degC
SELDOM = 60  # rounds
# Attribute, size, factor, place, lowest, highest, step; of DATA
FIELDS = (
    ("voltage", 4, 1, 4, 0, 100000, 8000),  # mV
    ("current", -4, 1, 8, -500000, 500000, 150000),  # mA
)
RATINGS = (("capacity", 2, 1000, 4, 1, 2000, 0), ("cycles", 2, 1, 6, 0, 65535, 1))  # Ah to mAh
LEVEL = (("soc", 1, 1, 4, 0, 100, 2),)  # %
WARMTH = (("", -2, 10, 4, COLDEST, HOTTEST, DEGREES_STEP),)  # degC to 0.1 degC
ROWS = {DATA: FIELDS, RATED: RATINGS, SOC: LEVEL, DEGREES: WARMTH}


class Decoder(asked_low.Decoder):
    """Calls on_sample(sample) for each DATA, always with the same Sample.

    cells is how many are shown, 0: as many as read more than 0.
    """

    FIRST = HEAD[0]
    QUESTIONS = (
        (b"\xaa\x55\x21\x00\x21\x0a\x0d", ALARM, 5, AROUND + 4),
        (b"\xaa\x55\x15\x00\x15\x0a\x0d", RATED, 20, AROUND + 4),
        (b"\xaa\x55\x09\x00\x09\x0a\x0d", DEGREES, 5, AROUND + 12),
        (b"\xaa\x55\x0a\x00\x0a\x0a\x0d", SOC, 1, AROUND + 6),
        (b"\xaa\x55\x05\x00\x05\x0a\x0d", CELLS, 1, AROUND + 10),
        (b"\xaa\x55\x06\x00\x06\x0a\x0d", CELLS + 1, 1, AROUND + 10),
        (b"\xaa\x55\x07\x00\x07\x0a\x0d", CELLS + 2, 1, AROUND + 10),
        (b"\xaa\x55\x08\x00\x08\x0a\x0d", CELLS + 3, 1, AROUND + 10),
        (b"\xaa\x55\x0b\x00\x0b\x0a\x0d", DATA, 1, AROUND + 8),
    )

    @once.packs
    def __init__(self, on_sample, cells=0, live=False):
        super().__init__(on_sample, cells, live, LONGEST)
        self._counts = [0] * GROUPS  # cells in each answer

    def _every(self, question):
        """Cells behind a group that is not full are asked for seldom: there are none."""
        group = question[KIND] - CELLS
        if 0 < group < GROUPS and self._counts[group - 1] < EACH:
            return SELDOM
        return super()._every(question)

    def _is_cut_off(self):
        return self._end - self._start >= 3 and self._length()

    def _length(self):
        buf = self._buf
        at = self._start
        pending = self._end - at
        if buf[at] != HEAD[0] or (pending > 1 and buf[at + 1] != HEAD[1]):
            return 0
        if pending < 4:
            return AROUND
        size = SIZES.get(buf[at + 2], 0)
        return size + AROUND if size and buf[at + 3] == size else 0

    def _take(self, length):
        buf = self._buf
        end = self._start + length
        if buf[end - 2] != 13 or buf[end - 1] != 10:
            return False
        if self._total(2, length - 5) & 0xFF != buf[end - 3]:
            return False
        return self._take_answer(buf[self._start + 2], length)

    def _are_right(self, kind):
        if kind in ROWS:
            return self._fit(ROWS[kind])
        return kind == ALARM or self._are_cells(AT, EACH, MAX_CELL)

    def _agrees(self):
        if self.kind in ROWS:
            return self._are_near(ROWS[self.kind])
        if self.kind == ALARM:
            return self._words_near(AT, 2, 0)
        return self._words_near(AT, EACH, CELL_STEP)

    def _fill(self, kind):
        sample = self.sample
        if kind == ALARM:
            sample.errors = 1 if self._total(AT, 4) else 0
        elif kind == DEGREES:
            sample.temperatures[0] = self._value(WARMTH[0])
        elif kind in ROWS:
            self._put(ROWS[kind])
            if kind == DATA and self.invert:
                sample.current = -sample.current
        else:
            self._fill_group(kind - CELLS)

    def _clear(self, kind):
        sample = self.sample
        if kind == ALARM:
            sample.errors = None
        elif kind == SOC:
            sample.soc = None
        elif kind == RATED:
            sample.capacity = sample.cycles = None
        elif kind == DEGREES:
            for i in range(MAX_TEMPERATURES):
                sample.temperatures[i] = None
        else:
            self._counts[kind - CELLS] = 0
            self._count_cells()

    def _fill_group(self, group):
        """Five cells: up to the last one that reads more than 0."""
        cells = self.sample.cells
        count = EACH
        while count and not self._number(AT + 2 * count - 2, 2):
            count -= 1
        self._counts[group] = count
        at = EACH * group
        i = 0
        while i < count:
            cells[at + i] = self._number(AT + 2 * i, 2) or 1
            i += 1
        self._count_cells()

    def _count_cells(self):
        """Those of the groups up to the first one that is not full."""
        count = 0
        for each in self._counts:
            count += each
            if each < EACH:
                break
        sample = self.sample
        if self._cells:
            count = min(count, self._cells)
        sample.cell_count = count
        sample.find_extremes()
