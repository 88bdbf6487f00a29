"""Hours: what the readings of an hour come to, as a record of docs/format.md.

A reading stands for the time since the reading before it, unless that is longer than gap_s. Charge
and energy are counted exactly: what a record cannot say is left for the next one. A record ends
where a local hour does, to the second; while there is no clock, at each hour of uptime. Nothing is
allocated per reading, and no number exceeds 2**30 (of packs below 300 V and 1000 A).
"""

import struct
from array import array

from lib import once
from store.bounds import COUNT, MAX_CELL, MIN_CELL, SOC, TEMPERATURE, UNKNOWN, VOLTAGE

SIZE = 58
HOUR_S, DAY_S = 3600, 86400
CURRENTS, SUMS = 14, 36  # offsets in a record: currents, sums and what follows them
PLACES = b"\x08\x12\x18\x1e\x21"  # offsets of the lowest, mean, highest of store.bounds' values
UNKNOWN_CURRENT, UNKNOWN_WORD, UNKNOWN_BYTE = -32768, 65535, 255
JUMP_S = 2  # the clock moves by less: only the end of the record moves with it

# From a value to what the record says: (value + zero) * factor / divisor
_ZEROS = (0, 0, 0, 400, 0)
_FACTORS = b"\1\1\1\1\2"
_DIVISORS = b"\x0a\1\1\5\1"
# mA s in 10 mAh, mJ in 0.1 Wh, which records count in: charge in and out, energy in and out
_UNITS = (36000, 36000, 360000, 360000)
_FAR = (1 << 30) - 1


