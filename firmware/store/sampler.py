"""Sampler: which readings become frames. This one writes a frame every interval_s.

A reading's current stands for the time since the reading before it, unless that is longer than
gap_s: silence is no charge. A frame says the mean current over the whole seconds since the frame
before it, and voltage, temperature, SoC and cells of its last reading. Charge is counted in mA ms.
"""

from store import frame, half


class Sampler:
    """Puts RUN marks and frames of a layout into a Backlog. Attributes without _ may be read."""

    def __init__(self, backlog, layout, interval_s=10, gap_s=15):
        self.layout = layout
        self.frames = 0
        self._backlog = backlog
        self._interval = interval_s
        self._gap_ms = gap_s * 1000
        self._running = False
        self._closed = 0  # uptime of the last frame
        self._rounding = 0  # mA ms that float16 kept back from the last frame
        self._late = 0  # mA ms that whole seconds kept back so far
        self._empty()

    def add(self, sample, seconds, ms):
        """Take in the reading of uptime seconds + ms."""
        if self._running:
            elapsed = (seconds - self._seconds) * 1000 + ms - self._ms
            if elapsed < 0:
                return  # older than what is counted already
            if elapsed > self._gap_ms:
                self.finish()
        if self._running:
            self._count(sample.current, elapsed)
            self._remember(sample, seconds, ms)
            if self._stamp - self._closed >= self._interval:
                self._close()
        else:
            self._remember(sample, seconds, ms)
            self._begin(sample.current)

    def finish(self):
        """End the run at the last reading: the next one begins a new run."""
        if self._running:
            self._close()
            self._running = False

    def _begin(self, current):
        """A new run. Its first reading is a frame at once, of no duration."""
        if self.frames and self._stamp <= self._closed:
            self._stamp = self._closed + 1
        self._running = True
        self._closed = self._stamp
        self._backlog.put_run(self._stamp)
        self._put_frame(half.UNKNOWN if current is None else half.from_milli(current))

    def _count(self, current, elapsed):
        """Add what flowed since the reading before."""
        if (self._known_ms if current is None else self._blind) and elapsed:
            self._close()  # a frame's current is known throughout, or not at all
        if current is None:
            self._blind = self._blind or elapsed > 0
            return
        # mA s and the rest in mA ms: small integers on a 32-bit board
        rest = self._rest + current * elapsed
        self._charge += rest // 1000
        self._rest = rest % 1000
        self._known_ms += elapsed

    def _remember(self, sample, seconds, ms):
        self._seconds = seconds
        self._ms = ms
        self._stamp = seconds + (ms >= 500)
        self._voltage = sample.voltage
        self._temperature = sample.temperature
        self._soc = sample.soc
        self._min_mv = sample.min_cell_voltage
        self._max_mv = sample.max_cell_voltage
        self._min_cell = sample.min_cell
        self._max_cell = sample.max_cell

    def _close(self):
        """Write the frame up to the last reading, if that is a second or more."""
        charge = self._charge * 1000 + self._rest
        interval = self._stamp - self._closed
        if interval > 0:
            bits = self._mean(charge, interval) if self._known_ms else half.UNKNOWN
            self._closed = self._stamp
            self._put_frame(bits)
        else:
            self._late += charge
        self._empty()

    def _mean(self, charge, interval):
        """The half that says the mean current, and what it cannot say kept for the next ones.

        Readings come between the whole seconds, so the time that the frame says is not quite the
        time that was counted. The mean is that of the time counted. The charge that this leaves
        over never gets large, and comes right by itself where the current is steady. What does not
        is given back without changing a frame's current by more than 1/256. What float16 rounds
        off is given back in the next frame.
        """
        said = charge * interval * 1000 // self._known_ms
        self._late += charge - said
        ahead = (self._seconds - self._stamp) * 1000 + self._ms
        owed = self._late - charge * ahead // self._known_ms
        most = abs(said) >> 8
        given = min(max(owed, -most), most)
        self._late -= given
        said += given + self._rounding
        bits = half.from_ratio(said, interval * 1000000)
        self._rounding = said - half.times(bits, interval * 1000000)
        return bits

    def _put_frame(self, current):
        self.frames += 1
        backlog = self._backlog
        frame.encode_into(
            backlog.buffer,
            backlog.slot(),
            self.layout,
            0,
            half.UNKNOWN if self._voltage is None else half.from_milli(self._voltage),
            current,
            self._temperature,
            self._soc,
            self._min_mv,
            self._max_mv,
            self._min_cell,
            self._max_cell,
        )
        backlog.put(self._stamp)

    def _empty(self):
        """Begin a frame."""
        self._charge = 0  # mA s
        self._rest = 0  # mA ms beside it
        self._known_ms = 0  # time of known current
        self._blind = False  # was there time of unknown current?
