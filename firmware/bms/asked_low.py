"""The base of the decoders of a BMS that is asked and whose numbers have their low byte first.

What asked.py has of cells and words, the other way round.
"""

from bms import asked, framed
from bms.framed import ANY, HIGHEST, LOWEST, PLACE, SCALE, SIZE, STEP
from lib import once


def low_words(buf, at, target, count):
    """Read count cells of two bytes into a list: one that reads 0 shows 1."""
    for i in range(count):
        target[i] = buf[at + 1] << 8 | buf[at] or 1
        at += 2


def words_near(buf, at, other, place, count, step):
    """True if count numbers of two bytes differ by that step at most."""
    while count:
        off = ((buf[at + 1] - other[place + 1]) << 8) + buf[at] - other[place]
        if off > step or off < -step:
            return False
        at += 2
        place += 2
        count -= 1
    return True


def words_below(buf, at, count, most):
    """True if count numbers of two bytes are that much at most."""
    while count:
        if (buf[at + 1] << 8 | buf[at]) > most:
            return False
        at += 2
        count -= 1
    return True


def signed_near(buf, at, other, place, count, step):
    """The same of numbers that may be below 0."""
    while count:
        off = ((buf[at + 1] - other[place + 1]) << 8) + buf[at] - other[place]
        off = (off + 0x8000 & 0xFFFF) - 0x8000
        if off > step or off < -step:
            return False
        at += 2
        place += 2
        count -= 1
    return True


class Decoder(asked.Decoder):
    """As that of asked.py. The places of rows count from _shift on: a decoder whose fields come
    behind a list sets it for each frame.
    """

    @once.packs
    def __init__(self, on_sample, cells, live, longest):
        super().__init__(on_sample, cells, live, longest, framed.low_first)
        self._shift = 0

    def _fill_cells(self, place, count):
        sample = self.sample
        if self._cells:
            count = min(count, self._cells)
        low_words(self._buf, self._start + place, sample.cells, count)
        sample.cell_count = count
        sample.find_extremes()

    def _are_cells(self, place, count, most):
        return words_below(self._buf, self._start + place, count, most)

    def _words_near(self, place, count, step):
        return words_near(self._buf, self._start + place, self._other, place, count, step)

    def _signed_near(self, place, count, step):
        return signed_near(self._buf, self._start + place, self._other, place, count, step)

    # As framed's and asked's, with _shift, and fewer calls

    def _value(self, row):
        value = self._read(self._buf, self._start + self._shift + row[PLACE], row[SIZE])
        return value * row[SCALE]

    def _is_in_range(self, row):
        value = self._read(self._buf, self._start + self._shift + row[PLACE], row[SIZE])
        return row[LOWEST] <= value <= row[HIGHEST]

    def _is_near(self, row):
        if row[STEP] == ANY:
            return True
        off = self._read(self._buf, self._start + self._shift + row[PLACE], row[SIZE])
        off -= self._read(self._other, self._shift + row[PLACE], row[SIZE])
        return -row[STEP] <= off <= row[STEP]
