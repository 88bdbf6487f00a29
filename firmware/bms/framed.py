"""The base of the decoders: pending bytes, resynchronisation, numbers in tables, cells, and doubt.

A BMS lists its numbers as rows (columns below); a decoder reads them from the first pending frame.
It has FIRST, the byte that begins a frame, and these methods:
- _length(): the length of the first pending frame; 0 if no frame begins there; more than is pending
  as long as the length is not known.
- _take(length): take and drop that frame; False if its sum or a value is wrong.
- _is_cut_off(): True if the pending bytes are the beginning of a frame for sure.

A function with more than 11 slots (locals and stack) has its frame on the heap: those that run for
every reading have fewer.

Eight bits of sum let one damaged frame in 256 pass. So a frame is compared with the last one that
counted: if it says what a pack cannot have become in the time, it counts only if a second one says
the same. A Memory holds both frames, as they came.
"""

import struct

from lib import once
from sample import Sample

# Columns of a row: name or index in the Sample; 1, 2 or 4 bytes (below 0: signed); factor; from
# PLACE on, a column a layout, the place in a frame (0: this layout does not have it). The last
# three, before the factor: the lowest and the highest number, and the step by which it may differ
# from the frame before. A number out of range is unknown.
NAME, SIZE, SCALE, PLACE = 0, 1, 2, 3
LOWEST, HIGHEST, STEP = -3, -2, -1
ANY = 1 << 29  # a step that is always allowed

FORGOTTEN = 2  # frames that count behind one in doubt: that is forgotten
PIECE = 256  # bytes that are copied at a time


def high_first(buf, at, size):
    """The number of 1, 2 or 4 bytes, high byte first; size below 0: signed."""
    if size == 2:  # most are
        return buf[at] << 8 | buf[at + 1]
    if size == 1:
        return buf[at]
    value = buf[at] << 8 | buf[at + 1]
    if size < 0 and value & 0x8000:
        value -= 0x10000  # the sign first: a small negative number is never a big one on the way
    return value if size & 2 else (value << 8 | buf[at + 2]) << 8 | buf[at + 3]


def low_first(buf, at, size):
    """The same, low byte first."""
    if size == 2:
        return buf[at + 1] << 8 | buf[at]
    if size == 1:
        return buf[at]
    last = at + 1 if size & 2 else at + 3
    value = buf[last] << 8 | buf[last - 1]
    if size < 0 and value & 0x8000:
        value -= 0x10000
    return value if size & 2 else (value << 8 | buf[at + 1]) << 8 | buf[at]


def low_words(buf, at, target, count):
    """Read count numbers of two bytes into a list, low byte first."""
    for i in range(count):
        target[i] = buf[at + 1] << 8 | buf[at]
        at += 2


class Memory:
    """The last frame of a kind that counted, and the last one in doubt; all 0: none yet.

    odd, doubted_odd: what was odd about them, in bits of the decoder's own. since: how many have
    counted since the one in doubt. twice: the first one, too, counts only if a second one agrees.
    """

    def __init__(self, longest, twice):
        self.twice = twice
        self.frame = bytearray(longest)
        self.doubted = bytearray(longest)
        self.odd = self.doubted_odd = self.since = 0


