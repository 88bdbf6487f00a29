"""What decoders of framed streams have in common: the bytes that wait, resynchronisation, numbers.

A subclass has FIRST, the byte that a frame begins with, _length() and _take(length). Eight bits of
sum are weak: only one byte of a frame that fails is lost, and what follows is looked at again.
"""

import struct

from sample import Sample

PIECE = 256  # bytes that are taken over at a time
UNWIRED_BELOW = 500  # mV: an input without a cell picks up a little
# Copies whole pieces without allocating: what is too much is overwritten by the next one
_COPIES = ((32, "32s"), (64, "64s"), (128, "128s"), (PIECE, "256s"))


def high_first(buf, at, size):
    """The unsigned number of that size, high byte first."""
    value = 0
    for i in range(at, at + size):
        value = value << 8 | buf[i]
    return value


def low_first(buf, at, size):
    """The unsigned number of that size, low byte first."""
    value = 0
    for i in range(at + size - 1, at - 1, -1):
        value = value << 8 | buf[i]
    return value


class Decoder:
    """on_sample(sample) is called for each reading, always with the same Sample.

    cells is how many are wired, 0 if the BMS decides. kinds: of frames, to be counted; longest: of
    a frame, in bytes.
    """

    kept = 0  # how long a decoder keeps what other frames said, see bms/chargery.py

    def __init__(self, on_sample, cells, kinds, longest):
        self.sample = Sample()
        self.stats = {
            "accepted": dict.fromkeys(kinds, 0),
            "rejected": 0,  # began like a frame, but length, sum or values disagree
            "bytes_skipped": 0,  # belong to no accepted frame
        }
        self._on_sample = on_sample
        self._cells = cells
        self._buf = bytearray(longest + PIECE)
        self._start = self._end = 0  # the pending bytes

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

    def _append(self, data, at, size):
        buf = self._buf
        if self._end + PIECE > len(buf):
            self._make_room()
        end = self._end
        self._end += size
        if at or type(data) is memoryview:  # pack_into takes bytes, from the first on
            for i in range(size):
                buf[end + i] = data[at + i]
            return
        for most, form in _COPIES:
            if size <= most:
                struct.pack_into(form, buf, end, data)
                return

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
                self.stats["rejected"] += 1
                self._skip_on()

    def _length(self):
        """Of the frame that begins with the first pending byte; 0 if none does, more than there is
        as long as that is not known.
        """
        raise NotImplementedError

    def _take(self, length):
        """Take the first pending frame and drop it; False if its sum or a value is wrong."""
        raise NotImplementedError

    def _is_cut_off(self):
        """Is what is pending the beginning of a frame for sure?"""
        raise NotImplementedError

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
        """Be done with the first pending bytes."""
        self._start += count
        if self._start == self._end:
            self._start = self._end = 0

    def _sum(self, count):
        """Of the first pending bytes, mod 256."""
        buf = self._buf
        total = 0
        for i in range(self._start, self._start + count):
            total += buf[i]
        return total & 0xFF
