"""Sampler: which readings become frames. With tolerances, a frame stands for as many as it can.

A reading's current stands for the time since the reading before it, unless that is longer than
gap_s: silence carries no charge. With tolerances a frame goes on across short silence, and a GAP
says which seconds of it are silent. A frame says the mean current over the whole seconds since the
frame before it, and voltage, temperature, SoC and cells for all of that time: those of its last
reading, or those said before as long as there is only noise between them.
"""

from lib import once
from store import frame, half
from store.bounds import (
    COUNT,
    MAX_CELL,
    MIN_CELL,
    SOC,
    TEMPERATURE,
    UNKNOWN,
    VOLTAGE,
    Bounds,
)
from store.charge import Charge

_HIGHEST = 65504000  # mA or mV, the largest half
_NOTHING = 1 << 28  # no value: nothing was said yet
_STEP_PAUSE_S = 6 * 3600  # steps closer together than that say nothing new of the resistance
_FIRST_SPAN_S = 2  # a Chargery tells its cells every 2 s
_LAST_SPAN_S = 32
_BRIDGED_MS = 300000  # longer silence ends the run
_MOST_GAPS = 4  # in a frame: store.series keeps room for them


class Sampler:
    """Puts RUN marks and frames of a layout into a Backlog. Attributes without _ may be read.

    interval_s is the longest frame. tolerances (store.bounds.Tolerances) end it earlier, and let
    noise be told from news; None: every frame is as long, and says its last reading exactly.
    """

    @once.packs
    def __init__(self, backlog, layout, interval_s=10, gap_s=15, tolerances=None):
        self.layout = layout
        self.frames = 0
        self._backlog = backlog
        self._interval = interval_s
        self._gap_ms = gap_s * 1000
        self._step = tolerances.step if tolerances else 0
        self._bounds = Bounds(tolerances) if tolerances else None
        self._charge = Charge(tolerances)
        self._running = False
        self._seconds = self._ms = 0  # of the last reading
        self.closed = 0  # uptime of the last frame
        self.stamp = 0  # of the last reading
        self._last = [UNKNOWN] * COUNT  # the last reading
        self._new = [UNKNOWN] * COUNT  # the one at hand
        self._said = [_NOTHING] * COUNT  # in the last frame
        self._min_cell = self._max_cell = None  # of the last reading
        self._said_min = self._said_max = None
        self._last_current = self._current = None
        self._step_at = -_STEP_PAUSE_S
        self._span = 0  # s: the longest frame for the moment, 0: interval_s
        self._bits = None  # the current of a frame that is about to be put
        self._silent = 0  # s of silence since closed, and how many GAPs say so
        self._gaps = 0
        self._exact = False  # is the next frame to say the last reading even if it is noise?
        self._empty()

    def add(self, sample, seconds, ms):
        """Take in the reading of uptime seconds + ms."""
        if self._running:
            elapsed = (seconds - self._seconds) * 1000 + ms - self._ms
            if elapsed < 0:
                return  # older than what is counted already
            if elapsed > self._gap_ms:
                if self._bounds and elapsed <= _BRIDGED_MS:
                    self._bridge(sample, seconds, ms)
                    return
                self.finish()
        self._look(sample)
        if self._running:
            if self._bounds:
                self._keep_within(elapsed)
            self._count(elapsed)
            self._remember(sample, seconds, ms)
            if self.stamp - self.closed >= (self._span or self._interval):
                self._close_in_time()
        else:
            self._remember(sample, seconds, ms)
            self._begin()

    def values(self):
        """What the last reading said: a value at each of store.bounds' places."""
        return self._last

    def finish(self):
        """End the run at the last reading: the next one begins a new run."""
        if self._running:
            self._close(True)
            self._running = False

    def draft(self, record):
        """Write the frame in the making into record, as if it ended with the last reading.

        Returns the uptimes at which it begins and ends, (0, 0) if it is shorter than a second.
        """
        if not self._running or self.stamp - self.closed <= self._silent:
            return 0, 0
        current = self._charge.so_far() if self._charge.ms else half.UNKNOWN
        self._encode(record, 0, self._last, current)
        return self.closed, self.stamp

    def _begin(self):
        """A new run. Its first reading is a frame at once, of no duration."""
        if self.frames and self.stamp <= self.closed:
            self.stamp = self.closed + 1
        self._running = True
        self.closed = self.stamp
        self._silent = self._gaps = 0
        self._span = 0
        self._exact = True
        self._backlog.put_run(self.stamp)
        current = self._current
        self._put_frame(half.UNKNOWN if current is None else half.from_milli(current))

    def _bridge(self, sample, seconds, ms):
        """Go on after short silence: in the frame in the making, if the reading at hand fits."""
        self._look(sample)
        if self._gaps == _MOST_GAPS or not self._fits(0):
            self._exact = self._span > 0
            self._close()
        self._span = 0
        begin = self.stamp
        self._count(0)
        self._remember(sample, seconds, ms)
        # No reading is within the seconds that are said to be silent: these are a few less
        end = self.stamp - self.stamp % frame.GAP_STEP_S
        if begin > self.closed:
            begin += -begin % frame.GAP_STEP_S
        if end > begin:
            self._gaps += 1
            self._silent += end - begin
            self._backlog.put_run(end, frame.GAP, end - begin + begin % frame.GAP_STEP_S)

    def _look(self, sample):
        """Note what the reading says; what cannot be is not known."""
        new = self._new
        new[VOLTAGE] = _within(sample.voltage, 0, _HIGHEST)
        new[MIN_CELL] = _within(sample.min_cell_voltage, 0, frame.HIGHEST_MV)
        new[MAX_CELL] = _within(sample.max_cell_voltage, 0, frame.HIGHEST_MV)
        new[TEMPERATURE] = _within(sample.temperature, -1000, 10000)
        new[SOC] = _within(sample.soc, 0, 100)
        current = _within(sample.current, -_HIGHEST, _HIGHEST)
        self._current = None if current == UNKNOWN else current

    def _keep_within(self, elapsed):
        """End the frame before the reading at hand, if that is too far off for it."""
        step = self._is_step()
        if step or not self._fits(elapsed):
            self._exact = step or self._span > 0
            self._close_early()
            if self._span > _FIRST_SPAN_S:
                self._span = 0
        if step:
            self._step_at = self._seconds
            self._span = _FIRST_SPAN_S

    def _fits(self, elapsed):
        charge = self._charge
        after = 0 if self._current is None else charge.after(self._current, elapsed)
        return self._bounds.fits(self._new, self._current, after, charge.ms + elapsed)

    def _is_step(self):
        """Has the load changed so much that the cells' answer to it is worth some frames?"""
        if not self._step or self._current is None or self._last_current is None:
            return False
        if abs(self._current - self._last_current) < self._step:
            return False
        return self._seconds - self._step_at >= _STEP_PAUSE_S

    def _close_early(self):
        """Write the frame up to the last reading, if there is a second for it to stand at.

        That is the one nearest to it: a second more would be the next reading's, which is another.
        If the frame then says a time that is off by more than half of what was counted, the reading
        at hand shares it.
        """
        counted = self._charge.ms
        said = (self.stamp - self.closed) * 1000
        if not counted or self._gaps or 2 * abs(said - counted) <= said:
            self._close()

    def _close_in_time(self):
        """Write the frame; after a step the next one is longer, as the voltage settles."""
        self._exact = self._span > 0
        self._close()
        self._span = 4 * self._span if self._span < _LAST_SPAN_S else 0

    def _count(self, elapsed):
        """Add what flowed since the reading before."""
        current = self._current
        charge = self._charge
        if (charge.ms if current is None else self._blind) and elapsed:
            self._close()  # a frame's current is known throughout, or not at all
        if current is None:
            self._blind = self._blind or elapsed > 0
        else:
            charge.count(current, elapsed)
        if self._bounds:
            self._bounds.take(self._new, current, charge.sum, charge.ms)

    def _remember(self, sample, seconds, ms):
        self._seconds = seconds
        self._ms = ms
        self.stamp = seconds + (ms >= 500)
        self._last, self._new = self._new, self._last
        self._last_current = self._current
        self._min_cell = self._name(sample, MIN_CELL, sample.min_cell, self._said_min)
        self._max_cell = self._name(sample, MAX_CELL, sample.max_cell, self._said_max)

    def _name(self, sample, place, cell, said):
        """The cell that is the lowest or highest: the one said, if there is only noise between."""
        if not self._bounds or cell is None or said is None or said >= sample.cell_count:
            return cell
        noise = self._bounds.noise(place)
        return said if noise and abs(sample.cells[said] - self._last[place]) <= noise else cell

    def _close(self, final=False):
        """Write the frame up to the last reading, if that is a second or more."""
        charge = self._charge
        interval = self.stamp - self.closed - self._silent
        if interval > 0:
            # Ctrl-C can come anywhere in here: what was not put then is put by finish().
            if self._bits is None:
                bits = half.UNKNOWN
                if charge.ms:
                    ahead = (self._seconds - self.stamp) * 1000 + self._ms
                    bits = charge.mean(interval, ahead, final)
                self._bits = bits
            self._put_frame(self._bits)
            self.closed = self.stamp
            self._silent = self._gaps = 0
            self._bits = None
        else:
            charge.give_up()
        self._empty()

    def _put_frame(self, current):
        self.frames += 1
        for i in range(COUNT):
            self._say(i)
        self._said_min = self._min_cell
        self._said_max = self._max_cell
        backlog = self._backlog
        self._encode(backlog.buffer, backlog.slot(), self._said, current)
        backlog.put(self.stamp)

    def _encode(self, buf, offset, values, current):
        voltage = values[VOLTAGE]
        frame.encode_into(
            buf,
            offset,
            self.layout,
            0,
            half.UNKNOWN if voltage == UNKNOWN else half.from_milli(voltage),
            current,
            _or_none(values[TEMPERATURE]),
            _or_none(values[SOC]),
            _or_none(values[MIN_CELL]),
            _or_none(values[MAX_CELL]),
            self._min_cell,
            self._max_cell,
        )

    def _say(self, i):
        """What the frame says of values[i]: the same as the last one, if that is only noise off."""
        bounds = self._bounds
        if self._exact or not bounds or not bounds.only_noise(i, self._said[i]):
            self._said[i] = self._last[i]

    def _empty(self):
        """Begin a frame."""
        self._charge.empty()
        self._blind = False  # was there time of unknown current?
        if self._bounds:
            self._bounds.empty()


def _within(value, lowest, highest):
    return UNKNOWN if value is None or not lowest <= value <= highest else value


def _or_none(value):
    return None if value == UNKNOWN else value