class Decoder:
    """on_sample(sample) is called for each reading, always with the same Sample.

    cells is how many are wired, 0 if the BMS decides. kinds: of frames, to be counted; longest: of
    a frame, in bytes; read: high_first or low_first.
    """

    kept = 0  # how long a decoder keeps what other frames said, see bms/chargery.py

    @once.packs
    def __init__(self, on_sample, cells, kinds, longest, read=low_first):
        self.sample = Sample()
        self.stats = {
            "accepted": dict.fromkeys(kinds, 0),
            "rejected": 0,  # began like a frame: length, sum or values disagree, or in doubt
            "bytes_skipped": 0,  # belong to no accepted frame
        }
        self._on_sample = on_sample
        self._cells = cells
        self._buf = bytearray(longest + PIECE)
        self._start = self._end = 0  # the pending bytes
        self._read = read
        self._column = PLACE  # that of the frame's layout
        self._other = None  # the frame that the first pending one is compared with
        self._times = 1  # a step
        self._is_first = False  # the first of its kind, and to come twice: nothing is wrong with it

    def request(self):
        """What to send to the BMS now, b"" for nothing. Called when the link is up, then every
        second.
        """
        return b""

    def forget(self):
        """The link is a new one: drop the pending bytes."""
        self._skip(self._end - self._start)

    def feed(self, data, count=None):
        """Take the first count bytes (all by default) of the stream's next piece."""
        if count is None:
            count = len(data)
        at = 0
        while at < count:
            size = min(PIECE, count - at)
            self._append(data, at, size)
            at += size
            self._search()

    def finish(self):
        """The stream has ended: take the frames within what is pending. The frame that the end cuts
        off counts as rejected.
        """
        while self._start < self._end:
            if self._is_cut_off():
                self.stats["rejected"] += 1
            self._skip_on()
            self._search()

    # The pending bytes

    def _append(self, data, at, size):
        if self._end + PIECE > len(self._buf):
            self._make_room()
        if at or type(data) is memoryview:
            self._copy(data, at, size)
        else:  # pack_into takes bytes, from the first on; padding is overwritten by the next piece
            struct.pack_into("256s", self._buf, self._end, data)
        self._end += size

    def _copy(self, data, at, size):
        buf = self._buf
        for i in range(size):
            buf[self._end + i] = data[at + i]

    def _make_room(self):
        buf = self._buf
        pending = self._end - self._start
        for i in range(pending):
            buf[i] = buf[self._start + i]
        self._start = 0
        self._end = pending

    def _search(self):
        """Decide about the pending bytes, from the first on, as far as they allow it."""
        while self._start < self._end:
            length = self._length()
            if not length:
                self._skip_on()
            elif length > self._end - self._start:
                return
            elif not self._take(length):
                self.stats["rejected"] += not self._is_first
                self._is_first = False
                self._skip_on()

    def _skip_on(self):
        """Skip the first pending byte, and on to where a frame may begin."""
        buf = self._buf
        at = self._start + 1
        while at < self._end and buf[at] != self.FIRST:
            at += 1
        self._skip(at - self._start)

    def _skip(self, count):
        self.stats["bytes_skipped"] += count
        self._drop(count)

    def _drop(self, count):
        """Remove the first pending bytes."""
        self._start += count
        if self._start == self._end:
            self._start = self._end = 0

    def _sum(self, count):
        """Of the first pending bytes, mod 256."""
        buf = self._buf
        i = self._start
        end = i + count
        total = 0
        while i + 4 <= end:
            total += buf[i] + buf[i + 1] + buf[i + 2] + buf[i + 3]
            i += 4
        while i < end:
            total += buf[i]
            i += 1
        return total & 0xFF

    # What the first pending frame says

    def _number(self, place, size):
        return self._read(self._buf, self._start + place, size)

    def _value(self, row):
        """None if the layout does not have it, or it is out of range."""
        place = row[self._column]
        if place:
            value = self._read(self._buf, self._start + place, row[SIZE])
            if row[LOWEST] <= value <= row[HIGHEST]:
                return value * row[SCALE]
        return None

    def _fit(self, rows):
        """Are all numbers that the layout has within their ranges?"""
        for row in rows:  # noqa: SIM110 - a generator would be allocated
            if not self._is_in_range(row):
                return False
        return True

    def _is_in_range(self, row):
        if not row[self._column]:
            return True
        value = self._number(row[self._column], row[SIZE])
        return row[LOWEST] <= value <= row[HIGHEST]

    def _put(self, rows):
        """Set the Sample's attributes. What the layout does not have stays as it is."""
        i = len(rows)
        while i:
            i -= 1
            row = rows[i]
            if row[self._column]:
                value = self._value(row)
                setattr(self.sample, row[NAME], value)

    def _put_into(self, target, rows):
        """Set the entries of a list or a dict, None for what the layout does not have."""
        i = len(rows)
        while i:
            i -= 1
            row = rows[i]
            value = self._value(row)
            target[row[NAME]] = value

    def _bits(self, rows):
        """The names, which are bits, of those that are not 0; None if the layout has none."""
        bits = None
        for row in rows:
            if row[self._column]:
                bits = bits or 0
                if self._value(row):
                    bits |= row[NAME]
        return bits

    # Doubt

    def _is_believed(self, memory, odd):
        """Whether the first pending frame counts. It is remembered in any case.

        A decoder has _agrees(): does it differ from the frame _other by _times its step at most?
        odd: what is odd about it, by bits, that may be so of this unit: the first frame has to be
        without, a later one has to have been so before.
        """
        right = not odd & ~memory.odd
        if right:
            if memory.frame[0]:
                self._other = memory.frame
                right = self._agrees()
            else:
                right = not memory.twice
        if not right and memory.doubted[0] and odd == memory.doubted_odd:
            self._other = memory.doubted
            right = self._agrees()
            if right:  # what counted so far may come again at once
                memory.frame, memory.doubted = memory.doubted, memory.frame
                memory.doubted_odd = memory.odd
                memory.since = -ANY  # it is proven: remembered
        self._other = None
        if right:
            memory.odd = odd
            self._copy_to(memory.frame)
            memory.since += 1
            if memory.since == FORGOTTEN:  # the same damage once more is no proof
                memory.doubted[0] = 0
        else:
            self._is_first = memory.twice and not (odd or memory.frame[0] or memory.doubted[0])
            memory.since = 0
            memory.doubted_odd = odd
            self._copy_to(memory.doubted)
        return right

    def _copy_to(self, frame):
        buf = self._buf
        at = self._start
        for i in range(min(len(frame), self._end - at)):
            frame[i] = buf[at + i]

    def _are_near(self, rows):
        i = len(rows)
        while i:
            i -= 1
            if not self._is_near(rows[i]):
                return False
        return True

    def _is_near(self, row):
        place = row[self._column]
        if not place or row[STEP] == ANY:
            return True
        value = self._read(self._buf, self._start + place, row[SIZE])
        before = self._read(self._other, place, row[SIZE])
        return value == before or self._is_step(row, value, before)

    def _is_step(self, row, value, before):
        """May it have become that? What was out of range can have become no other in range."""
        if not row[LOWEST] <= value <= row[HIGHEST]:
            return not row[LOWEST] <= before <= row[HIGHEST]
        if not row[LOWEST] <= before <= row[HIGHEST]:
            return False
        return abs(value - before) <= row[STEP] * self._times

    def _off(self, place, size):
        """By how much the number at that place differs."""
        return abs(self._number(place, size) - self._read(self._other, place, size))

    def _words_near(self, place, count, step):
        """True if count numbers of two bytes differ by _times that step at most."""
        step *= self._times
        while count:
            count -= 1
            if self._off(place, 2) > step:
                return False
            place += 2
        return True
