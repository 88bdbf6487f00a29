"""Days: the hours of each local day as one record of docs/format.md.

Nothing is remembered from one call to the next: what lies in `hours` behind the end of the newest
day is pending. A day is written when the clock says that it is over, or when records of another day
follow. Records that nobody can date make a day of their own, of 24 hours. So a power cut at any
moment costs nothing, and no hour is in two days.
"""

import struct

from store import frame, hours, kernels, segment
from store.bounds import COUNT, MAX_CELL, MIN_CELL, SOC, TEMPERATURE
from store.series import RESUME

PASSING = True

UNDATED = 0  # instead of a local day
_CLOCK_S = 60  # records of this boot that are off by more are dated by the clock as it is now
_UNKNOWN = 65535


class Dating:
    """When records began. at_zero: UTC at uptime 0 of that boot, None if it is not known."""

    def __init__(self, boot, at_zero, local):
        self._boot = boot
        self._at_zero = at_zero
        self._local = local

    def utc(self, boot, begin, said):
        """UTC at which a record began that says that; 0 if nobody knows."""
        if boot == self._boot and self._at_zero is not None:
            utc = self._at_zero + begin
            if abs(utc - said) > _CLOCK_S:
                return utc
        return said

    def local_time(self, utc):
        """Seconds since 1970 by local clocks."""
        return utc + self._local.offset(utc) if self._local else utc

    def day(self, utc):
        """The local day of that moment."""
        return self.local_time(utc) // hours.DAY_S if utc else UNDATED


def work(rollup, clock, now):
    """Generator: write the days of a store.rollup.Rollup that are over.

    clock: the newest anchor, None if there is none. now: uptime.
    """
    if rollup.compactor:
        rollup.compactor.stop()  # its files are looked at anew
    source = rollup.series
    target = rollup.make(segment.DAYS, 2)
    kernels.forget(RESUME)
    target.join(source.boot, source.header.log)
    yield
    dating = Dating(source.boot, clock and clock[1] - clock[0], rollup.local)
    today = dating.day(dating.utc(source.boot, now, 0))
    spans = []  # (day, s) of each pending record
    for record in _pending(source, target, dating):
        if record:
            spans.append((dating.day(record.utc), record.end - record.begin))
        else:
            yield
    records = _pending(source, target, dating)
    for day, count in _over(spans, today):
        made = Day(day, dating, rollup.capacity_ah)
        while count:
            record = next(records)
            if record:
                made.take(record)
                count -= 1
            else:
                yield
        if not made.append(target):
            break
        yield
    _let_go(source, target)
    target.leave()
    rollup.compactor = target.compactor if target.compactor.waiting() else None


def _over(spans, today):
    """[(day, how many records)] of the groups that are over, of (day, s) in order."""
    days = [day for day, _ in spans]
    known = None  # the newest dated record
    for i in range(len(days)):
        if days[i] != UNDATED:
            if known is not None and days[known] == days[i]:  # what lies between is of that day
                days[known:i] = [days[i]] * (i - known)
            known = i
    groups = []
    begun = 0
    length = 0
    for i in range(len(days)):
        if i > begun and (days[i] != days[begun] or _is_full(days[begun], length)):
            groups.append((days[begun], i - begun))
            begun = i
            length = 0
        length += spans[i][1]
    if not days:
        return groups
    last = days[begun]
    if last == UNDATED:
        if _is_full(last, length):
            groups.append((last, len(days) - begun))
        elif groups and groups[-1][0] >= max(today, 1):
            groups.pop()  # it may turn out that these are of the same day
    elif today > last:
        groups.append((last, len(days) - begun))
    return groups


def _is_full(day, length):
    return day == UNDATED and length >= hours.DAY_S


class _Record:
    """One of the hours' records: buf[at:]."""

    def __init__(self, boot, begin, end, utc, buf, at):
        self.boot = boot
        self.begin = begin
        self.end = end
        self.utc = utc
        self.buf = buf
        self.at = at


