"""Hold: the Hub of a BMS that leaves out now and then what is still as it was.

A field that a reading lacks keeps its value for HOLD_S since it was last known, what changes slowly
(SoC, SoH, temperatures, contents, settings) for SLOW_S; in any case for one reading: a BMS that
leaves out one line in a hundred, or says half a round, is not a BMS whose sensors come and go. What
was unknown for longer and is known again costs frames: that may happen RETURNS times at once and
then once in RETURN_S. Until then it stays unknown. Nothing is held across SILENT_S of silence.
"""

import hub
from sample import EXTRAS, MAX_CELLS, MAX_TEMPERATURES, SCALARS, TEXTS

HOLD_S, SLOW_S = 10, 60
SILENT_S = 30  # a console's slowest rounds
RETURNS, RETURN_S = 10, 3600

# s since a field was known, in the order: SCALARS, temperatures, cells, extras, texts
_TEMPERATURES = len(SCALARS)
_CELLS = _TEMPERATURES + MAX_TEMPERATURES
_NAMED = _CELLS + MAX_CELLS
_COUNT = _NAMED + len(EXTRAS) + len(TEXTS)
_LOST, _NEVER = 254, 255
# s for which each scalar is held; temperatures are held for SLOW_S, the rest for HOLD_S
_HOLDS = b"\x0a\x0a<\x0a<<\x0a<<<<<\x0a\x0a\x0a"


class Hub(hub.Hub):
    def __init__(self, uptime):
        super().__init__(uptime)
        self._ages = bytearray([_NEVER] * _COUNT)
        self._now = self._passed = 0  # s of uptime, and since the reading before
        self._returns = RETURNS  # that are left
        self._returned_s = -HOLD_S  # when the last one began
        self._earned_s = 0
        self._held_s = HOLD_S  # how long the fields at hand are held
        self._at = 0  # the field at hand, and where it goes
        self._target = self._source = None

    def _take(self, sample):
        self._now = self._uptime.seconds
        self._passed = self._now - self._seen_s
        if self._passed >= SILENT_S:
            self._begin()
        self._take_scalars(sample)
        self._held_s = SLOW_S
        self._take_list(self.sample.temperatures, sample.temperatures)
        self._held_s = HOLD_S
        self._take_cells(sample)
        self._at = _NAMED
        self._take_dict(self.sample.extras, sample.extras)
        self._take_dict(self.sample.texts, sample.texts)

    def _begin(self):
        """After silence nothing is held, and all may be known at once."""
        self.sample.clear()
        for i in range(_COUNT):
            self._ages[i] = _NEVER

    def _is_new(self, i, is_known):
        """Whether field i is to be what the reading says; otherwise it stays as it is."""
        age = self._ages[i]
        if is_known:
            if age == _LOST and not self._may_return():
                return False
            self._ages[i] = 0
        elif age < _LOST:
            if not age or age + self._passed < self._limit(i):
                self._ages[i] = age + self._passed or 1
                return False
            self._ages[i] = _LOST
        return True

    def _limit(self, i):
        """For how many s field i is held."""
        return _HOLDS[i] if i < _TEMPERATURES else self._held_s

    def _may_return(self):
        now = self._now
        if now - self._returned_s < HOLD_S:
            return True  # with those that have just come back
        earned = (now - self._earned_s) // RETURN_S
        self._earned_s += earned * RETURN_S
        self._returns = min(RETURNS, self._returns + earned)
        if not self._returns:
            return False
        self._returns -= 1
        self._returned_s = now
        return True

    # Functions of few variables: MicroPython keeps the others' on the heap

    def _take_scalars(self, sample):
        i = len(SCALARS)
        while i:
            i -= 1
            value = getattr(sample, SCALARS[i])
            if self._is_new(i, value is not None):
                setattr(self.sample, SCALARS[i], value)

    def _take_list(self, target, source):
        i = MAX_TEMPERATURES
        while i:
            i -= 1
            if self._is_new(_TEMPERATURES + i, source[i] is not None):
                target[i] = source[i]

    def _take_dict(self, target, source):
        self._target = target
        self._source = source
        for key in source:
            self._take_entry(key)

    def _take_entry(self, key):
        value = self._source[key]
        if self._is_new(self._at, value is not None):
            self._target[key] = value
        self._at += 1

    def _take_cells(self, source):
        target = self.sample
        count = max(target.cell_count, source.cell_count)
        target.cell_count = 0
        for i in range(count):
            self._take_cell(source, i)
            if target.cells[i]:
                target.cell_count = i + 1
        target.find_extremes()
        target.impedance_count = source.impedance_count
        target.wires = source.wires
        for i in range(source.impedance_count):
            target.impedances[i] = source.impedances[i]

    def _take_cell(self, source, i):
        mv = source.cells[i] if i < source.cell_count else 0
        if self._is_new(_CELLS + i, mv):
            self.sample.cells[i] = mv
            self.sample.cell_temperatures[i] = source.cell_temperatures[i] if mv else None
