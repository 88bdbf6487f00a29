"""Hub: where the readings of one pack pass. The newest value wins, nothing queues up.

A tap is called with every reading and must be quick (the store's sampler: RAM only); everybody else
looks at the newest Sample when it suits them. A tap that fails is counted and does no harm.

A field that a reading lacks keeps its value for HOLD_S since it was last known: a BMS that leaves
out one line in a hundred is not a BMS whose sensors come and go. What was unknown for longer and is
known again costs frames: that may happen RETURNS times at once and then once in RETURN_S. Until
then it stays unknown. Nothing is held across HOLD_S of silence.
"""

from sample import EXTRAS, MAX_CELLS, MAX_TEMPERATURES, SCALARS, TEXTS, Sample

HOLD_S = 10
RETURNS, RETURN_S = 10, 3600

# s since a field was known, in the order: SCALARS, temperatures, cells, extras, texts
_TEMPERATURES = len(SCALARS)
_CELLS = _TEMPERATURES + MAX_TEMPERATURES
_NAMED = _CELLS + MAX_CELLS
_COUNT = _NAMED + len(EXTRAS) + len(TEXTS)
_LOST = HOLD_S
_NEVER = HOLD_S + 1


class Hub:
    def __init__(self, uptime):
        self.sample = Sample()
        self.readings = 0
        self.tap_errors = 0
        self.last_error = None
        self._uptime = uptime
        self._taps = []
        self._seen_s = 0
        self._seen_ms = 0
        self._ages = bytearray([_NEVER] * _COUNT)
        self._passed = 0  # s since the reading before
        self._holds = False  # may the reading at hand lack what the BMS left out?
        self._returns = RETURNS  # that are left
        self._returned_s = -HOLD_S  # when the last one began
        self._earned_s = 0
        self._at = 0  # the field at hand, and where it goes
        self._target = self._source = None

    def add_tap(self, tap):
        """Let tap(sample) be called with every reading."""
        self._taps.append(tap)

    def put(self, sample):
        """Take in a reading that has just arrived. The Sample stays the caller's."""
        uptime = self._uptime
        uptime.update()
        self._passed = uptime.seconds - self._seen_s
        self._seen_s = uptime.seconds
        self._seen_ms = uptime.ms
        if self._passed >= HOLD_S:
            self._begin()
        self._holds = sample.is_partial
        self._take_scalars(sample)
        self._take_cells(sample)
        self._take_list(self.sample.temperatures, sample.temperatures)
        self._at = _NAMED
        self._take_dict(self.sample.extras, sample.extras)
        self._take_dict(self.sample.texts, sample.texts)
        self.readings += 1
        for tap in self._taps:
            self._hand_on(tap)

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
            age += self._passed
            if self._holds and age < HOLD_S:
                self._ages[i] = age
                return False
            self._ages[i] = _LOST
        return True

    def _may_return(self):
        now = self._seen_s
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
        for i in range(source.impedance_count):
            target.impedances[i] = source.impedances[i]

    def _take_cell(self, source, i):
        mv = source.cells[i] if i < source.cell_count else 0
        if self._is_new(_CELLS + i, mv):
            self.sample.cells[i] = mv
            self.sample.cell_temperatures[i] = source.cell_temperatures[i] if mv else None

    def _hand_on(self, tap):
        with self:  # an except needs more than 11 slots: its frame would lie on the heap
            tap(self.sample)

    def __enter__(self):
        pass

    def __exit__(self, kind, error, trace):
        if not isinstance(error, Exception):
            return False
        self.tap_errors += 1
        self.last_error = error
        return True

    def age_ms(self):
        """How old the newest reading is; without one, how long there has been none. At most 12
        days.
        """
        uptime = self._uptime
        uptime.update()
        seconds = min(uptime.seconds - self._seen_s, 1000000)
        return seconds * 1000 + uptime.ms - self._seen_ms