def _pending(source, target, dating):
    """Generator: each _Record behind the end of the newest day; None after each piece read."""
    behind = _end(target)
    size = hours.SIZE
    buf = bytearray(segment.BUFFER // size * size)
    for path, header in _files(source):
        boot, end = header.boot, header.uptime
        base = end
        place = header.header_size
        count = len(buf)
        while count == len(buf):
            with open(path, "rb") as file:  # anew each time: the log goes on
                file.seek(place)
                count = file.readinto(buf)
            place += count
            for at in range(0, count - size + 1, size):
                kind = frame.mark_kind(buf, at)
                if kind == frame.RUN:
                    boot, base = frame.mark_values(buf, at)
                if kind in (0, frame.RUN):
                    begin = end
                    end = base + (buf[at] | buf[at + 1] << 8)
                if not kind and (boot, end) > behind:
                    utc = dating.utc(boot, begin, struct.unpack_from("<I", buf, at + 4)[0])
                    yield _Record(boot, begin, end, utc, buf, at)
            yield None


def _end(target):
    """(boot, uptime) at which the newest day ends. Where a shard ends is not known: all of its boot
    counts as written then.
    """
    return target.tail or (target.last_boot, 1 << 32)


def _files(source):
    """(path, Header) of the newest two segments, if they are this log's."""
    found = []
    for sequence in sorted(source.files.segments)[-2:]:
        path = source.files.path(sequence)
        try:
            header = segment.read_header(path)
        except (OSError, segment.SegmentError):
            continue
        if (header.log, header.record_size) == (source.header.log, hours.SIZE):
            found.append((path, header))
    return found


def _let_go(source, target):
    """Let those segments of the hours be compacted that are not needed any more."""
    for sequence in sorted(source.files.segments)[-2:]:
        try:
            header = segment.read_header(source.files.path(sequence))
        except (OSError, segment.SegmentError):
            continue
        if (header.boot, header.uptime) <= _end(target):
            source.compactor.needed = sequence


class Day:
    """What some records of the hours come to."""

    def __init__(self, day, dating, capacity_ah):
        self._day = day
        self._dating = dating
        self._capacity = capacity_ah
        self._utc = None
        self._boot = self._end = self._length = 0
        self._seconds = 0
        self._low = [_UNKNOWN] * COUNT
        self._high = [-1] * COUNT
        self._sums = [0] * COUNT
        self._weights = [0] * COUNT
        self._currents = None
        self._units = (0, 0, 0, 0)
        self._cells = [hours.UNKNOWN_BYTE] * 2
        self._soc_at = [_UNKNOWN] * 2  # minutes

    def take(self, record):
        """Add a record."""
        buf, at = record.buf, record.at
        if self._utc is None:
            self._utc = record.utc
        self._boot, self._end = record.boot, record.end
        covered = buf[at + 2] | buf[at + 3] << 8
        self._seconds += covered
        numbers = struct.unpack_from("<4I2B2H", buf, at + hours.SUMS)
        self._units = [self._units[i] + numbers[i] for i in range(4)]
        for i in range(COUNT):
            self._take_values(i, record, covered, numbers[4:])
        low, high = struct.unpack_from("<hh", buf, at + hours.CURRENTS)
        if low != hours.UNKNOWN_CURRENT:
            before = self._currents or (low, high)
            self._currents = min(low, before[0]), max(high, before[1])
        self._length += record.end - record.begin

    def _take_values(self, i, record, covered, extremes):
        low, mean, high = _values(record.buf, record.at, i)
        if low > high or low == hours.unknown(i):
            return
        if low < self._low[i]:
            self._low[i] = low
            if i == MIN_CELL:
                self._cells[0] = extremes[0]
            elif i == SOC:
                self._soc_at[1] = self._minute(record, extremes[3])
        if high > self._high[i]:
            self._high[i] = high
            if i == MAX_CELL:
                self._cells[1] = extremes[1]
            elif i == SOC:
                self._soc_at[0] = self._minute(record, extremes[2])
        self._sums[i] += mean * covered
        self._weights[i] += covered

    def _minute(self, record, second):
        """The minute of the day, or of the records if nobody knows the day."""
        if self._day == UNDATED or not record.utc:
            return (self._length + second) // 60
        return self._dating.local_time(record.utc + second) % hours.DAY_S // 60

    def append(self, target):
        """Write the day's record. False if the flash failed."""
        buf = bytearray(target.header.record_size)
        currents = self._currents or (hours.UNKNOWN_CURRENT,) * 2
        struct.pack_into("<HHI", buf, 0, 0, self._day, self._utc or 0)
        struct.pack_into("<hh", buf, hours.CURRENTS, *currents)
        for i in range(COUNT):
            low, weight = self._low[i], self._weights[i]
            mean = (self._sums[i] + weight // 2) // weight if weight else low
            high = _UNKNOWN if self._high[i] < 0 else self._high[i]
            hours.put_values(buf, 0, i, low, mean, high)
        cycles = _UNKNOWN
        if self._capacity:
            moved = self._units[0] + self._units[1]
            cycles = min((10 * moved // self._capacity + 1) // 2, _UNKNOWN - 1)
        rest = self._cells + [self._seconds] + self._soc_at + [cycles]
        struct.pack_into("<4I2BIHHH", buf, hours.SUMS, *self._units, *rest)
        return target.append(self._boot, self._end, self._end, buf)


def _values(buf, at, i):
    """The lowest, mean and highest of value i of a record."""
    return struct.unpack_from("<3H" if i < TEMPERATURE else "<3B", buf, at + hours.PLACES[i])
