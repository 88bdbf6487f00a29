"""The base of the decoders of a BMS that is asked and whose numbers have their low byte first.

What asked.py has of cells and words, the other way round.
"""

from bms import asked, framed
from lib import once


def low_words(buf, at, target, count):
    """Read count cells of two bytes into a list: one that reads 0 shows 1."""
    for i in range(count):
        target[i] = buf[at + 1] << 8 | buf[at] or 1
        at += 2


def words_near(buf, at, other, place, count, step):
    """True if count numbers of two bytes differ by that step at most."""
    while count:
        if buf[at + 1] != other[place + 1] or (step < 255 and buf[at] != other[place]):
            off = ((buf[at + 1] - other[place + 1]) << 8) + buf[at] - other[place]
            if off > step or off < -step:
                return False
        at += 2
        place += 2
        count -= 1
    return True


def words_below(buf, at, count, most):
    """True if count numbers of two bytes are that much at most."""
    high = most >> 8
    count = at + 2 * count
    while at < count:
        if buf[at + 1] >= high and (buf[at + 1] << 8 | buf[at]) > most:
            return False
        at += 2
    return True


def signed_near(buf, at, other, place, count, step):
    """The same of numbers that may be below 0."""
    while count:
        if buf[at] != other[place] or buf[at + 1] != other[place + 1]:
            off = ((buf[at + 1] - other[place + 1]) << 8) + buf[at] - other[place]
            off = (off + 0x8000 & 0xFFFF) - 0x8000
            if off > step or off < -step:
                return False
        at += 2
        place += 2
        count -= 1
    return True


class Decoder(asked.Decoder):
    """As that of asked.py."""

    @once.packs
    def __init__(self, on_sample, cells, live, longest):
        super().__init__(on_sample, cells, live, longest, framed.low_first)

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