class Hours:
    """Puts RUN marks and records into a Backlog. Times are uptime in s unless they say otherwise.

    local: a lib.local_time.LocalTime, None for UTC. units: charge in and out, energy in and out of
    the record in the making; sums: of all before it; rests: mA s and mJ beside both together.
    """

    @once.packs
    def __init__(self, backlog, local, gap_s):
        self.making = False  # is there a record in the making?
        self.begin = self.until = 0  # its begin; where it ends at the latest
        self.stamp = 0  # of the last reading
        self.day_over = False  # has a local day ended?
        self._backlog = backlog
        self._local = local
        self._gap_ms = 1000 * gap_s
        self._clock = None  # UTC at uptime 0
        self._utc = 0  # at the begin, 0 not known
        self._day = -1
        self._run = True  # is it not the continuation of the one before?
        self._seconds = self._ms = 0  # of the last reading
        self._covered = self._covered_ms = 0
        self._weight = 0  # whole seconds that the means are of
        self.units = array("I", [0] * 4)
        self.sums = array("I", [0] * 4)
        self.rests = array("I", [0] * 4)
        self._fine = array("H", [0] * 4)  # thousandths beside the rests
        self._sample = self._values = None  # the reading at hand
        self._low_current = self._high_current = 0
        self._low = [0] * COUNT
        self._high = [0] * COUNT
        self._totals = [0] * COUNT  # value x weight
        self._missing = [0] * COUNT  # weight without a value
        self._cells = bytearray(2)  # which was the lowest, the highest
        self._soc_at = array("H", [0] * 2)  # s after the begin: first at its highest, lowest

    def add(self, sample, values, seconds, ms):
        """Take in a reading; values are what the sampler has made of it (store.bounds' places)."""
        self._sample = sample
        self._values = values
        if self.making:
            elapsed = (seconds - self._seconds) * 1000 + ms - self._ms
            if elapsed < 0:
                return  # older than what is counted already
            if elapsed > self._gap_ms:
                self._pause(seconds, ms)
        if not self.making:
            self._at(seconds, ms)
            self._run = True
            self._open()
        self._widen()
        while seconds >= self.until:
            self._advance(self.until, 0)
            self._put()
            self._open()
            self._widen()
        self._advance(seconds, ms)

    def clock(self, now, utc):
        """It is utc at uptime now. A record that cannot stay within its hour ends here."""
        before, self._clock = self._clock, utc - now
        if before is not None and abs(self._clock - before) < JUMP_S:
            self.until = max(self.until + before - self._clock, self._seconds + 1)
            return
        self.day_over = True  # other records may have a date now
        if self.making:
            self._date()
            if self.until <= self._seconds:
                self._put()
                self._open()

    def look(self, now):
        """Have a record end that silence has kept from it."""
        if self.making and now > self.until + self._gap_ms // 1000:
            self.finish()
            self.day_over = True

    def finish(self):
        """End the record at the last reading: the next reading begins another one."""
        if self.making:
            self._put()
            self.making = False

    def total(self, i, scale):
        """Sum i up to now, in mAh (scale 10) or mWh (100): the rests are in 1/3600 of these."""
        return (self.sums[i] + self.units[i]) * scale + self.rests[i] // 3600

    def encode(self, buf, at):
        """Write the record as if it ended with the last reading; its timestamp is its length."""
        length = self.stamp - self.begin
        struct.pack_into("<HHI", buf, at, length, self._covered, self._utc)
        for i in range(COUNT):
            self._encode_values(buf, at, i)
        low, high = _tenths(self._low_current), _tenths(self._high_current)
        if low > high:
            low = high = UNKNOWN_CURRENT
        struct.pack_into("<hh", buf, at + CURRENTS, low, high)
        struct.pack_into("<4I", buf, at + SUMS, *self.units)
        buf[at + SUMS + 16 : at + SUMS + 18] = self._cells
        struct.pack_into("<HH", buf, at + SUMS + 18, *self._soc_at)

    def _at(self, seconds, ms):
        self._seconds = seconds
        self._ms = ms
        self.stamp = seconds + (ms >= 500)

    def _pause(self, seconds, ms):
        """There was silence up to now."""
        if seconds >= self.until:
            self._put()
            self.making = False
        else:
            self._at(seconds, ms)

    def _open(self):
        """Begin a record at the last reading."""
        self.making = True
        self.begin = self.stamp
        self._weight = 0
        for i in range(COUNT):
            self._low[i] = _FAR
            self._high[i] = -_FAR
            self._totals[i] = self._missing[i] = 0
        self._low_current = _FAR
        self._high_current = -_FAR
        self._cells[0] = self._cells[1] = UNKNOWN_BYTE
        self._soc_at[0] = self._soc_at[1] = UNKNOWN_WORD
        self._date()

    def _date(self):
        """Find out when the record began, and where it has to end."""
        self._utc = 0
        local = self.begin
        if self._clock is not None:
            self._utc = local + self._clock
            local = self._utc
            if self._local:
                local += self._local.offset(local)
        self.until = self.begin + HOUR_S - local % HOUR_S
        day = local // DAY_S
        if day != self._day:
            self._day = day
            self.day_over = True

    def _put(self):
        """The record ends at the last reading."""
        backlog = self._backlog
        if self._run:
            backlog.put_run(self.begin)
        elif self.stamp <= self.begin:
            return  # less than a second: it goes on in the next one
        self._run = False
        self.encode(backlog.buffer, backlog.slot())
        backlog.put(self.stamp)
        for i in range(4):
            self.sums[i] += self.units[i]
            self.units[i] = 0
        self._covered = 0

    # Functions of few variables: MicroPython keeps the others' on the heap

    def _widen(self):
        """Take the reading into the lowest and highest."""
        low, high = self._low, self._high
        for i in range(COUNT):
            value = self._values[i]
            if value != UNKNOWN:
                if value < low[i]:
                    low[i] = value
                    self._lowest(i)
                if value > high[i]:
                    high[i] = value
                    self._highest(i)

    def _lowest(self, i):
        if i == MIN_CELL:
            self._cells[0] = _number(self._sample.min_cell)
        elif i == SOC:
            self._soc_at[1] = max(0, self.stamp - self.begin)

    def _highest(self, i):
        if i == MAX_CELL:
            self._cells[1] = _number(self._sample.max_cell)
        elif i == SOC:
            self._soc_at[0] = max(0, self.stamp - self.begin)

    def _advance(self, seconds, ms):
        """Count the time up to then: the reading stands for it."""
        elapsed = (seconds - self._seconds) * 1000 + ms - self._ms
        stamp = self.stamp
        self._at(seconds, ms)
        self._weigh(self.stamp - stamp)
        self._cover(elapsed)
        current = self._sample.current
        if current is not None:
            self._bound(current)
            self._flow(current, elapsed)

    def _weigh(self, weight):
        self._weight += weight
        totals = self._totals
        for i in range(COUNT):
            value = self._values[i]
            if value == UNKNOWN:
                self._missing[i] += weight
            else:
                totals[i] = totals[i] + value * weight  # += would take more slots

    def _cover(self, ms):
        ms += self._covered_ms
        self._covered += ms // 1000
        self._covered_ms = ms % 1000

    def _bound(self, current):
        if current < self._low_current:
            self._low_current = current
        if current > self._high_current:
            self._high_current = current

    def _flow(self, current, ms):
        """Count charge and energy; the current's sign says which way."""
        way = 0
        if current < 0:
            way = 1
            current = -current
        self._count(way, current, ms)
        voltage = max(0, self._values[VOLTAGE])  # 0: not known
        voltage = voltage * (current // 1000) + voltage * (current % 1000) // 1000  # mW now
        self._count(2 + way, voltage, ms)

    def _count(self, i, rate, ms):
        """Add what flows in that time."""
        fine = self._fine[i] + rate % 1000 * (ms % 1000)
        self._fine[i] = fine % 1000
        rest = self.rests[i] + rate * (ms // 1000) + rate // 1000 * (ms % 1000) + fine // 1000
        rate = _UNITS[i]
        if rest >= rate:
            self.units[i] += rest // rate
            rest %= rate
        self.rests[i] = rest

    def _encode_values(self, buf, at, i):
        low, high = self._low[i], self._high[i]
        if low > high:
            put_values(buf, at, i, UNKNOWN_WORD, UNKNOWN_WORD, UNKNOWN_WORD)
            return
        weight = self._weight - self._missing[i]
        total = self._totals[i]
        if not weight:
            total, weight = low, 1
        put_values(buf, at, i, _said(i, low, 1), _said(i, total, weight), _said(i, high, 1))


def put_values(buf, at, i, low, mean, high):
    """Write the lowest, mean and highest of value i into a record."""
    if i < TEMPERATURE:
        struct.pack_into("<3H", buf, at + PLACES[i], low, mean, high)
    else:
        struct.pack_into("<3B", buf, at + PLACES[i], low & 255, mean & 255, high & 255)


def unknown(i):
    """What each of them is if value i is not known."""
    return UNKNOWN_WORD if i < TEMPERATURE else UNKNOWN_BYTE


def _number(cell):
    return UNKNOWN_BYTE if cell is None else cell


def _tenths(current):
    """mA in 0.1 A."""
    return min(max((current + 50) // 100, -32767), 32767)


def _said(i, total, weight):
    """What a record says of the mean of value i."""
    number = (total + _ZEROS[i] * weight) * _FACTORS[i]
    divisor = weight * _DIVISORS[i]
    return min(max((number + divisor // 2) // divisor, 0), unknown(i) - 1)
